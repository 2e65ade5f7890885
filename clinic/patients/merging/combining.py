"""What one record says after two became one, field by field. Pure functions."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from clinic.names import fold
from clinic.patients.details import PatientDetails
from clinic.patients.models import Sex


class Choice(enum.StrEnum):
    """Whose value is kept; BOTH joins two lists or texts."""

    SURVIVOR = "survivor"
    OTHER = "other"
    BOTH = "both"


@dataclass(frozen=True)
class Field:
    """What is chosen together: one or more fields of PatientDetails."""

    name: str
    parts: tuple[str, ...]
    joins: bool = False


def _plain(*names: str) -> list[Field]:
    return [Field(name, (name,)) for name in names]


def _joined(*names: str) -> list[Field]:
    return [Field(name, (name,), joins=True) for name in names]


FIELDS = (
    *_plain("family_name", "given_name", "prefix", "suffix"),
    *_joined("other_names"),
    Field("birth_date", ("birth_date", "birth_precision")),
    *_plain("sex"),
    Field("is_deceased", ("is_deceased", "deceased_on", "deceased_precision")),
    *_plain("language"),
    *_joined("telecoms", "addresses", "contacts"),
    *_plain("practitioner_id", "consent_to_contact", "consent_to_share", "hide_name"),
    *_joined("notes", "extra"),
)
# Nobody asked for it, or nobody heard of it: that is no answer of this record's own, and gives way to the other's.
_ASKED_FOR = {"hide_name", "is_deceased"}
_NAMES = ("family_name", "given_name")


def is_empty(field: Field, details: PatientDetails) -> bool:
    """Whether a record says nothing here."""
    value = getattr(details, field.parts[0])
    return value in (None, "", (), {}) or value is Sex.UNKNOWN or (field.name in _ASKED_FOR and value is False)


def differs(field: Field, mine: PatientDetails, other: PatientDetails) -> bool:
    """Whether there is something to choose."""
    if is_empty(field, mine) and is_empty(field, other):
        return False
    return any(getattr(mine, part) != getattr(other, part) for part in field.parts)


def usual_choice(field: Field, mine: PatientDetails, other: PatientDetails) -> Choice:
    """The survivor's value, the other's where the survivor has none, both of what can be joined."""
    if is_empty(field, mine):
        return Choice.OTHER
    return Choice.BOTH if field.joins and not is_empty(field, other) else Choice.SURVIVOR


def names_differ(mine: PatientDetails, other: PatientDetails) -> bool:
    """Whether a search for the one name would not find the other."""
    return _words(mine) != _words(other)


def combine(
    mine: PatientDetails, other: PatientDetails, choices: Mapping[str, Choice], *, keeps_name: bool
) -> PatientDetails:
    """The survivor's details, with what was chosen; identifiers and coverages stay out of it: their rows move.

    `keeps_name`: a name that was not chosen becomes one of the other names.
    """
    values: dict[str, Any] = {}
    for field in FIELDS:
        choice = choices.get(field.name) or usual_choice(field, mine, other)
        if choice is Choice.BOTH and not field.joins:
            raise ValueError(f"{field.name} has one value")
        values |= {part: _chosen(choice, getattr(mine, part), getattr(other, part)) for part in field.parts}
    combined = replace(mine, **values)
    dropped = [d for d in (mine, other) if names_differ(d, combined)] if keeps_name else []
    names = tuple({"use": "old", "family": d.family_name, "given": d.given_name} for d in dropped)
    return replace(combined, other_names=_join(combined.other_names, names))


def _chosen(choice: Choice, first: Any, second: Any) -> Any:
    if choice is Choice.BOTH:
        return _join(first, second)
    return first if choice is Choice.SURVIVOR else second


def _join(first: Any, second: Any) -> Any:
    """Two lists without repeating, two texts below each other, two mappings with the first's values first."""
    if not first or not second:
        return first or second
    if isinstance(first, dict):
        return {**second, **first}
    if isinstance(first, str):
        return first if second in first else f"{first}\n{second}"
    seen = {_sense(item) for item in first}
    return (*first, *(item for item in second if _sense(item) not in seen))


def _sense(item: dict[str, Any]) -> str:
    """What an entry of a list says, whatever it was typed like."""
    said = item.get("value") or {key: value for key, value in item.items() if value and key != "use"}
    return fold(str(said))


def _words(details: PatientDetails) -> list[str]:
    return [fold(getattr(details, name) or "") for name in _NAMES]
