"""Whatever happens to a sealed file on disk, it reads back as it was written or not at all."""

import io
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.crypto import DecryptionError, KeyRing
from clinic.sealed_files import FileSource, SealedReader, SealedWriter, stored_plain_size
from clinic.sealed_files.format import HEADER_BYTES, SEGMENT_BYTES

RING = KeyRing((("k1", b"0123456789abcdefghijklmnopqrstu1"),), b"0123456789abcdefghijklmnopqrstu2")
CONTEXT = "documents:a"


def write(path: Path, *pieces: bytes, context: str = CONTEXT) -> bytes:
    """Each piece is flushed, as one request would; returns the plaintext."""
    with SealedWriter.create(path, context, RING) as writer:
        for piece in pieces:
            writer.write(piece)
            writer.flush()
        writer.finish()
    return b"".join(pieces)


def read(path: Path, context: str = CONTEXT, start: int = 0, stop: int | None = None) -> bytes:
    reader = SealedReader(FileSource(path), context, RING)
    try:
        return b"".join(reader.chunks(start, stop))
    finally:
        reader.close()


def test_what_was_written_in_pieces_of_any_size_is_read_back(tmp_path: Path) -> None:
    pieces = [os.urandom(n) for n in (1, SEGMENT_BYTES - 1, SEGMENT_BYTES, 3 * SEGMENT_BYTES + 17, 0, 5)]
    plain = write(tmp_path / "f", *pieces)
    assert read(tmp_path / "f") == plain
    assert plain[:100] not in (tmp_path / "f").read_bytes()


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    write(tmp_path / "f")
    assert read(tmp_path / "f") == b""


@settings(deadline=None, max_examples=60)
@given(cuts=st.lists(st.integers(0, 5000), max_size=8), span=st.tuples(st.integers(0, 5200), st.integers(0, 5200)))
def test_any_range_reads_like_a_slice(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], span: tuple[int, int]
) -> None:
    plain = bytes(range(250)) * 20
    edges = [0, *sorted(cuts), len(plain)]
    path = tmp_path_factory.mktemp("range") / "f"
    write(path, *[plain[a:b] for a, b in itertools.pairwise(edges)])
    assert read(path, start=span[0], stop=span[1]) == plain[span[0] : span[1]]


def test_lines_can_be_read_and_sought_through_the_standard_library(tmp_path: Path) -> None:
    write(tmp_path / "f", b"one\ntwo\n" * 300_000)
    with SealedReader(FileSource(tmp_path / "f"), CONTEXT, RING) as reader:
        lines = io.BufferedReader(reader)
        assert sum(1 for _ in lines) == 600_000
        lines.seek(-4, os.SEEK_END)
        assert lines.read() == b"two\n"


def test_every_way_of_tampering_is_noticed(tmp_path: Path) -> None:
    write(tmp_path / "f", b"a" * 1000, b"b" * 1000, b"c" * 1000)
    whole = (tmp_path / "f").read_bytes()
    segment = 1000 + 32
    first, second = HEADER_BYTES, HEADER_BYTES + segment
    third = second + segment
    attacks = {
        "reordered": whole[:first] + whole[second:third] + whole[first:second] + whole[third:],
        "repeated": whole[:second] + whole[first:second] + whole[third:],
        "removed": whole[:first] + whole[second:],
        "last segment cut off": whole[:third] + whole[third + segment :],
        "cut": whole[:-1],
        "unfinished": whole[: third + segment],
        "a bit": whole[: second + 500] + bytes([whole[second + 500] ^ 1]) + whole[second + 501 :],
        "a bit of the key": whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],
        "not a sealed file": b"x" * len(whole),
        "nothing": b"",
    }
    for name, altered in attacks.items():
        (tmp_path / "g").write_bytes(altered)
        with pytest.raises(DecryptionError):
            read(tmp_path / "g")
            pytest.fail(name)


def test_a_file_in_anothers_place_does_not_open(tmp_path: Path) -> None:
    write(tmp_path / "f", b"mine")
    with pytest.raises(DecryptionError):
        read(tmp_path / "f", context="documents:b")


@pytest.mark.parametrize("torn", [0, 1, 3, 4, 20, 500, 1031])
def test_a_torn_last_segment_is_cut_and_the_rest_continues(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "f"
    with SealedWriter.create(path, CONTEXT, RING) as writer:
        writer.write(b"a" * 1000)
        assert writer.flush() == 1000
        writer.write(b"b" * 1000)
        writer.flush()
    os.truncate(path, HEADER_BYTES + 1032 + torn)
    assert stored_plain_size(path) == 1000
    with SealedWriter.resume(path, CONTEXT, RING) as writer:
        assert writer.size == 1000
        writer.write(b"c" * 1000)
        writer.finish()
    assert read(path) == b"a" * 1000 + b"c" * 1000


def test_zeros_left_by_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with SealedWriter.create(path, CONTEXT, RING) as writer:
        writer.write(b"a" * 1000)
        writer.flush()
        writer.write(b"b" * 1000)
        writer.flush()
    raw = bytearray(path.read_bytes())
    raw[HEADER_BYTES + 1032 + 100 :] = bytes(len(raw) - HEADER_BYTES - 1132)
    path.write_bytes(raw)
    with SealedWriter.resume(path, CONTEXT, RING) as writer:
        assert writer.size == 1000


def test_a_half_written_index_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write(path, b"a" * 1000)
    os.truncate(path, path.stat().st_size - 9)
    assert stored_plain_size(path) == 1000
    with SealedWriter.resume(path, CONTEXT, RING) as writer:
        assert writer.size == 1000
        writer.finish()
    assert read(path) == b"a" * 1000


def test_what_failed_its_checksum_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with SealedWriter.create(path, CONTEXT, RING) as writer:
        writer.write(b"good")
        start = writer.flush()
        writer.write(b"bad" * SEGMENT_BYTES)
        writer.flush()
        writer.cut(start)
        writer.write(b" better")
        writer.finish()
    assert read(path) == b"good better"


def test_files_of_a_retired_key_still_open(tmp_path: Path) -> None:
    write(tmp_path / "f", b"old")
    ring = KeyRing((("k2", b"0123456789abcdefghijklmnopqrstu3"), ("k1", b"0123456789abcdefghijklmnopqrstu1")), b"")
    assert b"".join(SealedReader(FileSource(tmp_path / "f"), CONTEXT, ring).chunks()) == b"old"
