"""Writing practitioners, by form or by import."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic import live
from clinic.audit.service import Actor, changes, record
from clinic.directory.models import Practitioner, PractitionerCredential
from clinic.directory.practitioners.queries import find_by_credential, get_practitioner
from clinic.errors import Conflict, Invalid
from clinic.idempotency import Key, find_made, made_with
from clinic.names import display_name, sort_name

# Namespaces of well-known professional numbers (HL7 terminology, ANS, NHS); others are known by their kind.
CREDENTIAL_SYSTEMS = {
    "NPI": "http://hl7.org/fhir/sid/us-npi",
    "RPPS": "https://rpps.esante.gouv.fr",
    "GMC": "https://fhir.hl7.org.uk/Id/gmc-number",
}
_LIMITS = {"family_name": 120, "given_name": 120, "prefix": 40, "specialty": 120}


@dataclass(frozen=True, kw_only=True)
class CredentialDetails:
    """A professional number; `system` names who gave it."""

    kind: str
    system: str
    value: str


@dataclass(frozen=True, kw_only=True)
class PractitionerDetails:
    """Everything a form or an import says about a practitioner; lists as in models.Practitioner."""

    family_name: str | None = None
    given_name: str | None = None
    prefix: str | None = None
    sex: str = "unknown"
    specialty: str | None = None
    telecoms: tuple[dict[str, Any], ...] = ()
    addresses: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] | None = None
    credentials: tuple[CredentialDetails, ...] = ()
    is_active: bool = True


def details_of(practitioner: Practitioner) -> PractitionerDetails:
    """What is stored, in the shape in which it is written: change it with dataclasses.replace()."""
    return PractitionerDetails(
        **{name: getattr(practitioner, name) for name in (*_LIMITS, "sex", "is_active")},
        telecoms=tuple(practitioner.telecoms),
        addresses=tuple(practitioner.addresses),
        extra=practitioner.extra,
        credentials=tuple(
            CredentialDetails(kind=c.kind, system=c.system, value=c.value) for c in practitioner.credentials
        ),
    )


def create_practitioner(
    session: Session,
    *,
    details: PractitionerDetails,
    actor: Actor,
    now: dt.datetime,
    key: Key | None = None,
) -> Practitioner:
    """A new practitioner; the same key sent twice gives the first one. Raises Invalid."""
    if earlier := find_made(session, Practitioner, key):
        return earlier
    practitioner = Practitioner(version=1, **made_with(key))
    _check(session, practitioner, details)
    _apply(practitioner, details)
    session.add(practitioner)
    _flush(session)
    _record(session, "create", practitioner, actor=actor, now=now, after=_snapshot(details))
    return practitioner


def update_practitioner(
    session: Session,
    *,
    practitioner_id: int,
    details: PractitionerDetails,
    expected_version: int | None,
    actor: Actor,
    now: dt.datetime,
) -> Practitioner:
    """Replace what is known of a practitioner; saying the same again changes nothing.

    Raises Conflict when the row is no longer at `expected_version` (None: whatever it is), Invalid, NotFound.
    """
    practitioner = get_practitioner(session, practitioner_id, lock=True)
    if expected_version is not None and practitioner.version != expected_version:
        raise Conflict(_("Somebody changed this meanwhile. This is how it stands now; apply your change again."))
    before, after = changes(_snapshot(details_of(practitioner)), _snapshot(details))
    if not after:
        return practitioner
    _check(session, practitioner, details)
    _apply(practitioner, details)
    practitioner.version += 1
    _flush(session)
    _record(session, "update", practitioner, actor=actor, now=now, before=before, after=after)
    return practitioner


def _check(session: Session, practitioner: Practitioner, details: PractitionerDetails) -> None:
    if not (details.family_name or details.given_name):
        raise Invalid(_("A practitioner needs a name: fill in at least one of the two."), "family_name")
    for name, limit in _LIMITS.items():
        if len(getattr(details, name) or "") > limit:
            raise Invalid(_("This may have %(count)s characters.", count=limit), name)
    for credential in details.credentials:
        holder = find_by_credential(session, credential.system, credential.value)
        if holder is not None and holder.id != practitioner.id:
            raise Invalid(
                _(
                    "%(kind)s %(value)s belongs to %(name)s.",
                    kind=credential.kind,
                    value=credential.value,
                    name=holder.display_name,
                ),
                "credentials",
            )


def _apply(practitioner: Practitioner, details: PractitionerDetails) -> None:
    for name in (*_LIMITS, "sex", "is_active"):
        setattr(practitioner, name, getattr(details, name))
    practitioner.telecoms, practitioner.addresses = list(details.telecoms), list(details.addresses)
    practitioner.extra = details.extra or {}
    practitioner.display_name = display_name(details.family_name, details.given_name, details.prefix)
    practitioner.sort_name = sort_name(details.family_name, details.given_name)[:250]
    # A number that stays keeps its row: the database would refuse the same number inserted before the old is gone.
    kept = {(c.system, c.value): c for c in practitioner.credentials}
    practitioner.credentials = [
        kept.get((c.system, c.value)) or PractitionerCredential(kind=c.kind, system=c.system, value=c.value)
        for c in details.credentials
    ]


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_("Somebody recorded this number for another practitioner meanwhile.")) from error


def _snapshot(details: PractitionerDetails) -> dict[str, Any]:
    return asdict(details) | {"extra": details.extra or {}}


def _record(session: Session, verb: str, practitioner: Practitioner, **entry: Any) -> None:
    record(session, f"practitioners.{verb}", "practitioner", practitioner.id, **entry)
    live.publish(session, "directory")
