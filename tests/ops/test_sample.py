"""The sample clinic: everything it promises, the same each time, and never in production."""

import csv
import datetime as dt
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import Appointment
from clinic.appointments.models import State as AppointmentState
from clinic.appointments.schedules.queries import list_stranded
from clinic.appointments.slots import Wish, find_free_slots
from clinic.appointments.waitlist.openings import list_openings
from clinic.appointments.waitlist.queries import list_waiting
from clinic.audit.service import verify_chain
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.auth.passwords.hashing import matches
from clinic.config import Settings
from clinic.crypto import key_ring
from clinic.db import current_session, transaction
from clinic.directory.models import Department, Practitioner, Service
from clinic.documents.models import Document
from clinic.documents.storage import current_storage
from clinic.identifiers import check
from clinic.ops.sample.clinic import PATIENTS, add_clinic, is_empty
from clinic.ops.sample.papers import add_papers
from clinic.ops.sample.people import sample_patients
from clinic.ops.sample.sources import COLUMNS
from clinic.ops.sample.staff import STAFF, sign_ins
from clinic.paging import Place
from clinic.patients.duplicates.jobs import match_waiting
from clinic.patients.duplicates.models import DuplicateCheck
from clinic.patients.duplicates.queries import list_open_pairs
from clinic.patients.duplicates.scoring import Reason
from clinic.patients.models import Coverage, Patient, PatientAlert, PatientIdentifier, PatientSearchToken
from clinic.patients.mrn import format_mrn
from clinic.patients.tokens import identifier_token
from clinic.queue.models import QueueEntry, State
from tests.databases import own_clinic

TWINS = 4
NOON = dt.datetime(2026, 11, 20, 11, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def sample(settings: Settings) -> Iterator[Flask]:
    """An app on a database with the small sample."""
    with own_clinic(settings, env="development") as app:
        assert is_empty(current_session())
        with transaction() as session:
            add_clinic(session, settings=settings, now=NOON)
        yield app


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_staff_cover_every_role_and_can_sign_in(sample: Flask) -> None:
    session = current_session()
    assert not is_empty(session)
    assert {role for user in session.scalars(select(User)) for role in user.roles} == {r.value for r in Role}
    assert count(session, User) == len(STAFF) == 8
    assert count(session, Practitioner) >= 2
    first = sign_ins()[0]
    assert matches(session.scalar(select(User.password_hash).filter_by(username=first["username"])), first["password"])


def test_there_are_places_with_services(sample: Flask) -> None:
    departments = current_session().scalars(select(Department)).all()
    assert len(departments) == 4
    assert all(department.rooms and department.services for department in departments)
    assert count(current_session(), Service) == len({s.ticket_prefix for d in departments for s in d.services})


def test_patients_have_what_real_ones_have(sample: Flask) -> None:
    session = current_session()
    patients = session.scalars(select(Patient)).all()
    assert len(patients) == PATIENTS + TWINS
    assert {p.birth_precision.value for p in patients} == {"day", "month", "year", "estimated"}
    assert any(p.family_name is None for p in patients), "somebody with one name"
    assert any(" " in (p.family_name or "") for p in patients), "two family names"
    assert sum(not (p.family_name or "a").isascii() for p in patients) > PATIENTS / 10
    assert any(p.other_names for p in patients)
    assert any(not p.is_active for p in patients)
    assert any(p.contacts for p in patients)
    assert count(session, Coverage) > PATIENTS / 2
    assert count(session, PatientAlert) > PATIENTS / 20
    assert count(session, PatientSearchToken) > PATIENTS * 2


def test_phones_and_identifiers_are_valid(sample: Flask, settings: Settings) -> None:
    session = current_session()
    numbers = [p.phone for p in session.scalars(select(Patient)) if p.phone]
    wrong = [n for n in numbers if not phonenumbers.is_valid_number(phonenumbers.parse(n))]
    assert len(numbers) > PATIENTS * 0.9
    assert wrong == []
    identifiers = session.scalars(select(PatientIdentifier)).all()
    assert identifiers
    assert [i.value for i in identifiers if check(i.kind, i.value) != i.value] == []


def test_a_day_is_in_progress_in_every_department(sample: Flask, settings: Settings) -> None:
    today = clock.clinic_day(NOON, settings.zone)
    entries = current_session().scalars(select(QueueEntry)).all()
    states = Counter((entry.department_id, entry.state) for entry in entries if entry.day == today)
    assert len(states) == 4 * len(State)
    assert all(entry.joined_at <= NOON for entry in entries)
    assert not [entry for entry in entries if entry.day < today and entry.is_open]


def test_a_believable_week_is_booked(sample: Flask, settings: Settings) -> None:
    session, today = current_session(), clock.clinic_day(NOON, settings.zone)
    booked = session.scalars(select(Appointment).where(Appointment.series_id.is_(None))).all()
    by_day = Counter(appointment.day for appointment in booked)
    assert today - min(by_day) == dt.timedelta(days=3)
    assert max(by_day) - today == dt.timedelta(days=5)
    assert all(30 <= count <= 110 for count in by_day.values())
    assert {appointment.state for appointment in booked} == set(AppointmentState)
    past = {appointment.state for appointment in booked if appointment.day < today}
    assert past == {AppointmentState.FULFILLED, AppointmentState.CANCELLED, AppointmentState.NO_SHOW}
    assert len(session.scalars(select(Appointment).where(Appointment.series_id.is_not(None))).all()) >= 5
    assert list_stranded(session, now=NOON, zone=settings.zone) == []
    wish = Wish(service_id=session.scalars(select(Service.id)).first() or 0, from_day=today)
    assert len(find_free_slots(session, wish, limit=10, now=NOON, zone=settings.zone)) == 10


def test_who_was_registered_twice_is_found(sample: Flask) -> None:
    match_waiting()
    session = current_session()
    session.rollback()
    assert count(session, DuplicateCheck) == 0
    planted = {pair.high_id: pair for pair in list_open_pairs(session, after=None, limit=50) if pair.high_id > PATIENTS}
    assert sorted(planted) == [PATIENTS + 1 + number for number in range(TWINS)]
    reasons = [set(planted[high].reasons) for high in sorted(planted)]
    assert reasons[0] == {Reason.BIRTH_DATE, Reason.SIMILAR_NAME, Reason.PHONE}
    assert reasons[1] == {Reason.DAY_MONTH_SWAPPED, Reason.SAME_NAME}
    assert reasons[2] == {Reason.BIRTH_DATE, Reason.NAMES_SWAPPED, Reason.PHONE}
    assert {Reason.SAME_NAME, Reason.PHONE} <= reasons[3]


def test_some_wait_for_a_time_and_free_ones_name_them(sample: Flask, settings: Settings) -> None:
    session = current_session()
    waiting = list_waiting(session, Place(), today=clock.clinic_day(NOON, settings.zone), limit=50)
    assert len(waiting) == len({entry.patient_id for entry in waiting}) >= 5
    assert len({entry.service_id for entry in waiting}) > 1
    assert {entry.practitioner_id is None for entry in waiting} == {True, False}
    assert all(entry.joined_at < NOON for entry in waiting)
    assert list_openings(session, now=NOON, zone=settings.zone)


def test_just_after_midnight_the_day_is_still_todays(settings: Settings) -> None:
    night = dt.datetime(2026, 11, 19, 23, 5, tzinfo=dt.UTC)
    with own_clinic(settings):
        with transaction() as session:
            add_clinic(session, settings=settings, now=night, patients=60)
        days = set(current_session().scalars(select(QueueEntry.day).where(QueueEntry.state == State.WAITING)))
    assert days == {dt.date(2026, 11, 20)}


def test_charts_of_those_who_are_here_hold_documents(sample: Flask, settings: Settings) -> None:
    add_papers(current_session(), current_storage(), settings=settings, today=NOON.date())
    documents = current_session().scalars(select(Document)).all()
    assert {document.media_type for document in documents} == {"application/pdf", "image/png"}
    here = set(current_session().scalars(select(QueueEntry.patient_id)))
    assert {document.patient_id for document in documents} < here


def test_the_log_of_the_sample_is_sound(sample: Flask) -> None:
    found = verify_chain(current_session(), None)
    assert found.problem is None
    assert found.entries > PATIENTS


def test_the_same_seed_makes_the_same_people() -> None:
    first, second = (list(sample_patients(range(50), total=50, region="FR", now=NOON)) for _ in range(2))
    other = list(sample_patients(range(50), total=50, region="FR", now=NOON, seed=2))
    assert first == second
    assert first != other


@pytest.mark.parametrize("region", ["FR", "US", "JP", "BR", "KE"])
def test_phones_follow_the_region(region: str) -> None:
    for person in sample_patients(range(40), total=40, region=region, now=NOON):
        for telecom in person.details.telecoms:
            if telecom["system"] == "phone":
                typed = phonenumbers.parse(telecom["typed"], region)
                assert phonenumbers.format_number(typed, phonenumbers.PhoneNumberFormat.E164) == telecom["value"]


def test_a_large_sample_is_loaded_sealed_and_findable(sample: Flask) -> None:
    session, before = current_session(), count(current_session(), Patient)
    log = logging.getLogger("clinic.web")
    level = log.level
    result = sample.test_cli_runner().invoke(args=["sample", "load", "--patients", "300"])
    assert result.exit_code == 0, result.output
    assert log.level == level, "requests of this process are logged afterwards as before"
    session.rollback()
    assert count(session, Patient) == before + 300
    last = session.scalars(select(Patient).order_by(Patient.id.desc()).limit(1)).one()
    assert last.mrn == format_mrn(before + 300)
    marked = session.scalars(select(DuplicateCheck.patient_id).where(DuplicateCheck.patient_id > before)).all()
    assert len(marked) == 300, "all of them wait to be compared"
    assert any(p.phone and p.addresses for p in session.scalars(select(Patient).where(Patient.id > before)))
    assert verify_chain(session, None).problem is None


def test_a_file_of_made_up_people_is_loaded_as_it_is(sample: Flask, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    row = ["1", "MRN00000001", "Zoë", "Quill-Ångström", "f", "1984-02-29", "86033549608"]
    row += ["+12659248672", "p1@example.org", "Riverton", "2016-01-01 02:55:12"]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, row])
    result = sample.test_cli_runner().invoke(args=["sample", "load", "--from-csv", str(path)])
    assert result.exit_code == 0, result.output
    session = current_session()
    session.rollback()
    patient = session.scalars(select(Patient).filter_by(mrn="MRN00000001")).one()
    assert (patient.family_name, patient.given_name, patient.sex) == ("Quill-Ångström", "Zoë", "female")
    assert (patient.phone, patient.email) == ("+12659248672", "p1@example.org")
    assert patient.addresses[0]["city"] == "Riverton"
    assert [i.value for i in patient.identifiers] == ["86033549608"]
    assert patient.registered_at == dt.datetime(2016, 1, 1, 2, 55, 12, tzinfo=dt.UTC)
    token = identifier_token(key_ring(), "86033549608")
    found = session.scalars(select(PatientSearchToken.patient_id).filter_by(token=token)).all()
    assert found == [patient.id]


def test_a_file_with_other_columns_is_refused(sample: Flask, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("name,age\nx,1\n")
    result = sample.test_cli_runner().invoke(args=["sample", "load", "--from-csv", str(path)])
    assert result.exit_code == 1
    assert "first_name" in result.output


def test_sign_ins_are_listed_for_people_and_programs(sample: Flask) -> None:
    run = sample.test_cli_runner().invoke
    listed = json.loads(run(args=["sample", "sign-ins", "--json"]).output)
    assert {entry["role"] for entry in listed} == {role.value for role in Role}
    assert set(listed[0]) == {"username", "role", "password"}
    assert "reception" in run(args=["sample", "sign-ins"]).output
