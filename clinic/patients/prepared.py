"""A new patient, ready to be written: checked values, sealed and digested before the transaction that writes them.

Sealing and digests are most of the work of a registration. Who writes many patients does it before the turn to write.
"""

from dataclasses import dataclass, replace
from typing import Any

from clinic.crypto import key_ring, sealed
from clinic.patients.details import PatientDetails, columns, snapshot
from clinic.patients.models import Coverage, Patient, PatientIdentifier
from clinic.patients.search.service import SearchEntry, tokens_of
from clinic.patients.tokens import identifier_token


@dataclass(frozen=True)
class Prepared:
    """The rows of one new patient by column, without their ids; `said` is what the audit log says of it."""

    details: PatientDetails
    values: dict[str, Any]
    identifiers: list[dict[str, Any]]
    coverages: list[dict[str, Any]]
    tokens: frozenset[bytes]
    said: dict[str, Any]

    def with_practitioner(self, practitioner_id: int) -> "Prepared":
        """The same patient, of this practitioner."""
        named = {"practitioner_id": practitioner_id}
        details = replace(self.details, practitioner_id=practitioner_id)
        return replace(self, details=details, values=self.values | named, said=self.said | named)

    def search_entry(self, patient_id: int) -> SearchEntry:
        """What the patient is found by."""
        return SearchEntry(patient_id, self.values["search_name"], is_new=True, tokens=self.tokens)


def prepare(details: PatientDetails) -> Prepared:
    """Seal and digest what a registration of `details` writes."""
    values = columns(details)
    found_by = SearchEntry(
        patient_id=0,
        search_name=values["search_name"],
        phones=[t["value"] for t in details.telecoms if t["system"] != "email"],
        emails=[t["value"] for t in details.telecoms if t["system"] == "email"],
        identifiers=[i.value for i in details.identifiers]
        + [c.member_number for c in details.coverages if c.member_number],
    )
    return Prepared(
        details=details,
        values=sealed(Patient.__table__, values),
        identifiers=[sealed(PatientIdentifier.__table__, row) for row in identifier_values(details)],
        coverages=[sealed(Coverage.__table__, row) for row in coverage_values(details)],
        tokens=frozenset(tokens_of(key_ring(), found_by)),
        said=said_of(details),
    )


def said_of(details: PatientDetails) -> dict[str, Any]:
    """What the audit log says of a new patient: everything that is known."""
    return {key: value for key, value in snapshot(details).items() if value not in (None, [], {})}


def identifier_values(details: PatientDetails) -> list[dict[str, Any]]:
    """The rows of the patient's identifiers."""
    ring = key_ring()
    return [vars(i) | {"token": identifier_token(ring, i.value)} for i in details.identifiers]


def coverage_values(details: PatientDetails) -> list[dict[str, Any]]:
    """The rows of the patient's coverage."""
    return [dict(vars(c)) for c in details.coverages]
