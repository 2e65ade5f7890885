"""Writing a sealed file, piece by piece."""

import os
import struct
from array import array
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clinic.crypto import DecryptionError, KeyRing
from clinic.sealed_files.format import (
    DATA,
    END,
    HEADER_BYTES,
    INDEX,
    LENGTH,
    OVERHEAD,
    SEGMENT_BYTES,
    SYNC_BYTES,
    TRAILER_BYTES,
    new_header,
    open_header,
    open_segment,
    seal_segment,
)


def sync_folder(folder: Path) -> None:
    """Make names made or removed in `folder` survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class SealedWriter:
    """Appends plaintext to a sealed file. OSError (such as a full disk) passes through.

    `size` counts plaintext bytes written, `durable` those that survive a power cut. Closing without finish()
    leaves a file that resume() continues.
    """

    def __init__(self, fd: int, cipher: AESGCM, lengths: "array[int]") -> None:
        self._fd, self._cipher, self._lengths = fd, cipher, lengths
        self._buffer = bytearray()
        self._sealed = sum(lengths)
        self.durable = self._sealed
        self.is_finished = False

    @classmethod
    def create(cls, path: Path, context: str, ring: KeyRing) -> "SealedWriter":
        """A new, empty file whose existence is durable. FileExistsError when there is one."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            header, cipher = new_header(ring, context)
            _write_all(fd, header)
            os.fsync(fd)
            sync_folder(path.parent)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        return cls(fd, cipher, array("I"))

    @classmethod
    def resume(cls, path: Path, context: str, ring: KeyRing) -> "SealedWriter":
        """Continue an unfinished file after its last sound segment; a torn or unreadable tail is cut off.

        DecryptionError when the file belongs to another context.
        """
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            cipher = open_header(os.pread(fd, HEADER_BYTES, 0), ring, context)
            lengths, end = _sound_segments(fd, cipher)
            os.ftruncate(fd, end)
            os.lseek(fd, end, os.SEEK_SET)
            os.fsync(fd)
        except (OSError, DecryptionError):
            os.close(fd)
            raise
        return cls(fd, cipher, lengths)

    @property
    def size(self) -> int:
        return self._sealed + len(self._buffer)

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append; full segments go to disk at once, the rest waits for flush()."""
        view = memoryview(data).cast("B")
        start = 0
        if self._buffer:
            start = min(SEGMENT_BYTES - len(self._buffer), len(view))
            self._buffer += view[:start]
            if len(self._buffer) == SEGMENT_BYTES:
                self._put_buffer()
        while len(view) - start >= SEGMENT_BYTES:
            self._put(view[start : start + SEGMENT_BYTES])
            start += SEGMENT_BYTES
        if start < len(view):
            self._buffer += view[start:]
        return len(view)

    def flush(self) -> int:
        """Make everything written durable, as a short segment if need be; returns `durable`."""
        if self._buffer:
            self._put_buffer()
        os.fsync(self._fd)
        self.durable = self._sealed
        return self.durable

    def cut(self, size: int) -> None:
        """Take back what was written after the first `size` bytes, which must be the end of a flush()."""
        self._buffer.clear()
        while self._lengths and self._sealed > size:
            self._sealed -= self._lengths.pop()
        if self._sealed != size:
            raise ValueError("A sealed file can only be cut where it was flushed.")
        os.ftruncate(self._fd, _stored_size(self._lengths))
        os.lseek(self._fd, 0, os.SEEK_END)
        os.fsync(self._fd)
        self.durable = size

    def finish(self) -> None:
        """Write the index and make the whole file durable; it can be read from now on."""
        if self._buffer:
            self._put_buffer()
        index = struct.pack(f">{len(self._lengths)}I", *self._lengths)
        sealed = seal_segment(self._cipher, index, INDEX, len(self._lengths), self._sealed)
        _write_all(self._fd, sealed + LENGTH.pack(len(sealed)) + END)
        os.fsync(self._fd)
        self.durable, self.is_finished = self._sealed, True

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> "SealedWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def _put_buffer(self) -> None:
        self._put(memoryview(bytes(self._buffer)))
        self._buffer.clear()

    def _put(self, plain: memoryview) -> None:
        _write_all(self._fd, seal_segment(self._cipher, plain, DATA, len(self._lengths), self._sealed))
        self._lengths.append(len(plain))
        self._sealed += len(plain)
        if self._sealed - self.durable >= SYNC_BYTES:
            os.fsync(self._fd)
            self.durable = self._sealed


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _stored_size(lengths: "array[int]") -> int:
    return HEADER_BYTES + sum(lengths) + OVERHEAD * len(lengths)


def stored_plain_size(path: Path) -> int:
    """Plaintext bytes of an unfinished file, by its segments' lengths; a torn last segment does not count."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return sum(_segment_lengths(fd))
    finally:
        os.close(fd)


def _segment_lengths(fd: int) -> "array[int]":
    """Lengths of the complete segments of an unfinished file; the index of a finished one is not counted."""
    lengths: array[int] = array("I")
    total, position = os.fstat(fd).st_size, HEADER_BYTES
    if total >= HEADER_BYTES + TRAILER_BYTES and os.pread(fd, 4, total - 4) == END:
        (index,) = LENGTH.unpack(os.pread(fd, 4, total - TRAILER_BYTES))
        total -= index + TRAILER_BYTES
    while position + OVERHEAD < total:
        (length,) = LENGTH.unpack(os.pread(fd, LENGTH.size, position))
        position += length + OVERHEAD
        if not 0 < length <= SEGMENT_BYTES or position > total:
            break
        lengths.append(length)
    return lengths


def _sound_segments(fd: int, cipher: AESGCM) -> tuple["array[int]", int]:
    """Lengths up to the last segment that opens, and where it ends in the file.

    Only what may not have been durable at a power cut is opened: the last SYNC_BYTES and one segment.
    """
    lengths = _segment_lengths(fd)
    offset, position, checked = sum(lengths), _stored_size(lengths), 0
    sound = len(lengths)
    for number in range(len(lengths) - 1, -1, -1):
        length = lengths[number]
        offset, position = offset - length, position - length - OVERHEAD
        try:
            open_segment(cipher, os.pread(fd, length + OVERHEAD, position), DATA, number, offset)
        except DecryptionError:
            sound = number
        checked += length
        if checked > SYNC_BYTES + SEGMENT_BYTES:
            break
    kept = lengths[:sound]
    return kept, _stored_size(kept)
