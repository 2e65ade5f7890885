"""Encryption at rest: a ring of AES-256-GCM keys, encrypted column types and a blind index.

A sealed value is `0x01 | length of key id | key id | 12-byte nonce | ciphertext and 16-byte tag`. The context
(table and column) is authenticated with it, so that a value copied into another column does not open.
Sources: NIST SP 800-38D (GCM), OWASP ASVS 5.0 chapter 11.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import FromClause, LargeBinary, TypeDecorator
from sqlalchemy.engine import Dialect

VERSION = 1
NONCE_BYTES = 12
TOKEN_BYTES = 16


class DecryptionError(Exception):
    """A value does not open: it was altered, moved, or its key is not in the ring."""


class KeyRing:
    """Named keys: the first encrypts, all decrypt. AESGCM objects are kept: making one costs a key schedule."""

    def __init__(self, keys: tuple[tuple[str, bytes], ...], blind_index_key: bytes) -> None:
        self._ciphers = {key_id.encode(): AESGCM(key) for key_id, key in keys}
        self._active_id = keys[0][0].encode()
        self._active = self._ciphers[self._active_id]
        self._header = bytes([VERSION, len(self._active_id)]) + self._active_id
        self._blind_index_key = blind_index_key

    @property
    def active_key_id(self) -> str:
        return self._active_id.decode()

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt with the active key, bound to `context`."""
        nonce = os.urandom(NONCE_BYTES)
        return self._header + nonce + self._active.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt; raises DecryptionError when altered, moved or sealed with an unknown key."""
        try:
            start = 2 + sealed[1]
            if sealed[0] != VERSION:
                raise DecryptionError("Unknown format of a sealed value.")
            cipher = self._ciphers[sealed[2:start]]
            return cipher.decrypt(sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :], context)
        except (InvalidTag, KeyError, IndexError, ValueError) as error:
            raise DecryptionError("A sealed value does not open.") from error

    def opener(self, context: bytes) -> Callable[[bytes], bytes]:
        """open() for one context with everything looked up once, for loops over many rows."""
        header, size = self._header, len(self._header)
        decrypt, slow, body = self._active.decrypt, self.open, size + NONCE_BYTES

        def fast(sealed: bytes) -> bytes:
            if sealed[:size] != header:
                return slow(sealed, context)
            try:
                return decrypt(sealed[size:body], sealed[body:], context)
            except InvalidTag as error:
                raise DecryptionError("A sealed value does not open.") from error

        return fast

    def blind_index(self, kind: str, value: str) -> bytes:
        """A keyed digest (16 bytes) that finds `value` exactly without revealing it; `kind` separates uses."""
        message = f"{kind}\x00{value}".encode()
        return hmac.digest(self._blind_index_key, message, hashlib.sha256)[:TOKEN_BYTES]


class _Ring:
    """The process's key ring; set once at start."""

    current: KeyRing | None = None


def use_key_ring(ring: KeyRing) -> None:
    """Set the ring that column types and services use."""
    _Ring.current = ring


def key_ring() -> KeyRing:
    """The process's ring; RuntimeError before create_app() set it."""
    if _Ring.current is None:
        raise RuntimeError("The key ring is not set: create the app first.")
    return _Ring.current


class Sealed(bytes):
    """A value sealed already for the column that it is written to: it is stored as it is."""


class EncryptedText(TypeDecorator[str]):
    """Text sealed at rest. `context` is the table and column, such as "patients.phone"."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def seal(self, value: str) -> Sealed:
        """The value as this column keeps it."""
        return Sealed(key_ring().seal(value.encode(), self.context.encode()))

    def process_bind_param(self, value: str | Sealed | None, dialect: Dialect) -> bytes | None:
        return value if value is None or isinstance(value, Sealed) else self.seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else key_ring().open(bytes(value), self.context.encode()).decode()


class EncryptedJson(TypeDecorator[Any]):
    """A JSON value sealed at rest."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def seal(self, value: Any) -> Sealed:
        """The value as this column keeps it."""
        return Sealed(key_ring().seal(canonical_json(value), self.context.encode()))

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return value if value is None or isinstance(value, Sealed) else self.seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(key_ring().open(bytes(value), self.context.encode()))


def sealed(table: FromClause, values: dict[str, Any]) -> dict[str, Any]:
    """These values of a row, those of encrypted columns sealed: for who does that before the turn to write."""
    done = dict(values)
    for name, value in values.items():
        kind = table.c[name].type
        if value is not None and isinstance(kind, EncryptedText | EncryptedJson):
            done[name] = kind.seal(value)
    return done


def canonical_json(value: Any) -> bytes:
    """One spelling for equal values: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
