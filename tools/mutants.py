"""Breaks the code on purpose, one way at a time, and wants the tests named in each patch to notice.

python tools/mutants.py [NAME ...]    the patches in mutants/ whose name contains one of NAME; all without

A patch begins with `# breaks: the rule in words` and `# tests: where it must be noticed`; `git apply` takes the rest.
Its tests must pass on the code as it is and fail on the broken copy. Exit code 1 when one did not.
"""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
AT_ONCE = 2
# pytest's exit codes: 1 is tests that failed; everything above is a run that could not be made.
PASSED, FAILED = 0, 1


@dataclass(frozen=True)
class Mutant:
    """One patch: what it breaks, and the tests that must notice."""

    path: Path
    breaks: str
    tests: tuple[str, ...]


def read(path: Path) -> Mutant:
    """Raises ValueError when the two lines at the top are not there."""
    heads = {"# breaks:": "", "# tests:": ""}
    for line in path.read_text(encoding="utf-8").splitlines()[:2]:
        for head in heads:
            if line.startswith(head):
                heads[head] = line.removeprefix(head).strip()
    if not all(heads.values()):
        raise ValueError(f"{path.name} does not say in its first two lines what it breaks and which tests notice.")
    return Mutant(path, heads["# breaks:"], tuple(heads["# tests:"].split()))


def judge(mutant: Mutant) -> str | None:
    """None when the tests noticed; otherwise what went wrong."""
    with tempfile.TemporaryDirectory(prefix="clinic-mutant-") as folder:
        copy = Path(folder) / "clinic"
        _copy_tracked(copy)
        if (code := _run_tests(copy, mutant.tests)) != PASSED:
            return f"its tests do not pass on the code as it is (exit code {code})"
        applied = subprocess.run(
            ["git", "apply", "--recount", str(mutant.path)], cwd=copy, capture_output=True, text=True, check=False
        )
        if applied.returncode:
            return f"the patch does not fit any more: {applied.stderr.strip()}"
        code = _run_tests(copy, mutant.tests)
    return None if code == FAILED else f"nobody noticed (exit code {code})"


def _copy_tracked(target: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _run_tests(folder: Path, tests: tuple[str, ...]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-x", *tests]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def main(names: list[str]) -> int:
    """Print a line for each mutant; the exit code."""
    paths = [p for p in sorted((ROOT / "mutants").glob("*.patch")) if not names or any(n in p.name for n in names)]
    mutants = [read(path) for path in paths]
    alive = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, problem in zip(mutants, pool.map(judge, mutants), strict=True):
            alive += problem is not None
            sys.stdout.write(f"{'ALIVE' if problem else 'red':6}{mutant.path.stem}: {problem or mutant.breaks}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(mutants) - alive} of {len(mutants)} were noticed\n")
    return 1 if alive or not mutants else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
