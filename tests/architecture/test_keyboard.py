"""docs/keyboard.md lists every key of every page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.queue.forms import STEP_WORDS

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
KEY = re.compile(r"""data-key="([^"{]+)"|\bkey="([^"{]+)"|"data-key": "([^"]+)\"""")
# Where the keys of a folder, or of one template, are listed besides "On every page"; the longest path decides.
PLACES = {
    "": ("Today",),
    "components": ("Today", "Board", "Patients"),
    "patients": ("Patients", "Possible duplicates", "Two records side by side", "Chart", "Chart, tab Appointments"),
    "documents": ("Chart",),
    "appointments": ("Calendar", "Day sheet, on a row", "Appointment", "Chart", "Chart, tab Appointments"),
    "appointments/waitlist": ("Waitlist",),
    "appointments/schedules": ("Schedules",),
    "appointments/feeds": ("Calendar addresses",),
    "appointments/series": ("Series",),
    "queue": ("Queue", "Board", "Ticket"),
    "queue/closing": ("End of day",),
    "queue/displays": ("Imports, directory, screens",),
    "queue/kiosk": ("Imports, directory, screens",),
    "queue/notices": ("Imports, directory, screens",),
    "visits": ("Visits of the day", "Board", "Chart", "Today"),
    "desk/notes": ("Shift log", "Today"),
    "desk": ("Today",),
    "exports": ("Exports", "Patients"),
    "imports": ("Imports, directory, screens",),
    "directory": ("Imports, directory, screens", "Directory"),
    "directory/practitioners": ("Imports, directory, screens", "Practitioners"),
}


def listed() -> tuple[set[str], dict[str, set[str]]]:
    """The keys of every page, and those of each row of "On one page"."""
    everywhere, one = (ROOT / "docs/keyboard.md").read_text().split("## On every page")[1].split("## On one page")
    rows = re.findall(r"^\| ([^|]+?) \| (.+) \|$", one, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", everywhere)), {name: set(re.findall(r"`([^`]+)`", text)) for name, text in rows}


def used() -> Iterator[tuple[Path, str]]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        for match in KEY.finditer(path.read_text()):
            yield path.relative_to(TEMPLATES), next(filter(None, match.groups()))


@pytest.mark.parametrize(("path", "key"), sorted({(str(path), key) for path, key in used()}))
def test_every_key_of_the_templates_is_in_the_list(path: str, key: str) -> None:
    everywhere, rows = listed()
    folder = max((each for each in PLACES if path.startswith(f"{each}/") or not each), key=len)
    known = everywhere.union(*(rows.get(name, set()) for name in PLACES[folder]))
    assert key in known, f"{path} has {key}; docs/keyboard.md has it in none of {PLACES[folder]}"


def test_every_step_of_a_ticket_is_in_the_list() -> None:
    assert {words.key for words in STEP_WORDS.values() if words.key} <= listed()[1]["Board"]


def test_rows_named_here_are_in_the_list() -> None:
    assert {name for names in PLACES.values() for name in names} <= set(listed()[1])
