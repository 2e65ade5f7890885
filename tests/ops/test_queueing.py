"""Jobs with an id of their own."""

import pytest
from rq.job import JobStatus

from clinic.queueing import enqueue, job_queue
from clinic.tracing import request_id

pytestmark = pytest.mark.usefixtures("clean_redis")
NOTE = "tests.ops.sample_jobs.note"


def test_a_job_that_waits_is_not_added_twice() -> None:
    first, second = enqueue(NOTE, "a", job_id="export-1"), enqueue(NOTE, "a", job_id="export-1")
    assert first.id == second.id
    assert job_queue().job_ids == ["export-1"]


@pytest.mark.parametrize("status", [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED])
def test_a_job_that_ended_may_run_again(status: JobStatus) -> None:
    enqueue(NOTE, "a", job_id="export-1").set_status(status)
    job_queue().empty()
    enqueue(NOTE, "b", job_id="export-1")
    assert [job.args for job in job_queue().jobs] == [["b"]]


def test_a_job_carries_the_id_of_its_request() -> None:
    token = request_id.set("request-123")
    try:
        assert enqueue(NOTE, "a").meta == {"request_id": "request-123"}
    finally:
        request_id.reset(token)
