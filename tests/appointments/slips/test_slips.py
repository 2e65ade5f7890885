from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.audit.models import AuditEntry
from tests.appointments.conftest import Clinic
from tests.appointments.soon import soon
from tests.browser_client import Browser
from tests.patients.printing.reader import read_pdf


@pytest.fixture
def appointment(clinic: Clinic) -> Appointment:
    return clinic.book(soon(9))


def test_a_slip_says_when_and_where_to_come_and_is_read(receptionist: Browser, appointment: Appointment) -> None:
    mrn = appointment.patient.mrn
    answer = receptionist.get(f"/appointments/{appointment.id}/slip.pdf")
    sizes, codes, text = read_pdf(answer.data)
    assert sizes == [(80.0, 90.0)]
    assert codes == [("Code 128", mrn)]
    for words in ("Amina Benali", "09:00", "Consultation", "Room 1", mrn):
        assert words in text


def test_its_page_says_the_same_and_the_details_lead_to_it(receptionist: Browser, appointment: Appointment) -> None:
    page = receptionist.page(f"/appointments/{appointment.id}/slip?print=1")
    for words in ("Amina Benali", "09:00", "Consultation", "Room 1", appointment.patient.mrn, "js/print.js"):
        assert words in page
    assert f"/appointments/{appointment.id}/slip?print=1" in receptionist.page(f"/appointments/{appointment.id}")


def test_taking_a_slip_is_noted_as_opening_the_chart(
    receptionist: Browser, appointment: Appointment, session: Session, write_readings: Callable[[], int]
) -> None:
    patient_id = appointment.patient_id
    receptionist.get(f"/appointments/{appointment.id}/slip.pdf")
    write_readings()
    opened = select(AuditEntry).where(AuditEntry.action == "patients.open", AuditEntry.patient_id == patient_id)
    assert len(session.scalars(opened).all()) == 1


@pytest.mark.parametrize("path", ["/appointments/999999/slip", "/appointments/999999/slip.pdf"])
def test_an_appointment_that_is_not_there_has_no_slip(receptionist: Browser, path: str) -> None:
    assert receptionist.get(path).status_code == 404
