"""A form sent twice, with the same content and with other content: everything that forms make, on every table."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.auth.access import Role
from clinic.db import Base, transaction
from clinic.directory.models import Room, Service
from clinic.patients.models import Patient, PatientAlert
from clinic.queue.models import QueueEntry, QueueEvent, Step
from clinic.web.forms import CreateForm, KeyedForm
from clinic.web.kept import PLACES
from tests.browser_client import Browser
from tests.factories import Factory
from tests.web.every_maker import MAKERS
from tests.web.makers import KEY, Maker, World

# Those whose answers are no form: tested below one by one.
WITHOUT_FORM = {"MoveForm", "CallForm", "TicketForm"}
NAMED = [f"{maker.form}-{maker.model.__name__}" for maker in MAKERS]


@pytest.fixture
def world(make: Factory) -> World:
    department = make.department()
    practitioner, room = make.practitioner(), make.room(department)
    make.working_hours(practitioner, room=room)
    return World(
        make=make,
        department=department,
        room=room,
        service=make.service(department),
        practitioner=practitioner,
        patient=make.patient(),
        other=make.patient("Bao", "Nguyen"),
        third=make.patient("Carla", "Rossi"),
        fourth=make.patient("Dmitri", "Volkov"),
    )


@pytest.fixture(params=MAKERS, ids=NAMED)
def maker(request: pytest.FixtureRequest) -> Maker:
    found: Maker = request.param
    return found


@pytest.fixture
def boss(browser: Browser, make: Factory) -> Browser:
    """Somebody who may do everything."""
    return browser.sign_in(make.user(*Role))


def rows(session: Session, model: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def made(session: Session, model: type[Any]) -> dict[str, Any]:
    """The row of our key, as it stands."""
    row = session.scalars(select(model).where(model.idempotency_key == KEY)).first()
    if row is None:
        row = session.scalars(select(model).order_by(model.id.desc())).first()
    assert row is not None
    return {column.key: getattr(row, column.key) for column in model.__table__.columns}


def key_in(page: str) -> str:
    (found,) = set(re.findall(r'<input[^>]*name="idempotency_key"[^>]*value="([^"]+)"', page))
    return str(found)


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_form_and_every_table_is_among_them(app: Flask) -> None:
    forms = {
        form.__name__ for kind in (CreateForm, KeyedForm) for form in subclasses(kind) if not form.__subclasses__()
    }
    assert forms - {maker.form for maker in MAKERS} == WITHOUT_FORM
    tables = {m.class_.__tablename__ for m in Base.registry.mappers if hasattr(m.class_, "idempotency_digest")}
    assert tables - {maker.model.__tablename__ for maker in MAKERS} == {"queue_events"}
    assert tables == set(PLACES)
    assert all(place.endpoint in app.view_functions for place in PLACES.values())


@pytest.mark.guards("a form sent twice makes one thing")
def test_the_same_again_makes_nothing(boss: Browser, session: Session, world: World, maker: Maker) -> None:
    before = rows(session, maker.model)
    answers = [maker.send(boss, world, other=False) for _ in range(2)]
    assert [answer.status_code < 400 for answer in answers] == [True, True], answers[0].text
    assert rows(session, maker.model) == before + 1


@pytest.mark.guards("a used key with other content is refused, and nothing of either content is lost")
def test_other_content_is_refused_and_shown_again_with_a_new_key(
    boss: Browser, session: Session, world: World, maker: Maker
) -> None:
    assert maker.send(boss, world, other=False).status_code < 400
    before, first = rows(session, maker.model), made(session, maker.model)
    for htmx in (True, False):
        refused = maker.send(boss, world, other=True, htmx=htmx)
        assert refused.status_code == 409, refused.text
        assert "sent before with other content" in refused.text
        assert "What stands here now is not saved" in refused.text
        assert maker.typed in refused.text
        assert rows(session, maker.model) == before
    assert made(session, maker.model) == first
    fresh = key_in(refused.text)
    assert fresh != KEY
    assert maker.send(boss, world, other=True, key=fresh).status_code < 400
    assert rows(session, maker.model) == before + 1


@pytest.mark.guards("another person's key makes nothing and says nothing of what was kept to who may not see it")
def test_a_key_of_somebody_else_is_refused(
    boss: Browser, session: Session, world: World, make: Factory, maker: Maker
) -> None:
    assert maker.send(boss, world, other=False).status_code < 400
    before, first = rows(session, maker.model), made(session, maker.model)
    boss.sign_in(make.user(*Role))
    assert maker.send(boss, world, other=False).status_code == 409
    assert rows(session, maker.model) == before
    assert made(session, maker.model) == first


@pytest.mark.guards("calling the next patient twice from one view of a board calls one")
@pytest.mark.parametrize("url", ["/queue/boards/{department}/call-next", "/today/call-next"])
def test_a_used_call_with_other_content_calls_nobody(boss: Browser, session: Session, world: World, url: str) -> None:
    """The same key from another room: the first answer was lost, or the page is an old one."""
    second = world.make.room(world.department, "Room 2")
    tickets = [world.make.ticket(world.service) for _ in range(3)]
    address = url.format(department=world.department.id)

    def call(room: Room, key: str = KEY) -> TestResponse:
        place = {"room_id": room.id, "place": f"{world.department.id}:{room.id}", "idempotency_key": key}
        return boss.htmx("POST", address, place)

    assert [call(world.room).status_code for _ in range(2)] == [200, 200]
    refused = call(second)
    assert refused.status_code == 409
    assert "already" in refused.text or "sent before" in refused.text
    called = select(func.count()).select_from(QueueEvent).where(QueueEvent.step == Step.CALL)
    assert session.scalar(called) == 1
    assert call(second, "n" * 24).status_code == 200
    assert session.scalar(called) == 2
    assert len(tickets) == 3


@pytest.mark.guards("a kiosk's form sent again with other content gives no second ticket, and the kiosk begins again")
def test_a_used_key_at_a_kiosk(browser: Browser, session: Session, world: World) -> None:
    scan = world.make.service(world.department, "Scan", "S")
    doors = [world.make.kiosk(world.department, name=name) for name in ("Door", "Hall")]

    def take(door: int, service: Service) -> TestResponse:
        sent = {"service_id": service.id, "idempotency_key": KEY}
        return browser.post(f"/kiosk/{doors[door]}/tickets", sent)

    first, again = take(0, world.service), take(0, world.service)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    for refused in (take(0, scan), take(1, world.service)):
        assert refused.status_code == 409
        assert world.service.name not in refused.text
    assert rows(session, QueueEntry) == 1


@pytest.mark.guards("a key whose first content is not known is never answered with done")
def test_a_row_of_before_digests_is_not_taken_for_this_one(boss: Browser, session: Session, world: World) -> None:
    maker = next(each for each in MAKERS if each.form == "AlertForm")
    assert maker.send(boss, world, other=False).status_code == 303
    with transaction(session) as write:
        write.execute(update(PatientAlert).values(idempotency_digest=None))
    refused = maker.send(boss, world, other=False)
    assert refused.status_code == 409
    assert "ALLERGY one" in refused.text
    assert rows(session, PatientAlert) == 1


@pytest.mark.guards("who may not see what a key made is not told what it was")
def test_what_was_kept_is_named_only_to_who_may_see_it(
    browser: Browser, session: Session, world: World, make: Factory
) -> None:
    maker = next(each for each in MAKERS if each.form == "NoteForm")
    browser.sign_in(make.user(Role.RECEPTIONIST))
    assert maker.send(browser, world, other=False).status_code == 303
    named = maker.send(browser, world, other=True).text
    assert "The lift is broken" in named
    assert "/notes/" in named
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser.app.view_functions["notes.show"], "access", "audit.view")
        silent = maker.send(browser, world, other=True).text
    assert "The lift is broken" not in silent
    assert "something that you may not see" in silent


@pytest.mark.guards("a form that is sent once more with another button is the same form")
def test_a_button_is_no_content(boss: Browser, session: Session, world: World) -> None:
    maker = next(each for each in MAKERS if each.form == "NewPatientForm")
    body = maker.body(world, other=False, key=KEY)
    assert boss.post("/patients/new", body).status_code == 303
    assert boss.post("/patients/new", body | {"then": "check_in"}).status_code == 303
    assert session.scalar(select(func.count()).where(Patient.family_name == "Quartz")) == 1
