from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from clinic.db import transaction
from clinic.live import CHANNEL, Hub, TooManyStreams, publish
from clinic.queueing import redis_client
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


@pytest.mark.guards("screens hear of a change only once it is durable")
def test_no_event_leaves_for_what_was_not_committed(app: Flask, make: Factory) -> None:
    heard = redis_client().pubsub(ignore_subscribe_messages=True)
    heard.subscribe(CHANNEL)
    heard.get_message(timeout=1)

    def fail(_session: Session) -> None:
        raise RuntimeError("the disk is full")

    event.listen(make.session, "before_commit", fail)
    try:
        with pytest.raises(RuntimeError, match="disk is full"), transaction(make.session) as session:
            publish(session, "queue:3")
    finally:
        event.remove(make.session, "before_commit", fail)
    assert heard.get_message(timeout=0.3) is None
    with transaction(make.session) as session:
        publish(session, "queue:4")
    message = heard.get_message(timeout=2)
    assert message
    assert b"queue:4" in message["data"]
    heard.close()


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
