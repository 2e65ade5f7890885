"""What a page of search results shows."""

from dataclasses import dataclass

from flask_babel import get_locale
from sqlalchemy.orm import Session

from clinic.patients.listing.cursors import open_cursor, seal_cursor
from clinic.patients.listing.lines import Line, write_lines
from clinic.patients.listing.rows import list_rows
from clinic.patients.search.highlight import Marker
from clinic.patients.search.parsing import DateHabits, SearchText, parse
from clinic.patients.search.queries import search_patients
from clinic.patients.search.ranking import Hit, Tier
from clinic.web.filters import today
from clinic.web.security import settings


@dataclass(frozen=True)
class Results:
    """Lines in order of how well they match. `next` is a cursor; `is_guess`: only with typing errors forgiven."""

    text: SearchText
    lines: list[Line]
    next: str | None
    is_first: bool
    is_guess: bool

    @property
    def is_certain(self) -> bool:
        """Whether one patient is meant."""
        return len(self.lines) == 1 and self.is_first and not self.is_guess


def patient_ids(results: Results | None) -> list[int]:
    """Whom results show."""
    return [line.id for line in results.lines] if results else []


def read_text(typed: str) -> SearchText:
    """The readings of a typed text at this clinic."""
    locale = get_locale()
    return parse(typed, DateHabits(today(), settings().region, str(locale) if locale else settings().locale))


def read_results(session: Session, text: SearchText, limit: int, cursor: str | None = None) -> Results:
    """The page of results that follows a cursor."""
    after = _hit(cursor)
    found = search_patients(session, text, limit=limit, after=after)
    last = found.hits[-1] if found.hits else None
    rows = list_rows(session, [hit.id for hit in found.hits], today())
    return Results(
        text=text,
        lines=write_lines(rows, Marker(text, found.known)),
        next=seal_cursor(*last) if last and found.has_more else None,
        is_first=after is None,
        is_guess=bool(found.hits) and found.hits[0].tier == Tier.TYPING_ERROR,
    )


def _hit(cursor: str | None) -> Hit | None:
    values = open_cursor(cursor, 3)
    return Hit(Tier(values[0]), str(values[1]), int(values[2])) if values else None
