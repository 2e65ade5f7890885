"""Numbers that no row has, in every address, query and form: never an error of the server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Integer, insert, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from wtforms.fields.core import UnboundField

from clinic.auth.models import UserSession
from clinic.db import transaction
from clinic.directory.models import Room
from clinic.numbers import LARGEST_KEY, find_whole, whole
from clinic.web.forms import Form
from tests.browser_client import HTMX, Browser
from tests.factories import Factory

ROOT = Path(__file__).parents[2]
NUMBERS = ["0", "-1", str(LARGEST_KEY), str(LARGEST_KEY + 1), str(2**63), "9" * 30, "1e9", "٣", "9" * 5000]
FEW = ["-1", str(LARGEST_KEY + 1), str(2**63)]
# Where a number is looked at only beside a patient that is there.
OF_A_PATIENT = {"/appointments/new", "/queue/tickets/new"}
# Streams do not end; a sign-out would end the walk; whether all parts answer is another matter.
LEFT_OUT = {"/live", "/display/<token>/live", "/auth/sign-out", "/health/ready"}


def rules(app: Flask, method: str) -> Iterator[Rule]:
    assert {rule.rule for rule in app.url_map.iter_rules()} >= LEFT_OUT
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.rule not in LEFT_OUT:
            yield rule


def address(rule: Rule, number: str) -> str:
    """The address with this number in each place for one; other places hold a word."""
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda m: number if m[1] == "int" else "word", rule.rule)


def query_names() -> list[str]:
    """Every name that a view reads from an address."""
    source = "\n".join(path.read_text() for path in ROOT.glob("clinic/**/*.py"))
    found = re.findall(r"\b(?:args|values|asked)(?:\.get\(|\[)\s*\"(\w+)\"", source)
    return sorted({*found, "draft", "after", "before"} - {"lang"})


def field_names() -> list[str]:
    """The fields of every form."""
    forms: list[Any] = [Form]
    for form in forms:
        forms += form.__subclasses__()
    return sorted({name for form in forms for name in dir(form) if isinstance(getattr(form, name), UnboundField)})


def check(browser: Browser, method: str, url: str, **options: Any) -> None:
    if method == "POST":
        options["data"] = {**options.get("data", {}), "csrf_token": browser.token}
    response = browser._open(method, url, **options)
    assert response.status_code < 500, f"{method} {url[:200]}: {response.status_code}"
    assert "/auth/sign-in" not in (response.location or ""), f"{method} {url[:200]}: nobody is signed in any more"
    response.close()


@pytest.mark.guards("a number that no row can have is never an error of the server: in addresses")
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_in_every_address(app: Flask, manager: Browser, method: str, number: str) -> None:
    for rule in rules(app, method):
        if "<int:" in rule.rule:
            check(manager, method, address(rule, number))


@pytest.mark.guards("a number that no row can have is no address")
def test_no_address_takes_it(app: Flask) -> None:
    routes = app.url_map.bind("localhost")
    assert routes.test(f"/patients/{LARGEST_KEY}")
    assert not routes.test(f"/patients/{LARGEST_KEY + 1}")


@pytest.mark.guards("a number that no row can have is never an error of the server: in queries")
@pytest.mark.parametrize("number", FEW)
def test_in_every_query(app: Flask, manager: Browser, make: Factory, number: str) -> None:
    known, names = make.patient().id, query_names()
    for rule in rules(app, "GET"):
        url = address(rule, str(known))
        given = dict.fromkeys(names, number) | {"time": "10:00"}
        if rule.rule in OF_A_PATIENT:
            check(manager, "GET", url, query_string=given, headers=HTMX)
            given["patient_id"] = str(known)
        else:
            # A page that says its own address would seem to show a patient it did not name.
            del given["patient_id"]
        check(manager, "GET", url, query_string=given, headers=HTMX)


@pytest.mark.guards("a number that no row can have is never an error of the server: in forms")
@pytest.mark.parametrize("number", FEW)
def test_in_every_field(app: Flask, manager: Browser, make: Factory, session: Session, number: str) -> None:
    # One of the views ends the session with this number: not the manager's own.
    sessions = set(session.scalars(select(UserSession.id)))
    known = next(patient.id for patient in iter(make.patient, None) if patient.id not in sessions)
    fields = field_names()
    assert {"patient_id", "room_id", "minutes", "version"} <= set(fields)
    for rule in rules(app, "POST"):
        check(manager, "POST", address(rule, str(known)), data=dict.fromkeys(fields, number))


@pytest.mark.guards("what reached the database as a number too large is answered as something that is not there")
def test_what_slips_through_is_not_found(app: Flask, manager: Browser, session: Session) -> None:
    """A column of the smaller kind, on the database in use: PostgreSQL raises DataError, SQLite OverflowError."""
    assert isinstance(Room.__table__.c.id.type, Integer)

    def slip() -> str:
        with transaction(session) as write:
            write.execute(insert(Room).values(id=2**70, name="Too far"))
        return ""

    view = app.view_functions["ops.live"]
    slip.__dict__.update(vars(view))

    app.view_functions["ops.live"] = slip
    try:
        assert manager.get("/health/live").status_code == 404
    finally:
        app.view_functions["ops.live"] = view


def test_the_reader() -> None:
    assert [whole("0"), whole(" 7 "), whole(str(LARGEST_KEY))] == [0, 7, LARGEST_KEY]
    assert [find_whole(text) for text in ("", "x", "-1", str(LARGEST_KEY + 1), "9" * 5000, None)] == [None] * 6
