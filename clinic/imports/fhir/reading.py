"""Rows of a FHIR Bulk Data file: one resource a line (NDJSON)."""

import datetime as dt
import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask_babel import gettext as _

from clinic.errors import Invalid
from clinic.imports.fhir import patient, practitioner
from clinic.imports.fhir.elements import Element, objects, text
from clinic.imports.lines import MAX_LINE_BYTES, Line, read_lines
from clinic.imports.rows import Row, guarded
from clinic.patients.details import check

# Deeper than any resource of FHIR, and shallow enough for whatever writes it out again.
MAX_LEVELS = 100


def read_rows(
    stream: io.BufferedIOBase, resource_type: str, *, region: str, today: dt.date, position: int = 0, line: int = 0
) -> Iterator[Row]:
    """Every resource after byte `position`, the end of line `line`; blank lines are passed over.

    `region` is the clinic's country, `today` the last day anybody can be born on.
    """
    for found in read_lines(stream, position, line):
        if found.data is not None and not found.data.strip():
            continue
        understand = partial(_understand, found, resource_type, region, today)
        yield guarded(understand, line=found.number, last_line=found.number, end=found.end)


def _understand(line: Line, resource_type: str, region: str, today: dt.date) -> Row:
    resource = parse(line.data)
    _check_type(resource, resource_type)
    place: dict[str, Any] = {"line": line.number, "last_line": line.number, "end": line.end}
    if resource_type == "Practitioner":
        return Row(
            **place,
            key=_key(resource),
            content=resource,
            details=practitioner.read_practitioner(resource, region),
            supplied=practitioner.SUPPLIED,
        )
    details = patient.read_patient(resource, region)
    check(details, today)
    return Row(
        **place,
        key=_key(resource),
        content=resource,
        details=details,
        supplied=patient.SUPPLIED,
        is_active=patient.is_active(resource),
        practitioner_key=patient.practitioner_key(resource),
    )


def parse(data: bytes | None) -> Element:
    """The JSON object of a line; raises Invalid saying what is wrong with it."""
    if data is None:
        raise Invalid(_("The line is longer than %(count)s MB.", count=MAX_LINE_BYTES // 1024**2))
    try:
        resource = json.loads(data.decode(), parse_constant=_refuse_constant)
        # What cannot be written as UTF-8 (half a surrogate pair) cannot be stored.
        json.dumps(resource, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise Invalid(_("The line holds characters that are not UTF-8.")) from error
    except json.JSONDecodeError as error:
        raise Invalid(_("The line is not JSON: it breaks at character %(place)s.", place=error.pos + 1)) from error
    except (RecursionError, ValueError) as error:
        raise Invalid(_("The line is JSON that cannot be read: a number too long, or nested too deep.")) from error
    if (
        data.count(b"[") + data.count(b"{") > MAX_LEVELS
        and max(level for _part, level in _parts(resource)) > MAX_LEVELS
    ):
        raise Invalid(_("The line is JSON that cannot be read: a number too long, or nested too deep."))
    if not isinstance(resource, dict):
        raise Invalid(_("The line is not a JSON object."))
    if b"\\u0000" in data and any(isinstance(part, str) and "\x00" in part for part, _level in _parts(resource)):
        raise Invalid(_("The line holds a NUL character."))
    return resource


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _parts(value: Any) -> Iterator[tuple[Any, int]]:
    """Everything in a value with its level, without recursion: it may be nested as deep as the parser goes."""
    waiting = [(value, 1)]
    while waiting:
        found, level = waiting.pop()
        yield found, level
        inner = [*found, *found.values()] if isinstance(found, dict) else found if isinstance(found, list) else []
        waiting += [(part, level + 1) for part in inner]


def _check_type(resource: Element, wanted: str) -> None:
    found = resource.get("resourceType")
    if found != wanted:
        name = str(found)[:60] if found else _("resource without a resourceType")
        raise Invalid(_("This is a %(found)s, not a %(wanted)s.", found=name, wanted=wanted))


def _key(resource: Element) -> str:
    """The server's id, else the first identifier; raises Invalid where there is neither."""
    key = text(resource, "id")
    if key:
        return key
    for identifier in objects(resource, "identifier"):
        system, value = text(identifier, "system"), text(identifier, "value")
        if system and value:
            return f"{system}|{value}"
    raise Invalid(_("The resource has no id, so it could not be recognised the next time."))
