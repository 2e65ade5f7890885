"""Files sealed at rest, in segments: streamed in, read back from any offset, in bounded memory.

Layout:
    header   128 bytes: "CSF1", length of the wrapped key, the wrapped key, zeros. The key is random, of this file
             alone, and sealed by the key ring with the file's context: a file put in another's place does not open.
    segment  4-byte plaintext length (1 to 1 MiB) | 12-byte random nonce | ciphertext and 16-byte tag. Authenticated
             with it: kind, number of the segment, offset of its plaintext. Reordered, repeated, swapped or altered
             segments do not open. Segments may be short, so that each request's bytes become durable.
    index    a segment of kind "index" (the top bit of its length is set) holding every segment's plaintext length,
             then its size and "CSFE". A file without it is not finished: a cut file never passes for a shorter one.
AES-256-GCM throughout (NIST SP 800-38D); the construction follows STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015).
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clinic.crypto import NONCE_BYTES, DecryptionError, KeyRing

SEGMENT_BYTES = 1024 * 1024
HEADER_BYTES = 128
SYNC_BYTES = 64 * 1024 * 1024
MAGIC, END = b"CSF1", b"CSFE"
TAG_BYTES = 16
LENGTH = struct.Struct(">I")
PLACE = struct.Struct(">cQQ")
OVERHEAD = LENGTH.size + NONCE_BYTES + TAG_BYTES
TRAILER_BYTES = LENGTH.size + len(END)
DATA, INDEX = b"D", b"I"
INDEX_BIT = 1 << 31


def _wrap_context(context: str) -> bytes:
    return b"sealed_files\x00" + context.encode()


def new_header(ring: KeyRing, context: str) -> tuple[bytes, AESGCM]:
    """The header of a new file and the cipher of its own random key."""
    key = AESGCM.generate_key(256)
    wrapped = ring.seal(key, _wrap_context(context))
    return (MAGIC + struct.pack(">H", len(wrapped)) + wrapped).ljust(HEADER_BYTES, b"\0"), AESGCM(key)


def open_header(header: bytes, ring: KeyRing, context: str) -> AESGCM:
    """The cipher of a file; DecryptionError when it is of another context or an unknown key."""
    if len(header) != HEADER_BYTES or header[:4] != MAGIC:
        raise DecryptionError("This is not a sealed file.")
    (length,) = struct.unpack_from(">H", header, 4)
    return AESGCM(ring.open(header[6 : 6 + length], _wrap_context(context)))


def _word(length: int, kind: bytes) -> bytes:
    return LENGTH.pack(length | INDEX_BIT if kind == INDEX else length)


def seal_segment(cipher: AESGCM, plain: bytes | memoryview, kind: bytes, number: int, offset: int) -> bytes:
    """A segment as it is stored, bound to its place."""
    nonce = os.urandom(NONCE_BYTES)
    return _word(len(plain), kind) + nonce + cipher.encrypt(nonce, plain, PLACE.pack(kind, number, offset))


def open_segment(cipher: AESGCM, sealed: bytes, kind: bytes, number: int, offset: int) -> bytes:
    """The plaintext of a stored segment; DecryptionError when it was altered or belongs elsewhere."""
    try:
        if sealed[: LENGTH.size] != _word(len(sealed) - OVERHEAD, kind):
            raise DecryptionError("A segment has a wrong length.")
        body = LENGTH.size + NONCE_BYTES
        return cipher.decrypt(sealed[LENGTH.size : body], sealed[body:], PLACE.pack(kind, number, offset))
    except (InvalidTag, struct.error, ValueError) as error:
        raise DecryptionError("A segment of a sealed file does not open.") from error
