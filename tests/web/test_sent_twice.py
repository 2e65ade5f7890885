"""A form sent twice, with the same content and with other content: everything that forms make, on every table."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.appointments.feeds.models import CalendarFeed
from clinic.appointments.models import Appointment, AppointmentSeries
from clinic.appointments.schedules.models import Holiday, TimeOff
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.auth.access import Role
from clinic.db import Base, transaction
from clinic.desk.notes.models import ShiftNote
from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.documents.models import Upload
from clinic.exports.models import Export
from clinic.imports.models import Import
from clinic.patients.merging.models import PatientMerge
from clinic.patients.models import Patient, PatientAlert
from clinic.patients.photo.models import PatientPhoto
from clinic.queue.displays.models import Display
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.models import QueueEntry, QueueEvent, Step
from clinic.queue.notices.models import Announcement
from clinic.web.forms import CreateForm, KeyedForm
from clinic.web.kept import PLACES
from tests.appointments.soon import monday, soon
from tests.browser_client import HTMX, Browser
from tests.documents.files import PDF
from tests.factories import Factory

KEY = "k" * 24


@dataclass
class World:
    """A clinic with one of everything that forms refer to."""

    make: Factory
    department: Department
    room: Room
    service: Service
    practitioner: Practitioner
    patient: Patient
    other: Patient
    third: Patient
    fourth: Patient

    def slot(self, hour: int) -> str:
        return f"{soon(hour, 15).isoformat()}|{soon(hour, 30).isoformat()}|{self.practitioner.id}|{self.room.id}"

    @property
    def someone(self) -> dict[str, Any]:
        return {"patient_id": self.patient.id, "service_id": self.service.id}

    @property
    def booking(self) -> dict[str, Any]:
        return {
            **self.someone,
            "practitioner_id": self.practitioner.id,
            "room_id": self.room.id,
        }


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


@dataclass(frozen=True)
class Maker:
    """A form: the table it fills, where and what it sends, and how a second, other content differs.

    `typed` stands in the form that comes back. `elsewhere`: the other content goes to this address.
    """

    form: str
    model: type[Any]
    url: Callable[[World], str]
    sent: Callable[[World], dict[str, Any]]
    other: Callable[[World], dict[str, Any]]
    typed: str = ""
    elsewhere: Callable[[World], str] | None = None
    is_file: bool = field(default=False)

    def body(self, world: World, *, other: bool, key: str) -> dict[str, Any]:
        values = self.sent(world) | {"idempotency_key": key}
        return values | (self.other(world) if other else {})

    def send(self, browser: Browser, world: World, *, other: bool, key: str = KEY, htmx: bool = False) -> TestResponse:
        url = self.elsewhere(world) if other and self.elsewhere else self.url(world)
        headers = HTMX if htmx else None
        return browser.post(url, self.body(world, other=other, key=key), headers=headers)


def _picture(colour: str) -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(file, "JPEG")
    return io.BytesIO(file.getvalue()), "picture.jpg"


def _table(name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(f"Nom;Prénom;DDN\n{name};Inés;14/03/1982\n".encode()), "patients.csv"


def _day() -> str:
    return monday().strftime("%d/%m/%Y")


PLACE = {"version": "0"}
SERVICE = {"name": "X-ray", "ticket_prefix": "x", "duration_minutes": "20", "price": "25.50", "currency": "eur"}
DEVICE = {"name": "Hall", "languages": "en"}
MAKERS = [
    Maker(
        "NewPatientForm",
        Patient,
        lambda _w: "/patients/new",
        lambda _w: {"family_name": "Quartz", "given_name": "Vera", "sex": "female"},
        lambda _w: {"family_name": "Granite", "given_name": "Olaf", "sex": "male"},
        "Granite",
    ),
    Maker(
        "AlertForm",
        PatientAlert,
        lambda w: f"/patients/{w.patient.id}/alerts",
        lambda _w: {"text": "ALLERGY one", "level": "danger"},
        lambda _w: {"text": "ALLERGY two"},
        "ALLERGY two",
        elsewhere=lambda w: f"/patients/{w.other.id}/alerts",
    ),
    Maker(
        "PhotoForm",
        PatientPhoto,
        lambda w: f"/patients/{w.patient.id}/photo",
        lambda _w: {"file": _picture("teal")},
        lambda _w: {"file": _picture("red")},
        is_file=True,
    ),
    Maker(
        "MergeForm",
        PatientMerge,
        lambda w: f"/patients/{w.patient.id}/merge/{w.other.id}",
        lambda w: {"survivor_version": 1, "other_version": 1, **NAMES},
        lambda w: {"keeps_name": "y"},
        elsewhere=lambda w: f"/patients/{w.third.id}/merge/{w.fourth.id}",
    ),
    Maker(
        "UploadForm",
        Upload,
        lambda w: f"/patients/{w.patient.id}/documents",
        lambda _w: {"category": "letter", "documented_on": "2026-11-01", "files": [(io.BytesIO(PDF), "a.pdf")]},
        lambda _w: {"files": [(io.BytesIO(PDF + b"%"), "a.pdf")]},
        is_file=True,
    ),
    Maker(
        "UploadForm",
        Import,
        lambda _w: "/imports",
        lambda _w: {"source": "Old system", "file": _table("Nunez")},
        lambda _w: {"file": _table("Ortega")},
        "Old system",
        is_file=True,
    ),
    Maker(
        "ExportForm",
        Export,
        lambda _w: "/exports",
        lambda _w: {"kind": "patients", "columns": ["mrn", "family_name"], "format": "csv", "delimiter": "comma"},
        lambda _w: {"columns": ["mrn"]},
        "mrn",
    ),
    Maker(
        "NewDepartmentForm",
        Department,
        lambda _w: "/directory/departments",
        lambda _w: {**PLACE, "name": "Dentistry"},
        lambda _w: {"name": "Eyes"},
        "Eyes",
    ),
    Maker(
        "NewRoomForm",
        Room,
        lambda w: f"/directory/rooms?department={w.department.id}",
        lambda _w: {**PLACE, "name": "Room 8"},
        lambda _w: {"name": "Room 9"},
        "Room 9",
    ),
    Maker(
        "NewServiceForm",
        Service,
        lambda w: f"/directory/services?department={w.department.id}",
        lambda _w: {**PLACE, **SERVICE},
        lambda _w: {"name": "Scan", "ticket_prefix": "s"},
        "Scan",
    ),
    Maker(
        "NewPractitionerForm",
        Practitioner,
        lambda _w: "/directory/practitioners",
        lambda _w: {**PLACE, "family_name": "Okafor", "given_name": "Ada", "is_active": "y"},
        lambda _w: {"family_name": "Osei"},
        "Osei",
    ),
    Maker(
        "TimeForm",
        Appointment,
        lambda _w: "/appointments",
        lambda w: {**w.booking, "day": _day(), "time": "9.15", "note": "one"},
        lambda _w: {"time": "10.45", "patient_id": _w.other.id, "note": "bring the scan"},
        "bring the scan",
    ),
    Maker(
        "FreeForm",
        Appointment,
        lambda _w: "/appointments",
        lambda w: {
            **w.someone,
            "from_day": _day(),
            "part": "any",
            "slot": w.slot(9),
        },
        lambda w: {"patient_id": w.other.id, "slot": w.slot(11), "note": "by phone"},
        "by phone",
    ),
    Maker(
        "SeriesForm",
        AppointmentSeries,
        lambda _w: "/appointments/series",
        lambda w: {**w.booking, "every_weeks": 1, "ends": "count", "count": 3, "day": _day(), "time": "10:00"},
        lambda w: {"patient_id": w.other.id, "time": "11:00", "note": "by phone"},
        "by phone",
    ),
    Maker(
        "TimeOffForm",
        TimeOff,
        lambda _w: "/appointments/schedules/exceptions/leave",
        lambda w: {"practitioner_id": w.practitioner.id, "starts_on": _day(), "reason": "Congress"},
        lambda _w: {"reason": "Holiday"},
        "Holiday",
    ),
    Maker(
        "HolidayForm",
        Holiday,
        lambda _w: "/appointments/schedules/exceptions/holidays",
        lambda _w: {"day": "2027-05-01", "name": "Town fair"},
        lambda _w: {"day": "2027-05-02", "name": "Regatta"},
        "Regatta",
    ),
    Maker(
        "FeedForm",
        CalendarFeed,
        lambda _w: "/appointments/feeds",
        lambda w: {"practitioner_id": w.practitioner.id},
        lambda _w: {"shows_names": "y"},
    ),
    Maker(
        "JoinForm",
        WaitlistEntry,
        lambda _w: "/appointments/waitlist",
        lambda w: {
            "patient_id": w.patient.id,
            "service_id": w.service.id,
            "practitioner_id": 0,
            "from_day": _day(),
            "until_day": _day(),
            "part": "morning",
        },
        lambda w: {"patient_id": w.other.id, "note": "only by phone"},
        "only by phone",
    ),
    Maker(
        "JoinForm",
        QueueEntry,
        lambda _w: "/queue/tickets",
        lambda w: {"service_id": w.service.id, "lane": "normal", "patient_id": w.patient.id},
        lambda w: {"patient_id": w.other.id},
        "Bao",
    ),
    Maker(
        "AnnouncementForm",
        Announcement,
        lambda _w: "/queue/notices",
        lambda _w: {"text": "Closes at noon", "starts_on": "1/2/2027"},
        lambda _w: {"text": "Closes at one"},
        "Closes at one",
    ),
    Maker(
        "NewDisplayForm",
        Display,
        lambda _w: "/queue/displays",
        lambda w: {**DEVICE, "department_ids": w.department.id, "privacy": "none"},
        lambda _w: {"name": "Cellar"},
        "Cellar",
    ),
    Maker(
        "NewKioskForm",
        Kiosk,
        lambda _w: "/queue/kiosk",
        lambda w: {**DEVICE, "department_ids": w.department.id},
        lambda _w: {"name": "Cellar"},
        "Cellar",
    ),
    Maker(
        "NoteForm",
        ShiftNote,
        lambda _w: "/notes",
        lambda _w: {"text": "The lift is broken", "kind": "note"},
        lambda _w: {"text": "The lift works"},
        "The lift works",
    ),
]  # fmt: skip
NAMES = {"family_name": "survivor", "given_name": "survivor"}
# Those whose answers are no form: tested below one by one.
WITHOUT_FORM = {"MoveForm", "CallForm", "TicketForm"}
NAMED = [f"{maker.form}-{maker.model.__name__}" for maker in MAKERS]


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
