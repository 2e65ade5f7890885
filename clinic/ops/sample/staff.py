"""The sample clinic's staff and how they sign in."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.audit.service import Actor
from clinic.auth.access import Role
from clinic.auth.models import User
from clinic.auth.service import create_user
from clinic.directory.practitioners.service import PractitionerDetails, create_practitioner
from clinic.names import display_name

# Known to everyone who reads this file: production refuses the whole sample.
PASSWORD = "sample-clinic"  # nosec B105


@dataclass(frozen=True)
class Person:
    """A member of staff; those with a specialty are practitioners too."""

    username: str
    role: Role
    given: str
    family: str
    prefix: str | None = None
    specialty: str | None = None


STAFF = (
    Person("reception", Role.RECEPTIONIST, "Ana", "Ferreira"),
    Person("reception2", Role.RECEPTIONIST, "Malik", "Traoré"),
    Person("nurse", Role.NURSE, "Ingrid", "Lindqvist", specialty="Nursing"),
    Person("doctor", Role.PRACTITIONER, "Samira", "Haddad", "Dr", "General practice"),
    Person("doctor2", Role.PRACTITIONER, "Tomasz", "Zieliński", "Dr", "Paediatrics"),
    Person("cashier", Role.CASHIER, "Linh", "Nguyễn"),
    Person("manager", Role.MANAGER, "Claire", "Dubois"),
    Person("admin", Role.ADMIN, "Ravi", "Menon"),
)
# Practitioners who do not sign in: (given names, family name, title, specialty).
COLLEAGUES = (
    ("Jean", "Okafor", "Dr", "General practice"),
    ("Mei", "Tanaka", "Dr", "General practice"),
    ("Elena", "Rossi", "Dr", "Paediatrics"),
)


def add_staff(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, User]:
    """Users for everyone in STAFF by user name, and the practitioners among them."""
    users = {}
    for person in STAFF:
        user = create_user(
            session,
            username=person.username,
            display_name=display_name(person.family, person.given, person.prefix),
            password=PASSWORD,
            roles=[person.role],
            actor=actor,
            now=now,
        )
        users[person.username] = user
        if person.specialty:
            _add_practitioner(session, person, user, actor, now)
    for given, family, prefix, specialty in COLLEAGUES:
        details = PractitionerDetails(family_name=family, given_name=given, prefix=prefix, specialty=specialty)
        create_practitioner(session, details=details, actor=actor, now=now)
    return users


def _add_practitioner(session: Session, person: Person, user: User, actor: Actor, now: dt.datetime) -> None:
    details = PractitionerDetails(
        family_name=person.family, given_name=person.given, prefix=person.prefix, specialty=person.specialty
    )
    create_practitioner(session, details=details, actor=actor, now=now).user_id = user.id


def sign_ins() -> list[dict[str, str]]:
    """User name, role and password of each."""
    return [{"username": p.username, "role": p.role.value, "password": PASSWORD} for p in STAFF]


def sign_ins_text() -> str:
    """The same for people."""
    lines = [f"  {p.username:<12} {p.role.value}" for p in STAFF]
    return "\n".join([f"Sample sign-ins, all with the password {PASSWORD}:", *lines])
