"""Tables of patients: columns, delimiters, encodings, values."""

import datetime as dt
import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import Invalid
from clinic.imports.lines import read_lines
from clinic.imports.tables.columns import guess_columns
from clinic.imports.tables.patient import Reading, read_patient
from clinic.imports.tables.reading import Dialect, guess_delimiter, read_records
from clinic.patients.models import Patient, Sex
from tests.imports.conftest import Importer

FRENCH = Reading(dt.date(2026, 11, 20), "FR", day_first=True)


@pytest.mark.parametrize(
    ("titles", "columns"),
    [
        (["ID", "LastName", "FirstName", "DOB", "Gender"], ["key", "family_name", "given_name", "birth_date", "sex"]),
        (["Nom", "Prénom", "Né(e) le", "Sexe"], ["family_name", "given_name", "extra", "sex"]),
        (["nom_de_naissance", "date_de_naissance", "CP"], ["birth_name", "birth_date", "postal_code"]),
        (["Apellidos", "Nombre", "Fecha de nacimiento"], ["family_name", "given_name", "birth_date"]),
        (["Nachname", "Vorname", "Geburtsdatum", "PLZ"], ["family_name", "given_name", "birth_date", "postal_code"]),
        (["name", "first name"], ["family_name", "given_name"]),
        (["Patient Name", "Phone", "Phone"], ["full_name", "phone", "extra"]),
        (["Blood group", ""], ["extra", "extra"]),
    ],
)
def test_columns_are_guessed_from_titles_in_several_spellings(titles: list[str], columns: list[str]) -> None:
    assert guess_columns(titles) == columns


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(delimiter: str) -> None:
    rows = [["name", "note"], ["Núñez", "a b"], ["Martin", "c"]]
    assert guess_delimiter("\n".join(delimiter.join(row) for row in rows)) == delimiter


def test_records_are_the_same_from_wherever_reading_goes_on() -> None:
    text = 'a,b\n1,"x\ny"\n2,"say ""hi"", ok"\n3,z'
    stream = io.BytesIO(text.encode())
    whole = list(read_records(stream, Dialect()))
    assert [r.cells for r in whole] == [("a", "b"), ("1", "x y"), ("2", 'say "hi", ok'), ("3", "z")]
    assert [(r.line, r.last_line) for r in whole] == [(1, 1), (2, 3), (4, 4), (5, 5)]
    for at, record in enumerate(whole):
        assert list(read_records(stream, Dialect(), record.end, record.last_line)) == whole[at + 1 :]


def test_an_inch_mark_or_an_unclosed_quote_spoils_no_other_row() -> None:
    stream = io.BytesIO(b'a,b\n1,5 feet 9"\n2,"open\n3,x\n4,"two\nlines"\n')
    records = list(read_records(stream, Dialect(), width=2))
    assert [r.cells for r in records] == [("a", "b"), ("1", '5 feet 9"'), (), ("3", "x"), ("4", "two lines")]
    assert records[2].problem == "A quotation mark is not closed."


def test_lines_end_where_the_next_begins_even_after_a_very_long_one() -> None:
    stream = io.BytesIO(b"one\n" + b"x" * 5_000_000 + b"\nthree")
    lines = list(read_lines(stream))
    assert [line.data and len(line.data) for line in lines] == [4, None, 5]
    assert [line.end for line in lines] == [4, 5_000_005, 5_000_010]


def test_values_are_read_as_people_write_them() -> None:
    values = {
        "full_name": "Núñez, Ana María", "birth_date": "14 mar 1982", "sex": "Femme", "phone": "01 44 55 66 77",
        "mobile": "0611223344", "email": "a@b.org", "line": "1 rue Monge", "postal_code": "75005", "city": "Paris",
        "identifier": "2 82 03 75 114 056 21", "payer": "CPAM", "contact_name": "Íñigo", "contact_phone": "0611111111",
        "birth_name": "García", "notes": "deaf",
    }  # fmt: skip
    details = read_patient(values, {"Blood group": "A+"}, FRENCH)
    assert (details.family_name, details.given_name) == ("Núñez", "Ana María")
    assert (details.birth_date, details.sex) == (dt.date(1982, 3, 14), Sex.FEMALE)
    assert [t["value"] for t in details.telecoms] == ["+33144556677", "+33611223344", "a@b.org"]
    assert details.addresses[0]["lines"] == ["1 rue Monge"]
    assert details.identifiers[0].value
    assert details.coverages[0].payer == "CPAM"
    assert details.contacts[0]["phone"] == "+33611111111"
    assert details.other_names == ({"use": "maiden", "family": "García"},)
    assert details.extra == {"Blood group": "A+"}


def test_month_first_dates_are_read_so_where_that_is_said() -> None:
    american = Reading(dt.date(2026, 11, 20), "US", day_first=False)
    assert read_patient({"family_name": "X", "birth_date": "3/4/1982"}, {}, american).birth_date == dt.date(1982, 3, 4)
    assert read_patient({"family_name": "X", "birth_date": "3/4/1982"}, {}, FRENCH).birth_date == dt.date(1982, 4, 3)


def test_a_latin_1_table_of_a_spreadsheet_program_arrives(importer: Importer, session: Session) -> None:
    content = "Nom;Prénom;Date de naissance\r\nNúñez;Inés;14/03/1982\r\n".encode("cp1252")
    row = importer.upload(content)
    assert (row.options["encoding"], row.options["delimiter"]) == ("cp1252", ";")
    assert importer.run(content).created == 1
    assert session.scalars(select(Patient.display_name)).one() == "Inés Núñez"


def test_an_update_leaves_alone_what_the_table_does_not_speak_of(importer: Importer, session: Session) -> None:
    importer.run(b"id,name,phone\n1,Ana Diaz,0144556677\n")
    importer.run(b"id,name,birth date\n1,Ana Diaz,1982\n")
    patient = session.scalars(select(Patient)).one()
    assert patient.phone == "+33144556677"
    assert patient.birth_date == dt.date(1982, 1, 1)


def test_rows_without_a_number_are_recognised_by_name_and_birth_date(importer: Importer) -> None:
    table = b"last name,first name,birth date,phone\nDiaz,Ana,14/3/1982,0144556677\nDiaz,Ana,15/3/1982,\n"
    assert importer.run(table).created == 2
    assert importer.run(table).unchanged == 2
    assert importer.run(table.replace(b"0144556677", b"0144556678")).updated == 1


@pytest.mark.guards("a table says who has died, with or without a day")
@pytest.mark.parametrize(
    ("cells", "dead", "day", "precision"),
    [
        ({"deceased": "Oui"}, True, None, "day"),
        ({"deceased": "yes", "deceased_on": "02/2020"}, True, dt.date(2020, 2, 1), "month"),
        ({"deceased": "3.4.2019"}, True, dt.date(2019, 4, 3), "day"),
        ({"deceased": "", "deceased_on": "2019-04-03"}, True, dt.date(2019, 4, 3), "day"),
        ({"deceased": "N/A", "deceased_on": "2019"}, True, dt.date(2019, 1, 1), "year"),
        ({"deceased": "1999"}, True, dt.date(1999, 1, 1), "year"),
        ({"deceased": "alive"}, False, None, "day"),
        ({"deceased": "0", "deceased_on": ""}, False, None, "day"),
        ({}, False, None, "day"),
    ],
)
def test_death_is_read_from_its_columns(cells: dict[str, str], dead: bool, day: dt.date | None, precision: str) -> None:
    found = read_patient({"family_name": "Gone", **cells}, {}, FRENCH)
    assert (found.is_deceased, found.deceased_on, found.deceased_precision) == (dead, day, precision)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"deceased": "no", "deceased_on": "2019-04-03"}, "contradict"),
        ({"deceased_on": "soon"}, "Date of death “soon”"),
        ({"deceased": "perhaps"}, "Date of death “perhaps”"),
        ({"deceased_on": "2199-01-01"}, "not a date of the past"),
    ],
)
def test_a_death_that_cannot_be_read_refuses_the_row(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        read_patient({"family_name": "Gone", **cells}, {}, FRENCH)


@pytest.mark.guards("a table says who has died, with or without a day")
def test_a_death_in_a_table_reaches_the_record(importer: Importer, session: Session) -> None:
    importer.run("Name;Décédé;Date de décès\nOmar Gone;oui;\nLia Gone;;2020-02\nIris Here;non;\n".encode())
    found = session.execute(select(Patient.given_name, Patient.is_deceased, Patient.deceased_on).order_by(Patient.id))
    assert [tuple(row) for row in found] == [
        ("Omar", True, None),
        ("Lia", True, dt.date(2020, 2, 1)),
        ("Iris", False, None),
    ]
