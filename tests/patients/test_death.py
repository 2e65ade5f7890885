"""Death is a state, with or without a day: every rule asks it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments import service as appointments
from clinic.appointments.feeds import service as feeds
from clinic.appointments.models import Appointment, AppointmentSeries, CancelledBy, State
from clinic.appointments.placement import placed
from clinic.appointments.series.service import create_series
from clinic.appointments.waitlist import service as waitlist
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.errors import Invalid
from clinic.imports.fhir.patient import read_patient
from clinic.patients import service
from clinic.patients.details import PatientDetails, details_of
from clinic.patients.models import BirthPrecision, Patient
from clinic.queue.checkin import service as checkin
from clinic.queue.kiosk.screen.queries import Claim, find_claimed
from clinic.queue.models import QueueEntry
from clinic.visits.models import Visit
from tests.appointments.conftest import Clinic, clinic  # noqa: F401
from tests.appointments.series.test_service import details
from tests.appointments.soon import soon
from tests.browser_client import Browser
from tests.factories import NOW, TESTER, ZONE
from tests.patients.records import fields_of

BORN = dt.date(1945, 3, 14)
UNREAD_DAY = {"is_deceased": True}
KNOWN_DAY = {"deceased_on": dt.date(2026, 10, 1)}
GIVEN = {"actor": TESTER, "now": NOW}


def record_death(session: Session, patient: Patient, **values: object) -> None:
    """As somebody at the desk does on the edit form."""
    details = replace(details_of(patient), birth_date=BORN, **(values or UNREAD_DAY))
    with transaction(session):
        service.update_patient(session, patient_id=patient.id, details=details, expected_version=None, **GIVEN)


def books(session: Session, of: Clinic) -> None:
    of.book(soon(9))


def checks_in(session: Session, of: Clinic) -> None:
    of.make.ticket(of.service, of.patient)


def waits(session: Session, of: Clinic) -> None:
    day = clock.now().date()
    with transaction(session):
        waitlist.join_waitlist(
            session,
            patient_id=of.patient.id,
            service_id=of.service.id,
            practitioner_id=None,
            from_day=day,
            until_day=day + dt.timedelta(days=9),
            part_of_day=None,
            note=None,
            key=None,
            actor=TESTER,
            now=clock.now(),
            zone=ZONE,
        )


@pytest.mark.guards("nothing new begins for somebody recorded as dead, whether the day is known or not")
@pytest.mark.parametrize("death", [UNREAD_DAY, KNOWN_DAY])
@pytest.mark.parametrize("begin", [books, checks_in, waits])
def test_nothing_begins_for_the_dead(
    session: Session,
    clinic: Clinic,  # noqa: F811
    begin: Callable[[Session, Clinic], None],
    death: dict[str, object],
) -> None:
    record_death(session, clinic.patient, **death)
    with pytest.raises(Invalid, match="recorded as dead"):
        begin(session, clinic)
    for table in (Appointment, QueueEntry, Visit, WaitlistEntry):
        assert session.scalars(select(table)).all() == []


@pytest.mark.guards("nothing new begins for somebody recorded as dead, whether the day is known or not")
def test_what_was_booked_before_can_only_be_cancelled(session: Session, clinic: Clinic) -> None:  # noqa: F811
    booked = clinic.book(soon(9))
    record_death(session, clinic.patient)
    zoned = {**GIVEN, "now": clock.now(), "zone": ZONE}
    later = replace(placed(booked), starts_at=soon(11), ends_at=soon(11, 30))
    with pytest.raises(Invalid, match="recorded as dead"), transaction(session):
        appointments.move_appointment(session, appointment_id=booked.id, expected_version=1, placement=later, **zoned)
    with pytest.raises(Invalid, match="recorded as dead"), transaction(session):
        checkin.check_in(session, patient_id=clinic.patient.id, service_id=clinic.service.id, **zoned)
    with transaction(session):
        appointments.cancel_appointment(
            session,
            appointment_id=booked.id,
            expected_version=1,
            cancelled_by=CancelledBy.CLINIC,
            reason=None,
            actor=TESTER,
            now=clock.now(),
        )
    with pytest.raises(Invalid, match="recorded as dead"), transaction(session):
        appointments.restore_appointment(session, appointment_id=booked.id, expected_version=2, **zoned)
    session.refresh(booked)
    assert booked.state is State.CANCELLED


def repeats(session: Session, of: Clinic) -> None:
    series = details(of, starts_on=clock.now().date() + dt.timedelta(days=3))
    with transaction(session):
        create_series(session, details=series, actor=TESTER, now=clock.now(), zone=ZONE)


def names_a_walk_in(session: Session, of: Clinic) -> None:
    ticket = of.make.ticket(of.service, now=clock.now())
    with transaction(session):
        checkin.identify_walk_in(
            session, entry_id=ticket.id, patient_id=of.patient.id, actor=TESTER, now=clock.now(), zone=ZONE
        )


@pytest.mark.guards("nothing new begins for somebody recorded as dead, whether the day is known or not")
@pytest.mark.parametrize("begin", [repeats, names_a_walk_in])
def test_no_series_and_no_ticket_are_theirs(
    session: Session,
    clinic: Clinic,  # noqa: F811
    begin: Callable[[Session, Clinic], None],
) -> None:
    record_death(session, clinic.patient)
    with pytest.raises(Invalid, match="recorded as dead"):
        begin(session, clinic)
    assert session.scalars(select(QueueEntry.patient_id)).all() in ([], [None])
    for table in (Appointment, AppointmentSeries, Visit):
        assert session.scalars(select(table)).all() == []


@pytest.mark.guards("a future appointment of somebody recorded dead is shown to be cancelled")
def test_an_appointment_of_the_dead_is_shown_to_be_cancelled(
    manager: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
) -> None:
    booked = clinic.book(soon(9))
    boss = clinic.make.user(Role.MANAGER)
    with transaction(session):
        _feed, token = feeds.create_feed(
            session,
            practitioner_id=clinic.practitioner.id,
            shows_names=True,
            key=None,
            actor=boss,
            now=NOW,
        )
    assert "BEGIN:VEVENT" in manager.get(f"/appointments/feeds/read/{token}.ics").get_data(as_text=True)
    record_death(session, clinic.patient)
    assert "One appointment to come is to be cancelled." in manager.page(f"/patients/{clinic.patient.id}")
    assert "the appointment is to be cancelled" in manager.page(f"/appointments/{booked.id}")
    sheet = manager.page(f"/appointments?day={booked.day}")
    assert sheet.count(">Died</span>") == 1
    assert "BEGIN:VEVENT" not in manager.get(f"/appointments/feeds/read/{token}.ics").get_data(as_text=True)


@pytest.mark.guards("nobody grows older after their death")
@pytest.mark.parametrize(
    ("death", "shown", "age"),
    [
        ({"is_deceased": True}, "Died", "died"),
        ({"deceased_on": dt.date(2026, 3, 13)}, "Died 13 Mar 2026", "died at 80 y"),
        ({"deceased_on": dt.date(2026, 3, 14)}, "Died 14 Mar 2026", "died at 81 y"),
        (
            {"deceased_on": dt.date(2020, 2, 1), "deceased_precision": BirthPrecision.MONTH},
            "Died Feb 2020",
            "died at 74 y",
        ),
        (
            {"deceased_on": dt.date(2020, 1, 1), "deceased_precision": BirthPrecision.YEAR},
            "Died 2020",
            "died at about 75 y",
        ),
    ],
)
def test_the_age_is_that_at_death(
    receptionist: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
    death: dict[str, object],
    shown: str,
    age: str,
) -> None:
    record_death(session, clinic.patient, **death)
    chart = receptionist.page(f"/patients/{clinic.patient.id}")
    assert f">{shown}</span>" in chart
    assert f"{age}, " in chart
    assert "Check in" not in chart.split("page-actions")[1].split("</div>")[0]
    row = receptionist.page("/patients").split(f'href="/patients/{clinic.patient.id}"')[1].split("</tr>")[0]
    assert "Deceased" in row
    assert f"{age}, unknown" in row or age in row


def test_a_kiosk_knows_no_dead(session: Session, clinic: Clinic) -> None:  # noqa: F811
    record_death(session, clinic.patient)
    assert find_claimed(session, Claim(mrn=clinic.patient.mrn, birth_date=BORN)) is None


@pytest.mark.parametrize(
    ("typed", "day", "precision"),
    [
        ("2/2020", dt.date(2020, 2, 1), "month"),
        ("1/10/2026", dt.date(2026, 10, 1), "day"),
        ("2020", dt.date(2020, 1, 1), "year"),
        ("", None, "day"),
    ],
)
def test_death_is_typed_as_far_as_it_is_known_and_taken_back(
    receptionist: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
    typed: str,
    day: dt.date | None,
    precision: str,
) -> None:
    url = f"/patients/{clinic.patient.id}/edit"
    sent = fields_of(receptionist.page(url)) | {"is_deceased": "y", "deceased_on": typed}
    assert receptionist.post(url, sent).status_code == 303
    found = session.get_one(Patient, clinic.patient.id)
    assert (found.is_deceased, found.deceased_on, found.deceased_precision) == (True, day, precision)
    again = fields_of(receptionist.page(url))
    assert again["is_deceased"] == "y"
    changes = receptionist.page(f"/patients/{clinic.patient.id}/changes")
    assert "Died" in changes
    again.pop("is_deceased")
    assert receptionist.post(url, again | {"deceased_on": ""}).status_code == 303
    assert not session.get_one(Patient, clinic.patient.id).is_deceased


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [
        ({"deceasedBoolean": True}, (True, None, "day")),
        ({"deceasedBoolean": False}, (False, None, "day")),
        ({"deceasedDateTime": "2020-02"}, (True, dt.date(2020, 2, 1), "month")),
        ({"deceasedDateTime": "2020"}, (True, dt.date(2020, 1, 1), "year")),
        ({"deceasedDateTime": "2020-02-29T10:00:00+01:00"}, (True, dt.date(2020, 2, 29), "day")),
        ({}, (False, None, "day")),
    ],
)
def test_what_fhir_says_of_a_death_is_kept(
    resource: dict[str, object], wanted: tuple[bool, dt.date | None, str]
) -> None:
    found = read_patient({"resourceType": "Patient", "name": [{"family": "Gone"}], **resource}, "FR")
    assert (found.is_deceased, found.deceased_on, found.deceased_precision) == wanted


def test_whoever_has_a_day_of_death_is_dead() -> None:
    assert PatientDetails(family_name="Gone", deceased_on=dt.date(2020, 1, 1)).is_deceased


BEFOREHAND = {
    "booking": "/appointments/new?patient_id={patient}",
    "at a time": "/appointments/new?patient_id={patient}&time=10:00",
    "check-in": "/queue/tickets/new?patient_id={patient}",
    "waitlist": "/appointments/waitlist/new/{patient}",
    "naming a ticket": "/queue/{ticket}/identify?patient_id={patient}",
    "moving": "/appointments/{appointment}/move",
}


@pytest.mark.guards("a dialog says of the dead at once that nothing can begin, and shows no form")
@pytest.mark.parametrize("where", BEFOREHAND.values(), ids=BEFOREHAND)
def test_it_is_said_beforehand(
    receptionist: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
    where: str,
) -> None:
    ids = {"patient": clinic.patient.id, "appointment": clinic.book(soon(9)).id}
    url = where.format(**ids, ticket=clinic.make.ticket(clinic.service).id)
    assert "recorded as dead" not in receptionist.page(url)
    record_death(session, clinic.patient, **KNOWN_DAY)
    page = receptionist.page(url).split('class="card narrow"')[1]
    assert "is recorded as dead." in page
    assert "Died 1 Oct 2026." in page
    assert "<form" not in page
    assert clinic.patient.mrn in page


def series_fields(of: Clinic) -> dict[str, object]:
    first = soon(9).astimezone(ZONE)
    return {
        "patient_id": of.patient.id,
        "service_id": of.service.id,
        "practitioner_id": of.practitioner.id,
        "room_id": 0,
        "day": f"{first:%d/%m/%Y}",
        "time": f"{first:%H:%M}",
        "every_weeks": 1,
        "count": 3,
    }


@pytest.mark.guards("nothing new begins for somebody recorded as dead, whether the day is known or not")
@pytest.mark.parametrize("death", [UNREAD_DAY, KNOWN_DAY])
def test_no_series_begins_for_the_dead(
    receptionist: Browser,
    session: Session,
    clinic: Clinic,  # noqa: F811
    death: dict[str, object],
) -> None:
    record_death(session, clinic.patient, **death)
    begun = receptionist.post("/appointments/series/new", series_fields(clinic)).get_data(as_text=True)
    assert "is recorded as dead." in begun
    assert 'id="series-form"' not in begun
    sent = receptionist.post("/appointments/series", series_fields(clinic))
    assert sent.status_code == 422
    assert "is recorded as dead." in sent.get_data(as_text=True)
    assert session.scalars(select(Appointment)).all() == []


@pytest.mark.guards("nothing new begins for somebody recorded as dead, whether the day is known or not")
@pytest.mark.parametrize("death", [UNREAD_DAY, KNOWN_DAY])
def test_no_ticket_is_said_to_be_of_the_dead(
    session: Session,
    clinic: Clinic,  # noqa: F811
    death: dict[str, object],
) -> None:
    ticket = clinic.make.ticket(clinic.service)
    record_death(session, clinic.patient, **death)
    with pytest.raises(Invalid, match="recorded as dead"), transaction(session):
        checkin.identify_walk_in(
            session, entry_id=ticket.id, patient_id=clinic.patient.id, actor=TESTER, now=clock.now(), zone=ZONE
        )
    session.refresh(ticket)
    assert ticket.patient_id is None
    assert session.scalars(select(Visit)).all() == []
