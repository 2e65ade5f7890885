"""What one process saw its people read, kept in memory until it is written.

Opening a page must not wait for the turn to write, and a page that reads itself again every few seconds must not fill
the log: a thing is noted once for each reader, view and window of time. Windows begin at fixed instants, so what a
process has to remember ends with them. Every process remembers for itself: two may each note the same reading.
"""

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from clinic.numbers import LARGEST_KEY

WINDOW = dt.timedelta(minutes=10)
# A hundred refused addresses say what somebody tries; more would only fill the log.
MOST_REFUSED = 100
# Of what waits to be written while the database does not answer.
MOST_PENDING = 20_000


@dataclass(frozen=True)
class Reader:
    """Who looked; `address` only of those without an account."""

    actor_id: int | None
    actor_name: str
    address: str | None = None


@dataclass(frozen=True)
class Sight:
    """One record that was looked at. `view` is the endpoint that showed it."""

    reader: Reader
    action: str
    view: str
    entity: str
    entity_id: int | None
    patient_id: int | None = None


@dataclass(frozen=True)
class Listing:
    """A view that shows several patients, or that somebody was refused."""

    reader: Reader
    action: str
    view: str


@dataclass
class Pending:
    """What is to be written of a Sight or Listing.

    `shown` are the patients that a list showed, `noted` those of them that are new in the window, `things` what else a
    refused address named, such as "document_id 5".
    """

    at: dt.datetime
    request: str | None
    shown: set[int] = field(default_factory=set)
    noted: set[int] = field(default_factory=set)
    things: set[str] = field(default_factory=set)


Batch = dict[Sight | Listing, Pending]


class Gatherer:
    """What was read and not yet written; safe to use from many threads. `on_note` is called whenever there is news."""

    def __init__(self, on_note: Callable[[], object] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._pending: Batch = {}
        self._windows: dict[dt.timedelta, tuple[int, dict[Sight | Listing, set[int | str]]]] = {}
        self._dropped = 0
        self.on_note = on_note

    def note(self, sight: Sight, *, now: dt.datetime, request: str | None) -> None:
        """Note that a record was looked at, unless the same was noted in this window."""
        with self._lock:
            seen = self._seen(now, WINDOW)
            if sight in seen:
                return
            seen[sight] = set()
            self._keep(sight, now, request)
        self.on_note()

    def note_list(
        self,
        listing: Listing,
        patient_ids: Collection[int],
        *,
        now: dt.datetime,
        request: str | None,
        window: dt.timedelta = WINDOW,
    ) -> None:
        """Note whom a list showed; nothing when all of them were noted in this window, or nobody was shown."""
        with self._lock:
            seen = self._seen(now, window).setdefault(listing, set())
            fresh = set(patient_ids) - seen
            if not fresh:
                return
            seen |= fresh
            pending = self._keep(listing, now, request)
            pending.shown |= set(patient_ids)
            pending.noted |= fresh
        self.on_note()

    def note_refusal(
        self,
        listing: Listing,
        patient_ids: Iterable[int],
        things: Iterable[str],
        *,
        now: dt.datetime,
        request: str | None,
    ) -> None:
        """Note that somebody was refused; of each view the first MOST_REFUSED things in a window."""
        tried: list[int | str] = [*(i for i in patient_ids if 0 < i <= LARGEST_KEY), *things]
        with self._lock:
            window = self._seen(now, WINDOW)
            is_first, seen = listing not in window, window.setdefault(listing, set())
            fresh = [what for what in tried if what not in seen]
            fresh = fresh[: max(MOST_REFUSED - len(seen), 0)]
            if not fresh and not is_first:
                return
            seen.update(fresh)
            pending = self._keep(listing, now, request)
            pending.noted |= {what for what in fresh if isinstance(what, int)}
            pending.things |= {what for what in fresh if isinstance(what, str)}
        self.on_note()

    def _seen(self, now: dt.datetime, window: dt.timedelta) -> dict[Sight | Listing, set[int | str]]:
        """What was noted in the window that `now` lies in."""
        number = int(now.timestamp() // window.total_seconds())
        kept = self._windows.get(window)
        if kept is None or kept[0] != number:
            kept = self._windows[window] = number, {}
        return kept[1]

    def _keep(self, key: Sight | Listing, now: dt.datetime, request: str | None) -> Pending:
        if key not in self._pending and len(self._pending) >= MOST_PENDING:
            self._dropped += 1
            self._pending.pop(next(iter(self._pending)))
        return self._pending.setdefault(key, Pending(now, request))

    def take(self) -> Batch:
        """What waits to be written; it waits no longer."""
        with self._lock:
            taken, self._pending = self._pending, {}
            return taken

    def put_back(self, batch: Batch) -> None:
        """What could not be written is to be written next time, before what came since."""
        with self._lock:
            since, self._pending = self._pending, batch
            for key, pending in since.items():
                kept = self._keep(key, pending.at, pending.request)
                kept.shown |= pending.shown
                kept.noted |= pending.noted
                kept.things |= pending.things

    def take_dropped(self) -> int:
        """How many were given up since the last call, because too many waited."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def forget(self) -> None:
        """Begin afresh, as in a process that was just forked: what waits is its parent's to write."""
        self._lock = threading.Lock()
        self._pending, self._windows, self._dropped = {}, {}, 0
