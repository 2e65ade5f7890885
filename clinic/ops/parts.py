"""The programs a running clinic consists of, each started again when it ends."""

import functools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from clinic import ROOT
from clinic.config import Settings
from clinic.ops.tether import die_with_parent
from clinic.redis_folder import cut_zeros, set_aside
from clinic.redis_server import server_command

FIRST_DELAY = 0.2
LONGEST_DELAY = 30.0
STEADY_SECONDS = 10.0
log = logging.getLogger(__name__)


class Part:
    """One program in a process group of its own. Times are monotonic seconds.

    Whatever keeps it from starting (no room, no memory, no program) is logged and tried again, for as long as the
    clinic runs: nothing here raises for it.
    """

    def __init__(self, name: str, command: Sequence[str], output: IO[bytes]) -> None:
        self.name = name
        self._command = list(command)
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._delay = FIRST_DELAY
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, now: float) -> None:
        """Start the program; Ctrl-C in the terminal does not reach it, and it does not outlive this process."""
        try:
            self._process = self._begin()
        except (OSError, subprocess.SubprocessError) as error:
            log.error("%s could not be started (%s: %s)", self.name, type(error).__name__, error)
            self._wait(now)
            return
        self._started_at = now

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
            preexec_fn=functools.partial(die_with_parent, os.getpid()),
        )

    def keep_running(self, now: float) -> None:
        """Note that the program ended, and start it again after a delay that doubles each time it ends early."""
        if self._process is None:
            if now >= self._start_at:
                self.start(now)
                if self.pid:
                    log.warning("%s was started again as process %s", self.name, self.pid)
            return
        status = self._process.poll()
        if status is None:
            return
        self._end_group(signal.SIGKILL)
        self._process = None
        is_steady = now - self._started_at > STEADY_SECONDS
        self._delay = FIRST_DELAY if is_steady else self._delay
        log.error("%s ended (%s); next start in %.1f s", self.name, _reason(status), self._delay)
        self._wait(now)
        if not is_steady:
            self._ended_early(status)

    def _wait(self, now: float) -> None:
        self._start_at = now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _ended_early(self, status: int) -> None:
        """Called when the program ended soon after its start."""

    def stop(self, timeout: float) -> None:
        """Ask the program to end; kill it and what it started after `timeout` seconds."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %.0f s and was killed", self.name, timeout)
        self._end_group(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def ask_to_stop(self) -> None:
        """Let the program finish what it is doing."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def _end_group(self, number: signal.Signals) -> None:
        if self._process:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return


def _reason(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"


class RedisPart(Part):
    """The embedded Valkey. Its folder is mended before each start; one that it cannot read is set aside."""

    _CRASHES = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT)

    def __init__(self, var: Path, output: IO[bytes]) -> None:
        super().__init__("Valkey", [], output)
        self._var = var

    def _begin(self) -> subprocess.Popen[bytes]:
        self._command = server_command(self._var)
        cut = cut_zeros(self._var / "redis")
        if cut:
            log.warning("Valkey's file ended in %d zero bytes, as after a power cut; they were cut off", cut)
        return super()._begin()

    def _ended_early(self, status: int) -> None:
        """It refuses a damaged file with an exit code; a kill says nothing about its file."""
        if status <= 0 and status not in self._CRASHES:
            return
        try:
            aside = set_aside(self._var / "redis")
        except OSError as error:
            log.error("Valkey's folder could not be set aside (%s)", error)
            return
        if aside:
            log.error("Valkey could not use its folder: set aside as %s; it starts with an empty one", aside.name)


def redis_part(settings: Settings, output: IO[bytes]) -> Part:
    """The embedded Valkey."""
    return RedisPart(settings.var, output)


def application_parts(output: IO[bytes]) -> list[Part]:
    """Web server and workers: one program, of which each queue and the schedule are a process of their own."""
    python = sys.executable
    return [
        Part("web", [python, "-m", "gunicorn"], output),
        Part("worker", [python, "-m", "flask", "worker", "--with-scheduler"], output),
    ]
