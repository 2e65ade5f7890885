"""Two records side by side: what the page of a merge shows."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from clinic.patients.chart.history import FIELDS as LABELS
from clinic.patients.chart.history import value_in_words
from clinic.patients.details import PatientDetails, details_of
from clinic.patients.duplicates.models import DuplicatePair
from clinic.patients.duplicates.queries import find_pair
from clinic.patients.merging.combining import FIELDS, Field, differs, is_empty, names_differ, usual_choice
from clinic.patients.merging.forms import MergeForm
from clinic.patients.merging.labels import rows_in_words
from clinic.patients.merging.references import count_rows_of
from clinic.patients.models import Patient
from clinic.patients.queries import get_patient
from clinic.web.filters import birth_date, death_in_words


@dataclass(frozen=True)
class Side:
    """One of the two records. `holds` says in words what moves with it or is there already."""

    patient: Patient
    holds: str


@dataclass(frozen=True)
class Row:
    """A field in which they differ: the lines that either record has there. `control` is its radio field."""

    label: str
    control: Any
    texts: dict[str, list[str]]


@dataclass(frozen=True)
class Comparison:
    """`rows` differ and are chosen from, `same` is (label, text) of what both say."""

    survivor: Side
    other: Side
    rows: list[Row]
    same: list[tuple[str, str]]
    names_differ: bool
    pair: DuplicatePair | None


def compare_records(session: Session, survivor_id: int, other_id: int, form: MergeForm) -> Comparison:
    """Both records; fields of `form` that nobody answered yet get the usual choice."""
    survivor, other = get_patient(session, survivor_id), get_patient(session, other_id)
    mine, theirs = details_of(survivor), details_of(other)
    names = {p.id: p.display_name for p in (survivor.practitioner, other.practitioner) if p}
    rows, same = [], []
    for field in FIELDS:
        if differs(field, mine, theirs):
            rows.append(_row(field, mine, theirs, form, names))
        elif not is_empty(field, mine):
            same.append((_label(field), "; ".join(_lines(field, mine, names))))
    held = count_rows_of(session, (survivor_id, other_id))
    return Comparison(
        Side(survivor, rows_in_words(held[survivor_id])),
        Side(other, rows_in_words(held[other_id])),
        rows,
        same,
        names_differ(mine, theirs),
        find_pair(session, survivor_id, other_id),
    )


def _row(field: Field, mine: PatientDetails, other: PatientDetails, form: MergeForm, names: dict[int, str]) -> Row:
    control = form[field.name]
    control.data = control.data or usual_choice(field, mine, other).value
    texts = {"survivor": _lines(field, mine, names), "other": _lines(field, other, names), "both": []}
    return Row(_label(field), control, texts)


def _label(field: Field) -> str:
    return str(LABELS[field.name])


def _lines(field: Field, details: PatientDetails, names: dict[int, str]) -> list[str]:
    value = getattr(details, field.parts[0])
    if field.name == "birth_date":
        return [birth_date(value, details.birth_precision.value)] if value else []
    if field.name == "is_deceased":
        text = death_in_words(value, details.deceased_on, details.deceased_precision.value)
        return [text] if text else []
    parts = [[item] for item in value] if isinstance(value, list | tuple) else [value]
    return [text for part in parts if (text := value_in_words(field.name, part, names))]
