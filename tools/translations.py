"""Catalogues of what patients read: on kiosks, screens and phones. Staff pages are not in them.

`python tools/translations.py` finds new texts, puts them into every translations/<language>/LC_MESSAGES/messages.po and
compiles what is translated. A new language is a new folder with an empty messages.po.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "translations"
TEMPLATES = (
    "templates/queue/kiosk/screen/*.html",
    "templates/queue/displays/screen/*.html",
    "templates/queue/phone/*.html",
    "templates/queue/waits/*.html",
    "templates/queue/notices/_hours.html",
)
MODULES = (
    "clinic/queue/kiosk/screen/*.py",
    "clinic/queue/displays/screen/*.py",
    "clinic/queue/phone/*.py",
)
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}


def texts() -> Catalog:
    """Every text patients may read."""
    catalog = Catalog(project="Clinic", charset="utf-8")
    for method, patterns in (("jinja2.ext:babel_extract", TEMPLATES), ("python", MODULES)):
        for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
            options = {"extensions": "jinja2.ext.do", "trimmed": "false", "silent": "false"}
            for _line, message, comments, _context in extract_from_file(method, path, KEYWORDS, options=options):
                catalog.add(message, auto_comments=comments, locations=[(str(path.relative_to(ROOT)), None)])
    return catalog


def read(path: Path) -> Catalog:
    """A language's catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main() -> int:
    """Update and compile every catalogue; the number of texts still to be translated."""
    template, missing = texts(), 0
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        catalog = read(path)
        made = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        catalog.creation_date = made
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, omit_header=False)
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        empty = [m for m in catalog if m.id and not all(m.string if isinstance(m.string, tuple) else (m.string,))]
        missing += len(empty)
        for message in empty:
            sys.stderr.write(f"{path.parent.parent.name}: {message.id!r}\n")
    return missing


if __name__ == "__main__":
    sys.exit(bool(main()))
