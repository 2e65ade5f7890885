"""Who a new patient may be already, and why."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from clinic.patients.details import IdentifierDetails, PatientDetails
from clinic.patients.duplicates.queries import find_duplicates
from clinic.patients.models import BirthPrecision
from tests.browser_client import Browser
from tests.patients.records import PHONE, register
from tests.query_count import count_queries

BORN = dt.date(1982, 3, 4)
MARIA = PatientDetails(
    family_name="Núñez de Balboa",
    given_name="María José",
    birth_date=BORN,
    telecoms=(PHONE,),
    identifiers=(IdentifierDetails(kind="passport", value="X53631011X"),),
)
NOBODY = PatientDetails(birth_precision=BirthPrecision.DAY)


@pytest.mark.parametrize(
    ("typed", "reasons", "likely"),
    [
        ({"family_name": "nunez de balboa", "given_name": "maria jose", "birth_date": BORN}, "birth_date same_name", 1),
        (
            {"family_name": "María José", "given_name": "Núñez de Balboa", "birth_date": BORN},
            "birth_date names_swapped",
            1,
        ),
        (
            {"family_name": "Nunes de Balboa", "given_name": "Maria Jose", "birth_date": BORN},
            "birth_date similar_name",
            1,
        ),
        (
            {"family_name": "Núñez de Balboa", "given_name": "Maria Jose", "birth_date": dt.date(1982, 4, 3)},
            "day_month_swapped same_name",
            1,
        ),
        (
            {"family_name": "Núñez de Balboa", "given_name": "María José", "birth_date": dt.date(1983, 3, 4)},
            "birth_date_close same_name",
            1,
        ),
        (
            {"given_name": "Someone", "identifiers": (IdentifierDetails(kind="other", value="x53631011 x"),)},
            "identifier",
            1,
        ),
        ({"given_name": "Someone", "telecoms": (PHONE,)}, "phone", 0),
        ({"given_name": "Balboa", "birth_date": BORN}, "birth_date partly_same_name", 0),
        ({"family_name": "Núñez de Balboa", "given_name": "María José"}, "same_name", 0),
    ],
)
def test_a_match_is_found_with_its_reasons(
    session: Session, typed: dict[str, object], reasons: str, likely: int
) -> None:
    patient = register(session, MARIA)
    (found,) = find_duplicates(session, replace(NOBODY, **typed))  # type: ignore[arg-type]
    assert found.patient.id == patient.id
    assert " ".join(found.reasons) == reasons
    assert found.is_likely is bool(likely)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"given_name": "María"},
        {"given_name": "Someone Else", "birth_date": BORN},
        {"family_name": "Núñez de Balboa", "given_name": "María José", "birth_date": dt.date(1999, 9, 9)},
        {"given_name": "Íñigo", "birth_date": dt.date(2015, 1, 1), "telecoms": (PHONE,)},
    ],
)
def test_what_only_looks_alike_is_left_alone(session: Session, typed: dict[str, object]) -> None:
    register(session, MARIA)
    assert find_duplicates(session, replace(NOBODY, **typed)) == []  # type: ignore[arg-type]


def test_a_year_and_an_estimate_match_what_is_near(session: Session) -> None:
    register(session, MARIA)
    about = replace(MARIA, birth_date=dt.date(1983, 1, 1), telecoms=(), identifiers=())
    for precision, expected in ((BirthPrecision.ESTIMATED, 1), (BirthPrecision.YEAR, 0)):
        assert len(find_duplicates(session, replace(about, birth_precision=precision))) == expected


def test_the_likeliest_comes_first_and_five_are_enough(session: Session) -> None:
    best = register(session, MARIA)
    for _ in range(7):
        register(session, replace(MARIA, birth_date=None, telecoms=(), identifiers=()))
    found = find_duplicates(session, MARIA)
    assert len(found) == 5
    assert found[0].patient.id == best.id


def test_they_appear_while_typing(receptionist: Browser, session: Session) -> None:
    patient = register(session, MARIA)
    typed = {"family_name": "Nunez de Balboa", "given_name": "Maria Jose", "birth_date": "4/3/1982"}
    html = receptionist.htmx("POST", "/patients/duplicates", typed).get_data(as_text=True)
    assert "same birth date" in html
    assert f'href="/patients/{patient.id}"' in html
    assert receptionist.htmx("POST", "/patients/duplicates", {"given_name": "x"}).get_data(as_text=True).strip() == ""
    for phone in ("06", "no phone", "ask at 12"):
        half_typed = {"given_name": "Maria", "birth_date": "4/3", "phone": phone, "identifiers-0-kind": "fr_nir"}
        assert receptionist.htmx("POST", "/patients/duplicates", half_typed).status_code == 200


def test_three_questions_are_enough(session: Session) -> None:
    for _ in range(5):
        register(session, MARIA)
    with count_queries(session) as statements:
        find_duplicates(session, MARIA)
    assert len(statements) == 3
