"""The SQL of the search: patients found by a number, by full text, or by walking the names in order.

A condition is a list of groups; each group is a list of texts of which one must be inside the search name. Names hold
a space before and after each word, so " smi" is "a word begins with smi" and " smith " a whole word.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, literal, or_, select, table, tuple_
from sqlalchemy.orm import Session, aliased

from clinic.crypto import key_ring
from clinic.patients.models import Patient, PatientSearchToken
from clinic.patients.search.models import NameSpelling
from clinic.patients.search.parsing import Days
from clinic.patients.search.ranking import Candidate
from clinic.patients.search.spelling import MAX_LETTERS, MIN_LETTERS, spellings, within_one_error
from clinic.patients.tokens import phone_token
from clinic.phones import digits

Groups = Sequence[Sequence[str]]

# From here on it is cheaper to walk the names in order than to fetch all matches and sort them.
FEW = 1500
MAX_CORRECTIONS = 24
MAX_TOKEN_HOLDERS = 2000
_TRIGRAM = 3
_AFTER_EVERY_NAME = "\U0010ffff"
# ix_patients_search_walk holds all of them: a walk reads no row of the table.
_COLUMNS = (Patient.id, Patient.sort_name, Patient.search_name, Patient.birth_date, Patient.mrn)
_LIVING = Patient.merged_into_id.is_(None)
_FULL_TEXT = table("patient_search_fts", column("rowid"), column("patient_search_fts"))


def by_id(session: Session, ids: Iterable[int], mrns: Sequence[str] = ()) -> list[Candidate]:
    """Patients with one of these ids or MRNs; the MRN of a merged record finds the one it lives on in."""
    found = list(ids)
    rows: list[Candidate] = []
    if found:
        rows += _fetch(session, select(*_COLUMNS).where(Patient.id.in_(found), _LIVING))
    if mrns:
        holder = aliased(Patient)
        living = Patient.id == func.coalesce(holder.merged_into_id, holder.id)
        rows += _fetch(session, select(*_COLUMNS[:-1], holder.mrn).join(holder, living).where(holder.mrn.in_(mrns)))
    return rows


def by_birth(session: Session, born: Days) -> list[Candidate]:
    """Up to FEW + 1 patients born on these days."""
    return _fetch(session, select(*_COLUMNS).where(_born(born), _LIVING).limit(FEW + 1))


def by_full_text(session: Session, groups: Groups, born: Days | None, limit: int = FEW + 1) -> list[Candidate] | None:
    """Up to `limit` patients that meet all groups, or None when no group is long enough for the full-text index.

    Groups that are too short are not checked: rank what comes back.
    """
    usable = [group for group in groups if all(len(part) >= _TRIGRAM for part in group)]
    if not usable:
        return None
    if session.get_bind().dialect.name == "postgresql":
        return _fetch(session, _postgresql_full_text(usable, born, limit))
    query = select(*_COLUMNS).join(_FULL_TEXT, _FULL_TEXT.c.rowid == Patient.id)
    query = query.where(_FULL_TEXT.c.patient_search_fts.op("MATCH")(_match_expression(usable)), _LIVING)
    if born:
        query = query.where(_born(born))
    return _fetch(session, query.limit(limit))


def by_walk(
    session: Session, conditions: Iterable[ColumnElement[bool]], after: tuple[str, int] | None, limit: int
) -> list[Candidate]:
    """The next patients in the order of names that meet the conditions."""
    query = select(*_COLUMNS).where(*conditions, _LIVING).order_by(Patient.sort_name, Patient.id).limit(limit)
    if after:
        query = query.where(tuple_(Patient.sort_name, Patient.id) > tuple_(literal(after[0]), literal(after[1])))
    return _fetch(session, query)


def by_mrn(session: Session, prefix: str, after: str | None, limit: int) -> list[Candidate]:
    """The next patients in the order of MRNs whose MRN begins with `prefix`."""
    query = select(*_COLUMNS).where(Patient.mrn >= prefix, Patient.mrn < prefix + _AFTER_EVERY_NAME, _LIVING)
    if after:
        query = query.where(Patient.mrn > after)
    return _fetch(session, query.order_by(Patient.mrn).limit(limit))


def inside(groups: Groups) -> ColumnElement[bool]:
    """The condition that the search name meets all groups."""
    return and_(*(or_(*(Patient.search_name.like(f"%{part}%") for part in group)) for group in groups))


def begins(word: str) -> ColumnElement[bool]:
    """The condition that the name as sorted begins with `word`: a range of the index."""
    return and_(Patient.sort_name >= word, Patient.sort_name < word + _AFTER_EVERY_NAME)


def born_on(born: Days | None) -> list[ColumnElement[bool]]:
    """The condition on the birth date, if there is one."""
    return [_born(born)] if born else []


def token_holders(session: Session, tokens: Sequence[bytes]) -> dict[bytes, set[int]]:
    """Who holds each of these blind-index tokens."""
    held: dict[bytes, set[int]] = {token: set() for token in tokens}
    query = select(PatientSearchToken.token, PatientSearchToken.patient_id).where(PatientSearchToken.token.in_(tokens))
    for token, patient_id in session.execute(query.limit(MAX_TOKEN_HOLDERS)):
        held[bytes(token)].add(patient_id)
    return held


def phones_ending(session: Session, tails: Iterable[str]) -> dict[str, set[int]]:
    """Who has a phone number that ends in each of these tails (4 digits or more)."""
    tokens = {tail: phone_token(key_ring(), tail) for tail in tails}
    if not tokens:
        return {}
    held = token_holders(session, list(tokens.values()))
    ids: set[int] = set().union(*held.values())
    telecoms: dict[int, list[dict[str, Any]]] = {}
    if ids:
        query = select(Patient.id, Patient.telecoms).where(Patient.id.in_(ids))
        telecoms = dict(session.execute(query).tuples().all())
    return {
        tail: {i for i in held[token] if any(ends_in(t, tail) for t in telecoms[i])} for tail, token in tokens.items()
    }


def ends_in(telecom: dict[str, Any], tail: str) -> bool:
    """Whether a telecom is a number that ends in the digits typed, with or without the zeros dialled before it."""
    if telecom["system"] == "email":
        return False
    tails = (tail, tail.lstrip("0")) if len(tail) >= 8 else (tail,)
    return any(digits(telecom.get(key) or "").endswith(tails) for key in ("value", "typed"))


def corrections(session: Session, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Words of patients' names one typing error away from each of `words`, for those that have any."""
    wanted = [word for word in words if MIN_LETTERS <= len(word) < MAX_LETTERS and word.isalpha()]
    found: dict[str, tuple[str, ...]] = {}
    for word in wanted:
        query = select(NameSpelling.word).where(NameSpelling.spelling.in_(sorted(spellings(word)))).distinct()
        near = sorted(w for w in session.scalars(query) if w != word and within_one_error(w, word))
        if near:
            found[word] = tuple(near[:MAX_CORRECTIONS])
    return found


def _fetch(session: Session, query: Select[Any]) -> list[Candidate]:
    return [Candidate(*row) for row in session.execute(query)]


def _born(born: Days) -> ColumnElement[bool]:
    return Patient.birth_date.between(born.first, born.last)


def _match_expression(groups: Groups) -> str:
    """FTS5's query language; the texts hold letters, digits and spaces only."""
    return " AND ".join("(" + " OR ".join(f'"{part}"' for part in group) + ")" for group in groups)


def _postgresql_full_text(groups: Groups, born: Days | None, limit: int) -> Select[Any]:
    # Materialized, so that the planner costs the whole set: with LIMIT in sight it would read the table for rare words.
    found = select(*_COLUMNS).where(inside(groups), _LIVING, *born_on(born))
    return select(found.cte("matching").prefix_with("MATERIALIZED")).limit(limit)
