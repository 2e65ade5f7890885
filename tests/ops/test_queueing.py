"""Jobs with an id of their own."""

import pytest
from rq.executions import Execution
from rq.job import JobStatus

from clinic.queueing import enqueue, job_queue, redis_client
from clinic.tracing import request_id

pytestmark = pytest.mark.usefixtures("clean_redis")
NOTE = "tests.ops.sample_jobs.note"


def test_a_job_that_waits_is_not_added_twice() -> None:
    enqueue(NOTE, "a", job_id="export-1")
    enqueue(NOTE, "a", job_id="export-1")
    assert job_queue().job_ids == ["export-1"]


@pytest.mark.guards("what Redis believes of a job that nobody has keeps no new run of it from beginning")
@pytest.mark.parametrize("status", list(JobStatus))
def test_a_job_that_stands_in_no_line_may_run_again_whatever_its_status(status: JobStatus) -> None:
    enqueue(NOTE, "a", job_id="export-1")
    (job,) = job_queue().jobs
    job.set_status(status)
    redis_client().lpop(job_queue().key)
    redis_client().rpush(job_queue().intermediate_queue_key, "export-1")
    enqueue(NOTE, "b", job_id="export-1")
    assert [job.args for job in job_queue().jobs] == [["b"]]
    assert redis_client().llen(job_queue().intermediate_queue_key) == 0


@pytest.mark.guards("what a dead worker left of a job in Redis keeps no new run of it from beginning")
def test_an_execution_that_expired_raises_nothing() -> None:
    enqueue(NOTE, "a", job_id="export-1")
    (job,) = job_queue().jobs
    redis_client().lpop(job_queue().key)
    with redis_client().pipeline() as pipeline:
        execution = Execution.create(job, ttl=60, pipeline=pipeline)
        pipeline.execute()
    redis_client().delete(execution.key)
    redis_client().hset(execution.key, "last_heartbeat", 1)
    with pytest.raises(KeyError):
        job.delete()
    enqueue(NOTE, "b", job_id="export-1")
    assert [job.args for job in job_queue().jobs] == [["b"]]


def test_a_job_carries_the_id_of_its_request() -> None:
    token = request_id.set("request-123")
    try:
        enqueue(NOTE, "a")
    finally:
        request_id.reset(token)
    assert [job.meta for job in job_queue().jobs] == [{"request_id": "request-123"}]
