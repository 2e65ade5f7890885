import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic import clock
from clinic.audit.models import AuditEntry
from clinic.db import transaction
from clinic.directory.models import Department, Room, Service
from clinic.directory.queries import list_services
from clinic.queue.models import QueueEntry, State
from tests.browser_client import Browser
from tests.factories import NOW, Factory
from tests.query_count import count_queries

KEY = "k" * 24
SERVICE = {
    "name": "Consultation",
    "ticket_prefix": "a",
    "duration_minutes": "20",
    "price": "25.50",
    "currency": "eur",
    "version": "0",
    "idempotency_key": KEY,
}


def latest(session: Session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


def test_the_screen_shows_departments_with_rooms_and_services(manager: Browser, make: Factory) -> None:
    department = make.department("Dermatology")
    make.room(department, "Room 7")
    make.service(department, "Skin check", "DE", price_minor=2550, currency="EUR")
    page = manager.page("/directory")
    for text in ("Dermatology", "Room 7", "Skin check", "DE-001", "€25.50"):
        assert text in page


def test_services_are_chosen_from_in_the_order_that_the_directory_gives_them(session: Session, make: Factory) -> None:
    second, first = make.department("Eyes", position=2), make.department("Skin", position=1)
    make.service(second, "Glasses", "G")
    make.service(first, "Biopsy", "B", position=2)
    make.service(first, "Skin check", "S", position=1)
    make.service(first, "Laser", "L", is_active=False)
    make.service(make.department("Closed", is_active=False), "Nothing", "N")
    assert [service.name for service in list_services(session)] == ["Skin check", "Biopsy", "Glasses"]


def test_an_empty_directory_says_how_to_start(manager: Browser) -> None:
    assert "No department yet" in manager.page("/directory")


def test_the_number_of_queries_does_not_grow_with_the_directory(manager: Browser, make: Factory) -> None:
    with count_queries(manager.session) as few:
        manager.get("/directory")
    for number in range(5):
        make.service(make.department(f"Department {number}"), prefix="ABCDE"[number])
    with count_queries(manager.session) as many:
        manager.get("/directory")
    assert len(many) <= len(few) + 2  # rooms and services are only read where there is a department


@pytest.mark.parametrize("url", ["/directory", "/directory/departments/new", "/directory/practitioners/new"])
def test_a_receptionist_may_not_change_the_directory(receptionist: Browser, url: str) -> None:
    assert receptionist.get(url).status_code == 403


def test_a_department_is_added_once_though_sent_twice(manager: Browser, session: Session) -> None:
    form = {"name": "Dentistry", "version": "0", "idempotency_key": KEY}
    assert manager.post("/directory/departments", form).status_code == 303
    assert manager.post("/directory/departments", form).status_code == 303
    assert session.scalar(select(func.count(Department.id))) == 1
    assert latest(session).action == "directory.create"


def test_a_taken_name_is_refused_in_any_case_and_what_was_typed_stays(manager: Browser, make: Factory) -> None:
    make.department("Dentistry")
    answer = manager.post("/directory/departments", {"name": "DENTISTRY", "version": "0", "idempotency_key": KEY})
    assert answer.status_code == 422
    assert "This name is taken." in answer.text
    assert 'value="DENTISTRY"' in answer.text


def test_a_room_is_added_to_its_department(manager: Browser, make: Factory, session: Session) -> None:
    department = make.department()
    url = f"/directory/rooms?department={department.id}"
    answer = manager.htmx("POST", url, {"name": "Room 2", "version": "0", "idempotency_key": KEY})
    assert answer.status_code == 200
    assert "Room 2" in answer.text
    assert answer.headers["HX-Retarget"] == "#departments"
    assert "close-dialog" in answer.headers["HX-Trigger"]
    assert session.scalars(select(Room)).one().department_id == department.id


def test_a_service_keeps_its_price_in_minor_units(manager: Browser, make: Factory, session: Session) -> None:
    url = f"/directory/services?department={make.department().id}"
    assert manager.post(url, SERVICE).status_code == 303
    service = session.scalars(select(Service)).one()
    assert (service.ticket_prefix, service.price_minor, service.currency) == ("A", 2550, "EUR")
    assert manager.post(url, {**SERVICE, "name": "Vaccine", "ticket_prefix": "b", "price": "1250", "currency": "JPY",
                              "idempotency_key": "v" * 24}).status_code == 303  # fmt: skip
    assert session.scalars(select(Service.price_minor).where(Service.currency == "JPY")).one() == 1250


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ticket_prefix", "A1", "One to three letters"),
        ("ticket_prefix", "ABCD", "One to three letters"),
        ("duration_minutes", "0", "From 1 to 480"),
        ("price", "-1", "Number must be between"),
        ("currency", "EURO", "three letters of a currency"),
        ("name", "   ", "Give it a name."),
    ],
)
def test_a_service_with_a_bad_field_is_refused(
    manager: Browser, make: Factory, session: Session, field: str, value: str, message: str
) -> None:
    answer = manager.post(f"/directory/services?department={make.department().id}", {**SERVICE, field: value})
    assert answer.status_code == 422
    assert message in answer.text
    assert session.scalar(select(func.count(Service.id))) == 0


def test_ticket_letters_belong_to_one_service(manager: Browser, make: Factory) -> None:
    department = make.department()
    make.service(department, "Blood test", "A")
    answer = manager.post(f"/directory/services?department={department.id}", SERVICE)
    assert answer.status_code == 422
    assert "Tickets of Blood test begin with these letters." in answer.text


def test_renaming_is_audited_with_before_and_after(manager: Browser, make: Factory, session: Session) -> None:
    room = make.room(make.department(), "Room 1")
    form = {"name": "Room 9", "version": "1", "idempotency_key": KEY}
    assert manager.post(f"/directory/rooms/{room.id}", form).status_code == 303
    entry = latest(session)
    assert (entry.action, entry.before, entry.after) == ("directory.update", {"name": "Room 1"}, {"name": "Room 9"})


def test_of_two_who_edit_at_once_the_second_sees_the_fresh_row(manager: Browser, make: Factory) -> None:
    room = make.room(make.department(), "Room 1")
    url = f"/directory/rooms/{room.id}"
    manager.post(url, {"name": "Room 2", "version": "1", "idempotency_key": KEY})
    answer = manager.post(url, {"name": "Room 3", "version": "1", "idempotency_key": KEY})
    assert answer.status_code == 409
    assert 'value="Room 2"' in answer.text
    assert 'value="2"' in answer.text
    assert "Somebody changed this meanwhile" in answer.text


def test_moving_up_and_down_changes_the_order_and_stops_at_the_ends(
    manager: Browser, make: Factory, session: Session
) -> None:
    department = make.department()
    for name in ("A", "B", "C"):
        make.room(department, name)
    last = session.scalars(select(Room).where(Room.name == "C")).one()
    for _ in range(3):
        assert manager.post(f"/directory/rooms/{last.id}/move", {"direction": "up"}).status_code == 303
    names = session.scalars(select(Room.name).order_by(Room.position)).all()
    assert names == ["C", "A", "B"]
    manager.post(f"/directory/rooms/{last.id}/move", {"direction": "down"})
    assert session.scalars(select(Room.name).order_by(Room.position)).all() == ["A", "C", "B"]


def test_what_is_not_needed_is_deactivated_and_comes_back(manager: Browser, make: Factory, session: Session) -> None:
    room = make.room(make.department())
    assert manager.post(f"/directory/rooms/{room.id}/deactivate", {"version": "1"}).status_code == 303
    assert not session.get_one(Room, room.id).is_active
    assert "Not in use" in manager.page("/directory")
    assert manager.post(f"/directory/rooms/{room.id}/deactivate", {"version": "1"}).status_code == 409
    assert manager.post(f"/directory/rooms/{room.id}/reactivate", {"version": "2"}).status_code == 303
    assert session.get_one(Room, room.id).is_active


@pytest.mark.parametrize("kind", ["departments", "rooms", "services"])
def test_what_a_ticket_of_today_needs_stays_in_use(
    manager: Browser, make: Factory, session: Session, kind: str
) -> None:
    department = make.department()
    room, service = make.room(department), make.service(department)
    today = clock.clinic_day(clock.now(), manager.app.config["CLINIC"].zone)
    entry = QueueEntry(
        day=today, prefix="A", number=1, service=service, department=department, room=room, joined_at=NOW
    )
    make._save(entry)
    used = {"departments": department, "rooms": room, "services": service}[kind]
    answer = manager.post(f"/directory/{kind}/{used.id}/deactivate", {"version": "1"})
    assert answer.status_code == 409
    assert "1 ticket of today is not finished" in answer.text
    with transaction(session):
        session.get_one(QueueEntry, entry.id).state = State.DONE
    assert manager.post(f"/directory/{kind}/{used.id}/deactivate", {"version": "1"}).status_code == 303


def test_an_unknown_list_or_row_is_not_found(manager: Browser) -> None:
    assert manager.get("/directory/cellars/new").status_code == 404
    assert manager.get("/directory/rooms/999/edit").status_code == 404
    assert manager.get("/directory/rooms/new?department=999").status_code == 404


def test_forms_are_pages_and_dialogs(manager: Browser, make: Factory) -> None:
    service = make.service(make.department(), price_minor=2550)
    page = manager.page(f"/directory/services/{service.id}/edit")
    assert 'value="25.50"' in page
    partial = manager.htmx("GET", f"/directory/services/{service.id}/edit").text
    assert "<html" not in partial
    assert "hx-post" in partial


def test_what_must_be_corrected_is_listed_above_the_form(manager: Browser, make: Factory) -> None:
    answer = manager.post(f"/directory/services?department={make.department().id}", {**SERVICE, "name": ""})
    assert '<a href="#name">Name</a>: Give it a name.' in answer.text
