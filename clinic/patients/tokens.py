"""Blind-index tokens of a patient: what may be typed exactly though it is stored sealed."""

from clinic.crypto import KeyRing
from clinic.names import fold
from clinic.phones import digits

MIN_TAIL = 4
MAX_TAIL = 10


def phone_tokens(ring: KeyRing, value: str) -> set[bytes]:
    """Tokens of the last 4 to 10 digits of a number, so that any such tail finds it."""
    number = digits(value)
    return {phone_token(ring, number[-length:]) for length in range(MIN_TAIL, min(len(number), MAX_TAIL) + 1)}


def phone_token(ring: KeyRing, tail: str) -> bytes:
    """Token of a typed tail; more than 10 digits are looked up by their last 10."""
    return ring.blind_index("phone", digits(tail)[-MAX_TAIL:])


def identifier_token(ring: KeyRing, value: str) -> bytes:
    """Token of an identifier, whatever its kind: spaces, punctuation and case do not matter."""
    return ring.blind_index("identifier", fold(value).replace(" ", ""))


def email_token(ring: KeyRing, value: str) -> bytes:
    """Token of an e-mail address."""
    return ring.blind_index("email", value.strip().casefold())
