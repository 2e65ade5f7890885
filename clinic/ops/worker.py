"""The RQ worker: runs the jobs of one queue in the application's context, one child process per job.

RQ carries jobs to workers. Whether a job was lost is decided by rows and by signs of life of our own, so nothing that
RQ believes of a job, and nothing it raises about one, holds anything up.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from redis.client import Pipeline
from rq import Queue, Worker, worker_registration
from rq.job import Job
from rq.serializers import JSONSerializer

from clinic import clock
from clinic.ops.crew import Crew
from clinic.ops.scheduler import Scheduler, note_done, note_running, note_stopped
from clinic.ops.scheduler import run as run_scheduler
from clinic.ops.surviving import reason_of, surviving
from clinic.ops.tether import die_with_parent
from clinic.queueing import QUEUE_NAMES, redis_client
from clinic.tracing import request_id

if TYPE_CHECKING:
    from flask import Flask

# RQ forgets a worker that gave no sign of life for so long: longer than the busiest machine keeps one waiting.
WORKER_TTL = 600
LOOK_SECONDS = 2
TIDY_SECONDS = 60
MONITORING_SECONDS = 5
# Of what dead workers left half taken from a queue so many are kept: rows and schedules bring back what matters.
_LEFTOVERS_KEPT = 100
log = logging.getLogger("clinic.jobs")


class ClinicWorker(Worker):
    """RQ's forking worker in our application context."""

    max_connection_wait_time = 2.0

    def __init__(self, queue: str, app: "Flask") -> None:
        self._app = app
        self._own_pid = os.getpid()
        super().__init__(
            [queue],
            connection=redis_client(),
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            maintenance_interval=TIDY_SECONDS,
            job_monitoring_interval=MONITORING_SECONDS,
        )

    @property
    def dequeue_timeout(self) -> int:
        """How long to wait for a job before the next sign of life."""
        return LOOK_SECONDS

    def heartbeat(self, timeout: int | None = None, pipeline: "Pipeline | None" = None) -> None:
        """Say all of itself again: after a flush of Redis a worker is known as before."""
        super().heartbeat(timeout, pipeline)
        connection = pipeline if pipeline is not None else self.connection
        connection.hset(self.key, mapping=self.serialize())
        own = pipeline if pipeline is not None else self.connection.pipeline()
        worker_registration.register(self, own)
        if pipeline is None:
            own.execute()

    def run_maintenance_tasks(self) -> None:
        """Drop what is over. RQ's own way holds a lock that outlives its holder by a quarter of an hour."""
        self.last_cleaned_at = clock.now()  # type: ignore[assignment]
        with surviving("tidying up the queue"):
            for queue in self.queues:
                now = time.time()
                for registry in (
                    queue.started_job_registry,
                    queue.finished_job_registry,
                    queue.failed_job_registry,
                ):
                    self.connection.zremrangebyscore(registry.key, 0, now)
                self.connection.ltrim(queue.intermediate_queue_key, -_LEFTOVERS_KEPT, -1)
                worker_registration.clean_worker_registry(queue)

    def execute_job(self, job: Job, queue: Queue) -> None:
        with surviving("noting that a job runs"):
            note_running(job.id)
        try:
            super().execute_job(job, queue)
        finally:
            with surviving("noting that a job ended"):
                note_stopped(job.id)

    # RQ calls these while a job runs: what they raise must not part the worker from it.
    def maintain_heartbeats(self, job: Job) -> None:
        with surviving("a sign of life"):
            note_running(job.id)
            super().maintain_heartbeats(job)

    def set_current_job_working_time(self, current_job_working_time: float, pipeline: "Pipeline | None" = None) -> None:
        with surviving("noting how long a job runs"):
            super().set_current_job_working_time(current_job_working_time, pipeline)

    def handle_job_failure(
        self, job: Job, queue: Queue, started_job_registry: Any = None, exc_string: str = ""
    ) -> None:
        error = sys.exception()
        reason = reason_of(error) if error else exc_string
        with surviving("noting that a job failed"):
            super().handle_job_failure(job, queue, started_job_registry, reason)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(self._own_pid)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        request_id.set(job.meta.get("request_id") or job.id)
        with self._app.app_context():
            is_done = super().perform_job(job, queue)
        if is_done:
            note_done(job.id)
        return is_done

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log what failed and where; RQ would log the message, which can hold patient data."""
        log.error("job failed", extra={"job": job.id, "function": job.func_name}, exc_info=exc_info)


def work(queue: str, app: "Flask") -> None:
    """Run the jobs of a queue until SIGTERM; the job that runs then is finished first."""
    ClinicWorker(queue, app).work(logging_level="WARNING")


def run(queues: list[str], app: "Flask", *, with_scheduler: bool) -> None:
    """A process for each queue, and one for the schedule if asked for, until SIGTERM."""
    loops: dict[str, Callable[[], None]] = {
        name: lambda name=name: work(name, app)  # type: ignore[misc]
        for name in queues or QUEUE_NAMES
    }
    if with_scheduler:
        loops["schedule"] = lambda: run_scheduler(Scheduler(app.config["CLINIC"].zone), app)
    Crew(loops).work()
