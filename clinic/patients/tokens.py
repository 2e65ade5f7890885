"""Blind-index tokens of a patient: what may be typed exactly though it is stored sealed."""

from clinic.crypto import KeyRing
from clinic.names import fold
from clinic.phones import digits

# Tails that are indexed. A typed tail is looked up by the longest of these it holds; the few patients found are
# opened and compared in full, so five or six digits need no tokens of their own.
TAILS = (4, 7)
MIN_TAIL = TAILS[0]


def phone_tokens(ring: KeyRing, value: str) -> set[bytes]:
    """Tokens of a number's last digits, by which typed tails find it."""
    number = digits(value)
    return {_tail_token(ring, number[-length:]) for length in TAILS if len(number) >= length}


def phone_token(ring: KeyRing, tail: str) -> bytes:
    """Token that every number ending in `tail` (4 digits or more) has; so have some others: compare them in full."""
    number = digits(tail)
    return _tail_token(ring, number[-max(length for length in TAILS if length <= len(number)) :])


def _tail_token(ring: KeyRing, tail: str) -> bytes:
    return ring.blind_index("phone", tail)


def identifier_token(ring: KeyRing, value: str) -> bytes:
    """Token of an identifier, whatever its kind: spaces, punctuation and case do not matter."""
    return ring.blind_index("identifier", fold(value).replace(" ", ""))


def email_token(ring: KeyRing, value: str) -> bytes:
    """Token of an e-mail address."""
    return ring.blind_index("email", value.strip().casefold())
