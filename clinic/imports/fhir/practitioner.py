"""A FHIR R4 Practitioner as our own practitioner."""

from clinic.directory.practitioners.service import CREDENTIAL_SYSTEMS, CredentialDetails, PractitionerDetails
from clinic.imports.fhir.elements import (
    Element,
    addresses,
    child,
    concept_text,
    extensions,
    flag,
    name_parts,
    objects,
    region_of,
    sex_of,
    short,
    telecoms,
    text,
    wrong,
)

_KIND_OF = {system: kind for kind, system in CREDENTIAL_SYSTEMS.items()}
_UNDERSTOOD = {
    "resourceType", "id", "meta", "implicitRules", "text", "extension", "identifier", "active", "name", "telecom",
    "gender", "address",
}  # fmt: skip
# Fields of PractitionerDetails that a FHIR Practitioner speaks of.
SUPPLIED = frozenset({
    "family_name", "given_name", "prefix", "sex", "specialty", "telecoms", "addresses", "extra", "credentials",
    "is_active",
})  # fmt: skip
_NAME_RANK = {"official": 0, "usual": 1, None: 2}


def read_practitioner(resource: Element, region: str) -> PractitionerDetails:
    """The practitioner a resource describes; raises Invalid naming the element that is not as FHIR has it."""
    if "modifierExtension" in resource:
        raise wrong("modifierExtension")
    names = sorted(objects(resource, "name"), key=lambda name: _NAME_RANK.get(text(name, "use"), 3))
    main = names[0] if names else {}
    parts, places = name_parts(main), addresses(resource)
    qualifications = objects(resource, "qualification")
    specialty = next((concept_text(child(q, "code")) for q in qualifications), None)
    return PractitionerDetails(
        family_name=parts["family"] or (None if parts["given"] else text(main, "text")),
        given_name=parts["given"],
        prefix=parts["prefix"],
        sex=sex_of(resource).value,
        specialty=short(specialty, 120, "qualification.code"),
        telecoms=telecoms(resource, region_of(places, region)),
        addresses=places,
        extra=_extra(resource, names),
        credentials=tuple(_credentials(objects(resource, "identifier"))),
        is_active=flag(resource, "active") is not False,
    )


def _credentials(identifiers: list[Element]) -> list[CredentialDetails]:
    found = {}
    for identifier in identifiers:
        value, system = text(identifier, "value"), text(identifier, "system")
        if value is None:
            continue
        kind = _KIND_OF.get(system or "") or concept_text(child(identifier, "type")) or "other"
        credential = CredentialDetails(
            kind=kind[:40],
            system=short(system or kind, 200, "identifier.system") or "",
            value=short(value, 100, "identifier.value") or "",
        )
        found[credential.system, credential.value] = credential
    return list(found.values())


def _extra(resource: Element, names: list[Element]) -> Element:
    found = extensions(resource) | {key: value for key, value in resource.items() if key not in _UNDERSTOOD}
    main = names[0] if names else {}
    if names[1:] or main.keys() - {"use", "family", "given", "prefix"}:
        found["name"] = names
    if any(i.keys() - {"system", "value"} for i in objects(resource, "identifier")):
        found["identifier"] = resource["identifier"]
    return found
