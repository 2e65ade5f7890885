"""How well a patient matches: the rule that both databases share, applied row by row in Python."""

import datetime as dt
import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import NamedTuple

from clinic.patients.search.parsing import Days, Reading, SearchText

MAX_PERMUTED = 4


class Tier(enum.IntEnum):
    """Best first. Within a tier patients come by name (by MRN in MRN_BEGINS)."""

    EXACT = 0
    MRN_BEGINS = 1
    NAME_BEGINS = 2
    WORDS_BEGIN = 3
    WORDS_CONTAIN = 4
    TYPING_ERROR = 5


class Candidate(NamedTuple):
    """The columns that decide a rank."""

    id: int
    sort_name: str
    search_name: str
    birth_date: dt.date | None
    mrn: str


class Hit(NamedTuple):
    """A patient found; sorts in the order of the results."""

    tier: Tier
    key: str
    id: int


@dataclass
class Known:
    """What was looked up beforehand: patients found by a number, and corrections of mistyped words."""

    exact_ids: Collection[int] = ()
    tailed_ids: Mapping[str, Collection[int]] = field(default_factory=dict)
    corrections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def full_names(words: tuple[str, ...]) -> set[str]:
    """The names that are exactly these words, in any order (up to four words)."""
    orders = permutations(words) if len(words) <= MAX_PERMUTED else [words]
    return {" ".join(order) for order in orders} if words else set()


def beginnings(words: tuple[str, ...]) -> list[str]:
    """What must be inside a search name for each word to begin one of its words.

    A lone letter must be a whole word: as a beginning it would say nothing.
    """
    if all(len(word) == 1 for word in words):
        return [f" {word} " for word in words]
    return [f" {word}" for word in words]


def insides(words: tuple[str, ...]) -> list[str]:
    """What must be inside a search name for each word to be contained; nothing when all are too short to tell."""
    return list(words) if any(len(word) >= 3 for word in words) else []


def rank(candidate: Candidate, text: SearchText, known: Known) -> Hit | None:
    """The best of all readings, or None for no match."""
    tiers = [tier for reading in text.readings if (tier := _tier(candidate, reading, known)) is not None]
    if candidate.id in known.exact_ids or candidate.mrn in text.mrns:
        tiers.append(Tier.EXACT)
    if candidate.mrn and candidate.mrn.startswith(text.mrn_prefixes or ("\x00",)):
        tiers.append(Tier.MRN_BEGINS)
    if not tiers:
        return None
    tier = min(tiers)
    return Hit(tier, candidate.mrn if tier == Tier.MRN_BEGINS else candidate.sort_name, candidate.id)


def is_born(birth_date: dt.date | None, born: Days | None) -> bool:
    """Whether a birth date lies within the days asked for; true when none were."""
    return born is None or (birth_date is not None and born.first <= birth_date <= born.last)


def _tier(candidate: Candidate, reading: Reading, known: Known) -> Tier | None:
    if not is_born(candidate.birth_date, reading.born):
        return None
    if reading.tail is not None and candidate.id not in known.tailed_ids.get(reading.tail, ()):
        return None
    words = reading.words
    if not words:
        return Tier.NAME_BEGINS
    if candidate.sort_name in full_names(words):
        return Tier.EXACT
    if _name_begins(candidate, words):
        return Tier.NAME_BEGINS
    name = candidate.search_name
    if all(part in name for part in beginnings(words)):
        return Tier.WORDS_BEGIN
    parts = insides(words)
    if parts and all(part in name for part in parts):
        return Tier.WORDS_CONTAIN
    corrected = known.corrections
    if corrected and all(_begins_or_is(name, word, corrected.get(word, ())) for word in words):
        return Tier.TYPING_ERROR
    return None


def _name_begins(candidate: Candidate, words: tuple[str, ...]) -> bool:
    """The name as sorted begins with one of the words, and each other word begins some word of the names."""
    inside: Callable[[str], bool] = lambda word: f" {word}" in candidate.search_name  # noqa: E731
    return any(
        candidate.sort_name.startswith(lead) and all(inside(w) for j, w in enumerate(words) if j != i)
        for i, lead in enumerate(words)
    )


def _begins_or_is(name: str, word: str, corrections: tuple[str, ...]) -> bool:
    return f" {word}" in name or any(f" {correction} " in name for correction in corrections)
