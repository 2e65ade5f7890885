"""A word for the next page. It travels in a cookie, which anybody at the computer can read: so it travels sealed."""

import base64
import binascii

from flask import Flask, flash, get_flashed_messages

from clinic.crypto import DecryptionError, key_ring

_CONTEXT = b"web.flash"


def leave(message: str) -> None:
    """Keep `message` for the next page that this browser shows."""
    flash(base64.b64encode(key_ring().seal(message.encode(), _CONTEXT)).decode())


def take() -> list[str]:
    """What was left for this page, once; what does not open is left out."""
    return [message for sealed in get_flashed_messages() if (message := _opened(str(sealed))) is not None]


def _opened(sealed: str) -> str | None:
    try:
        return key_ring().open(base64.b64decode(sealed, validate=True), _CONTEXT).decode()
    except (DecryptionError, binascii.Error):
        return None


def install(app: Flask) -> None:
    """Let templates show what was left."""
    app.jinja_env.globals["left_messages"] = take
