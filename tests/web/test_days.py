"""Days that cannot be read: each place says so beside the field and shows or keeps nothing else instead."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.appointments.models import Appointment
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.auth.access import Role
from tests.appointments.conftest import Clinic, clinic  # noqa: F401
from tests.browser_client import Browser
from tests.factories import Factory

CODE = Path(__file__).parents[2] / "clinic"
UNREAD = "some day"
MESSAGE = "This is no date. Type it like 14/3/1982, 8 Dec, tomorrow or +7."
ADDRESSES = [
    ("/appointments?day={}", "day"),
    ("/appointments/events?day={}", ""),
    ("/appointments/new?patient_id={patient}&time=9:00&day={}", "day"),
    ("/appointments/new?patient_id={patient}&from_day={}", "from_day"),
    ("/appointments/{appointment}/move?day={}", "day"),
    ("/appointments/slots?service_id={service}&patient_id={patient}&from_day={}", "from_day"),
    ("/visits?day={}", "visits-day-field"),
    ("/patients?since={}", "since"),
    ("/dashboard?from_day={}", "from_day"),
    ("/dashboard?to_day={}", "to_day"),
    ("/audit?since={}", "since"),
    ("/audit?until={}", "until"),
    ("/exports/new?kind=patients&since={}", "since"),
    ("/exports/new?kind=visits&until={}", "until"),
    ("/exports/new?kind=queue_entries&since={}", "since"),
    ("/exports/new?kind=documents&since={}", "since"),
    ("/exports/new?kind=audit&since={}", "since"),
]


@pytest.fixture
def manager(browser: Browser, make: Factory) -> Browser:
    return browser.sign_in(make.user(Role.MANAGER))


def beside(html: str, field_id: str) -> str:
    """What stands as an error beside a field."""
    found = re.search(rf'id="{field_id}-error">(.*?)</p>', html, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.guards("a day that cannot be read is an error beside its field, never today, nothing or everything")
@pytest.mark.parametrize(("address", "field_id"), ADDRESSES)
def test_an_address_with_an_unread_day_is_refused(
    manager: Browser,
    clinic: Clinic,  # noqa: F811
    address: str,
    field_id: str,
) -> None:
    from tests.appointments.soon import soon

    booked = clinic.book(soon(9))
    filled = address.format(
        UNREAD.replace(" ", "+"), patient=clinic.patient.id, service=clinic.service.id, appointment=booked.id
    )
    answer = manager.get(filled)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422, html[:300]
    assert "No free time was found" not in html
    assert "No visit on this day" not in html
    if field_id:
        assert MESSAGE in beside(html, field_id), re.findall(r".{80}error.{200}", html)
    for near in ("tomorrow", "2026-12-01", "8/12"):
        assert (
            manager.get(
                address.format(near, patient=clinic.patient.id, service=clinic.service.id, appointment=booked.id)
            ).status_code
            == 200
        )


@pytest.mark.guards("a day that cannot be read is an error beside its field, never today, nothing or everything")
@pytest.mark.parametrize(
    ("url", "values", "field_id"),
    [
        ("/appointments", {"service_id": "{service}", "from_day": UNREAD}, "from_day"),
        ("/appointments", {"service_id": "{service}", "day": UNREAD, "time": "9", "practitioner_id": "{who}"}, "day"),
        (
            "/appointments",
            {"service_id": "{service}", "day": "tomorrow", "time": "late", "practitioner_id": "{who}"},
            "time",
        ),
        ("/appointments/waitlist", {"service_id": "{service}", "from_day": UNREAD, "until_day": "+7"}, "from_day"),
        ("/appointments/waitlist", {"service_id": "{service}", "from_day": "today", "until_day": UNREAD}, "until_day"),
        (
            "/appointments/series",
            {"service_id": "{service}", "day": UNREAD, "time": "9", "practitioner_id": "{who}"},
            "day",
        ),
    ],
)
def test_a_form_with_an_unread_day_is_refused_and_keeps_it(
    manager: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
    url: str,
    values: dict[str, str],
    field_id: str,
) -> None:
    known = {"{service}": str(clinic.service.id), "{who}": str(clinic.practitioner.id)}
    sent = {name: known.get(value, value) for name, value in values.items()}
    answer = manager.post(url, {"patient_id": clinic.patient.id, "idempotency_key": "k" * 24, "part": "any", **sent})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This is no date" in beside(html, field_id) or "Type a time" in beside(html, field_id)
    assert f'value="{sent[field_id]}"' in html
    for table in (Appointment, WaitlistEntry):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_what_is_said_from_today_is_looked_for(manager: Browser, clinic: Clinic) -> None:  # noqa: F811
    for said in ("tomorrow", "8/12", "tuesday", "+7", "in 2 weeks"):
        html = manager.get(f"/appointments/slots?service_id={clinic.service.id}&from_day={said.replace('+', '%2B')}")
        assert html.status_code == 200
        assert "This is no date" not in html.get_data(as_text=True)


def test_a_day_to_leave_out_that_cannot_be_read_is_not_booked(manager: Browser, clinic: Clinic) -> None:  # noqa: F811
    values = {"leave_out": UNREAD, "patient_id": clinic.patient.id, "idempotency_key": "k" * 24}
    assert manager.post("/appointments/series", values).status_code == 422


@pytest.mark.guards("every day of a form or address is read by the one reader, which refuses what it cannot read")
def test_no_other_reader_of_days_is_used() -> None:
    offenders = []
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "wtforms":
                offenders += [
                    f"{path}: {n.name}" for n in node.names if n.name in ("DateField", "DateTimeField", "TimeField")
                ]
            if isinstance(node, ast.keyword) and node.arg == "type" and "isoformat" in ast.unparse(node.value):
                offenders.append(f"{path}:{node.value.lineno} type={ast.unparse(node.value)}")
    assert not offenders, "an unread day becomes the default there: use clinic.web.fields"


@pytest.mark.guards("a state, category, view or column of an address that does not exist is said, never ignored")
@pytest.mark.parametrize(
    "address",
    [
        "/visits?state={}",
        "/patients/{patient}/documents?category={}",
        "/patients/{patient}/changes?show={}",
        "/patients/duplicates?show={}",
        "/appointments?view={}",
        "/appointments?by={}",
        "/appointments?who={}",
        "/appointments/events?view={}",
    ],
)
def test_an_address_with_an_unknown_choice_is_refused(
    manager: Browser,
    clinic: Clinic,  # noqa: F811
    address: str,
) -> None:
    answer = manager.get(address.format("nonsense", patient=clinic.patient.id))
    assert answer.status_code == 422
    assert "asks for “nonsense”" in answer.get_data(as_text=True)
    assert manager.get(address.format("", patient=clinic.patient.id)).status_code == 200
