"""Numbers that identify people: which kinds there are and whether one can be right (python-stdnum).

Forms refuse what check() refuses. Imports keep it and say so in their report: a wrong number on file is better than a
lost one.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from stdnum import exceptions, get_cc_module

from clinic.errors import Invalid

VALUE_MAX = 80


@dataclass(frozen=True)
class Kind:
    """`code` is stored. `region` and `module` name the python-stdnum module; none means that anything is taken."""

    code: str
    label: str
    region: str = ""
    module: str = ""


KINDS = (
    Kind("passport", _l("Passport")),
    Kind("national_id", _l("Identity card")),
    Kind("residence_permit", _l("Residence permit")),
    Kind("driving_licence", _l("Driving licence")),
    Kind("medical_record", _l("Record number elsewhere")),
    Kind("insurance", _l("Insurance number")),
    Kind("at_vnr", _l("Austria: insurance number"), "AT", "vnr"),
    Kind("be_nn", _l("Belgium: national number"), "BE", "nn"),
    Kind("br_cpf", _l("Brazil: CPF"), "BR", "cpf"),
    Kind("ca_sin", _l("Canada: SIN"), "CA", "sin"),
    Kind("ch_ssn", _l("Switzerland: AHV number"), "CH", "ssn"),
    Kind("cn_ric", _l("China: identity number"), "CN", "ric"),
    Kind("cz_rc", _l("Czechia: birth number"), "CZ", "rc"),
    Kind("de_idnr", _l("Germany: tax identity number"), "DE", "idnr"),
    Kind("dk_cpr", _l("Denmark: CPR number"), "DK", "cpr"),
    Kind("es_dni", _l("Spain: DNI"), "ES", "dni"),
    Kind("es_nie", _l("Spain: NIE"), "ES", "nie"),
    Kind("fi_hetu", _l("Finland: HETU"), "FI", "hetu"),
    Kind("fr_nir", _l("France: social security number (NIR)"), "FR", "nir"),
    Kind("gb_nhs", _l("United Kingdom: NHS number"), "GB", "nhs"),
    Kind("gr_amka", _l("Greece: AMKA"), "GR", "amka"),
    Kind("ie_pps", _l("Ireland: PPS number"), "IE", "pps"),
    Kind("in_aadhaar", _l("India: Aadhaar"), "IN", "aadhaar"),
    Kind("it_codicefiscale", _l("Italy: codice fiscale"), "IT", "codicefiscale"),
    Kind("nl_bsn", _l("Netherlands: BSN"), "NL", "bsn"),
    Kind("no_fodselsnummer", _l("Norway: birth number"), "NO", "fodselsnummer"),
    Kind("pl_pesel", _l("Poland: PESEL"), "PL", "pesel"),
    Kind("pt_cc", _l("Portugal: citizen card"), "PT", "cc"),
    Kind("ro_cnp", _l("Romania: CNP"), "RO", "cnp"),
    Kind("se_personnummer", _l("Sweden: personal number"), "SE", "personnummer"),
    Kind("tr_tckimlik", _l("Türkiye: identity number"), "TR", "tckimlik"),
    Kind("us_ssn", _l("United States: social security number"), "US", "ssn"),
    Kind("za_idnr", _l("South Africa: identity number"), "ZA", "idnr"),
    Kind("other", _l("Other number")),
)
_BY_CODE = {kind.code: kind for kind in KINDS}


def choices(region: str) -> list[tuple[str, str]]:
    """(code, label) for a select: the clinic's country first, then papers, then other countries."""
    ranked = sorted(KINDS, key=lambda kind: 0 if kind.region == region else 2 if kind.region else 1)
    return [(kind.code, kind.label) for kind in ranked]


def label(code: str) -> str:
    """How a kind is shown; an importer's own kind is shown as it is."""
    kind = _BY_CODE.get(code)
    return str(kind.label) if kind else code.replace("_", " ")


def check(code: str, typed: str) -> str:
    """The number as it is written in its country. Raises Invalid saying what cannot be right about it."""
    kind, value = _BY_CODE.get(code), " ".join(typed.split())
    if not 1 <= len(value) <= VALUE_MAX:
        raise Invalid(_("A number has 1 to %(count)s characters.", count=VALUE_MAX), "value")
    if kind is None or not kind.module:
        return value
    module: Any = get_cc_module(kind.region.lower(), kind.module)
    try:
        compact = module.validate(value)
    except exceptions.ValidationError as error:
        raise Invalid(_problem(error), "value") from error
    return _written(module, compact)


def _written(module: Any, compact: str) -> str:
    written = getattr(module, "format", None)
    return str(written(compact) if written else compact)


def _problem(error: exceptions.ValidationError) -> str:
    if isinstance(error, exceptions.InvalidChecksum):
        return str(_("The check digits do not fit: one digit is wrong, or two are swapped. Read it again."))
    if isinstance(error, exceptions.InvalidLength):
        return str(_("It is too short or too long for this kind: count the characters."))
    if isinstance(error, exceptions.InvalidComponent):
        return str(_("A part of it, such as the date or the place, does not exist. Read it again."))
    return str(_("It holds characters that this kind of number never has. Is it of another kind?"))
