"""The data types of FHIR R4 that people are described with: names, contact points, addresses, extensions.

Files come from anywhere: every accessor checks the type it finds and raises Invalid for what is not as FHIR has it.
"""

import datetime as dt
import re
from typing import Any

from flask_babel import gettext as _

from clinic import clock
from clinic.dates import DAY, MONTH, YEAR, PartialDate
from clinic.errors import Invalid
from clinic.patients.models import Sex
from clinic.phones import to_e164

Element = dict[str, Any]

GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
# Extensions kept under a short name; all others are kept under their address.
EXTENSION_NAMES = {
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race": "race",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity": "ethnicity",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex": "birth_sex",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity": "gender_identity",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-direct": "direct",
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName": "mothers_maiden_name",
    "http://hl7.org/fhir/StructureDefinition/patient-birthPlace": "birth_place",
    "http://hl7.org/fhir/StructureDefinition/patient-nationality": "nationality",
    "http://hl7.org/fhir/StructureDefinition/patient-religion": "religion",
}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")


def wrong(element: str) -> Invalid:
    """What is raised for an element of the wrong type."""
    return Invalid(str(_("%(element)s is not as FHIR R4 has it.", element=element)))


def text(holder: Element, name: str) -> str | None:
    """A string without outer and doubled spaces, or None."""
    value = holder.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong(name)
    return " ".join(value.split()) or None


def short(value: str | None, limit: int, what: str) -> str | None:
    """The text; raises Invalid where it is longer than we keep."""
    if value and len(value) > limit:
        raise Invalid(str(_("%(what)s is longer than %(count)s characters.", what=what, count=limit)))
    return value


def texts(holder: Element, name: str) -> list[str]:
    """A list of strings."""
    value = holder.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise wrong(name)
    return [kept for v in value if (kept := " ".join(v.split()))]


def objects(holder: Element, name: str) -> list[Element]:
    """A list of objects."""
    value = holder.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise wrong(name)
    return value


def child(holder: Element, name: str) -> Element:
    """An object; an empty one where there is none."""
    value = holder.get(name, {})
    if not isinstance(value, dict):
        raise wrong(name)
    return value


def flag(holder: Element, name: str) -> bool | None:
    """True, False or None."""
    value = holder.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(name)
    return value


def partial_date(written: str, element: str) -> PartialDate:
    """A date known to the day, the month or the year."""
    match = _DATE.match(written)
    if match is None:
        raise Invalid(str(_("%(element)s %(value)s is not a date.", element=element, value=written[:40])))
    year, month, day = match.groups()
    try:
        date = dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise Invalid(str(_("%(element)s %(value)s does not exist.", element=element, value=written))) from error
    return PartialDate(date, DAY if day else MONTH if month else YEAR)


def sex_of(resource: Element) -> Sex:
    """Administrative gender."""
    code = text(resource, "gender")
    if code is None:
        return Sex.UNKNOWN
    try:
        return Sex(code)
    except ValueError as error:
        raise Invalid(str(_("gender %(value)s is none of FHIR's.", value=code[:40]))) from error


def concept_text(concept: Element) -> str | None:
    """A CodeableConcept in words: its text, else a display, else a code."""
    codings = objects(concept, "coding")
    words = [text(concept, "text"), *(text(c, "display") for c in codings), *(text(c, "code") for c in codings)]
    return next(filter(None, words), None)


def name_parts(name: Element) -> Element:
    """A HumanName as {"family", "given", "prefix", "suffix"}, several given names in one text."""
    return {
        "family": text(name, "family"),
        "given": " ".join(texts(name, "given")) or None,
        "prefix": " ".join(texts(name, "prefix")) or None,
        "suffix": " ".join(texts(name, "suffix")) or None,
    }


def has_ended(element: Element) -> bool:
    """Whether a name, number or address is said to be a former one, or its period is over."""
    end = text(child(element, "period"), "end")
    is_over = end is not None and partial_date(end[:10], "period.end").date < clock.now().date()
    return text(element, "use") == "old" or is_over


def telecoms(resource: Element, region: str) -> tuple[Element, ...]:
    """Contact points by rank, phones in E.164 where they can be understood, former ones last."""
    found = []
    for point in objects(resource, "telecom"):
        value, system, use = text(point, "value"), text(point, "system") or "other", text(point, "use")
        if value is None:
            continue
        if system == "sms":
            system, use = "phone", use or "mobile"
        shown = (to_e164(value, region) or value) if system in ("phone", "fax") else value
        entry = {"system": system, "value": shown, "typed": value, "use": "old" if has_ended(point) else use}
        found.append(entry | _more(point, {"system", "value", "use"}))
    return tuple(sorted(found, key=lambda t: (t["use"] == "old", t.get("rank", 99) if _is_rank(t) else 99)))


def _is_rank(telecom: Element) -> bool:
    return isinstance(telecom.get("rank", 99), int)


def addresses(resource: Element) -> tuple[Element, ...]:
    """Addresses, with the geolocation of each as latitude and longitude."""
    found = []
    for address in objects(resource, "address"):
        entry = {
            "lines": texts(address, "line"),
            "city": text(address, "city"),
            "district": text(address, "district"),
            "state": text(address, "state"),
            "postal_code": text(address, "postalCode"),
            "country": text(address, "country"),
            "use": "old" if has_ended(address) else text(address, "use"),
        }
        rest = _more(address, {"line", "city", "district", "state", "postalCode", "country", "use"})
        place = rest.get("extensions", {}).pop(GEOLOCATION, {})
        where = place if isinstance(place, dict) else {}
        found.append(entry | where | {k: v for k, v in rest.items() if v != {}})
    return tuple(sorted(found, key=lambda a: a["use"] == "old"))


def region_of(found: tuple[Element, ...], default: str) -> str:
    """The country whose phone numbers a person has: that of the first address, else the clinic's."""
    country = next((a["country"] for a in found if a["country"]), "")
    return country if len(country) == 2 and country.isalpha() and country.isupper() else default


def extensions(holder: Element) -> Element:
    """Extensions by short name or address; nested ones as objects, repeated ones as lists."""
    found: Element = {}
    for extension in objects(holder, "extension"):
        url = text(extension, "url")
        if url is None:
            raise wrong("extension")
        nested = extensions(extension)
        value: Any = nested or next((v for k, v in extension.items() if k.startswith("value")), None)
        name = EXTENSION_NAMES.get(url, url)
        found[name] = [*_as_list(found[name]), value] if name in found else value
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _more(element: Element, used: set[str]) -> Element:
    """What we have no place of its own for, under FHIR's names; extensions as extensions()."""
    rest = {k: v for k, v in element.items() if k not in used and k != "extension"}
    return rest | ({"extensions": extensions(element)} if "extension" in element else {})
