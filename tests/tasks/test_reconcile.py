"""What becomes of tasks whose job or worker is lost: judged by their rows alone."""

import datetime as dt

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.auth.access import Role
from clinic.db import transaction
from clinic.exports import service
from clinic.exports.models import Export, ExportFailure, ExportKind, ExportState
from clinic.exports.service import KIND, Wanted
from clinic.queueing import job_queue, redis_client
from clinic.tasks import service as tasks
from tests.factories import NOW, Factory

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def ask(session: Session, make: Factory) -> "Ask":
    redis_client().flushdb()
    return Ask(session, make)


class Ask:
    """Exports that people ask for, and the looks of the reconciler."""

    def __init__(self, session: Session, make: Factory) -> None:
        self._session = session
        self._manager = make.user(Role.MANAGER)

    def __call__(self, now: dt.datetime = NOW) -> Export:
        with transaction(self._session) as session:
            wanted = Wanted(ExportKind.PATIENTS, ["mrn"], {})
            return service.request_export(session, wanted=wanted, actor=self._manager, now=now)

    def begin(self, export: Export, now: dt.datetime) -> service.Task | None:
        with transaction(self._session) as session:
            return service.claim_export(session, export_id=export.id, attempt=export.attempt, now=now)

    def look(self, *exports: Export, now: dt.datetime) -> list[tuple[ExportState, int]]:
        """State and attempt of each after a look at all."""
        with transaction(self._session) as session:
            tasks.reconcile(session, KIND, now)
        for export in exports:
            self._session.refresh(export)
        return [(export.state, export.attempt) for export in exports]


def set_status_of_all(status: str) -> None:
    for job in job_queue(KIND.queue).jobs:
        redis_client().hset(job.key, "status", status)


@pytest.mark.guards("an export that no worker begins is handed to another, whatever Redis says of its job")
@pytest.mark.parametrize("status", ["queued", "started", "finished", "failed"])
def test_a_task_that_nobody_begins_is_told_again(ask: Ask, status: str) -> None:
    export = ask()
    set_status_of_all(status)
    assert ask.look(export, now=NOW + 10 * SECOND) == [(ExportState.QUEUED, 1)]
    assert ask.look(export, now=NOW + 20 * SECOND) == [(ExportState.QUEUED, 2)]
    assert ask.look(export, now=NOW + 30 * SECOND) == [(ExportState.QUEUED, 2)]
    assert job_queue(KIND.queue).job_ids == [KIND.job_id(export.id, 1), KIND.job_id(export.id, 2)]
    assert ask.begin(export, NOW + 31 * SECOND)


@pytest.mark.guards("an export that nobody begins within two minutes is shown as failed, to be tried again")
def test_a_task_that_nobody_begins_in_two_minutes_is_shown_as_failed(ask: Ask, session: Session) -> None:
    export = ask()
    seen = [ask.look(export, now=NOW + seconds * SECOND)[0][0] for seconds in range(2, 122, 2)]
    assert seen[-1] is ExportState.FAILED
    assert seen.index(ExportState.FAILED) > 45, "not before a worker was told several times"
    assert export.failure is ExportFailure.WORKER_LOST
    assert export.is_repeatable


def test_after_a_night_asleep_a_worker_is_told_before_anybody_gives_up(ask: Ask) -> None:
    export = ask()
    assert ask.look(export, now=NOW + dt.timedelta(hours=9)) == [(ExportState.QUEUED, 2)]


@pytest.mark.guards("an export whose worker gives no sign of life is handed to another within two minutes")
def test_a_silent_worker_loses_its_task(ask: Ask) -> None:
    export = ask()
    old = ask.begin(export, NOW)
    assert ask.look(export, now=NOW + tasks.SILENT - SECOND) == [(ExportState.RUNNING, 1)]
    assert ask.look(export, now=NOW + tasks.SILENT + SECOND) == [(ExportState.QUEUED, 2)]
    assert old is not None
    assert ask.begin(export, NOW + dt.timedelta(minutes=1))


def test_who_waits_behind_one_that_beats_is_not_due(ask: Ask, session: Session) -> None:
    first, second = ask(), ask()
    task = ask.begin(first, NOW)
    assert task is not None
    later = NOW + dt.timedelta(minutes=30)
    with transaction(session):
        assert tasks.beat(session, KIND, task, later)
    assert ask.look(second, now=later + 10 * SECOND) == [(ExportState.QUEUED, 1)]
    with transaction(session):
        tasks.fail(session, KIND, task, failure="defect", is_final=True, now=later)
    assert ask.look(second, now=later + 10 * SECOND) == [(ExportState.QUEUED, 1)], "it is due only now"
    assert ask.look(second, now=later + 20 * SECOND) == [(ExportState.QUEUED, 2)]


def test_a_task_that_kills_every_worker_is_given_up(ask: Ask) -> None:
    export, now = ask(), NOW
    for _ in range(KIND.max_tries):
        assert ask.begin(export, now)
        now += dt.timedelta(minutes=1)
        ask.look(export, now=now)
    assert (export.state, export.failure) == (ExportState.FAILED, ExportFailure.WORKER_LOST)


def test_a_clock_set_back_stops_nothing(ask: Ask, session: Session) -> None:
    running, waiting = ask(NOW), ask(NOW)
    ask.begin(running, NOW)
    hour_ago = NOW - dt.timedelta(hours=1)
    assert ask.look(running, waiting, now=hour_ago) == [(ExportState.QUEUED, 2), (ExportState.QUEUED, 2)]


def test_cancelled_or_finished_ones_are_left_alone(ask: Ask, session: Session) -> None:
    export = ask()
    for state in (ExportState.CANCELLED, ExportState.FINISHED, ExportState.FAILED, ExportState.EXPIRED):
        with transaction(session):
            session.execute(update(Export).where(Export.id == export.id).values(state=state))
        assert ask.look(export, now=NOW + dt.timedelta(hours=1)) == [(state, 1)]
