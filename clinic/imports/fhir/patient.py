"""A FHIR R4 Patient as our own patient. What we have no field for goes to `extra` under FHIR's names."""

from typing import Any

from clinic.dates import YEAR
from clinic.imports.fhir.elements import (
    Element,
    addresses,
    child,
    concept_text,
    extensions,
    flag,
    has_ended,
    name_parts,
    objects,
    partial_date,
    region_of,
    sex_of,
    short,
    telecoms,
    text,
    wrong,
)
from clinic.imports.titles import fitted, in_full
from clinic.names import display_name
from clinic.patients.details import IdentifierDetails, PatientDetails
from clinic.patients.models import BirthPrecision

# HL7 v2 table 0203 codes we have a kind for, some by who issued the number.
IDENTIFIER_KINDS = {
    "MR": "medical_record",
    "DL": "driving_licence",
    "PPN": "passport",
    "NI": "national_id",
    "PRC": "residence_permit",
    "MB": "insurance",
    "SN": "insurance",
}
IDENTIFIER_SYSTEMS = {
    "http://hl7.org/fhir/sid/us-ssn": "us_ssn",
    "https://fhir.nhs.uk/Id/nhs-number": "gb_nhs",
    "urn:oid:1.2.250.1.213.1.4.8": "fr_nir",
}
# Elements with a field of their own, or that say nothing of the person.
_UNDERSTOOD = {
    "resourceType", "id", "meta", "implicitRules", "text", "extension", "identifier", "active", "name", "telecom",
    "gender", "birthDate", "deceasedBoolean", "deceasedDateTime", "address", "communication", "maritalStatus",
    "multipleBirthBoolean", "multipleBirthInteger", "generalPractitioner", "managingOrganization", "contact",
}  # fmt: skip
# Fields of PatientDetails that a FHIR Patient speaks of.
SUPPLIED = frozenset({
    "family_name", "given_name", "prefix", "suffix", "other_names", "birth_date", "birth_precision", "sex",
    "is_deceased", "deceased_on", "deceased_precision", "language", "telecoms", "addresses", "contacts", "extra",
    "practitioner_id", "identifiers",
})  # fmt: skip
_NAME_RANK = {"official": 0, "usual": 1, None: 2}


def read_patient(resource: Element, region: str) -> PatientDetails:
    """The patient a resource describes; raises Invalid naming the element that is not as FHIR has it."""
    if "modifierExtension" in resource:
        raise wrong("modifierExtension")
    names = sorted(objects(resource, "name"), key=lambda name: (has_ended(name), _NAME_RANK.get(text(name, "use"), 3)))
    homes = addresses(resource)
    born = _birth(resource)
    return PatientDetails(
        **_main_name(names[0] if names else {}),
        other_names=tuple(_other_name(name) for name in names[1:]),
        **born,
        sex=sex_of(resource),
        **_death(resource),
        language=_language(resource),
        telecoms=telecoms(resource, region_of(homes, region)),
        addresses=homes,
        contacts=tuple(_contact(c, region_of(homes, region)) for c in objects(resource, "contact")),
        identifiers=tuple(i for element in objects(resource, "identifier") if (i := _identifier(element))),
        extra=_extra(resource, names),
    )


def is_active(resource: Element) -> bool:
    """FHIR: a record without the element is in use."""
    return flag(resource, "active") is not False


def practitioner_key(resource: Element) -> str | None:
    """The id of the first general practitioner who is a person."""
    for reference in objects(resource, "generalPractitioner"):
        target = text(reference, "reference") or ""
        if target.startswith("urn:uuid:"):
            return target.removeprefix("urn:uuid:")
        kind, _slash, key = target.rpartition("/")
        if kind.endswith("Practitioner") and key:
            return key
    return None


def _main_name(name: Element) -> dict[str, Any]:
    parts = name_parts(name)
    if not (parts["family"] or parts["given"]):
        parts["family"] = text(name, "text")
    return {
        "family_name": parts["family"],
        "given_name": parts["given"],
        **fitted({name: parts[name] for name in ("prefix", "suffix")}),
    }


def _other_name(name: Element) -> Element:
    use = "old" if has_ended(name) else text(name, "use")
    kept = {"use": use, **name_parts(name), "text": text(name, "text"), "period": name.get("period")}
    return {key: value for key, value in kept.items() if value is not None}


def _birth(resource: Element) -> dict[str, Any]:
    written = text(resource, "birthDate")
    if written is None:
        return {}
    born = partial_date(written, "birthDate")
    return {"birth_date": born.date, "birth_precision": BirthPrecision(born.precision)}


def _death(resource: Element) -> dict[str, Any]:
    """That somebody died, with or without a day."""
    written = text(resource, "deceasedDateTime")
    if written is None:
        return {"is_deceased": bool(flag(resource, "deceasedBoolean"))}
    died = partial_date(written[:10], "deceasedDateTime")
    return {"is_deceased": True, "deceased_on": died.date, "deceased_precision": BirthPrecision(died.precision)}


def _language(resource: Element) -> str | None:
    spoken = objects(resource, "communication")
    preferred = next((c for c in spoken if flag(c, "preferred")), spoken[0] if spoken else {})
    language = child(preferred, "language")
    code = next((text(c, "code") for c in objects(language, "coding")), None)
    # The whole of it is kept with the element.
    kept: str | None = fitted({"language": code or text(language, "text")})["language"]
    return kept


def _contact(contact: Element, region: str) -> Element:
    parts = name_parts(child(contact, "name"))
    shown = display_name(parts["family"], parts["given"], parts["prefix"], parts["suffix"])
    relations = [concept_text(r) for r in objects(contact, "relationship")]
    phones = [t["value"] for t in telecoms(contact, region) if t["system"] == "phone"]
    organization = text(child(contact, "organization"), "display")
    return {
        "name": shown or text(child(contact, "name"), "text") or organization or "",
        "relationship": ", ".join(filter(None, relations)) or None,
        "phone": phones[0] if phones else None,
    }


def _identifier(identifier: Element) -> IdentifierDetails | None:
    value, system = text(identifier, "value"), text(identifier, "system")
    if value is None:
        return None
    codes = [text(c, "code") for c in objects(child(identifier, "type"), "coding")]
    known = next((IDENTIFIER_KINDS[c] for c in codes if c in IDENTIFIER_KINDS), None)
    kind = IDENTIFIER_SYSTEMS.get(system or "") or known or concept_text(child(identifier, "type")) or "other"
    ends = text(child(identifier, "period"), "end")
    until = partial_date(ends[:10], "identifier.period.end") if ends else None
    return IdentifierDetails(
        kind=kind[:40],
        value=value,
        issuer=short(system or text(child(identifier, "assigner"), "display"), 200, "identifier.system"),
        valid_until=until.date if until and until.precision != YEAR else None,
    )


def _extra(resource: Element, names: list[Element]) -> Element:
    found = extensions(resource)
    found["marital_status"] = resource.get("maritalStatus")
    found["multiple_birth"] = resource.get("multipleBirthInteger", resource.get("multipleBirthBoolean"))
    found["deceased"] = resource.get("deceasedDateTime", resource.get("deceasedBoolean"))
    found["communication"] = resource.get("communication")
    found["general_practitioner"] = resource.get("generalPractitioner")
    found["managing_organization"] = resource.get("managingOrganization")
    found["contact"] = resource.get("contact")
    main = names[0] if names else {}
    parts = name_parts(main)
    found |= in_full({name: parts[name] for name in ("prefix", "suffix")})
    found["name"] = {k: v for k, v in main.items() if k in ("text", "period", "extension")} or None
    found["identifier"] = [i for i in objects(resource, "identifier") if _has_more(i)] or None
    found |= {key: value for key, value in resource.items() if key not in _UNDERSTOOD}
    return {key: value for key, value in found.items() if value is not None}


def _has_more(identifier: Element) -> bool:
    return not identifier.keys() <= {"system", "value", "type"} or "value" not in identifier
