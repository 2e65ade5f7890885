"""A row of a file as the clinic understands it, whatever the file's format."""

from dataclasses import dataclass
from typing import Any

from clinic.directory.practitioners.service import PractitionerDetails
from clinic.patients.details import PatientDetails


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record of a file: understood (`details`) or refused (`reason`).

    `line` is its first line, `last_line` its last, `end` the byte after it. `key` is the source's own name for the
    record, `content` all that the source says. `supplied` names the fields of `details` that the source speaks of:
    an update leaves the others alone. `practitioner_key` is the source's key of the patient's practitioner.
    """

    line: int
    last_line: int
    end: int
    key: str = ""
    content: Any = None
    details: PatientDetails | PractitionerDetails | None = None
    supplied: frozenset[str] = frozenset()
    is_active: bool | None = None
    practitioner_key: str | None = None
    reason: str | None = None
