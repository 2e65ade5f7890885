"""Every view, opened with a patient who has one of everything: whoever was shown is found in the log.

The oracle is the answer itself: wherever the patient's name stands in it, an entry leads from the patient to the view.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic import clock
from clinic.appointments.waitlist import service as waitlist
from clinic.audit.queries import AuditFilter, list_entries
from clinic.auth.access import Reads, Role
from clinic.db import transaction
from clinic.patients.alerts.service import add_alert
from clinic.patients.duplicates.models import DuplicatePair
from clinic.patients.models import AlertLevel, Patient
from tests.appointments.soon import soon
from tests.browser_client import HTMX, Browser
from tests.factories import TESTER, ZONE, Factory
from tests.patients.merging.records import merge

NAME = "Quixotexx"
# They stream, or take a file that the patient of this test does not have.
SKIPPED = {"static", "desk.live", "display.live"}
# What shows the name: a view that stops doing so is taken out here deliberately.
SHOWING = {
    "appointments.ask_cancel",
    "appointments.ask_move",
    "appointments.history",
    "appointments.show",
    "booking.new",
    "calendar.events",
    "calendar.index",
    "patients.changes",
    "patients.choose_other",
    "patients.compare",
    "patients.edit",
    "patients.header",
    "patients.index",
    "patients.pairs",
    "patients.print_page",
    "patients.show",
    "queue.ask_identify",
    "queue.board",
    "queue.new",
    "queue.show",
    "slips.show",
    "today.group",
    "today.index",
    "visits.history",
    "visits.index",
    "visits.show",
    "waitlist.index",
    "waitlist.new",
    "waitlist.show",
}
# Their parts show what belongs to a patient, below a header that names them.
TABS = {"appointments.history", "visits.history"}
SEARCHES = {
    "/patients/search": {"q": NAME, "typing": "1"},
    "/patients/suggest": {"q": NAME},
    "/patients/duplicates": {"given_name": "Zora", "family_name": NAME, "birth_date": "1980-05-03"},
    "/appointments/new": {"q": NAME, "typing": "1"},
    "/today": {"q": NAME},
}


class World:
    """One patient of everything, and the arguments of all addresses."""

    def __init__(self, session: Session, make: Factory) -> None:
        self.session, self.make, now = session, make, clock.now()
        department = make.department()
        room, service = make.room(department), make.service(department)
        practitioner = make.practitioner()
        make.working_hours(practitioner)
        self.patient = self._patient()
        other, twin = self._patient(), self._patient()
        merge(session, self.patient, twin)
        self._pair(other)
        with transaction(session):
            alert = add_alert(
                session,
                patient_id=self.patient.id,
                level=AlertLevel.WARNING,
                text="Careful",
                actor=TESTER,
                now=now,
            )
        booked = make.appointment(service, self.patient, soon(9), practitioner=practitioner, room=room, now=now)
        entry, nameless = make.ticket(service, self.patient), make.ticket(service)
        self.values: dict[str, Any] = {
            "patient_id": self.patient.id,
            "other_id": other.id,
            "alert_id": alert.id,
            "appointment_id": booked.id,
            "entry_id": entry.id,
            "visit_id": entry.visit_id,
            "wait_id": self._wait(service.id),
            "department_id": department.id,
            "practitioner_id": practitioner.id,
            "nameless_id": nameless.id,
            "group": "waiting",
            "paper": "label",
            "kind": "departments",
            "place_id": department.id,
            "owner_kind": "practitioners",
            "owner_id": practitioner.id,
            "time_off_kind": "leave",
            "seq": 1,
            "merge_id": 1,
        }
        self.day = booked.day.isoformat()

    def _patient(self) -> Patient:
        return self.make.patient("Zora", NAME)

    def _pair(self, other: Patient) -> None:
        low, high = sorted((self.patient.id, other.id))
        if not self.session.query(DuplicatePair).filter_by(low_id=low, high_id=high).count():
            with transaction(self.session) as session:
                session.add(DuplicatePair(low_id=low, high_id=high, points=90, reasons=[], found_at=clock.now()))

    def _wait(self, service_id: int) -> int:
        now = clock.now()
        with transaction(self.session) as session:
            return waitlist.join_waitlist(
                session,
                patient_id=self.patient.id,
                service_id=service_id,
                practitioner_id=None,
                from_day=soon(9).date(),
                until_day=soon(9).date(),
                part_of_day=None,
                note=None,
                key=None,
                actor=TESTER,
                now=now,
                zone=ZONE,
            ).id

    def addresses(self, rule: Rule) -> Iterator[str]:
        """The rule's address, and where it makes a difference another."""
        values = {**self.values}
        if rule.endpoint == "queue.ask_identify":
            values["entry_id"] = values["nameless_id"]
        if set(rule.arguments) <= set(values):
            address = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)
            query = {
                "booking.new": f"?patient_id={self.patient.id}",
                "queue.new": f"?patient_id={self.patient.id}",
                "queue.ask_identify": f"?patient_id={self.patient.id}",
                "calendar.index": f"?day={self.day}",
                "calendar.events": f"?day={self.day}",
            }
            yield address + query.get(rule.endpoint, "")


@pytest.fixture
def world(session: Session, make: Factory) -> World:
    return World(session, make)


@pytest.mark.guards("wherever a patient's name is shown, the log tells who saw it")
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_wherever_a_name_is_shown_the_log_tells_who_saw_it(
    app: Flask,
    world: World,
    browser: Browser,
    make: Factory,
    write_readings: Callable[[], int],
    headers: dict[str, str],
) -> None:
    browser.sign_in(make.user(*Role, name="Walker"))
    showing = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in SKIPPED:
            continue
        for address in world.addresses(rule):
            answer = browser.get(address, headers=headers)
            if answer.status_code == 200 and NAME.encode() in answer.get_data():
                showing.add(rule.endpoint)
    write_readings()
    noted = _views_of(world)
    assert showing - noted == set()
    assert {v for v in showing if app.view_functions[v].reads is Reads.NOTHING} == set()
    assert (SHOWING if not headers else SHOWING - TABS) - showing == set()


@pytest.mark.guards("whoever is found by a search is found in the log")
@pytest.mark.parametrize("address", SEARCHES)
def test_whoever_a_search_finds_is_noted(
    app: Flask, world: World, browser: Browser, make: Factory, write_readings: Callable[[], int], address: str
) -> None:
    browser.sign_in(make.user(*Role, name="Walker"))
    answer = browser.htmx("POST", address, SEARCHES[address])
    assert NAME in re.sub(r"</?mark>", "", answer.get_data(as_text=True))
    write_readings()
    assert len(_views_of(world)) == 1


def _views_of(world: World) -> set[str]:
    """The views through which this test's person saw the patient."""
    rows = list_entries(world.session, AuditFilter(patient_id=world.patient.id), before=None, limit=5000)
    return {row.after["view"] for row in rows if row.actor_name == "Walker"}
