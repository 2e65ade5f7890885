"""Events from a commit to every open browser.

publish() sends {"topic", "id"} through Redis once a transaction is durable; a Hub in each web process holds one
subscription and hands each event to all its streams. Events say that something changed, never what: browsers
read the fresh state themselves, so a missed event costs nothing but time.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import redis
from sqlalchemy.orm import Session

from clinic import cache, hurry
from clinic.db import after_commit, before_commit
from clinic.queueing import redis_client

CHANNEL = "clinic:live"
HEARTBEAT_SECONDS = 15
# How often at most a stream asks whether its session goes on.
ASK_SECONDS = 10
log = logging.getLogger(__name__)


class _Announcement:
    """All that changed in one transaction, sent as one message."""

    def __init__(self) -> None:
        self.topics: dict[str, None] = {}

    def __call__(self, session: Session) -> None:
        after_commit(session, lambda: _send(tuple(self.topics)))


def publish(session: Session, *topics: str) -> None:
    """Announce after the commit that `topics` (such as "queue:3") changed. Redis being down is logged only."""
    before_commit(session, "live", _Announcement()).topics.update(dict.fromkeys(topics))


def _send(topics: tuple[str, ...]) -> None:
    try:
        with hurry.hurried():
            _announce(topics)
    except redis.RedisError as error:
        log.warning("live event not sent", extra={"reason": type(error).__name__})
        _late.add(topics)


def _announce(topics: tuple[str, ...]) -> None:
    with redis_client().pipeline(transaction=False) as pipeline:
        # First the versions, then the event: who reads because of it finds nothing outdated.
        cache.note_changes(pipeline, topics)
        pipeline.publish(CHANNEL, json.dumps({"topics": topics}))
        pipeline.execute()


class _Late:
    """Topics that could not be announced; told by a thread of its own as soon as Redis answers again."""

    def __init__(self) -> None:
        self._lock, self._topics, self._is_trying = threading.Lock(), set[str](), False

    def add(self, topics: tuple[str, ...]) -> None:
        with self._lock:
            self._topics.update(topics)
            if not self._is_trying:
                self._is_trying = True
                threading.Thread(target=self._keep_trying, name="live-late", daemon=True).start()

    def _keep_trying(self) -> None:
        while True:
            time.sleep(1)
            with self._lock:
                topics, self._topics = self._topics, set()
                if not topics:
                    self._is_trying = False
                    return
            try:
                _announce(tuple(topics))
            except redis.RedisError:
                with self._lock:
                    self._topics |= topics


_late = _Late()


class TooManyStreams(Exception):
    """The cap on open streams of this process is reached."""


class Hub:
    """Fans events of one Redis subscription out to the streams of this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._mailboxes: set[queue.SimpleQueue[str]] = set()
        self._thread: threading.Thread | None = None

    def stream(self, topics: frozenset[str], lifetime: float, leave: "Leave | None" = None) -> "Stream":
        """Server-sent events whose topic, or the part before its colon, is in `topics`, for `lifetime` seconds at most,
        and only while `leave` is good.

        Raises TooManyStreams at once when the process is full.
        """
        stream = Stream(self, topics, time.monotonic() + lifetime, leave)
        with self._lock:
            if len(self._mailboxes) >= self._limit:
                raise TooManyStreams
            self._mailboxes.add(stream.mailbox)
            self._start()
        return stream

    def leave(self, mailbox: "queue.SimpleQueue[str]") -> None:
        """Send nothing more to this mailbox; leaving twice is harmless."""
        with self._lock:
            self._mailboxes.discard(mailbox)

    def count(self) -> int:
        """Streams open in this process."""
        return len(self._mailboxes)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="live-hub", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        """Subscribe while anybody listens; after a lost connection tell every stream to read afresh."""
        while self._has_streams():
            try:
                with redis_client().pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
                    subscription.subscribe(CHANNEL)
                    self._deliver(json.dumps({"topics": ["all"]}))
                    while self._mailboxes:
                        message = subscription.get_message(timeout=2)
                        if message:
                            self._deliver(message["data"].decode())
            except (redis.RedisError, OSError, ValueError) as error:
                # A connection that is closed meanwhile raises a plain ValueError.
                log.warning("live subscription lost", extra={"reason": type(error).__name__})
                time.sleep(1)

    def _has_streams(self) -> bool:
        """Whether to go on; if not, the next stream starts a thread of its own."""
        with self._lock:
            if not self._mailboxes:
                self._thread = None
            return bool(self._mailboxes)

    def _deliver(self, message: str) -> None:
        with self._lock:
            mailboxes = list(self._mailboxes)
        for mailbox in mailboxes:
            mailbox.put(message)


class Leave(NamedTuple):
    """What allows a browser its stream, which ends when `is_good` says no. Asked at each event `topic`, which says that
    it may be over, and now and then for what no event tells: a time that ran out, or Redis being down."""

    topic: str
    is_good: Callable[[], bool]


class Stream:
    """The events of one browser, as text. close() gives its place back, even before the first event was read."""

    def __init__(self, hub: Hub, topics: frozenset[str], until: float, leave: Leave | None = None) -> None:
        self.mailbox: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._hub, self._topics, self._until, self._leave = hub, topics, until, leave
        self._greeted, self._asked_at = False, time.monotonic()

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> str:
        if not self._greeted:
            self._greeted = True
            return "retry: 2000\nevent: hello\ndata: {}\n\n"
        while time.monotonic() < self._until and self._may_go_on():
            try:
                message = self.mailbox.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                return "event: ping\ndata: {}\n\n"
            told = json.loads(message)["topics"]
            if self._leave and self._leave.topic in told and not self._leave.is_good():
                break
            if wanted := [t for t in told if self._wants(t)]:
                return f"data: {json.dumps({'topics': wanted})}\n\n"
        raise StopIteration

    def _may_go_on(self) -> bool:
        now = time.monotonic()
        if self._leave is None or now - self._asked_at < ASK_SECONDS:
            return True
        self._asked_at = now
        return self._leave.is_good()

    def _wants(self, topic: str) -> bool:
        return topic in self._topics or topic.split(":")[0] in self._topics

    def close(self) -> None:
        """Called by the web server when the browser went away or the stream ended."""
        self._hub.leave(self.mailbox)
