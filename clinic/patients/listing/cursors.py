"""Cursors that may stand in an address: sealed, so that no name or birth date can be read from it."""

import base64
import binascii
from typing import Any

from clinic.crypto import DecryptionError, key_ring
from clinic.paging import decode_cursor, encode_cursor

_CONTEXT = b"patients.cursor"


def seal_cursor(*values: Any) -> str:
    """A URL-safe cursor that only this clinic can read."""
    sealed = key_ring().seal(encode_cursor(*values).encode(), _CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def open_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """The values of a cursor (dates as ISO texts), or None for a missing, foreign or mangled one."""
    if not cursor or len(cursor) > 4000:
        return None
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return decode_cursor(key_ring().open(sealed, _CONTEXT).decode(), length)
    except (binascii.Error, DecryptionError, ValueError):
        return None
