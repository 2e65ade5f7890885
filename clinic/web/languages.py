"""In which language an answer is written: the clinic's own, or on public pages the reader's.

Catalogues are in translations/; the texts themselves are English. Staff pages are written in CLINIC_LOCALE.
"""

from functools import lru_cache
from pathlib import Path

from babel import Locale
from flask import Flask, g, request
from flask_babel import get_locale, refresh

from clinic.web.security import settings

SOURCE = "en"
_CATALOGUES = Path(__file__).parents[2] / "translations"


@lru_cache(maxsize=1)
def languages() -> dict[str, str]:
    """Every language a public page can be read in: its code, and its name as its readers write it."""
    codes = [SOURCE, *sorted(path.parent.parent.name for path in _CATALOGUES.glob("*/LC_MESSAGES/messages.mo"))]
    return {code: str(Locale.parse(code).get_language_name(code)).capitalize() for code in codes}


def own_language() -> str:
    """The language of CLINIC_LOCALE, or English where it has no catalogue."""
    code = settings().locale.split("_")[0]
    return code if code in languages() else SOURCE


def offered(codes: list[str]) -> dict[str, str]:
    """Those of `codes` there is a catalogue for, in their order; the clinic's own language where none is left."""
    found = {code: languages()[code] for code in codes if code in languages()}
    return found or {own_language(): languages()[own_language()]}


def locale_of(code: str) -> str:
    """The clinic's locale where it is of this language, so that dates are written as elsewhere in the clinic."""
    own = settings().locale
    return own if own.split("_")[0] == code else code


def write_in(code: str) -> None:
    """Write the rest of this answer in a language."""
    g.language = locale_of(code)
    g.pop("translations", None)
    refresh()


def language() -> str:
    """The language this answer is written in."""
    return str(get_locale()).split("_")[0]


def write_for_reader(codes: list[str]) -> None:
    """Write this answer in the language asked for in the address (`lang`), else by the browser, else the first."""
    known = offered(codes)
    asked = request.values.get("lang", "")
    best = asked if asked in known else request.accept_languages.best_match(known)
    write_in(best or next(iter(known)))


def write_as_asked(codes: list[str]) -> dict[str, str]:
    """Write this answer in the language asked for in the address or form (`lang`), else the first; those offered."""
    known = offered(codes)
    asked = request.values.get("lang", "")
    write_in(asked if asked in known else next(iter(known)))
    return known


def install(app: Flask) -> None:
    """Let templates say what they are written in, and name languages as their readers do."""
    app.add_template_global(get_locale, "page_locale")
    app.add_template_filter(lambda code: languages().get(code, code), "endonym")
