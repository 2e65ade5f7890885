"""Going on whatever is thrown: for loops that nothing but a request to stop may end."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from clinic.errors import DomainError

_FRAMES_SHOWN = 12
log = logging.getLogger(__name__)


@contextmanager
def surviving(what: str) -> Iterator[None]:
    """Log what the block raises, with its place, and go on behind it.

    For what has no caller to decide: whatever Redis, RQ or a job throws, the next round finds rows and keys as they
    are and puts right what this one left.
    """
    try:
        yield
    except Exception as error:
        log.error("%s failed and is tried again: %s", what, type(error).__name__, exc_info=error)


def places_of(error: BaseException) -> list[str]:
    """Where an error was raised, innermost last: files, lines and functions, never values."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SHOWN:]
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]


def reason_of(error: BaseException) -> str:
    """Why a job failed, as kept with it: a message only if we wrote it for people, else no values."""
    message = f": {error}" if isinstance(error, DomainError) else ""
    return "\n".join([f"{type(error).__name__}{message}", *(f"  {place}" for place in places_of(error))])
