import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.crypto import DecryptionError, KeyRing

OLD, NEW = ("old", b"0" * 31 + b"1"), ("new", b"0" * 31 + b"2")
RING = KeyRing((NEW, OLD), b"i" * 32)


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    sealed = RING.seal(plain, b"patients.notes")
    assert RING.open(sealed, b"patients.notes") == plain
    assert RING.opener(b"patients.notes")(sealed) == plain


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_altered_byte_is_refused(position: int, flip: int) -> None:
    sealed = bytearray(RING.seal(b"+33612345678", b"c"))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(DecryptionError):
        RING.open(bytes(sealed), b"c")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    sealed = RING.seal(b"secret", b"patients.notes")
    for opener in (lambda: RING.open(sealed, b"patients.phone"), lambda: RING.opener(b"patients.phone")(sealed)):
        with pytest.raises(DecryptionError):
            opener()


def test_the_first_key_seals_and_older_keys_still_open() -> None:
    written_before = KeyRing((OLD,), b"i" * 32).seal(b"x", b"c")
    assert RING.open(written_before, b"c") == b"x"
    assert RING.opener(b"c")(written_before) == b"x"
    assert RING.seal(b"x", b"c")[2:5] == b"new"


def test_a_key_that_left_the_ring_is_named_as_a_failure() -> None:
    sealed = RING.seal(b"x", b"c")
    with pytest.raises(DecryptionError):
        KeyRing((OLD,), b"i" * 32).open(sealed, b"c")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02\x03new", b"\x01\x03new" + bytes(5)])
def test_rubbish_is_refused_not_a_crash(sealed: bytes) -> None:
    with pytest.raises(DecryptionError):
        RING.open(sealed, b"c")


def test_the_blind_index_is_keyed_and_separates_kinds() -> None:
    assert RING.blind_index("phone", "1234") == RING.blind_index("phone", "1234")
    assert RING.blind_index("phone", "1234") != RING.blind_index("identifier", "1234")
    assert RING.blind_index("phone", "1234") != KeyRing((NEW,), b"j" * 32).blind_index("phone", "1234")
