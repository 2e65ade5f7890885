"""Workbooks that another program opens."""

import datetime as dt
import io

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from clinic.exports.files.cells import CellKind
from clinic.exports.files.xlsx_file import MAX_TEXT, XlsxFile

KINDS = [CellKind.TEXT, CellKind.DATE, CellKind.INSTANT, CellKind.NUMBER]


def workbook(*rows: tuple[str | None, ...], max_rows: int = 1000, title: str = "Patients") -> Workbook:
    sink = io.BytesIO()
    file = XlsxFile(sink, ["Name", "Born", "Seen", "Visits"], KINDS, title=title, max_rows=max_rows)
    if rows:
        file.write_batch(list(zip(*rows, strict=True)))
    file.finish()
    return load_workbook(io.BytesIO(sink.getvalue()))


def test_texts_dates_times_and_numbers_arrive_as_what_they_are() -> None:
    sheet = workbook(("Ana <b>&", "1982-03-14", "2026-11-20 10:30:15", "12"), (None, None, None, None))["Patients"]
    seen = dt.datetime(2026, 11, 20, 10, 30, 15)
    assert [cell.value for cell in sheet[2]] == ["Ana <b>&", dt.datetime(1982, 3, 14), seen, 12]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:D3"


@pytest.mark.parametrize("born", ["1982", "1982-03", "1899-05-01"])
def test_a_date_excel_cannot_hold_is_a_text(born: str) -> None:
    assert workbook(("Ana", born, None, None))["Patients"]["B2"].value == born


def test_a_formula_is_a_text_and_stays_one_when_edited() -> None:
    cell = workbook(("=1+1", None, None, None))["Patients"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


@pytest.mark.parametrize("text", [" spaces ", "two\nlines", "_x0041_", "bell\x07", "_x0007_ \x07", "日本 😀"])
def test_every_character_comes_back(text: str) -> None:
    value = workbook((text, None, None, None))["Patients"]["A2"].value
    assert unescape(value) == text  # Excel undoes _x0007_ by itself


def test_a_text_longer_than_a_cell_says_that_it_was_cut() -> None:
    value = workbook(("x" * (MAX_TEXT + 1), None, None, None))["Patients"]["A2"].value
    assert len(value) == MAX_TEXT
    assert value.endswith("x [...]")


def test_more_rows_than_a_sheet_holds_go_on_in_the_next() -> None:
    book = workbook(*((f"n{i}", None, None, None) for i in range(7)), max_rows=4)
    assert book.sheetnames == ["Patients", "Patients 2", "Patients 3"]
    assert [[row[0].value for row in sheet] for sheet in book] == [
        ["Name", "n0", "n1", "n2"],
        ["Name", "n3", "n4", "n5"],
        ["Name", "n6"],
    ]


def test_a_list_without_rows_is_a_workbook_with_a_header() -> None:
    assert [cell.value for cell in workbook()["Patients"][1]] == ["Name", "Born", "Seen", "Visits"]
