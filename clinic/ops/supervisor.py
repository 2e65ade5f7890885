"""`make run`: one process that starts everything Clinic needs, keeps it running and stops it.

It loads neither Flask nor SQLAlchemy: it idles at a few megabytes, and no defect of the application ends it.
"""

import logging
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from clinic.config import Settings, SettingsError, ensure_local_settings, load_settings
from clinic.ops import logs
from clinic.ops.parts import Part, application_parts, redis_part
from clinic.ops.startup import (
    StartError,
    check_port,
    claimed_folder,
    prepare_data,
    wait_for_redis,
    wait_until_ready,
)

CHECK_SECONDS = 0.2
STOP_SECONDS = 10.0
READY_SECONDS = 60.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_BYTES = 20 * 1024**2
log = logging.getLogger(__name__)


class StopRequested(Exception):
    """Raised where the main thread is when a signal asks it to stop."""


class Supervisor:
    """Starts the parts in order and watches them until a signal asks it to stop."""

    def __init__(self, settings: Settings, log_path: Path, output: IO[bytes]) -> None:
        self._settings = settings
        self._log_path = log_path
        self._output = output
        self._redis = [redis_part(settings, output)] if settings.is_redis_embedded else []
        self._application = application_parts(output)

    def run(self) -> None:
        """Returns when everything has stopped. Raises StartError when something cannot be started."""
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
        """What to tell the user once pages are served."""
        settings = self._settings
        if self._redis:
            self._start_all(self._redis)
            wait_for_redis(settings.var, READY_SECONDS)
        notice = prepare_data()
        self._start_all(self._application)
        wait_until_ready(settings, READY_SECONDS, self._watch)
        scheme = "https" if settings.https else "http"
        return f"Clinic is ready: {scheme}://{settings.host}:{settings.port}\n{notice}\nCtrl-C stops it."

    def _start_all(self, parts: list[Part]) -> None:
        for part in parts:
            part.start(time.monotonic())

    def _watch(self) -> None:
        for part in [*self._redis, *self._application]:
            part.keep_running(time.monotonic())
        self._limit_log()

    def _limit_log(self) -> None:
        """Keep one older log. Every writer appends, so that the file can be emptied in place."""
        if self._log_path.stat().st_size > LOG_BYTES:
            shutil.copyfile(self._log_path, self._log_path.with_suffix(".log.1"))
            self._output.truncate(0)

    def _stop(self) -> None:
        """Valkey last: the others still tell it what they finished."""
        for parts in (self._application, self._redis):
            until = time.monotonic() + STOP_SECONDS
            for part in parts:
                part.ask_to_stop()
            for part in parts:
                part.stop(max(0.1, until - time.monotonic()))


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Exit code 0 after a stop on request, 1 when Clinic could not start."""
    try:
        ensure_local_settings()
        settings = load_settings()
        with claimed_folder(settings.var):
            check_port(settings.host, settings.port)
            log_path = settings.var / "log" / "clinic.log"
            with log_path.open("ab") as output, log_path.open("a", encoding="utf-8") as lines:
                logs.configure(lines)
                Supervisor(settings, log_path, output).run()
    except (SettingsError, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
