"""The audit log: one row an entry, newest first, as on its screen."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from clinic.audit.models import AuditEntry
from clinic.audit.queries import AuditFilter, audit_query
from clinic.exports.datasets.columns import Batch, Column, Source, instant, number, plain, sealed_text
from clinic.exports.datasets.dataset import Dataset, Filters, days_between
from clinic.exports.files.cells import CellKind, Values
from clinic.exports.models import ExportKind


def _readable(batch: Batch) -> Values:
    """JSON as people read it: letters of every script as themselves."""
    return [None if text is None else json.dumps(json.loads(text), ensure_ascii=False) for text in batch]


def _hex(batch: Batch) -> Values:
    return [bytes(value).hex() for value in batch]


def _sources(zone: ZoneInfo) -> dict[str, Source]:
    return {
        "at": instant(AuditEntry.at, zone),
        **{name: number(getattr(AuditEntry, name)) for name in ("seq", "actor_id", "entity_id", "patient_id")},
        **{name: plain(getattr(AuditEntry, name)) for name in ("actor_name", "action", "entity", "request_id")},
        **{name: sealed_text(getattr(AuditEntry, name), f"audit_entries.{name}") for name in ("before", "after")},
        "digest": Source(AuditEntry.digest.expression),
    }


_COLUMNS = (
    Column("seq", _l("Entry"), ("seq",), CellKind.NUMBER, is_default=True),
    Column("at", _l("Time"), ("at",), CellKind.INSTANT, is_default=True),
    Column("actor_name", _l("Who"), ("actor_name",), is_default=True),
    Column("actor_id", _l("User number"), ("actor_id",), CellKind.NUMBER),
    Column("action", _l("Action"), ("action",), is_default=True),
    Column("entity", _l("Record"), ("entity",), is_default=True),
    Column("entity_id", _l("Record number"), ("entity_id",), CellKind.NUMBER, is_default=True),
    Column("patient_id", _l("Patient number"), ("patient_id",), CellKind.NUMBER, is_default=True),
    Column("before", _l("Before"), ("before",), fill=_readable, is_default=True),
    Column("after", _l("After"), ("after",), fill=_readable, is_default=True),
    Column("request_id", _l("Request"), ("request_id",)),
    Column("digest", _l("Digest"), ("digest",), CellKind.CODE, _hex),
)


def _rows(filters: Filters, zone: ZoneInfo) -> Select[Any]:
    since, until = days_between(filters, zone)
    return audit_query(AuditFilter(filters.get("actor"), filters.get("action"), filters.get("patient"), since, until))


AUDIT = Dataset(
    kind=ExportKind.AUDIT,
    label=_l("Audit log"),
    permission="exports.audit",
    columns=_COLUMNS,
    sources=_sources,
    rows=_rows,
)
