"""Numbers that come from outside have one reader."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.guards("numbers from outside are read in one place, which knows what no row can have")
def test_nothing_else_reads_numbers() -> None:
    for path in ROOT.glob("clinic/**/*.py"):
        if path.name in ("fields.py", "addresses.py"):
            continue
        found = re.findall(r"type=int\b|coerce=int\b|\bIntegerField\b", path.read_text())
        assert not found, f"{path}: {found}: use whole() and WholeField"
