"""Who signed in on this browser before: a signed cookie that lasts, so that strangers' guesses do not count here.

It names users by number and nothing else. A name is known only on a device where its own user has signed in, so that
whoever has an account gains no counts for the accounts of others.
"""

import hashlib
import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

# The longest that browsers keep a cookie.
SECONDS = 400 * 86_400
# People of one device, the latest last.
MOST_USERS = 40


def _serializer() -> URLSafeSerializer:
    # Without a time: what was signed before the clock was put right is as good.
    return URLSafeSerializer(
        current_app.secret_key or "", salt="device", signer_kwargs={"digest_method": hashlib.sha256}
    )


def cookie_name() -> str:
    """The session cookie's name with a suffix: the same prefix says that it is bound to this host and to HTTPS."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _read() -> tuple[str, list[int]]:
    """The device's random id and its users; a new id for a device that brings nothing valid."""
    try:
        found = _serializer().loads(request.cookies.get(cookie_name(), ""))
        return str(found["id"]), [int(user) for user in found["users"]]
    except (BadSignature, KeyError, TypeError, ValueError):
        return secrets.token_urlsafe(16), []


def known_device(user_id: int | None) -> bytes | None:
    """A digest that names this device, if this user signed in on it before."""
    device, users = _read()
    return hashlib.sha256(device.encode()).digest() if user_id is not None and user_id in users else None


def remember_user(response: Response, user_id: int) -> Response:
    """The answer that also lets this device be known for a user who has just proved to be one."""
    device, users = _read()
    users = [*(user for user in users if user != user_id), user_id][-MOST_USERS:]
    response.set_cookie(
        cookie_name(),
        str(_serializer().dumps({"id": device, "users": users})),
        max_age=SECONDS,
        httponly=True,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
        path="/",
    )
    return response
