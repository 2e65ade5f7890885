"""Random tokens in public addresses: whoever has one sees one screen, kiosk or ticket. Only digests are looked up."""

import hashlib
import secrets

TOKEN_BYTES = 24


def new_token() -> str:
    """192 random bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_token(token: str) -> bytes:
    """What a token is found by: 32 bytes."""
    return hashlib.sha256(token.encode()).digest()
