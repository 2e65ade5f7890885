"""Broken and hostile rows: each is refused with a reason, and the import goes on."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import Invalid
from clinic.imports.lines import MAX_LINE_BYTES
from clinic.imports.models import ImportKind
from clinic.imports.rows import Row, guarded, readable_file
from clinic.imports.uploads import detect_kind
from clinic.patients.models import Patient
from tests.imports.conftest import Importer, ndjson, person

HOSTILE = {
    '{"resourceType": "Patient", "id": "x"': "not JSON",
    '{"resourceType": "Observation", "id": "x"}': "This is a Observation, not a Patient.",
    '{"id": "x"}': "without a resourceType",
    "[1, 2]": "not a JSON object",
    "null": "not a JSON object",
    json.dumps(person(name=[])): "needs a name",
    json.dumps(person(name="Ana")): "name is not as FHIR R4 has it",
    json.dumps(person(name=[{"family": 3}])): "family is not as FHIR R4 has it",
    json.dumps(person(name=[{"family": "x" * 201}])): "200 characters",
    json.dumps(person(birthDate="1982-02-31")): "does not exist",
    json.dumps(person(birthDate="yesterday")): "is not a date",
    json.dumps(person(birthDate="2199-01-01")): "between 1880 and today",
    json.dumps(person(birthDate="0001-01-01")): "between 1880 and today",
    json.dumps(person(deceasedDateTime="1970-01-01T00:00:00Z")): "check both dates",
    json.dumps(person(gender="both")): "gender both is none of FHIR's",
    json.dumps(person(active="yes")): "active is not as FHIR R4 has it",
    json.dumps(person(telecom={"value": "1"})): "telecom is not as FHIR R4 has it",
    json.dumps(person(modifierExtension=[{}])): "modifierExtension",
    json.dumps(person(id=None)): "has no id",
    json.dumps(person(language="a\x00b")): "NUL",
    '{"resourceType": "Patient", "id": "\\ud800"}': "not UTF-8",
    '{"resourceType": "Patient", "id": NaN}': "cannot be read",
    "[" * 100_000: "cannot be read",
    '{"resourceType": "Patient", "id": "a", "x": ' + "[" * 480 + '"\\u0000"' + "]" * 480 + "}": "nested too deep",
    '{"resourceType": "Patient", "id": "a", "x": ' + "[" * 200 + "]" * 200 + "}": "nested too deep",
    '{"resourceType": "Patient", "n": ' + "9" * 5000 + "}": "cannot be read",
}


def test_each_broken_line_is_refused_with_a_reason_and_the_rest_arrives(importer: Importer, session: Session) -> None:
    too_long = '{"resourceType": "Patient", "x": "' + "x" * (10 * 1024 * 1024) + '"}'
    content = b"\xef\xbb\xbf" + ndjson(person(1), *HOSTILE, too_long, "", person(2), "not utf-8")
    content = content.replace(b"not utf-8", b'{"resourceType": "Patient", "id": "\xe9"}')
    done = importer.run(content)
    reasons = importer.refusals(done)
    for line, expected in enumerate(HOSTILE.values(), start=2):
        assert expected in reasons[line]
    last = len(HOSTILE) + 2
    assert f"longer than {MAX_LINE_BYTES // 1024**2} MB" in reasons[last]
    assert "not UTF-8" in reasons[last + 3]
    assert (done.created, done.refused) == (2, len(HOSTILE) + 2)
    assert session.scalars(select(Patient.family_name).order_by(Patient.id)).all() == ["Family1", "Family2"]


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04xlsx", "save the table as CSV"),
        (b"\x1f\x8bgzip", "compressed"),
        ("Nom;Prénom".encode("utf-16"), "UTF-16"),
        (b'[{"resourceType": "Patient"}]', "not NDJSON"),
        (b'{\n  "resourceType": "Patient"\n}', "not NDJSON"),
        (b'{"resourceType": "Bundle", "entry": []}', "holds Bundle resources"),
        (b"\x7fELF\x00\x00", "neither a CSV file nor"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_advice(head: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        detect_kind(head)


def test_one_broken_line_at_the_start_spoils_no_file() -> None:
    assert detect_kind(b'{"resourceType": \n{"resourceType": "Patient"}\n') is ImportKind.FHIR_PATIENTS
    assert detect_kind(b'\xef\xbb\xbf{"resourceType": "Practitioner"}') is ImportKind.FHIR_PRACTITIONERS
    assert detect_kind("nom;prénom\n".encode("latin-1")) is ImportKind.CSV_PATIENTS


CSV = b"""id,last name,first name,birth date,sex,phone,email
1,Nunez,Ana,14/3/1982,F,06 11 22 33 44,ana@example.org
2,,,,,,
3,Martin,Paul,31/02/1990,M,,
4,Martin,Paul,12/05/2199,M,,
5,Martin,Paul,1/5/1999,Zebra,,
6,Martin,Paul,1/5/1999,M,,nobody
7,Martin,Paul
8,Martin,Paul,1/5/1999,M,,,,extra
9,"Martin,Paul,1/5/1999,M,,
10,Mar\x00tin,Paul,1/5/1999,M,,
11,\xe9\xff\xfe,Paul,1/5/1999,M,,
1,Twice,Ana,14/3/1982,F,,

12,"Two
lines",Paul,1/5/1999,M,,
"""
REASONS = {
    3: "needs a name",
    4: "“31/02/1990” is not a date of the past",
    5: "“12/05/2199” is not a date of the past",
    6: "Sex “Zebra” is not understood",
    7: "has no @",
    8: "has 3 cells, the titles are 7",
    9: "has 9 cells, the titles are 7",
    10: "quotation mark is not closed",
    11: "NUL",
    12: "not utf-8",
    13: "twice",
}


def test_each_broken_row_of_a_table_is_refused_with_a_reason(importer: Importer, session: Session) -> None:
    done = importer.run(CSV, encoding="utf-8")
    reasons = importer.refusals(done)
    assert reasons.keys() == REASONS.keys()
    for line, expected in REASONS.items():
        assert expected in reasons[line]
    assert session.scalars(select(Patient.family_name).order_by(Patient.id)).all() == ["Nunez", "Two lines"]


@pytest.mark.guards("whatever a parser raises refuses the row or the file it read, and spoils nothing else")
def test_cells_of_any_length_and_number_are_taken_in(importer: Importer, session: Session) -> None:
    """Beyond what the csv module takes for a cell, in the lines from which the delimiter is guessed."""
    for line in (b'"' + b"x" * 200_000 + b'"', b"," * 300_000, b"a;" * 50_000, b"x" * 131_073):
        content = b"family name;given name;birth date\n" + line + b"\nDurand;Ana;14/03/1982\n"
        done = importer.run(content, source=f"of {len(line)}")
        assert (done.created, done.refused) == (1, 1), line[:20]


@pytest.mark.guards("whatever a parser raises refuses the row or the file it read, and spoils nothing else")
@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), OverflowError("x"), RecursionError("x")])
def test_a_row_that_no_rule_foresaw_is_refused(error: Exception) -> None:
    def understand() -> Row:
        raise error

    row = guarded(understand, line=3, last_line=4, end=90)
    assert (row.line, row.last_line, row.end, row.details, row.reason) == (
        3,
        4,
        90,
        None,
        "The row cannot be understood.",
    )
    with pytest.raises(Invalid), readable_file():
        understand()
