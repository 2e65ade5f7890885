"""Keeps the search index of patients true, in the transaction that changes them.

- `index_patient(session, patient)`: call after every flush of a new or changed patient (names, telecoms, identifiers
  or coverage); one patient at a time.
- `index_patients(session, entries)`: the same for many new or changed patients at once (imports, samples), made of
  plain values, so that no entities need to be loaded; batches of 1,000 to 10,000 are best.
The full-text index of names (FTS5 or pg_trgm) follows `patients.search_name` by itself.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from clinic.crypto import KeyRing, key_ring
from clinic.patients.models import Patient, PatientSearchToken
from clinic.patients.search.models import NameSpelling
from clinic.patients.search.spelling import MAX_LETTERS, MIN_LETTERS, spellings
from clinic.patients.tokens import email_token, identifier_token, phone_tokens

_CHUNK = 500
# Rows, not objects: SQLAlchemy's way of inserting objects in bulk costs a millisecond for each statement.
_TOKENS = insert(PatientSearchToken.__table__)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SearchEntry:
    """What a patient is found by; `identifiers` include member numbers of coverage.

    `is_new`: nothing was indexed for this patient before. `tokens`: what tokens_of() gave, if it was asked already.
    """

    patient_id: int
    search_name: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    is_new: bool = False
    tokens: frozenset[bytes] | None = None


def index_patient(session: Session, patient: Patient) -> None:
    """Make one flushed patient findable by the present names, telecoms and identifiers."""
    entry = SearchEntry(
        patient_id=patient.id,
        search_name=patient.search_name,
        phones=[t["value"] for t in patient.telecoms if t["system"] != "email"],
        emails=[t["value"] for t in patient.telecoms if t["system"] == "email"],
        identifiers=[i.value for i in patient.identifiers]
        + [c.member_number for c in patient.coverages if c.member_number],
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
    rows = sorted((token, e.patient_id) for e in entries for token in tokens_of(ring, e))
    if rows:
        session.execute(_TOKENS, [{"token": t, "patient_id": i} for t, i in rows])
    _learn_words(session, {word for e in entries for word in e.search_name.split()})


def tokens_of(ring: KeyRing, entry: SearchEntry) -> Set[bytes]:
    """The digests that find what an entry says, but its names."""
    if entry.tokens is not None:
        return entry.tokens
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
