"""The dashboard: figures that are right, in a fixed number of queries, at most two minutes old."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.models import CancelledBy
from clinic.appointments.service import cancel_appointment, mark_no_show
from clinic.auth.access import Role
from clinic.db import transaction
from clinic.desk.dashboard.queries import get_figures, pack, unpack
from clinic.directory.models import Service
from clinic.queue.checkin.service import check_in
from clinic.queue.models import Step
from clinic.queue.service import move_entry
from tests.browser_client import Browser
from tests.desk.today.crowd import fill_day
from tests.factories import NOW, TESTER, ZONE, Factory
from tests.query_count import count_queries

DAY = clock.clinic_day(NOW, ZONE)


@pytest.fixture
def service(make: Factory) -> Service:
    return make.service(make.department())


def test_waits_are_the_median_and_what_nine_of_ten_waited(make: Factory, service: Service) -> None:
    other = make.service(service.department, "Blood test", "L")
    patients = [make.patient(f"P{number}") for number in range(11)]
    for number, patient in enumerate(patients[:10]):
        seen(make, service, patient.id, NOW, wait=number + 1)
    seen(make, other, patients[10].id, NOW + dt.timedelta(hours=2), wait=30)
    figures = get_figures(make.session, DAY, DAY, ZONE)
    first, second = figures.by_service
    assert (first.name, first.count, first.median, first.p90) == ("Consultation", 10, 6, 9)
    assert (second.name, second.count, second.median, second.p90) == ("Blood test", 1, 30, 30)
    assert figures.arrivals == [(10, 10), (11, 0), (12, 1)]


def seen(make: Factory, service: Service, patient_id: int, at: dt.datetime, *, wait: int | None) -> None:
    """A walk-in who arrives at an instant and is seen after so many minutes, or goes."""
    with transaction(make.session) as write:
        entry = check_in(write, patient_id=patient_id, service_id=service.id, actor=TESTER, now=at, zone=ZONE)
        steps = (Step.CALL, Step.START, Step.FINISH) if wait is not None else (Step.LEAVE,)
        for step in steps:
            then = at + dt.timedelta(minutes=wait or 5)
            move_entry(write, entry_id=entry.id, step=step, actor=TESTER, now=then)


def test_who_was_not_seen_arrived_but_did_not_wait(make: Factory, service: Service) -> None:
    seen(make, service, make.patient().id, NOW, wait=None)
    figures = get_figures(make.session, DAY, DAY, ZONE)
    assert (figures.visits, figures.left, figures.all_waits) == (1, 1, None)
    assert figures.by_service == []


def test_waits_by_practitioner_are_those_of_appointments(make: Factory, service: Service) -> None:
    doctor, patient = make.practitioner("Haddad"), make.patient()
    appointment = make.appointment(service, patient, NOW, practitioner=doctor)
    with transaction(make.session) as write:
        entry = check_in(write, patient_id=patient.id, appointment_id=appointment.id, actor=TESTER, now=NOW, zone=ZONE)
        for step in (Step.CALL, Step.START):
            then = NOW + dt.timedelta(minutes=12)
            move_entry(write, entry_id=entry.id, step=step, actor=TESTER, now=then)
    figures = get_figures(make.session, DAY, DAY, ZONE)
    assert [(w.name, w.median) for w in figures.by_practitioner] == [("Dr Lea Haddad", 12)]


def test_no_shows_are_counted_among_those_due(make: Factory, service: Service) -> None:
    booked = [
        make.appointment(service, make.patient(f"P{n}"), NOW, practitioner=make.practitioner(f"D{n}")) for n in range(4)
    ]
    later = NOW + dt.timedelta(hours=1)
    with transaction(make.session) as write:
        mark_no_show(write, appointment_id=booked[0].id, expected_version=1, actor=TESTER, now=later)
        cancel_appointment(
            write,
            appointment_id=booked[1].id,
            expected_version=1,
            cancelled_by=CancelledBy.CLINIC,
            actor=TESTER,
            now=NOW,
        )
        check_in(
            write,
            patient_id=booked[2].patient_id,
            appointment_id=booked[2].id,
            actor=TESTER,
            now=NOW,
            zone=ZONE,
        )
    figures = get_figures(make.session, DAY, DAY, ZONE)
    (day,) = figures.days
    assert (day.date, day.booked, day.came, day.missed, day.cancelled, day.rate) == (DAY, 4, 1, 1, 1, 50.0)
    assert unpack(pack(figures)) == figures


def test_only_the_chosen_days_count(make: Factory, service: Service) -> None:
    seen(make, service, make.patient().id, NOW, wait=5)
    before = DAY - dt.timedelta(days=1)
    assert get_figures(make.session, before, before, ZONE).visits == 0
    assert get_figures(make.session, before, DAY, ZONE).visits == 1


def test_the_page_shows_a_table_under_each_plot(manager: Browser, make: Factory, service: Service) -> None:
    seen(make, service, make.patient().id, NOW, wait=7)
    html = manager.page(f"/dashboard?from_day={DAY}&to_day={DAY}")
    assert 'data-plot="by-service-table"' in html
    assert 'id="by-service-table"' in html
    assert 'data-value="7"' in html


def test_days_in_the_wrong_order_or_too_many_are_refused_in_words(manager: Browser) -> None:
    assert "This lies before the first day." in manager.page(
        "/dashboard?from_day=2026-11-20&to_day=2026-11-01", status=422
    )
    assert "Choose at most 92 days." in manager.page("/dashboard?from_day=2025-11-20&to_day=2026-11-20", status=422)
    assert manager.get("/dashboard?from_day=yesterday").status_code == 200


def test_a_day_without_anything_says_so(manager: Browser) -> None:
    assert "Nothing happened on these days" in manager.page("/dashboard")


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.NURSE, Role.PRACTITIONER, Role.CASHIER])
def test_it_is_for_managers(browser: Browser, make: Factory, role: Role) -> None:
    assert browser.sign_in(make.user(role)).get("/dashboard").status_code == 403


def test_figures_cost_two_queries_and_are_kept_for_a_while(manager: Browser, make: Factory, session: Session) -> None:
    manager.get("/dashboard")
    fill_day(make, session, appointments=120, visits=80)
    day = clock.clinic_day(clock.now(), ZONE)
    with count_queries(session) as statements:
        figures = get_figures(session, day, day, ZONE)
    assert len(statements) == 2
    assert figures.visits == 80
    assert "Nothing happened on these days" in manager.page("/dashboard")
