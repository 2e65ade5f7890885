"""CSV as RFC 4180 says."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.exports.files.cells import CellKind
from clinic.exports.files.csv_file import CsvFile
from clinic.exports.files.guard import release

# Everything but what UTF-8 cannot hold.
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5)


def written(rows: list[tuple[str, ...]], **options: object) -> bytes:
    sink = io.BytesIO()
    file = CsvFile(sink, ["a", "b", "c"], [CellKind.TEXT] * 3, **options)  # type: ignore[arg-type]
    file.write_batch(list(zip(*rows, strict=True)))
    file.finish()
    return sink.getvalue()


@given(ROWS, st.sampled_from([",", ";", "\t"]))
def test_what_is_read_back_is_what_was_written(rows: list[tuple[str, ...]], delimiter: str) -> None:
    text = written(rows, delimiter=delimiter).decode()
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert [tuple(release(cell) for cell in row) for row in found[1:]] == rows


def test_lines_end_with_crlf_and_cells_are_quoted_where_needed() -> None:
    assert written([('say "hi"', "a,b", "two\nlines")]) == b'a,b,c\r\n"say ""hi""","a,b","two\nlines"\r\n'


@pytest.mark.parametrize(("bom", "start"), [(True, b"\xef\xbb\xbfa,b,c"), (False, b"a,b,c")])
def test_the_byte_order_mark_is_optional(bom: bool, start: bytes) -> None:
    assert written([("1", "2", "3")], bom=bom).startswith(start)
