from sqlalchemy.orm import Session

from clinic.patients.details import PatientDetails
from clinic.patients.labels import further_details
from tests.browser_client import Browser
from tests.patients.records import register


def test_what_an_import_kept_is_shown_in_words(receptionist: Browser, session: Session) -> None:
    extra = {
        "race": {"ombCategory": {"code": "2106-3", "display": "White"}, "text": "White"},
        "marital_status": {"coding": [{"code": "M", "display": "Married"}]},
        "birth_place": {"city": "Lyon", "country": "FR"},
        "multiple_birth": False,
        "managing_organization": {"reference": "Organization/1", "display": "Old clinic"},
        "communication": [{"language": {"text": "French"}}],
        "Blood group": "A+",
    }
    assert further_details(extra) == [
        ("Marital status", "Married"),
        ("Multiple birth", "No"),
        ("Birth place", "Lyon, FR"),
        ("Race", "White"),
        ("Managed by", "Old clinic"),
        ("Blood group", "A+"),
    ]
    patient = register(session, PatientDetails(given_name="Ana", extra=extra))
    page = receptionist.page(f"/patients/{patient.id}")
    assert "Further details" in page
    assert "Blood group" in page
