"""What the browser loads: unchanged where it is not ours, and complete."""

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"


def _imports(module: Path, seen: set[Path]) -> set[Path]:
    """`module` and every module it imports."""
    seen.add(module)
    for name in re.findall(r'^import .*?"(\./[^"]+)"', module.read_text(), re.M):
        if (target := (module.parent / name).resolve()) not in seen:
            _imports(target, seen)
    return seen


def test_vendored_files_are_what_their_table_says() -> None:
    known = set(re.findall(r"\b[0-9a-f]{64}\b", (STATIC / "vendor" / "README.md").read_text()))
    folders = (STATIC / "vendor", ROOT / "tests" / "browser" / "vendor")
    vendored = [f for folder in folders for kind in ("js", "css") for f in folder.glob(f"*/*.{kind}")]
    assert {hashlib.sha256(f.read_bytes()).hexdigest() for f in vendored} == known
    assert all((f.parent / "LICENSE").exists() for f in vendored)


def test_every_icon_that_is_used_exists() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    used = set()
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        used |= set(re.findall(r'\bicon\("([a-z-]+)"', text)) | set(re.findall(r'icon_name="([a-z-]+)"', text))
        used |= set(re.findall(r'empty_state\(\s*"([a-z-]+)"', text))
    used |= set(re.findall(r'Section\("[^"]+", [^,]+, "([a-z-]+)"', (ROOT / "clinic/web/navigation.py").read_text()))
    assert used - drawn == set()


def test_scripts_and_styles_name_only_files_that_exist() -> None:
    for module in (STATIC / "js").rglob("*.js"):
        assert all(path.exists() for path in _imports(module, set())), module.name


def test_colours_stand_only_among_the_tokens() -> None:
    literal = re.compile(r":[^;{}]*(#[0-9a-f]{3,8}\b|rgb\(|hsl\()", re.I)
    styles = [f for f in (STATIC / "css").glob("*.css") if f.name not in ("tokens.css", "print.css")]
    assert [f.name for f in styles if literal.search(f.read_text())] == []
