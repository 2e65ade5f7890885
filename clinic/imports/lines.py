"""Lines of a stored file, read from any offset in bounded memory."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE_BYTES = 2 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Line:
    """A line: its number from 1, the byte after it, and its bytes, None where it is too long to be read."""

    number: int
    end: int
    data: bytes | None


def read_lines(stream: io.BufferedIOBase, position: int = 0, number: int = 0) -> Iterator[Line]:
    """Every line after byte `position`, which is the end of line `number`; blank ones too."""
    stream.seek(position)
    while data := stream.readline(MAX_LINE_BYTES):
        number += 1
        too_long = len(data) == MAX_LINE_BYTES and not data.endswith(b"\n")
        start, position = position, position + len(data)
        if too_long:
            position += _skip(stream)
        elif start == 0:
            data = data.removeprefix(BOM)
        yield Line(number, position, None if too_long else data)


def _skip(stream: io.BufferedIOBase) -> int:
    """Read to the end of the line; returns the bytes passed over."""
    passed = 0
    while data := stream.readline(MAX_LINE_BYTES):
        passed += len(data)
        if data.endswith(b"\n"):
            break
    return passed
