"""Reading a sealed file from any offset."""

import io
import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from clinic.crypto import DecryptionError, KeyRing
from clinic.sealed_files.format import (
    DATA,
    END,
    HEADER_BYTES,
    INDEX,
    LENGTH,
    OVERHEAD,
    TRAILER_BYTES,
    open_header,
    open_segment,
)


class Source(Protocol):
    """Stored bytes that can be read from any offset; `size` in bytes."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes: ...

    def close(self) -> None: ...


class FileSource:
    """A file on disk as a Source."""

    _fd = -1

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = 0
        self.measure()

    def measure(self) -> None:
        """Look at the size again, after the file has grown."""
        self.size = os.fstat(self._fd).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()


class SealedReader(io.RawIOBase):
    """A finished sealed file as a seekable binary stream, one segment in memory; `size` is its plaintext's.

    Wrap it in io.BufferedReader for lines. Raises DecryptionError when the file was altered, cut or moved.
    """

    def __init__(self, source: Source, context: str, ring: KeyRing) -> None:
        super().__init__()
        self._source = source
        self._cipher = open_header(source.read_at(0, HEADER_BYTES), ring, context)
        lengths = self._read_index()
        self._starts = array("Q", accumulate(lengths, initial=0))
        self.size = self._starts[-1]
        self._position = 0
        self._kept = (-1, b"")

    def _read_index(self) -> "array[int]":
        trailer = self._source.size - TRAILER_BYTES
        raw = self._source.read_at(trailer, TRAILER_BYTES) if trailer > HEADER_BYTES else b""
        if raw[LENGTH.size :] != END:
            raise DecryptionError("A sealed file is not complete.")
        (length,) = LENGTH.unpack(raw[: LENGTH.size])
        stored = trailer - length - HEADER_BYTES
        count = (length - OVERHEAD) // LENGTH.size
        plain_size = stored - count * OVERHEAD
        if count < 0 or plain_size < 0:
            raise DecryptionError("A sealed file's index is damaged.")
        packed = open_segment(self._cipher, self._source.read_at(trailer - length, length), INDEX, count, plain_size)
        return array("I", struct.unpack(f">{count}I", packed))

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Plaintext of [start, stop) in pieces of at most 1 MiB."""
        stop = self.size if stop is None else min(stop, self.size)
        while start < stop:
            number = bisect_right(self._starts, start) - 1
            begin = self._starts[number]
            piece = self._segment(number)[start - begin : stop - begin]
            yield piece
            start += len(piece)

    def _segment(self, number: int) -> bytes:
        if self._kept[0] != number:
            start, end = self._starts[number], self._starts[number + 1]
            place = HEADER_BYTES + start + number * OVERHEAD
            self._kept = (-1, b"")
            sealed = self._source.read_at(place, end - start + OVERHEAD)
            self._kept = (number, open_segment(self._cipher, sealed, DATA, number, start))
        return self._kept[1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        piece = next(self.chunks(self._position, self._position + len(buffer)), b"")
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
