"""What the text in a search box may mean. Every reading is tried; the best match comes first."""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass
from functools import cached_property

from clinic.dates import MONTH, YEAR, PartialDate, day_first, parse_date
from clinic.names import fold
from clinic.patients.mrn import read_mrn
from clinic.patients.tokens import MIN_TAIL
from clinic.phones import digits

MAX_TYPED = 100
MAX_WORDS = 6
MIN_MRN = 3
_NUMBER = re.compile(r"[\d\s.+()/-]+\Z")
_DIGITS = re.compile(r"\d[\d.-]*\Z")
_MRN = re.compile(r"[^\W_][\w/-]{1,19}\Z")
_MRN_DIGITS = 7


@dataclass(frozen=True)
class Days:
    """Birth dates from `first` to `last`, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Reading:
    """One meaning: all of it must be true of a patient. `tail` is the end of a phone number."""

    words: tuple[str, ...] = ()
    born: Days | None = None
    tail: str | None = None


@dataclass(frozen=True)
class SearchText:
    """A parsed text: its readings, and what it may be as a whole (MRN, identifier, e-mail)."""

    typed: str
    readings: tuple[Reading, ...] = ()
    mrns: tuple[str, ...] = ()
    mrn_prefixes: tuple[str, ...] = ()
    identifier: str | None = None
    email: str | None = None

    @cached_property
    def named(self) -> tuple[Reading, ...]:
        """Readings that are found by name or birth date."""
        return tuple(r for r in self.readings if r.tail is None)

    @cached_property
    def tailed(self) -> tuple[Reading, ...]:
        """Readings that are found by the end of a phone number."""
        return tuple(r for r in self.readings if r.tail is not None)


@dataclass(frozen=True)
class DateHabits:
    """How dates are typed at this clinic, and what day it is there."""

    today: dt.date
    region: str = "FR"
    language: str = "en"

    def read(self, typed: str) -> Days | None:
        """The days that a typed birth date means."""
        found = parse_date(typed, today=self.today, day_first=day_first(self.region), locale=self.language)
        return _days(found) if found else None


def parse(typed: str, habits: DateHabits) -> SearchText:
    """Every reading of `typed`; without letters or digits there is none."""
    text = " ".join(typed.split())[:MAX_TYPED]
    if "@" in text:
        return SearchText(text, email=text)
    words = tuple(fold(text).split())[:MAX_WORDS]
    if not words:
        return SearchText(text)
    count = len(digits(text))
    readings = [Reading(words), *(_numbers(text, habits) if _NUMBER.match(text) else _mixed(text.split(), habits))]
    is_mrn = count > 0 and _MRN.match(text)
    return SearchText(
        text,
        tuple(dict.fromkeys(readings)),
        mrns=_mrns(text) if is_mrn else (),
        mrn_prefixes=tuple(dict.fromkeys((text, text.upper()))) if is_mrn and len(text) >= MIN_MRN else (),
        identifier=text if count >= 3 and len(text) >= 5 else None,
    )


def _days(found: PartialDate) -> Days:
    first = found.date
    if found.precision == YEAR:
        return Days(first, first.replace(month=12, day=31))
    if found.precision == MONTH:
        return Days(first, first.replace(day=monthrange(first.year, first.month)[1]))
    return Days(first, first)


def _mrns(text: str) -> tuple[str, ...]:
    """The text as typed and, when it may be a number of ours, with its hyphen and leading zeros."""
    number = digits(text)
    ours = read_mrn(text) or (read_mrn(number.zfill(_MRN_DIGITS)) if re.fullmatch(r"\d+-?\d", text) else None)
    return tuple(dict.fromkeys(filter(None, (text, text.upper(), ours))))


def _numbers(text: str, habits: DateHabits) -> list[Reading]:
    """Readings of a text without letters: a birth date, the end of a phone number."""
    born, number = habits.read(text), digits(text)
    found = [Reading(born=born)] if born else []
    if len(number) >= MIN_TAIL:
        found.append(Reading(tail=number))
    return found


def _mixed(tokens: list[str], habits: DateHabits) -> list[Reading]:
    """Readings of words with a date or a number among them, such as "smi 1982" or "14 mar 1982"."""
    found: list[Reading] = []
    for start, end, born in _dates(tokens, habits):
        rest = tokens[:start] + tokens[end:]
        found.append(Reading(_words(rest), born))
        found += [Reading(words, born, tail) for words, tail in _tails(rest)]
    found += [Reading(words, None, tail) for words, tail in _tails(tokens)]
    return found


def _words(tokens: list[str]) -> tuple[str, ...]:
    return tuple(fold(" ".join(tokens)).split())[:MAX_WORDS]


def _tails(tokens: list[str]) -> list[tuple[tuple[str, ...], str]]:
    """Each token that may end a phone number, with the words beside it."""
    return [
        (_words(tokens[:i] + tokens[i + 1 :]), digits(token))
        for i, token in enumerate(tokens)
        if _DIGITS.match(token) and len(digits(token)) >= MIN_TAIL
    ]


def _dates(tokens: list[str], habits: DateHabits) -> list[tuple[int, int, Days]]:
    """Runs of up to three tokens that are a date: the longest first, none inside a whole date."""
    found: list[tuple[int, int, Days]] = []
    for length in (3, 2, 1):
        for start in range(len(tokens) - length + 1):
            end = start + length
            run = " ".join(tokens[start:end])
            if any(s <= start and end <= e and e - s == 3 for s, e, _born in found):
                continue
            if any(c.isdecimal() for c in run) and (born := habits.read(run)):
                found.append((start, end, born))
    return found
