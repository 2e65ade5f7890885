"""The session cookie: what it is called, and what makes it good."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class TimelessSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, good whatever its time says.

    Flask refuses a cookie that was signed in the future: a server's clock that is put back would sign everybody
    out. How long somebody stays signed in is kept with the session in the database.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        try:
            return self.session_class(serializer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        except BadSignature:
            return self.session_class()


def install(app: Flask, *, https: bool) -> None:
    """Over HTTPS browsers hold a cookie with this prefix to this host, this scheme and the whole site."""
    app.session_interface = TimelessSessions()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-clinic" if https else "clinic",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
    )
