"""Samples, percentiles and the memory of a process tree."""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import psutil


@dataclass(frozen=True)
class Samples:
    """Seconds of repeated runs."""

    seconds: list[float]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000

    @property
    def p95_ms(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))] * 1000


def timed(run: Callable[[], object], times: int, warm: int = 3, budget: float = 60) -> Samples:
    """Call `run` up to `times` times within `budget` seconds, after `warm` uncounted calls."""
    for _ in range(warm):
        run()
    seconds: list[float] = []
    began = time.perf_counter()
    while len(seconds) < times and time.perf_counter() - began < budget:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return Samples(seconds)


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it that are still there."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def tree_memory(pid: int) -> float:
    """Resident megabytes of a process tree; what processes share, such as the interpreter, is counted once."""
    total = 0
    for process in tree(pid):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def largest_memory(pid: int) -> float:
    """Resident megabytes of the largest process of a tree: what a job that starts meanwhile shares is not growth."""
    sizes = [0.0]
    for process in tree(pid):
        try:
            sizes.append(process.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            continue
    return max(sizes)


class PeakMemory:
    """Samples the peak of a number of megabytes every 20 ms while its block runs."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read, self._done = read, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self.peak = read()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.peak = max(self.peak, self._read())

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
