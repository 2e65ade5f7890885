"""The format of sealed files, built here by hand as clinic/sealed_files/format.py describes it.

Files that were sealed years ago have to open: what changes these bytes makes a new format, with a new name at its head.
"""

import hashlib
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clinic.crypto import DecryptionError, KeyRing
from clinic.sealed_files import FileSource, SealedReader, SealedWriter, stored_plain_size

RING_KEY = b"0123456789abcdefghijklmnopqrstu1"
RING = KeyRing((("k1", RING_KEY),), b"0123456789abcdefghijklmnopqrstu2")
FILE_KEY = bytes(range(32))
CONTEXT = "documents:vector"
PIECES = (b"Clinic\n" * 3, b"x" * 300, "Zoë".encode())
SHA256_OF_THE_FILE = "da7a6020331ca8ca1bbc793318cf2036b05237023783368ecca061f08b3d7214"


def nonce(number: int) -> bytes:
    return bytes([number]) * 12


def header() -> bytes:
    sealed_key = AESGCM(RING_KEY).encrypt(nonce(200), FILE_KEY, b"sealed_files\x00" + CONTEXT.encode())
    wrapped = b"\x01\x02k1" + nonce(200) + sealed_key
    return (b"CSF1" + struct.pack(">H", len(wrapped)) + wrapped).ljust(128, b"\0")


def segment(plain: bytes, kind: bytes, number: int, offset: int, top_bit: int = 0) -> bytes:
    place = kind + struct.pack(">QQ", number, offset)
    sealed = AESGCM(FILE_KEY).encrypt(nonce(number), plain, place)
    return struct.pack(">I", len(plain) | top_bit) + nonce(number) + sealed


def segments() -> list[bytes]:
    offsets = [sum(map(len, PIECES[:number])) for number in range(len(PIECES))]
    return [segment(p, b"D", n, o) for n, (p, o) in enumerate(zip(PIECES, offsets, strict=True))]


def index(pieces: tuple[bytes, ...] = PIECES) -> bytes:
    lengths = struct.pack(f">{len(pieces)}I", *map(len, pieces))
    sealed = segment(lengths, b"I", len(pieces), sum(map(len, pieces)), 1 << 31)
    return sealed + struct.pack(">I", len(sealed)) + b"CSFE"


def whole() -> bytes:
    return header() + b"".join(segments()) + index()


def read(path: Path) -> bytes:
    return b"".join(SealedReader(FileSource(path), CONTEXT, RING).chunks())


def test_the_vector_itself_does_not_change() -> None:
    assert hashlib.sha256(whole()).hexdigest() == SHA256_OF_THE_FILE


@pytest.mark.guards("files sealed by earlier versions open for ever: the format is as described")
def test_a_file_made_by_the_description_is_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(whole())
    assert read(tmp_path / "f") == b"".join(PIECES)


@pytest.mark.guards("what is written has the described layout, to the byte of each length")
def test_a_file_that_is_written_has_that_layout(tmp_path: Path) -> None:
    with SealedWriter.create(tmp_path / "f", CONTEXT, RING) as writer:
        for piece in PIECES:
            writer.write(piece)
            writer.flush()
        writer.finish()
    written, built = (tmp_path / "f").read_bytes(), whole()
    assert len(written) == len(built)
    assert written[:10] == built[:10]
    (wrapped,) = struct.unpack(">H", written[4:6])
    key = AESGCM(RING_KEY).decrypt(written[10:22], written[22 : 6 + wrapped], b"sealed_files\x00" + CONTEXT.encode())
    place, offset = 128, 0
    for number, piece in enumerate(PIECES):
        assert struct.unpack(">I", written[place : place + 4]) == (len(piece),)
        sealed = written[place + 16 : place + 32 + len(piece)]
        bound = b"D" + struct.pack(">QQ", number, offset)
        assert AESGCM(key).decrypt(written[place + 4 : place + 16], sealed, bound) == piece
        place, offset = place + 32 + len(piece), offset + len(piece)


@pytest.mark.guards("a sealed file that was cut anywhere is refused, and never read as a shorter one")
def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    complete = whole()
    for length in range(len(complete)):
        (tmp_path / "f").write_bytes(complete[:length])
        with pytest.raises(DecryptionError):
            read(tmp_path / "f")
            pytest.fail(f"a file of {length} of {len(complete)} bytes was read")


@pytest.mark.guards("a sealed file that was cut anywhere is refused, and never read as a shorter one")
def test_whoever_drops_the_last_segment_cannot_make_the_end_fit(tmp_path: Path) -> None:
    parts = segments()
    for forged in (
        header() + b"".join(parts[:-1]) + index(),
        # Ends of the right shape, from bytes that are there.
        header() + b"".join(parts[:-1]) + parts[-1] + struct.pack(">I", len(parts[-1])) + b"CSFE",
        header() + b"".join(parts[:-1]) + struct.pack(">I", 0) + b"CSFE",
        header() + b"".join(parts) + b"CSFE",
    ):
        (tmp_path / "f").write_bytes(forged)
        with pytest.raises(DecryptionError):
            read(tmp_path / "f")


def test_an_unfinished_file_tells_how_much_of_it_is_whole(tmp_path: Path) -> None:
    parts = segments()
    (tmp_path / "f").write_bytes(header() + b"".join(parts[:2]) + parts[2][:-1])
    assert stored_plain_size(tmp_path / "f") == sum(map(len, PIECES[:2]))
