"""A row of a file as the clinic understands it, whatever the file's format."""

import csv
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from clinic.crypto import Sealed
from clinic.directory.practitioners.service import PractitionerDetails
from clinic.errors import Invalid
from clinic.patients.details import PatientDetails
from clinic.patients.prepared import Prepared

# What reading a file that others wrote may raise, whatever the parser.
PARSER_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, csv.Error)
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record of a file: understood (`details`) or refused (`reason`).

    `line` is its first line, `last_line` its last, `end` the byte after it. `key` is the source's own name for the
    record, `content` all that the source says. `supplied` names the fields of `details` that the source speaks of:
    an update leaves the others alone. `practitioner_key` is the source's key of the patient's practitioner.
    `prepared` and `resource` are what would be written of a new record, sealed before the turn to write.
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
    prepared: Prepared | None = None
    resource: Sealed | None = None
    reason: str | None = None


def guarded(understand: Callable[[], Row], *, line: int, last_line: int, end: int) -> Row:
    """The row that `understand` makes, or a refused one: the one place in which parsers of rows run.

    A row that no rule foresaw is refused like any other, so that it spoils neither the page nor the import.
    """
    try:
        return understand()
    except Invalid as error:
        reason = error.message
    except PARSER_ERRORS as error:
        log.warning("a row no rule foresaw", exc_info=error)
        reason = _("The row cannot be understood.")
    return Row(line=line, last_line=last_line, end=end, reason=reason)


@contextmanager
def readable_file() -> Iterator[None]:
    """Look into a file as a whole: what its parsers raise becomes Invalid, of the field "file"."""
    try:
        yield
    except PARSER_ERRORS as error:
        log.warning("a file no rule foresaw", exc_info=error)
        raise Invalid(_("This file cannot be read: save the table as CSV (UTF-8) once more."), "file") from error
