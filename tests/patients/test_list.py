"""The list of patients: pages, filters, orders, and who may see it."""

import base64
import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clinic.auth.access import Role
from clinic.db import transaction
from clinic.patients.details import CoverageDetails, PatientDetails
from clinic.patients.listing import queries
from clinic.patients.listing.queries import Filters, Order, Position, list_letters, list_patients
from clinic.patients.models import Patient
from tests.browser_client import Browser
from tests.factories import Factory
from tests.patients.records import register
from tests.patients.search.corpus import fill
from tests.query_counter import count_queries

TODAY = dt.date(2026, 11, 20)
EVERYONE = Filters()
ORDERS = [f"{sign}{sort}" for sort in queries.Sort for sign in ("", "-")]


def crowd(session: Session, count: int = 40) -> list[Patient]:
    """Patients among whom names, birth dates and visits repeat and are missing."""
    people = []
    for number in range(count):
        born = None if number % 5 == 0 else dt.date(1950 + number % 7, 1, 1 + number % 2)
        people.append(register(session, PatientDetails(family_name=f"Name{number % 6}", birth_date=born)))
    with transaction(session):
        for number, patient in enumerate(people):
            patient.last_visit_at = None if number % 3 else dt.datetime(2026, 1, 1 + number % 4, tzinfo=dt.UTC)
            patient.registered_at = dt.datetime(2025, 1, 1 + number % 9, tzinfo=dt.UTC)
    return people


def page(session: Session, order: str, size: int, filters: Filters = EVERYONE, **position: Any) -> queries.IdPage:
    return list_patients(session, filters, Order.read(order), Position(**position), today=TODAY, limit=size)


def walk(
    session: Session, order: str, size: int = 50, filters: Filters = EVERYONE, **start: Any
) -> list[queries.IdPage]:
    """All pages forward from a position."""
    pages = [page(session, order, size, filters, **start)]
    while pages[-1].next:
        pages.append(page(session, order, size, filters, after=pages[-1].next))
    return pages


def walk_back(session: Session, order: str, size: int) -> list[queries.IdPage]:
    """All pages, met from the last one backward."""
    pages = walk(session, order, size)[-1:]
    while pages[0].previous:
        pages.insert(0, page(session, order, size, before=pages[0].previous))
    return pages


def ids(pages: list[queries.IdPage]) -> list[int]:
    return [i for each in pages for i in each.ids]


def expected(people: list[Patient], order: str) -> list[int]:
    """The ids in order, those without a value last."""
    key = queries._KEYS[Order.read(order).sort].key
    having = sorted((p for p in people if getattr(p, key) is not None), key=lambda p: (getattr(p, key), p.id))
    lacking = sorted((p for p in people if getattr(p, key) is None), key=lambda p: p.id)
    if order.startswith("-"):
        having.reverse()
        lacking.reverse()
    return [p.id for p in having + lacking]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_give_every_patient_once_forward_and_backward(session: Session, order: str) -> None:
    people = crowd(session)
    for size in (1, 7, 50):
        assert ids(walk(session, order, size)) == expected(people, order)
        assert ids(walk_back(session, order, size)) == expected(people, order)


def test_a_cursor_tells_nothing_of_a_patient(session: Session) -> None:
    crowd(session, 3)
    cursor = page(session, "name", 1).next or ""
    assert b"name" not in base64.urlsafe_b64decode(cursor + "==").lower()


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "a" * 5000])
def test_a_mangled_cursor_gives_the_first_page(session: Session, cursor: str) -> None:
    people = crowd(session, 3)
    for side in ("after", "before"):
        assert sorted(page(session, "name", 50, **{side: cursor}).ids) == sorted(p.id for p in people)


@pytest.mark.parametrize("few", [queries.FEW, 0], ids=["fetched", "walked"])
@pytest.mark.parametrize("order", ["name", "-birth", "visit"])
def test_each_filter_keeps_its_patients(
    session: Session, make: Factory, monkeypatch: pytest.MonkeyPatch, few: int, order: str
) -> None:
    monkeypatch.setattr(queries, "FEW", few)
    young = register(session, PatientDetails(family_name="Young", birth_date=dt.date(2008, 11, 20)))
    old = register(session, PatientDetails(family_name="Old", birth_date=dt.date(1940, 2, 29), sex="male"))  # type: ignore[arg-type]
    covered = register(session, PatientDetails(family_name="Covered", coverages=(CoverageDetails(payer="CPAM"),)))
    lapsed = CoverageDetails(payer="CPAM", valid_until=dt.date(2026, 11, 19))
    seen = register(session, PatientDetails(family_name="Seen", coverages=(lapsed,)))
    away = register(session, PatientDetails(family_name="Away"))
    with transaction(session):
        seen.last_visit_at, away.is_active = dt.datetime(2026, 11, 1, tzinfo=dt.UTC), False
    everyone = {young.id, old.id, covered.id, seen.id}
    cases: list[tuple[Filters, set[int]]] = [
        (Filters(), everyone),
        (Filters(active=False), {away.id}),
        (Filters(active=None), everyone | {away.id}),
        (Filters(sex="male"), {old.id}),
        (Filters(ages=(18, None)), {young.id, old.id}),
        (Filters(ages=(19, None)), {old.id}),
        (Filters(ages=(None, 18)), {young.id}),
        (Filters(ages=(None, 17)), set()),
        (Filters(ages=(86, 86)), {old.id}),
        (Filters(seen_since=dt.datetime(2026, 11, 1, tzinfo=dt.UTC)), {seen.id}),
        (Filters(seen_since=dt.datetime(2026, 11, 2, tzinfo=dt.UTC)), set()),
        (Filters(covered=True), {covered.id}),
        (Filters(covered=False), everyone - {covered.id}),
        (Filters(practitioner_id=1), set()),
    ]
    for filters, wanted in cases:
        assert set(ids(walk(session, order, filters=filters))) == wanted, filters


def test_letters_lead_into_the_list_in_every_script(session: Session) -> None:
    fill(session)
    letters = dict(list_letters(session))
    assert list(letters) == ["A", "D", "G", "J", "L", "M", "N", "O", "S", "П", "ا", "漢"]
    first = {label: page(session, "name", 1, start=start).ids[0] for label, start in letters.items()}
    names = {label: session.get_one(Patient, patient_id).display_name for label, patient_id in first.items()}
    assert names["S"] == "John Smith"
    assert names["П"] == "Дмитрий Петров"
    assert names["漢"] == "李小明"


def test_the_list_shows_what_the_desk_needs(session: Session, receptionist: Browser) -> None:
    people = fill(session)
    html = receptionist.page("/patients")
    smith = people["John Smith"]
    for text in ("John Smith", smith.mrn, "06 12 34 45 67", "14 Mar 1982"):
        assert text in html
    assert re.search(r"\d+ y, unknown", html)
    assert f'href="/patients/{smith.id}"' in html


def test_the_number_of_queries_does_not_grow_with_the_list(session: Session, receptionist: Browser) -> None:
    crowd(session, 2)
    with count_queries() as few:
        receptionist.page("/patients")
    crowd(session, 60)
    with count_queries() as many:
        receptionist.page("/patients")
    assert len(few) == len(many) <= 9


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_look_patients_up(session: Session, browser: Browser, make: Factory, role: Role) -> None:
    browser.sign_in(make.user(role))
    assert browser.get("/patients").status_code == 200
    assert browser.post("/patients/search", {"q": "smith"}).status_code == 200
    assert browser.post("/patients/suggest", {"q": "smith"}).status_code == 200


def test_nobody_looks_patients_up_without_signing_in(session: Session, browser: Browser) -> None:
    assert browser.get("/patients").status_code == 302
    assert browser.post("/patients/search", {"q": "smith"}).status_code == 302
    assert browser.post("/patients/suggest", {"q": "smith"}).status_code == 302


@pytest.mark.parametrize("query", ["age_from=abc", "age_to=500", "since=someday", "sex=x", "age_from=9&age_to=3"])
def test_bad_filters_are_refused_with_what_was_typed(session: Session, receptionist: Browser, query: str) -> None:
    response = receptionist.get(f"/patients?{query}")
    assert response.status_code == 422
    name, value = query.split("&")[0].split("=")
    assert name == "sex" or f'value="{value}"' in response.get_data(as_text=True)


def test_filters_and_order_stay_in_the_addresses_of_a_page(session: Session, receptionist: Browser) -> None:
    crowd(session, 70)
    html = receptionist.page("/patients?sort=-birth&status=all&age_from=1")
    assert 'href="/patients?status=all&amp;age_from=1&amp;sort=-birth&amp;after=' in html
    assert 'href="/patients?status=all&amp;sort=-birth"' in html
    pushed = receptionist.htmx("GET", "/patients?status=all&sex=&age_from=").headers["HX-Push-Url"]
    assert pushed == "/patients?status=all"
