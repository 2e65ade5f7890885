from contextlib import closing

import pytest
from flask import Flask

from clinic.db import transaction
from clinic.live import Hub, TooManyStreams, publish
from tests.factories import Factory

TOPICS = frozenset({"queue", "all"})


def test_an_event_reaches_every_stream_that_wants_it_after_the_commit(app: Flask, make: Factory) -> None:
    hub = Hub(limit=3)
    wanting, other = hub.stream(TOPICS, 10), hub.stream(frozenset({"jobs"}), 0.5)
    assert "hello" in next(wanting)
    assert "all" in next(wanting)  # the subscription has begun
    with transaction(make.session) as session:
        publish(session, "queue:3", "patients:1")
    assert next(wanting) == 'data: {"topics": ["queue:3"]}\n\n'
    assert [text for text in other if "data: {}" not in text] == []
    wanting.close()
    other.close()


def test_a_stream_that_was_never_read_gives_its_place_back(app: Flask) -> None:
    hub = Hub(limit=1)
    stream = hub.stream(TOPICS, 10)
    with pytest.raises(TooManyStreams):
        hub.stream(TOPICS, 10)
    stream.close()
    stream.close()
    assert hub.count() == 0
    hub.stream(TOPICS, 10).close()


def test_a_stream_ends_after_its_lifetime(app: Flask) -> None:
    with closing(Hub(limit=1).stream(TOPICS, 0)) as stream:
        assert list(stream) == ["retry: 2000\nevent: hello\ndata: {}\n\n"]
