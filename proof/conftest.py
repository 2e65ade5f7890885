"""Campaigns too long for every change, at the sizes a clinic meets: `make proof` runs them and writes docs/proof.md.

The small form of each is among the tests. A campaign says its rule with the mark `guards` and its figures with `note`.
"""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running_clinic import RunningClinic, running_clinic

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "proof.md"
_HEAD = """# Proof

Campaigns too long for every change, run by `make proof` (see `proof/`) on the commit named here. This page is written
by that run and is all that changed after it.

"""
Note = Callable[..., None]


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Keep figures of a campaign for the report: `note(rows=100_000, seconds=12.3)`."""

    def keep(**figures: object) -> None:
        for name, value in figures.items():
            record_property(name.replace("_", " "), value)

    return keep


@pytest.fixture
def clinic() -> Iterator[RunningClinic]:
    """The sample clinic, running, for one campaign alone."""
    with running_clinic() as running:
        yield running


class _Report:
    """Collects what each campaign showed and writes the page."""

    def __init__(self) -> None:
        self._began, self._load = time.time(), os.getloadavg()[0]
        self._rules: dict[str, str] = {}
        self._lines: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marks = [str(mark.args[0]) for mark in item.iter_markers("guards")]
            self._rules[item.nodeid] = "; ".join(marks) or item.name

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            figures = ", ".join(f"{name} {_shown(value)}" for name, value in report.user_properties)
            cells = (self._rules[report.nodeid], report.outcome, f"{report.duration:.0f} s", figures)
            self._lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly or not self._lines:
            return
        commit = _git("rev-parse", "HEAD") + (" with changes" if _git("status", "--porcelain") else "")
        facts = {
            "Commit": commit,
            "Began": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self._began)),
            "Took": f"{(time.time() - self._began) / 60:.0f} minutes",
            "Machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "Load when it began and when it ended": f"{self._load:.1f}, {os.getloadavg()[0]:.1f}",
        }
        head = "".join(f"- {name}: {value}\n" for name, value in facts.items())
        table = "| what was shown | outcome | took | figures |\n|---|---|---|---|\n"
        REPORT.write_text(f"{_HEAD}{head}\n{table}{''.join(self._lines)}", encoding="utf-8")


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else str(value)


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Report(), "proof-report")
