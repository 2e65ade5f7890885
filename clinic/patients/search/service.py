"""Keeps the search index of patients true, in the transaction that changes them.

- `name_columns(...)` gives the derived name columns of a patient: set them whenever a name changes.
- `index_patient(session, patient)`: call after every flush of a new or changed patient (names, telecoms or
  identifiers); one patient at a time.
- `index_patients(session, entries)`: the same for many new or changed patients at once (imports, samples), made of
  plain values, so that no entities need to be loaded; batches of 1,000 to 10,000 are best.
The full-text index of names (FTS5 or pg_trgm) follows `patients.search_name` by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from clinic import names
from clinic.crypto import KeyRing, key_ring
from clinic.patients.models import Patient, PatientSearchToken
from clinic.patients.search.models import NameSpelling
from clinic.patients.search.spelling import MAX_LETTERS, MIN_LETTERS, spellings
from clinic.patients.tokens import email_token, identifier_token, phone_tokens

_CHUNK = 500


@dataclass(frozen=True)
class SearchEntry:
    """What a patient is found by. `is_new`: nothing was indexed for this patient before."""

    patient_id: int
    search_name: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    is_new: bool = False


def name_columns(
    family: str | None,
    given: str | None,
    prefix: str | None = None,
    suffix: str | None = None,
    other_names: Iterable[dict[str, Any]] = (),
) -> dict[str, str]:
    """The columns display_name, sort_name and search_name.

    `other_names` are value objects such as {"use": "maiden", "family": "Diaz", "given": "Ana"}: every text in them
    but `use` is searched.
    """
    shown = names.display_name(family, given, prefix, suffix)
    bare = names.display_name(family, given)
    others = [value for other in other_names for key, value in other.items() if key != "use" and isinstance(value, str)]
    return {
        "display_name": shown,
        "sort_name": names.sort_name(family, given),
        "search_name": names.search_name(family, given, bare, *others),
    }


def index_patient(session: Session, patient: Patient) -> None:
    """Make one flushed patient findable by the present names, telecoms and identifiers."""
    entry = SearchEntry(
        patient_id=patient.id,
        search_name=patient.search_name,
        phones=[t["value"] for t in patient.telecoms if t["system"] == "phone"],
        emails=[t["value"] for t in patient.telecoms if t["system"] == "email"],
        identifiers=[i.value for i in patient.identifiers],
    )
    index_patients(session, [entry])


def index_patients(session: Session, entries: Sequence[SearchEntry]) -> None:
    """Make many flushed patients findable. Safe to repeat."""
    known = [e.patient_id for e in entries if not e.is_new]
    for start in range(0, len(known), _CHUNK):
        chunk = known[start : start + _CHUNK]
        session.execute(delete(PatientSearchToken).where(PatientSearchToken.patient_id.in_(chunk)))
    ring = key_ring()
    # In the order of the key: a B-tree takes sorted rows far faster than scattered ones.
    rows = sorted((token, e.patient_id) for e in entries for token in _tokens(ring, e))
    if rows:
        session.execute(insert(PatientSearchToken), [{"token": t, "patient_id": i} for t, i in rows])
    _learn_words(session, {word for e in entries for word in e.search_name.split()})


def _tokens(ring: KeyRing, entry: SearchEntry) -> set[bytes]:
    found = {token for phone in entry.phones for token in phone_tokens(ring, phone)}
    found.update(email_token(ring, email) for email in entry.emails)
    found.update(identifier_token(ring, identifier) for identifier in entry.identifiers)
    return found


def _learn_words(session: Session, words: set[str]) -> None:
    """Add the spellings of words never seen before. Sorted, so that two writers cannot wait for each other."""
    candidates = sorted(w for w in words if MIN_LETTERS <= len(w) <= MAX_LETTERS and w.isalpha())
    fresh: list[str] = []
    for start in range(0, len(candidates), _CHUNK):
        chunk = candidates[start : start + _CHUNK]
        own = select(NameSpelling.word).where(NameSpelling.spelling == NameSpelling.word)
        seen = set(session.scalars(own.where(NameSpelling.spelling.in_(chunk))))
        fresh += [word for word in chunk if word not in seen]
    rows = [{"spelling": s, "word": word} for word in fresh for s in sorted(spellings(word))]
    if rows:
        session.execute(_insert_missing(session), rows)


def _insert_missing(session: Session) -> Any:
    """INSERT of spellings that another writer may have added meanwhile."""
    dialect = session.get_bind().dialect.name
    make = postgresql_insert if dialect == "postgresql" else sqlite_insert
    return make(NameSpelling).on_conflict_do_nothing()
