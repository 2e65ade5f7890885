"""Announcements and opening hours, from the manager's page to the waiting room."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.audit.models import AuditEntry
from clinic.directory.models import Service
from clinic.queue.notices.models import Announcement, OpeningHours
from clinic.queue.notices.queries import get_notices
from tests.browser_client import Browser
from tests.factories import Factory
from tests.page_forms import filled

NEW = {"text": "The laboratory closes at noon", "starts_on": "1/2/2026", "idempotency_key": "k" * 24}
HOURS = {"day_0": "8:00-12:00, 14-18:30", "day_5": "09.00–12.00"}


@pytest.fixture
def consultation(make: Factory) -> Service:
    return make.service(make.department())


def test_an_announcement_reaches_the_screen_and_leaves_it(
    manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    screen = f"/display/{make.display(consultation.department)}"
    assert "No announcement" in manager.page("/queue/notices")
    for _ in range(2):
        assert manager.post("/queue/notices", NEW).status_code == 303
    (announcement,) = session.scalars(select(Announcement))
    assert "The laboratory closes at noon" in manager.page("/queue/notices")
    assert "The laboratory closes at noon" in manager.page(screen)
    assert manager.post(f"/queue/notices/{announcement.id}/remove").status_code == 303
    assert manager.post(f"/queue/notices/{announcement.id}/remove").status_code == 404
    assert "The laboratory closes at noon" not in manager.page(screen)
    kept = session.scalars(select(AuditEntry.action).where(AuditEntry.entity == "announcement"))
    assert kept.all() == ["notices.add", "notices.remove"]


def test_announcements_are_shown_on_their_days_only(session: Session, manager: Browser) -> None:
    manager.post("/queue/notices", NEW | {"starts_on": "10/2/2026", "ends_on": "11/2/2026"})
    shown = [bool(get_notices(session, dt.date(2026, 2, day)).announcements) for day in (9, 10, 11, 12)]
    assert shown == [False, True, True, False]


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"text": "x" * 301}, {"starts_on": "never"}, {"starts_on": ""}, {"ends_on": "1/1/2026"}]
)
def test_a_bad_announcement_is_refused_and_kept_in_the_form(
    manager: Browser, session: Session, wrong: dict[str, str]
) -> None:
    answer = manager.post("/queue/notices", NEW | wrong)
    assert answer.status_code == 422
    assert (wrong.get("text", NEW["text"]).strip()) in answer.get_data(as_text=True)
    assert not session.scalars(select(Announcement)).all()


def send_hours(manager: Browser, **days: str) -> TestResponse:
    return manager.post("/queue/notices/hours", filled(manager, "/queue/notices", "/queue/notices/hours", **days))


def test_opening_hours_of_the_day_are_on_screen_and_kiosk(
    app: Flask, manager: Browser, session: Session, make: Factory, consultation: Service
) -> None:
    screens = f"/display/{make.display(consultation.department)}", f"/kiosk/{make.kiosk(consultation.department)}"
    for screen in screens:
        assert "Open today" not in manager.page(screen)
    every_day = {f"day_{day}": HOURS["day_0"] for day in range(7)}
    assert send_hours(manager, **every_day).status_code == 303
    for screen in screens:
        assert "08:00–12:00" in manager.page(screen)
    assert 'value="08:00-12:00, 14:00-18:30"' in manager.page("/queue/notices")
    assert send_hours(manager, **dict.fromkeys(every_day, "")).status_code == 303
    assert not session.scalars(select(OpeningHours)).all()


def test_a_day_without_hours_is_closed(manager: Browser, session: Session) -> None:
    send_hours(manager, **HOURS)
    monday, sunday = (get_notices(session, dt.date(2026, 11, day)) for day in (23, 29))
    assert [(h.opens.hour, h.closes.minute) for h in monday.hours] == [(8, 0), (14, 30)]
    assert (sunday.has_hours, list(sunday.hours)) == (True, [])


@pytest.mark.parametrize("wrong", ["8-7", "soon", "8:00-12:00, 11:00-13:00", "8-25", "8:00"])
def test_hours_that_cannot_be_read_are_refused(manager: Browser, session: Session, wrong: str) -> None:
    answer = send_hours(manager, day_2=wrong)
    assert answer.status_code == 422
    assert "Type the hours like" in answer.get_data(as_text=True)
    assert not session.scalars(select(OpeningHours)).all()


def test_only_managers_write_notices(receptionist: Browser) -> None:
    assert receptionist.get("/queue/notices").status_code == 403
    assert receptionist.post("/queue/notices", NEW).status_code == 403
    assert receptionist.post("/queue/notices/hours", HOURS).status_code == 403
