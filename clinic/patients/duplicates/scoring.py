"""How likely two records speak of one person, and why. Pure functions over names, dates, phones and numbers."""

import datetime as dt
import enum
from dataclasses import dataclass
from difflib import SequenceMatcher

from clinic.names import fold
from clinic.patients.models import BirthPrecision

# From here on registering needs a confirmation; below it the match is only shown.
LIKELY = 60
SHOWN = 45
SIMILAR_NAMES = 0.84


class Reason(enum.StrEnum):
    """Why a record matches, strongest first."""

    IDENTIFIER = "identifier"
    BIRTH_DATE = "birth_date"
    DAY_MONTH_SWAPPED = "day_month_swapped"
    BIRTH_DATE_CLOSE = "birth_date_close"
    SAME_NAME = "same_name"
    NAMES_SWAPPED = "names_swapped"
    SIMILAR_NAME = "similar_name"
    PARTLY_SAME_NAME = "partly_same_name"
    PHONE = "phone"
    EMAIL = "email"


POINTS = {
    Reason.IDENTIFIER: 100,
    Reason.BIRTH_DATE: 40,
    Reason.DAY_MONTH_SWAPPED: 30,
    Reason.BIRTH_DATE_CLOSE: 20,
    Reason.SAME_NAME: 45,
    Reason.NAMES_SWAPPED: 45,
    Reason.SIMILAR_NAME: 35,
    Reason.PARTLY_SAME_NAME: 15,
    Reason.PHONE: 45,
    Reason.EMAIL: 45,
}
# Points taken when both birth dates are known and have nothing to do with each other.
OTHER_BIRTH_DATE = 25


@dataclass(frozen=True)
class Traits:
    """What is compared of a person."""

    family_name: str | None
    given_name: str | None
    birth_date: dt.date | None
    birth_precision: BirthPrecision


def score(mine: Traits, theirs: Traits, exact: frozenset[Reason]) -> tuple[int, list[Reason]]:
    """Points and reasons; `exact` holds what was found by lookup (identifier, phone, e-mail)."""
    reasons = [r for r in (_birth_reason(mine, theirs), _name_reason(mine, theirs), *exact) if r]
    points = sum(POINTS[reason] for reason in reasons)
    if mine.birth_date and theirs.birth_date and not _BIRTH_REASONS & set(reasons):
        points -= OTHER_BIRTH_DATE
    return points, sorted(reasons, key=list(Reason).index)


_BIRTH_REASONS = {Reason.BIRTH_DATE, Reason.DAY_MONTH_SWAPPED, Reason.BIRTH_DATE_CLOSE}


def _birth_reason(mine: Traits, theirs: Traits) -> Reason | None:
    a, b = mine.birth_date, theirs.birth_date
    if a is None or b is None:
        return None
    if {mine.birth_precision, theirs.birth_precision} != {BirthPrecision.DAY}:
        return _vague_birth_reason(mine, theirs, a, b)
    if a == b:
        return Reason.BIRTH_DATE
    if (a.year, a.month, a.day) == (b.year, b.day, b.month):
        return Reason.DAY_MONTH_SWAPPED
    same = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    return Reason.BIRTH_DATE_CLOSE if same == 2 else None


def _vague_birth_reason(mine: Traits, theirs: Traits, a: dt.date, b: dt.date) -> Reason | None:
    """With a year or an age only, near is as good as it gets."""
    tolerance = 2 if BirthPrecision.ESTIMATED in (mine.birth_precision, theirs.birth_precision) else 0
    if abs(a.year - b.year) > tolerance:
        return None
    by_month = {mine.birth_precision, theirs.birth_precision} <= {BirthPrecision.DAY, BirthPrecision.MONTH}
    if by_month:
        return Reason.BIRTH_DATE if a.month == b.month else None
    return Reason.BIRTH_DATE_CLOSE


def _name_reason(mine: Traits, theirs: Traits) -> Reason | None:
    a_family, a_given = fold(mine.family_name or ""), fold(mine.given_name or "")
    b_family, b_given = fold(theirs.family_name or ""), fold(theirs.given_name or "")
    a_words, b_words = f"{a_family} {a_given}".split(), f"{b_family} {b_given}".split()
    # A person with one name has it in either field.
    if a_words == b_words:
        return Reason.SAME_NAME
    if sorted(a_words) == sorted(b_words):
        return Reason.NAMES_SWAPPED
    if _alike(sorted(a_words), sorted(b_words)) or _alike([a_family, a_given], [b_family, b_given]):
        return Reason.SIMILAR_NAME
    shared = set(a_words) & set(b_words)
    return Reason.PARTLY_SAME_NAME if any(len(word) > 2 for word in shared) else None


def _alike(a: list[str], b: list[str]) -> bool:
    """Whether both are nearly the same text, letter by letter."""
    first, second = " ".join(a), " ".join(b)
    if min(len(first), len(second)) < 4 or _share_of_letters(first, second) < SIMILAR_NAMES:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= SIMILAR_NAMES


def _share_of_letters(first: str, second: str) -> float:
    """Letters that both have, in whatever order: matching ones are no more, and take ten times as long to find."""
    shared = sum(min(first.count(letter), second.count(letter)) for letter in set(first))
    return 2 * shared / (len(first) + len(second))
