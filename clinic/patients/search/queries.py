"""Finding patients, best match first, in keyset pages that end early.

One rule for both databases: ranking.rank() decides in Python; SQL only brings the candidates. For each tier the
candidates of a reading come either all at once, when they are few, or in order of the name from a walk along a
covering index, which ends when the page is full.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import Session

from clinic.crypto import key_ring
from clinic.patients.models import Patient
from clinic.patients.search import candidates as sql
from clinic.patients.search.parsing import Reading, SearchText
from clinic.patients.search.ranking import Candidate, Hit, Known, Tier, beginnings, full_names, insides, rank
from clinic.patients.tokens import email_token, identifier_token

# With so few matches, names one typing error away are offered too.
ENOUGH = 8
_FIRST_STEP = 60
_MONTH = dt.timedelta(days=31)
MIN_NUMBER = 3


@dataclass(frozen=True)
class Found:
    """A page of results: hits in order, whether more follow, and how mistyped words were read."""

    hits: list[Hit]
    has_more: bool
    known: Known


def search_patients(session: Session, text: SearchText, *, limit: int, after: Hit | None = None) -> Found:
    """The best `limit` patients for a text, or those that follow the hit `after`."""
    search = _Search(session, text)
    hits: list[Hit] = []
    for tier in Tier:
        if after is not None and tier < after.tier:
            continue
        if tier == Tier.TYPING_ERROR and len(hits) >= ENOUGH:
            break
        if tier == Tier.TYPING_ERROR and after is not None and after.tier < tier:
            break
        start = (after.key, after.id) if after is not None and tier == after.tier else None
        hits += search.tier(tier, start, limit + 1 - len(hits))
        if len(hits) > limit:
            break
    return Found(hits[:limit], len(hits) > limit, search.known)


def find_exact(session: Session, text: SearchText) -> int | None:
    """The one patient with this very MRN, as a scanner types it."""
    ids = {candidate.id for candidate in sql.by_id(session, (), text.mrns)} if text.mrns else set()
    return ids.pop() if len(ids) == 1 else None


class _Search:
    """One search: what is known so far of its readings."""

    def __init__(self, session: Session, text: SearchText) -> None:
        self.session, self.text = session, text
        self.hits: dict[int, Hit] = {}
        self.pool: dict[int, Candidate] = {}
        self.known = Known(exact_ids=self._holders(), tailed_ids=self._tailed())
        numbered = set(self.known.exact_ids).union(*self.known.tailed_ids.values())
        self._keep(sql.by_id(session, numbered, text.mrns))
        self.open = [r for r in text.named if not self._few_by_birth(r) and self._is_possible(r)]
        self.few: dict[tuple[Reading, Tier], bool] = {}

    def tier(self, tier: Tier, after: tuple[str, int] | None, limit: int) -> list[Hit]:
        """The next hits of one tier, in order."""
        if tier == Tier.TYPING_ERROR:
            self._correct()
        walked = [reading for reading in self.open if not self._settle(reading, tier)]
        found = {h for h in self.hits.values() if h.tier == tier and (after is None or (h.key, h.id) > after)}
        if tier == Tier.MRN_BEGINS:
            found.update(self._mrns(after, limit))
        for reading in walked:
            for conditions in self._walks(reading, tier):
                found.update(self._walk(tier, [*conditions, *sql.born_on(reading.born)], after, limit))
        return sorted(found)[:limit]

    def _settle(self, reading: Reading, tier: Tier) -> bool:
        """Whether all hits of a reading in this tier are known, having been few enough to fetch at once."""
        if not reading.words:
            return tier != Tier.NAME_BEGINS
        if tier < Tier.WORDS_BEGIN:
            return tier == Tier.MRN_BEGINS
        if tier == Tier.WORDS_BEGIN and insides(reading.words) and self._are_few(reading, Tier.WORDS_CONTAIN):
            return True
        return self._are_few(reading, tier)

    def _are_few(self, reading: Reading, tier: Tier) -> bool:
        """Ask full text, once, for what a reading finds in a tier and keep it when it is all."""
        known = self.few.get((reading, tier))
        if known is None:
            groups = self._groups(reading, tier)
            rows = sql.by_full_text(self.session, groups, reading.born) if groups else []
            known = rows is not None and len(rows) <= sql.FEW
            if rows and known:
                self._keep(rows)
            self.few[reading, tier] = known
        return known

    def _groups(self, reading: Reading, tier: Tier) -> list[list[str]]:
        """What the search name must hold in a tier that is no range of names; nothing when no name can."""
        words, fixes = reading.words, self.known.corrections
        if tier == Tier.WORDS_BEGIN:
            return [[part] for part in beginnings(words)]
        if tier == Tier.WORDS_CONTAIN:
            return [[part] for part in insides(words)]
        mistyped = any(word in fixes for word in words)
        return [[f" {w}", *(f" {fix} " for fix in fixes.get(w, ()))] for w in words] if mistyped else []

    def _walks(self, reading: Reading, tier: Tier) -> list[list[ColumnElement[bool]]]:
        """Conditions of the walks of a tier, without most of what better tiers already gave."""
        words = reading.words
        if tier == Tier.EXACT:
            return [[Patient.sort_name.in_(sorted(full_names(words)))]]
        if tier == Tier.NAME_BEGINS:
            return _leading_walks(words)
        wanted = sql.inside(self._groups(reading, tier))
        if tier == Tier.WORDS_BEGIN:
            return [[wanted, not_(or_(*(sql.begins(word) for word in words)))]]
        return [[wanted, not_(sql.inside([[part] for part in beginnings(words)]))]]

    def _walk(
        self, tier: Tier, conditions: list[ColumnElement[bool]], after: tuple[str, int] | None, limit: int
    ) -> list[Hit]:
        """Follow the names until `limit` hits of this very tier are found; those of better tiers came before."""
        hits: list[Hit] = []
        step = max(limit, _FIRST_STEP)
        while len(hits) < limit:
            rows = sql.by_walk(self.session, conditions, after, step)
            ranked = (rank(row, self.text, self.known) for row in rows)
            hits += [hit for hit in ranked if hit is not None and hit.tier == tier and hit.id not in self.hits]
            if len(rows) < step:
                break
            after, step = (rows[-1].sort_name, rows[-1].id), step * 4
        return hits[:limit]

    def _mrns(self, after: tuple[str, int] | None, limit: int) -> list[Hit]:
        rows = [
            row
            for prefix in self.text.mrn_prefixes
            for row in sql.by_mrn(self.session, prefix, after[0] if after else None, limit + len(self.text.mrns))
        ]
        return [hit for hit in self._keep(rows) if hit.tier == Tier.MRN_BEGINS]

    def _holders(self) -> set[int]:
        """Who has the text as an identifier or e-mail address."""
        text, ring = self.text, key_ring()
        tokens = [identifier_token(ring, text.identifier)] if text.identifier else []
        tokens += [email_token(ring, text.email)] if text.email else []
        return set().union(*sql.token_holders(self.session, tokens).values()) if tokens else set()

    def _tailed(self) -> dict[str, set[int]]:
        return sql.phones_ending(self.session, {r.tail for r in self.text.tailed if r.tail})

    def _few_by_birth(self, reading: Reading) -> bool:
        """Settle a reading by its birth date alone, when few were born then."""
        if reading.born is None or reading.born.last - reading.born.first > _MONTH:
            return False
        rows = sql.by_birth(self.session, reading.born)
        if len(rows) > sql.FEW:
            return False
        self._keep(rows)
        return True

    def _is_possible(self, reading: Reading) -> bool:
        """Whether the numbers in a reading are part of any name at all: mostly they are a date or a phone."""
        numbers = [[w] for w in reading.words if len(w) >= MIN_NUMBER and not w.isalpha()]
        return not numbers or bool(sql.by_full_text(self.session, numbers, None, limit=1))

    def _correct(self) -> None:
        """Look up mistyped words and rank again what was fetched already."""
        words = {word for reading in self.text.named for word in reading.words}
        self.known.corrections = sql.corrections(self.session, sorted(words))
        if self.known.corrections:
            self._keep([c for c in self.pool.values() if c.id not in self.hits])

    def _keep(self, rows: list[Candidate]) -> list[Hit]:
        """Rank candidates fetched with all columns; those that match are remembered."""
        kept = []
        for row in rows:
            self.pool[row.id] = row
            hit = rank(row, self.text, self.known)
            if hit is not None:
                self.hits[row.id] = hit
                kept.append(hit)
        return kept


def _leading_walks(words: tuple[str, ...]) -> list[list[ColumnElement[bool]]]:
    """One walk for each word that may lead the name as sorted; each other word begins some word of the names."""
    if not words:
        return [[]]
    full = Patient.sort_name.not_in(sorted(full_names(words)))
    return [
        [and_(sql.begins(lead), full), *([sql.inside([[f" {w}"] for w in others])] if others else [])]
        for i, lead in enumerate(words)
        if (others := words[:i] + words[i + 1 :]) is not None
    ]
