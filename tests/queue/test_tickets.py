"""Giving tickets."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.errors import Invalid
from clinic.idempotency import key_of
from clinic.queue import service
from clinic.queue.models import QueueEntry
from tests.factories import NOW, TESTER, Factory

PARIS = ZoneInfo("Europe/Paris")


def join(session: Session, service_id: int, **values: Any) -> QueueEntry:
    given: dict[str, Any] = {"actor": TESTER, "now": NOW, "zone": PARIS, **values}
    with transaction(session):
        return service.join_queue(session, service_id=service_id, **given)


def test_tickets_count_up_by_prefix(session: Session, make: Factory) -> None:
    general = make.department()
    consultation, blood = make.service(general), make.service(general, "Blood test", "B")
    tickets = [join(session, s.id).ticket for s in (consultation, consultation, blood)]
    assert tickets == ["A-001", "A-002", "B-001"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Clocks go forward on 29 March 2026 and back on 25 October 2026 in Paris.
        ("2026-03-28T22:59:00+00:00", "2026-03-28T23:00:00+00:00"),
        ("2026-03-29T21:59:00+00:00", "2026-03-29T22:00:00+00:00"),
        ("2026-10-24T21:59:00+00:00", "2026-10-24T22:00:00+00:00"),
        ("2026-10-25T22:59:00+00:00", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_numbers_restart_at_the_clinics_midnight(session: Session, make: Factory, before: str, after: str) -> None:
    consultation = make.service(make.department())
    late = [join(session, consultation.id, now=dt.datetime.fromisoformat(before)) for _ in range(2)]
    early = join(session, consultation.id, now=dt.datetime.fromisoformat(after))
    assert [e.ticket for e in late] == ["A-001", "A-002"]
    assert early.ticket == "A-001"
    assert early.day == late[0].day + dt.timedelta(days=1)


def test_the_same_key_twice_gives_one_ticket(session: Session, make: Factory) -> None:
    consultation = make.service(make.department())
    first = join(session, consultation.id, key=key_of("k" * 20))
    second = join(session, consultation.id, key=key_of("k" * 20))
    assert first.id == second.id
    assert session.scalar(select(func.count(QueueEntry.id))) == 1


def test_a_ticket_rolled_back_leaves_no_gap(session: Session, make: Factory) -> None:
    consultation = make.service(make.department())
    with pytest.raises(ZeroDivisionError), transaction(session):
        service.join_queue(session, service_id=consultation.id, actor=TESTER, now=NOW, zone=PARIS)
        _ = 1 / 0
    assert join(session, consultation.id).number == 1


def test_a_service_out_of_use_gives_no_ticket(session: Session, make: Factory) -> None:
    closed = make.service(make.department(), is_active=False)
    with pytest.raises(Invalid):
        join(session, closed.id)
