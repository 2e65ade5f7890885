"""The patches of `make mutants` fit the code and name tests that are there: they run too long to run each time."""

import subprocess
from pathlib import Path

import pytest

from tools.mutants import ROOT, read

PATCHES = sorted((ROOT / "mutants").glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda path: path.stem)
def test_a_patch_fits_and_its_tests_are_there(patch: Path) -> None:
    mutant = read(patch)
    command = ["git", "apply", "--check", "--recount", str(patch)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text() if name else (ROOT / path).exists(), test
