"""`make run`: one process that starts everything Clinic needs, keeps it running and stops it.

It loads neither Flask nor SQLAlchemy: it idles at a few megabytes, and no defect of the application ends it. Nothing
that can be rebuilt keeps the clinic from starting, and nothing but a request to stop ends it once it runs.
"""

import contextlib
import logging
import os
import signal
import sys
import time
from types import FrameType
from typing import IO

from clinic import own_files
from clinic.config import Settings, SettingsError, ensure_local_settings, load_settings
from clinic.ops import logs
from clinic.ops.log_file import LogFile, LogPipe
from clinic.ops.parts import Part, application_parts, redis_part
from clinic.ops.startup import (
    StartError,
    becomes_ready,
    check_port,
    claimed_folder,
    prepare_data,
    redis_answers,
    serves_pages,
)

CHECK_SECONDS = 0.2
STOP_SECONDS = 10.0
REDIS_SECONDS = 20.0
READY_SECONDS = 60.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
log = logging.getLogger(__name__)


class StopRequested(BaseException):
    """Raised where the main thread is when a signal asks it to stop; no handler of errors there may swallow it."""


class Supervisor:
    """Starts the parts in order and watches them until a signal asks it to stop."""

    def __init__(self, settings: Settings, output: IO[bytes]) -> None:
        self._settings = settings
        self._redis = [redis_part(settings, output)] if settings.is_redis_embedded else []
        self._application = application_parts(output)
        self._running: list[Part] = []

    def run(self) -> None:
        """Returns when everything has stopped. Raises StartError when the database cannot be prepared."""
        for number in _STOP_SIGNALS:
            signal.signal(number, _request_stop)
        try:
            say(self._start())
            while True:
                self._watch()
                time.sleep(CHECK_SECONDS)
        except StopRequested:
            say("Stopping; what runs now may finish first.")
        finally:
            self._stop()

    def _start(self) -> str:
        """What to tell the user once pages are served, or once it is clear that something is missing."""
        settings = self._settings
        self._start_all(self._redis)
        has_redis = not self._redis or redis_answers(settings.var, REDIS_SECONDS, self._watch)
        if not has_redis:
            log.error("Valkey does not answer: the clinic starts without it, and it is tried again")
        notice = prepare_data()
        self._start_all(self._application)
        is_ready = has_redis and becomes_ready(settings, READY_SECONDS, self._watch)
        if not is_ready and not self._serves_pages():
            log.error("no page is served yet; every part is tried again")
            return f"No page is served yet; it is tried again and again. See {settings.var}/log/clinic.log."
        missing = "" if is_ready else f"\n{_missing(settings, has_redis)}"
        scheme = "https" if settings.https else "http"
        return f"Clinic is ready: {scheme}://{settings.host}:{settings.port}{missing}\n{notice}\nCtrl-C stops it."

    def _serves_pages(self) -> bool:
        return serves_pages(self._settings, READY_SECONDS, self._watch)

    def _start_all(self, parts: list[Part]) -> None:
        for part in parts:
            part.start(time.monotonic())
            self._running.append(part)

    def _watch(self) -> None:
        """Whatever one part does to us, the others are looked after."""
        for part in self._running:
            try:
                part.keep_running(time.monotonic())
            except Exception as error:
                log.exception("%s could not be looked after: %s", part.name, error)

    def _stop(self) -> None:
        """Valkey last: the others still tell it what they finished."""
        for parts in (self._application, self._redis):
            until = time.monotonic() + STOP_SECONDS
            for part in parts:
                part.ask_to_stop()
            for part in parts:
                part.stop(max(0.1, until - time.monotonic()))


def _missing(settings: Settings, has_redis: bool) -> str:
    """One line about what does not run yet."""
    what = "a part of it" if has_redis else "Valkey (background jobs and live updates wait for it)"
    return f"Not yet running: {what}. It is tried again; see {settings.var}/log/clinic.log and /health/ready."


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested


def say(text: str) -> None:
    """Tell the person at the terminal; that may be a file on a full disk, or nobody any more."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def main() -> int:
    """Exit code 0 after a stop on request, 1 when Clinic could not start."""
    own_files()
    try:
        ensure_local_settings()
        settings = load_settings()
        with claimed_folder(settings.var):
            check_port(settings.host, settings.port)
            _run(settings)
    except (SettingsError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(settings: Settings) -> None:
    pipe = LogPipe(LogFile(settings.var / "log"))
    try:
        with os.fdopen(os.dup(pipe.input.fileno()), "w", buffering=1, encoding="utf-8") as lines:
            logs.configure(lines)
            Supervisor(settings, pipe.input).run()
            logging.shutdown()
    finally:
        pipe.close()


if __name__ == "__main__":
    sys.exit(main())
