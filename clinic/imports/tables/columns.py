"""What the columns of a table may mean, and a guess at it from their titles."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.errors import Invalid
from clinic.names import fold

EXTRA, IGNORE = "extra", "ignore"


@dataclass(frozen=True)
class Field:
    """A meaning of a column: its code, its label and the titles (folded) under which it is found in exports."""

    code: str
    label: str
    titles: frozenset[str] = field(default_factory=frozenset)


def _titles(words: str) -> frozenset[str]:
    return frozenset(fold(title) for title in words.split("|"))


FIELDS = (
    Field("key", _l("Number in the old system"), _titles(
        "id|patient id|patientid|patient number|patient no|external id|source id|record number|mrn|"
        "medical record number|"
        "chart number|file number|no|numero patient|numero dossier|no dossier|dossier|identifiant|ipp|"
        "nr|patientennummer|patienten id|patientnr|numero de historia|historia clinica|codigo paciente|pid")),
    Field("full_name", _l("Whole name"), _titles(
        "name|full name|fullname|patient name|patient|nom complet|nom et prenom|nom prenom|nombre completo|"
        "nombre y apellidos|vollstandiger name|complete name")),
    Field("family_name", _l("Family name"), _titles(
        "family name|familyname|last name|lastname|last|surname|nom|nom de famille|nom usuel|nom d usage|apellido|"
        "apellidos|nachname|familienname|name family|family|cognome|achternaam|sobrenome|apelido")),
    Field("given_name", _l("Given names"), _titles(
        "given name|givenname|given names|first name|firstname|first|forename|forenames|prenom|prenoms|nombre|nombres|"
        "vorname|vornamen|name given|given|christian name|nome|voornaam")),
    Field("birth_name", _l("Name at birth"), _titles(
        "birth name|maiden name|name at birth|nom de naissance|nom de jeune fille|geburtsname|apellido de soltera|"
        "maiden")),
    Field("prefix", _l("Title"), _titles("title|prefix|salutation|civilite|titre|titulo|anrede|titel")),
    Field("suffix", _l("Suffix"), _titles("suffix|name suffix|suffixe|sufijo")),
    Field("birth_date", _l("Birth date"), _titles(
        "birth date|birthdate|date of birth|dateofbirth|dob|born|birthday|date de naissance|naissance|ne le|nee le|"
        "ddn|"
        "fecha de nacimiento|fecha nacimiento|nacimiento|geburtsdatum|geburtstag|geb datum|geb|geboren|data di nascita|"
        "geboortedatum|data de nascimento")),
    Field("sex", _l("Sex"), _titles("sex|gender|sexe|genre|sexo|genero|geschlecht|geschl|sesso|geslacht|m f|f m")),
    Field("deceased", _l("Deceased (yes, no or a date)"), _titles(
        "deceased|is deceased|deceased flag|dead|died|vital status|decede|decedee|deces|fallecido|fallecida|verstorben|"
        "deceduto|overleden|falecido")),
    Field("deceased_on", _l("Date of death"), _titles(
        "date of death|death date|deathdate|deceased date|deceased on|died on|dod|date de deces|date deces|decede le|"
        "fecha de defuncion|fecha defuncion|fecha de fallecimiento|sterbedatum|todesdatum|verstorben am|gestorben am|"
        "data di morte|overlijdensdatum|data de obito")),
    Field("phone", _l("Phone"), _titles(
        "phone|phone number|telephone|tel|home phone|telephone fixe|tel fixe|fixe|telefono|telefon|telefonnummer|"
        "primary phone|contact number|phone 1|tel 1|numero de telephone|telefone|telefoon")),
    Field("mobile", _l("Mobile phone"), _titles(
        "mobile|mobile phone|mobile number|cell|cell phone|cellphone|portable|telephone portable|tel portable|movil|"
        "celular|handy|mobil|mobiltelefon|phone 2|tel 2|gsm")),
    Field("email", _l("E-mail"), _titles(
        "email|e mail|email address|mail|courriel|adresse email|adresse mail|correo|correo electronico|emailadresse")),
    Field("line", _l("Street"), _titles(
        "address|street|address 1|address line 1|street address|address line|adresse|rue|adresse 1|voie|direccion|"
        "calle|"
        "strasse|str|anschrift|domicilio|indirizzo|endereco")),
    Field("line2", _l("Street, second line"), _titles(
        "address 2|address line 2|adresse 2|complement|complement d adresse|complement adresse|direccion 2|"
        "adresszusatz|"
        "apartment|apt")),
    Field("postal_code", _l("Postal code"), _titles(
        "postal code|postcode|post code|zip|zip code|zipcode|code postal|cp|codigo postal|plz|postleitzahl|cap|cep")),
    Field("city", _l("City"), _titles(
        "city|town|ville|commune|ciudad|poblacion|localidad|ort|stadt|citta|cidade|plaats")),
    Field("state", _l("State or region"), _titles(
        "state|province|region|county|departement|provincia|bundesland|etat")),
    Field("country", _l("Country"), _titles("country|pays|pais|land|country code|nation|paese")),
    Field("identifier", _l("National identifier"), _titles(
        "national id|national identifier|identity number|id number|ssn|social security number|social security|nir|"
        "numero de securite sociale|securite sociale|no secu|num secu|nss|dni|nie|nhs number|nhs no|passport|"
        "passport number|bsn|codice fiscale|cpf|pesel|ahv|avs|numero avs")),
    Field("language", _l("Language"), _titles("language|preferred language|langue|idioma|sprache|lingua|taal")),
    Field("payer", _l("Insurance"), _titles(
        "insurance|insurer|payer|insurance company|insurance name|assurance|mutuelle|caisse|organisme|aseguradora|"
        "seguro|"
        "versicherung|krankenkasse|kasse")),
    Field("member_number", _l("Insurance number"), _titles(
        "member number|insurance number|policy number|member id|insurance id|subscriber id|numero d adherent|"
        "numero adherent|numero assure|no assure|numero de poliza|poliza|versichertennummer|versicherungsnummer")),
    Field("contact_name", _l("Contact person"), _titles(
        "contact|contact name|emergency contact|next of kin|emergency contact name|personne a prevenir|"
        "personne de confiance|contacto|contacto de emergencia|notfallkontakt|kontaktperson")),
    Field("contact_phone", _l("Contact's phone"), _titles(
        "contact phone|emergency contact phone|emergency phone|next of kin phone|telephone personne a prevenir|"
        "telefono de contacto|telefono contacto|notfallnummer")),
    Field("notes", _l("Notes"), _titles(
        "notes|note|comment|comments|remarks|remarques|commentaire|commentaires|observations|notas|observaciones|"
        "bemerkung|bemerkungen|notizen")),
)  # fmt: skip
CODES = frozenset(f.code for f in FIELDS)
_BY_TITLE = {title: f.code for f in reversed(FIELDS) for title in f.titles}
NAMES = frozenset({"full_name", "family_name", "given_name"})
# More is no table of patients but a file split at the wrong character.
MAX_COLUMNS = 200


def guess_columns(titles: Sequence[str]) -> list[str]:
    """A field for each column title; EXTRA where nothing is known of it or an earlier column has that meaning.

    Raises Invalid for more than MAX_COLUMNS titles.
    """
    if len(titles) > MAX_COLUMNS:
        message = _(
            "This table has %(count)s columns; at most %(most)s can be imported.", count=len(titles), most=MAX_COLUMNS
        )
        raise Invalid(message, "file")
    found: list[str] = []
    for title in titles:
        guess = _guess(title)
        found.append(guess if guess and guess not in found else EXTRA)
    # "name" beside "first name" is the family name.
    if "full_name" in found and "given_name" in found and "family_name" not in found:
        found[found.index("full_name")] = "family_name"
    return found


def _guess(title: str) -> str | None:
    split = "".join(f" {c}" if c.isupper() and i and title[i - 1].islower() else c for i, c in enumerate(title))
    for spelling in (title, split, split.replace("_", " ")):
        folded = fold(spelling).removeprefix("patient ")
        if folded in _BY_TITLE:
            return _BY_TITLE[folded]
    return _BY_TITLE.get(fold(split))
