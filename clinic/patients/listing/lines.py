"""The texts of a list of patients, written in one loop: a template then only has to put them in their places."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from flask_babel import get_locale
from markupsafe import Markup

from clinic import clock
from clinic.patients.labels import SEXES
from clinic.patients.listing.rows import PatientRow
from clinic.patients.search.highlight import Marker
from clinic.web.filters import age_of_in, birth_date_in, date_in, today
from clinic.web.security import settings


@dataclass(slots=True)
class Line:
    """What a list shows of one patient. `seen` is the last visit, or the registration in a list sorted by that."""

    id: int
    name: str
    initials: str
    age_and_sex: str
    birth_date: str
    mrn: str
    phone: str
    practitioner: str
    payer: str
    seen: str
    alert: str | None
    is_deceased: bool
    is_inactive: bool
    is_number: bool


def write_lines(rows: Iterable[PatientRow], marker: Marker | None = None, *, registered: bool = False) -> list[Line]:
    """The lines of `rows`, marked where they match a search."""
    locale, now, zone = get_locale(), today(), settings().zone
    lines = []
    for row in rows:
        instant = row.registered_at if registered else row.last_visit_at
        born = birth_date_in(locale, row.birth_date, row.birth_precision)
        lines.append(
            Line(
                id=row.id,
                name=marker.name(row.name) if marker else row.name,
                initials=row.name[:1].upper(),
                age_and_sex=_age_and_sex(locale, row, now),
                birth_date=Markup("<mark>{}</mark>").format(born) if marker and marker.is_birth_date(row) else born,
                mrn=marker.mrn(row.mrn) if marker else row.mrn,
                phone=marker.phone(row) if marker else row.phone or "",
                practitioner=row.practitioner or "",
                payer=row.payer or "",
                seen=date_in(locale, clock.clinic_day(instant, zone)) if instant else "",
                alert=row.alert,
                is_deceased=row.is_deceased,
                is_inactive=not row.is_active,
                is_number=marker is not None and marker.is_number(row),
            )
        )
    return lines


def _age_and_sex(locale: Locale | None, row: PatientRow, now: dt.date) -> str:
    """ "44 y, female", "died at 81 y, male"; of those whose age nobody knows only the sex."""
    years = age_of_in(locale, row, now)
    return f"{years}, {_sex(locale, row.sex, True)}" if years else _sex(locale, row.sex, False)


@lru_cache(maxsize=100)
def _sex(_locale: Locale | None, code: str, in_text: bool) -> str:
    name = str(SEXES[code])
    return name.lower() if in_text else name
