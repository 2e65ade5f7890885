"""Names of people: how they are shown, sorted and folded for search.

No first/last assumption: a person has a family part, a given part, or only one of them. Names in Han, Kana or
Hangul are shown family first without a space, as their writers do.
"""

import unicodedata
from collections.abc import Iterable

_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
# Letters that NFKD does not take apart, as people type them without a special keyboard.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ß": "ss"}
)
_JOINING = "'’ʼ`´"
# What fold() makes of each ASCII character: most names have no others, and of a name it is asked most.
_ASCII = str.maketrans({c: None if c in _JOINING else " " for c in map(chr, range(128)) if not c.isalnum()})


def fold(text: str) -> str:
    """Lower case without accents or punctuation, words separated by one space.

    "O'Connor-Núñez" gives "oconnor nunez": apostrophes join, everything else that is no letter or digit splits.
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split())
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = []
    for character in decomposed:
        if character.isalnum():
            kept.append(character)
        elif unicodedata.category(character) not in ("Mn", "Lm") and character not in _JOINING:
            kept.append(" ")
    return " ".join("".join(kept).split())


def display_name(family: str | None, given: str | None, prefix: str | None = None, suffix: str | None = None) -> str:
    """The name as shown. At least one of family and given is set."""
    if family and given and _is_east_asian(family):
        return f"{family}{given}" if _is_east_asian(given) else f"{family} {given}"
    return " ".join(part for part in (prefix, given, family, suffix) if part)


def sort_name(family: str | None, given: str | None) -> str:
    """What lists are ordered by: folded, family part first."""
    return fold(f"{family or ''} {given or ''}")


def search_name(*names: str | None) -> str:
    """Every distinct folded word of all names, each with a space before and after it.

    The spaces let one substring index answer both "a word begins with" (" smi") and "contains" ("mit").
    """
    words = dict.fromkeys(word for name in names if name for word in fold(name).split())
    return f" {' '.join(words)} " if words else ""


def namesakes(people: Iterable[tuple[int | None, str | None]]) -> frozenset[int]:
    """Of (patient id, name), the ids of those whose name another patient has too, however it is spelled."""
    first: dict[str, int] = {}
    found: set[int] = set()
    for patient_id, name in people:
        if patient_id is None or not name:
            continue
        other = first.setdefault(name.casefold(), patient_id)
        if other != patient_id:
            found |= {other, patient_id}
    return frozenset(found)


def _is_east_asian(text: str) -> bool:
    return all(unicodedata.name(c, "").startswith(_EAST_ASIAN) for c in text if c.isalpha())
