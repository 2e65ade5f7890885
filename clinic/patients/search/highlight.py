"""Marks in a result what was typed: escaped text with <mark> around the parts that matched."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from clinic.names import fold
from clinic.patients.listing.rows import PatientRow
from clinic.patients.search.candidates import ends_in
from clinic.patients.search.parsing import SearchText
from clinic.patients.search.ranking import Known, is_born
from clinic.phones import digits

_JOINING = ("Mn", "Lm")
_APOSTROPHES = "'’ʼ`´"
Span = tuple[int, int]


class Marker:
    """Marks the texts of a line for one search."""

    def __init__(self, text: SearchText, known: Known) -> None:
        words = {word for reading in text.readings for word in reading.words}
        self._words = sorted(words | {fix for fixes in known.corrections.values() for fix in fixes})
        self._tails = sorted({r.tail for r in text.tailed if r.tail}, key=len, reverse=True)
        self._text, self._exact_ids = text, known.exact_ids

    def name(self, name: str) -> Markup:
        """A name with the words typed, or what was probably meant by them."""
        return mark(name, _name_spans(name, self._words))

    def mrn(self, mrn: str) -> Markup:
        prefixes = (*self._text.mrns, *self._text.mrn_prefixes)
        length = max((len(p) for p in prefixes if mrn.startswith(p)), default=0)
        return mark(mrn, [(0, length)])

    def phone(self, row: PatientRow) -> Markup:
        """The number that ends in the digits typed, else the first one."""
        for tail in self._tails:
            for telecom in row.telecoms:
                if ends_in(telecom, tail):
                    return _marked_tail(telecom.get("typed") or telecom["value"], tail)
        return escape(row.phone or "")

    def is_birth_date(self, row: PatientRow) -> bool:
        """Whether the birth date is what was typed."""
        return any(r.born is not None and is_born(row.birth_date, r.born) for r in self._text.readings)

    def is_number(self, row: PatientRow) -> bool:
        """Whether the text is an identifier or e-mail address of the patient, neither of which a line shows."""
        return row.id in self._exact_ids


def mark(text: str, spans: Iterable[Span]) -> Markup:
    """`text`, escaped, with <mark> around the spans (start, end); spans may overlap."""
    pieces, done = [], 0
    for start, end in sorted(spans):
        start = max(start, done)
        if end <= start:
            continue
        pieces += [escape(text[done:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        done = end
    return Markup("").join([*pieces, escape(text[done:])])


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """One character as fold() treats it inside a text: letters folded, joined ones empty, the rest a space."""
    if character.isalnum():
        return fold(character)
    joins = unicodedata.category(character) in _JOINING or character in _APOSTROPHES
    return "" if joins else " "


def _name_spans(name: str, words: Iterable[str]) -> list[Span]:
    """Where words begin with those typed; for those that begin none, where they are contained."""
    folded, places = " ", [0]
    for place, character in enumerate(name):
        part = _folded(character)
        folded += part
        places += [place] * len(part)
    places.append(len(name))
    spans = []
    for word in words:
        starts = _occurrences(folded, f" {word}", 1) or _occurrences(folded, word, 0)
        spans += [(places[start], places[start + len(word)]) for start in starts]
    return spans


def _occurrences(folded: str, part: str, offset: int) -> list[int]:
    found, start = [], folded.find(part)
    while start >= 0:
        found.append(start + offset)
        start = folded.find(part, start + 1)
    return found


def _marked_tail(number: str, tail: str) -> Markup:
    wanted = min(len(tail), len(digits(number)))
    places = [place for place, character in enumerate(number) if character.isdecimal()]
    return mark(number, [(places[-wanted], places[-1] + 1)] if places else [])
