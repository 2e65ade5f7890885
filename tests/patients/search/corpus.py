"""Patients of several naming traditions, and a search that answers with their names."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from clinic.patients.details import IdentifierDetails, PatientDetails
from clinic.patients.models import Patient
from clinic.patients.search.parsing import DateHabits, parse
from clinic.patients.search.queries import search_patients
from tests.patients.records import register

HABITS = DateHabits(today=dt.date(2026, 11, 20), region="FR", language="en")
# family name, given name, birth date, last digits of the phone
PEOPLE = [
    ("Smith", "John", "1982-03-14", "4567"),
    ("Smith", "Mary Ann", "1955-07-01", "1111"),
    ("Smithson", "John", "1982-12-31", "2222"),
    ("Johnson", "Smilla", "1990-01-02", "3333"),
    ("Johnson", "Lisa", "2001-05-06", "1982"),
    ("Goldsmith", "Peter", "1970-10-10", "5555"),
    ("Núñez Ibáñez", "María José", "1988-02-29", "6666"),
    ("García Márquez", "Gabriel", "1927-03-06", "7777"),
    ("O'Connor", "Sinéad", "1966-12-08", "8888"),
    ("de la Cruz", "Ana", "1999-09-09", "9999"),
    ("Müller", "Jürgen", "1982-03-15", "1212"),
    ("Łukasiewicz", "Zoë", "2020-02-02", "1313"),
    ("李", "小明", "1979-04-05", "1414"),
    ("王", "芳", "1985-08-08", "1515"),
    ("Петров", "Дмитрий", "1960-06-06", "1616"),
    ("الخطيب", "محمد", "1975-05-05", "1717"),
    (None, "Suharto", "1940-01-01", "1818"),
    ("Nguyễn", "Văn An", "1993-03-03", "1919"),
    ("Abbott774", "Aaron697", "1982-01-01", "2020"),
    ("Li", "Wei", "1991-11-11", "2121"),
    ("Lind", "Astrid", None, "2323"),
]


def details(family: str | None, given: str | None, born: str | None, tail: str, **more: Any) -> PatientDetails:
    phone = {"system": "phone", "value": f"+3361234{tail}", "typed": f"06 12 34 {tail[:2]} {tail[2:]}", "use": "mobile"}
    return PatientDetails(
        family_name=family,
        given_name=given,
        birth_date=dt.date.fromisoformat(born) if born else None,
        telecoms=(phone, *more.pop("telecoms", ())),
        **more,
    )


def fill(session: Session) -> dict[str, Patient]:
    """Register everybody; by name as shown. John Smith has an e-mail address, a passport and an earlier name."""
    people: dict[str, Patient] = {}
    for person in PEOPLE:
        more: dict[str, Any] = {}
        if person[:2] == ("Smith", "John"):
            email = {"system": "email", "value": "john.smith@example.org", "use": "home"}
            passport = IdentifierDetails(kind="passport", value="12AB 34567")
            more = {
                "telecoms": (email,),
                "identifiers": (passport,),
                "other_names": ({"use": "old", "family": "Kowalski"},),
            }
        patient = register(session, details(*person, **more))
        people[patient.display_name] = patient
    return people


def find(session: Session, typed: str, limit: int = 50) -> list[str]:
    """The names found for a typed text, best first."""
    found = search_patients(session, parse(typed, HABITS), limit=limit)
    return [session.get_one(Patient, hit.id).display_name for hit in found.hits]
