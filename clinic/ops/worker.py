"""The RQ worker: runs jobs in the application's context, one child process per job.

`flask worker` loads the application first, so that a job starts within milliseconds; `python -m
clinic.ops.worker` leaves that to the child of each job and idles at a third of the memory.
"""

import argparse
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from clinic import clock, create_app
from clinic.config import Settings, SettingsError, load_settings
from clinic.errors import DomainError
from clinic.ops import logs
from clinic.ops.priority import give_way
from clinic.ops.scheduler import Scheduler
from clinic.ops.tether import die_with_parent
from clinic.queueing import QUEUE_NAMES, connect, redis_client
from clinic.tracing import request_id

if TYPE_CHECKING:
    from flask import Flask

# A worker is given up after 30 s without a sign of life; its job is taken up again within about a minute.
WORKER_TTL = 30
MAINTENANCE_SECONDS = 2
MONITORING_SECONDS = 5
_FRAMES_SHOWN = 12
log = logging.getLogger("clinic.jobs")


class ClinicWorker(Worker):
    """RQ's forking worker in our application context; ticks the schedule when given a scheduler."""

    def __init__(self, queues: list[str], scheduler: Scheduler | None = None, app: "Flask | None" = None) -> None:
        self._schedule = scheduler
        self._app = app
        self._own_pid = os.getpid()
        super().__init__(
            queues,
            connection=redis_client(),
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=MONITORING_SECONDS,
        )

    @property
    def dequeue_timeout(self) -> int:
        """How long to wait for a job before the next look at what else is to do."""
        return MAINTENANCE_SECONDS

    # RQ calls this while it waits for a job, ...
    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        self._tick()

    # ... and this while one runs.
    def maintain_heartbeats(self, job: Job) -> None:
        super().maintain_heartbeats(job)
        self._tick()

    def teardown(self) -> None:
        if self._schedule:
            self._schedule.release()
        super().teardown()  # type: ignore[no-untyped-call]

    def _tick(self) -> None:
        if self._schedule:
            self._schedule.tick(clock.now())

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(self._own_pid)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        app = self._app or create_app()
        request_id.set(job.meta.get("request_id") or job.id)
        with app.app_context():
            return super().perform_job(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log what failed and where; RQ would log the message, which can hold patient data."""
        log.error("job failed", extra={"job": job.id, "function": job.func_name}, exc_info=exc_info)

    def handle_job_failure(
        self, job: Job, queue: Queue, started_job_registry: Any = None, exc_string: str = ""
    ) -> None:
        error = sys.exception()
        reason = reason_of(error) if error else exc_string
        super().handle_job_failure(job, queue, started_job_registry, reason)


def reason_of(error: BaseException) -> str:
    """Why a job failed, as kept with it: a message only if we wrote it for people, else no values."""
    message = f": {error}" if isinstance(error, DomainError) else ""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SHOWN:]
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([f"{type(error).__name__}{message}", *places])


def run(queues: list[str], settings: Settings, *, with_scheduler: bool, app: "Flask | None" = None) -> None:
    """Work until SIGTERM; the job that runs then is finished first. Pages have the processors before it."""
    give_way()
    scheduler = Scheduler(settings.zone) if with_scheduler else None
    ClinicWorker(queues or list(QUEUE_NAMES), scheduler, app).work(logging_level="WARNING")


def main() -> None:
    """`python -m clinic.ops.worker [QUEUE ...] [--with-scheduler]`"""
    parser = argparse.ArgumentParser(prog="python -m clinic.ops.worker", description=main.__doc__)
    parser.add_argument("queues", nargs="*", choices=[[], *QUEUE_NAMES])
    parser.add_argument("--with-scheduler", action="store_true")
    options = parser.parse_args()
    logs.configure()
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit(str(error))
    connect(settings.redis_url)
    run(options.queues, settings, with_scheduler=options.with_scheduler)


if __name__ == "__main__":
    main()
