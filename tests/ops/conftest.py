"""Redis without what earlier tests left there."""

from collections.abc import Iterator

import pytest
from flask import Flask

from clinic.queueing import redis_client


@pytest.fixture
def clean_redis(app: Flask) -> Iterator[None]:
    redis_client().flushdb()
    yield
    redis_client().flushdb()
