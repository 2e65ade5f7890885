"""Pairs of records on file that may be of one person: found in the background, decided on by people."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.errors import Conflict
from clinic.patients import service as patients
from clinic.patients.details import IdentifierDetails, PatientDetails
from clinic.patients.duplicates import service
from clinic.patients.duplicates.blocking import CANDIDATES_MOST, find_matches
from clinic.patients.duplicates.jobs import match_waiting
from clinic.patients.duplicates.models import DuplicateCheck, DuplicatePair
from clinic.patients.duplicates.queries import list_waiting
from clinic.patients.models import BirthPrecision, Patient
from clinic.schedules import SCHEDULES
from tests.browser_client import Browser
from tests.factories import NOW, TESTER
from tests.patients.merging.records import ADAESE, ADAEZE, merge, undo
from tests.patients.records import FULL, PHONE, entries, register
from tests.query_count import count_queries

STRANGER = PatientDetails(given_name="Íñigo", family_name="Balboa", birth_date=dt.date(1960, 1, 1))


def pairs(session: Session) -> list[tuple[int, int]]:
    return [(pair.low_id, pair.high_id) for pair in session.scalars(select(DuplicatePair).order_by(DuplicatePair.id))]


def change(session: Session, patient: Patient, details: PatientDetails) -> None:
    with transaction(session):
        patients.update_patient(
            session, patient_id=patient.id, details=details, expected_version=None, actor=TESTER, now=NOW
        )


def decide(session: Session, verb: str) -> DuplicatePair:
    pair_id = session.scalars(select(DuplicatePair.id)).one()
    with transaction(session):
        return getattr(service, verb)(session, pair_id=pair_id, actor=TESTER, now=NOW)


def two_likely(session: Session) -> tuple[Patient, Patient]:
    found = register(session, ADAEZE), register(session, ADAESE)
    match_waiting()
    return found


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        ({"given_name": "Adaese", "birth_date": dt.date(1990, 2, 1)}, "birth_date similar_name"),
        ({"given_name": "Adaeze", "birth_date": dt.date(1990, 1, 2)}, "day_month_swapped same_name"),
        ({"given_name": "Adaeze", "birth_date": dt.date(1991, 2, 1)}, "birth_date_close same_name"),
        ({"given_name": "Adaeze", "telecoms": (PHONE,)}, "same_name phone"),
        ({"family_name": None, "identifiers": (IdentifierDetails(kind="other", value="x5363-a"),)}, "identifier"),
    ],
)
def test_a_likely_pair_is_found_with_its_reasons(session: Session, other: dict[str, object], reasons: str) -> None:
    given: dict[str, object] = {"family_name": "Okafor", "given_name": "Someone", **other}
    first = register(session, ADAEZE)
    second = register(session, PatientDetails(**given))  # type: ignore[arg-type]
    register(session, STRANGER)
    match_waiting()
    (pair,) = session.scalars(select(DuplicatePair))
    assert (pair.low_id, pair.high_id, " ".join(pair.reasons)) == (first.id, second.id, reasons)
    assert session.scalar(select(func.count()).select_from(DuplicateCheck)) == 0


def test_two_who_share_a_phone_or_a_day_only_are_no_pair(session: Session) -> None:
    register(session, ADAEZE)
    register(session, replace(STRANGER, telecoms=(PHONE,)))
    register(session, replace(STRANGER, birth_date=ADAEZE.birth_date))
    match_waiting()
    assert pairs(session) == []


def test_imported_records_are_compared_with_those_registered_by_hand(session: Session) -> None:
    by_hand = register(session, ADAEZE)
    match_waiting()
    with_words = replace(ADAESE, telecoms=({**PHONE, "value": "neighbour's phone", "typed": "neighbour's phone"},))
    with transaction(session):
        (imported,) = patients.register_patients(session, batch=[with_words], actor=TESTER, now=NOW)
    match_waiting()
    assert pairs(session) == [(by_hand.id, imported)]


def test_an_edit_makes_and_ends_pairs(session: Session) -> None:
    first, second = register(session, ADAEZE), register(session, STRANGER)
    match_waiting()
    change(session, second, ADAESE)
    match_waiting()
    assert pairs(session) == [(first.id, second.id)]
    change(session, second, STRANGER)
    match_waiting()
    assert pairs(session) == []


def test_comparing_twice_changes_nothing(session: Session) -> None:
    two_likely(session)
    with transaction(session):
        service.mark_for_matching(session, session.scalars(select(Patient.id)), NOW)
    before = [(p.id, p.points, p.found_at) for p in session.scalars(select(DuplicatePair))]
    match_waiting()
    assert [(p.id, p.points, p.found_at) for p in session.scalars(select(DuplicatePair))] == before


def test_what_is_written_while_records_are_compared_is_compared_again(session: Session) -> None:
    first = register(session, ADAEZE)
    waiting = list_waiting(session, 10)
    found = find_matches(session, list(waiting))
    with transaction(session):
        service.mark_for_matching(session, [first.id], NOW + dt.timedelta(seconds=1))
    with transaction(session):
        service.keep_matches(session, waiting=waiting, found=found, now=NOW)
    assert list(list_waiting(session, 10)) == [first.id]


def test_a_dismissed_pair_stays_dismissed_and_can_be_taken_back(session: Session) -> None:
    first, second = two_likely(session)
    decide(session, "dismiss_pair")
    change(session, second, replace(ADAESE, notes="Came again"))
    match_waiting()
    pair = session.scalars(select(DuplicatePair)).one()
    assert pair.dismissed_at == NOW
    assert [entries(session, p.id)[-1].action for p in (first,)] == ["patients.dismiss_pair"]
    with pytest.raises(Conflict):
        decide(session, "dismiss_pair")
    assert decide(session, "restore_pair").dismissed_at is None
    with pytest.raises(Conflict):
        decide(session, "restore_pair")


def test_a_merge_takes_pairs_out_of_the_list_and_its_undoing_brings_them_back(
    manager: Browser, session: Session
) -> None:
    first, second = two_likely(session)
    assert "Adaese" in manager.page("/patients/duplicates")
    done = merge(session, first, second)
    match_waiting()
    assert "Nothing to decide" in manager.page("/patients/duplicates")
    undo(session, done)
    assert "Adaese" in manager.page("/patients/duplicates")


def test_a_day_that_very_many_share_does_not_hide_somebody(session: Session) -> None:
    many = [
        PatientDetails(given_name=f"Person{i}", birth_date=dt.date(1990, 1, 1)) for i in range(CANDIDATES_MOST + 20)
    ]
    with transaction(session):
        patients.register_patients(session, batch=many, actor=TESTER, now=NOW)
    first = register(session, replace(ADAEZE, birth_date=dt.date(1990, 1, 1), telecoms=(), identifiers=()))
    second = register(session, replace(ADAESE, birth_date=dt.date(1990, 1, 1), telecoms=(), identifiers=()))
    found = find_matches(session, [first.id])
    assert (first.id, second.id) in found


def test_a_year_of_birth_is_compared_as_a_year(session: Session) -> None:
    year = {"birth_date": dt.date(1990, 1, 1), "birth_precision": BirthPrecision.YEAR}
    register(session, ADAEZE)
    register(session, PatientDetails(family_name="Okafor", given_name="Adaeze", **year))  # type: ignore[arg-type]
    match_waiting()
    assert len(pairs(session)) == 1


def test_the_schedule_knows_the_job() -> None:
    assert "clinic.patients.duplicates.jobs.match_waiting" in {schedule.job for schedule in SCHEDULES}


# --- the screen


def test_the_list_names_both_and_why(manager: Browser, session: Session) -> None:
    first, second = two_likely(session)
    html = manager.page("/patients/duplicates")
    assert f"/patients/{first.id}/merge/{second.id}" in html
    for text in (first.mrn, second.mrn, "same birth date", "similar name", "same phone"):
        assert text in html


def test_a_pair_is_dismissed_and_taken_back_on_the_screen(manager: Browser, session: Session) -> None:
    two_likely(session)
    pair_id = session.scalars(select(DuplicatePair.id)).one()
    url = f"/patients/duplicates/{pair_id}"
    answer = manager.htmx("POST", f"{url}/dismiss", {"show": "open", "after": ""}).get_data(as_text=True)
    assert "Nothing to decide" in answer
    assert f"{url}/restore" in answer
    assert manager.htmx("POST", f"{url}/dismiss").status_code == 409
    assert "Adaese" in manager.page("/patients/duplicates?show=dismissed")
    assert manager.post(f"{url}/restore").status_code == 303
    assert "Adaese" in manager.page("/patients/duplicates")
    assert manager.post("/patients/duplicates/999999/dismiss").status_code == 404


def test_pages_follow_each_other_with_a_fixed_number_of_queries(manager: Browser, session: Session) -> None:
    people = [register(session, replace(STRANGER, given_name=f"Person {i}")) for i in range(54)]
    with transaction(session):
        session.execute(DuplicateCheck.__table__.delete())
        session.add_all(
            DuplicatePair(low_id=people[0].id, high_id=p.id, points=60 + i % 3, reasons=["phone"], found_at=NOW)
            for i, p in enumerate(people[1:])
        )
    with count_queries(session) as queries:
        first = manager.page("/patients/duplicates")
    assert len(queries) <= 6
    following = first.split('id="pager-next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = manager.page(following)
    shown = [html.count('<tr id="pair-') for html in (first, second)]
    assert shown == [50, 3]


@pytest.mark.parametrize("query", ["after=nonsense", "after=WzEsMl0", "show=dismissed&after=WzEsMl0"])
def test_a_mangled_address_shows_the_first_page(manager: Browser, session: Session, query: str) -> None:
    two_likely(session)
    with transaction(session):
        session.execute(update(DuplicatePair).values(points=1))
    manager.page(f"/patients/duplicates?{query}")


@pytest.mark.parametrize("path", ["/patients/duplicates", "/patients/1/merge", "/patients/1/merge/2"])
def test_the_reception_may_not(receptionist: Browser, session: Session, path: str) -> None:
    register(session, FULL)
    assert receptionist.get(path).status_code == 403
    assert "Possible duplicates" not in receptionist.page("/patients")
