"""docs/architecture.md names what there is: every area and sub-area, and every state a thing can be in."""

from enum import StrEnum
from pathlib import Path

import pytest

from clinic.appointments.models import State as AppointmentState
from clinic.queue.models import State as EntryState
from clinic.visits.models import State as VisitState

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text()
PACKAGES = sorted(path.parent for path in (ROOT / "clinic").glob("*/**/__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_stands_in_the_tree(package: Path) -> None:
    assert f"{package.name}/" in TEXT or f"{package.parent.name}/{package.name}" in TEXT


@pytest.mark.parametrize(
    ("what", "states"), [("appointment", AppointmentState), ("visit", VisitState), ("queue entry", EntryState)]
)
def test_every_state_stands_in_the_table(what: str, states: type[StrEnum]) -> None:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {what} |")]
    named = line.split("|")[2]
    assert [word.split(" ")[0] for word in named.strip().split(", ")] == [state.value for state in states]
