"""Who is asking and whether they may: server-side sessions, the deny-by-default gate, security headers."""

import datetime as dt
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_login import UserMixin, current_user
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth import service
from clinic.auth.models import User
from clinic.auth.queries import LiveSession, find_live_session
from clinic.config import Settings
from clinic.db import current_session, transaction
from clinic.extensions import csrf, limiter, login_manager, talisman
from clinic.web import cookies, drafts, htmx, reading

TOUCH_EVERY = dt.timedelta(seconds=60)
# static/js/person.js adds it to what follows a key, a click or a touch.
PERSON_HEADER = "Clinic-Person"
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


class SignedIn(UserMixin):  # type: ignore[misc]
    """What flask-login keeps of a request: the session and its user. Its id is the cookie's token."""

    def __init__(self, live: LiveSession, token: str) -> None:
        self.session_id, self.last_seen_at, self.user = live.id, live.last_seen_at, live.user
        self._token = token

    def get_id(self) -> str:
        return self._token

    def may(self, permission: str) -> bool:
        """Whether the signed-in user holds `permission`."""
        return self.user.may(permission)


def actor() -> User:
    """The signed-in user; only for views that carry requires()."""
    return cast(User, current_user.user)


def settings() -> Settings:
    """The running app's settings."""
    return cast(Settings, current_app.config["CLINIC"])


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_signed_in(token: str) -> SignedIn | None:
    """The live session behind the cookie, or None. When the database is away it is asked once a request, not again."""
    g._login_user = login_manager.anonymous_user()
    live = find_live_session(current_session(), token, now=clock.now(), idle=settings().session_idle)
    return SignedIn(live, token) if live else None


def gate() -> BaseResponse | None:
    """Run before every view: one that does not say who may call it and whom it shows is refused, whoever asks."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static":
        return None
    if not hasattr(view, "reads"):
        abort(403)
    if getattr(view, "public", None):
        return None
    permission = getattr(view, "access", None)
    if permission is None:
        abort(403)
    if not current_user.is_authenticated:
        return _to_sign_in()
    reading.note_user(actor())
    if not current_user.may(permission):
        abort(403)
    further = getattr(view, "also_requires", None)
    if further and not all(map(current_user.may, further(**(request.view_args or {})))):
        abort(403)
    _touch()
    return None


def _to_sign_in() -> BaseResponse:
    """Send a browser to the sign-in page and afterwards back, to the form it sent; htmx is told in a header."""
    if "Tus-Resumable" in request.headers:
        return Response(status=401)
    back = drafts.keep_sent()
    if htmx.wants_partial():
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        return Response(status=401, headers={"HX-Redirect": url_for("auth.new", next=back or here.path or None)})
    return redirect(url_for("auth.new", next=request.path if request.method == "GET" else back))


def _is_by_person() -> bool:
    """Whether somebody at the computer made this request: whatever a page asks for by itself keeps no session alive.

    Browsers say it of a page that somebody opened, where the connection is trusted; static/js/person.js of the rest.
    """
    return request.headers.get("Sec-Fetch-User") == "?1" or request.headers.get(PERSON_HEADER) == "1"


def _touch() -> None:
    now = clock.now()
    # A clock that was put back leaves times that are still to come: they are put right like any other.
    if not _is_by_person() or dt.timedelta(0) <= now - current_user.last_seen_at < TOUCH_EVERY:
        return
    with transaction() as session:
        service.touch_session(session, session_id=current_user.session_id, now=now)


def private_by_default(response: Response) -> Response:
    """Nothing about patients is kept by browsers or proxies unless a view says otherwise."""
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("HX-Request")
        # A page of another site that opened ours, or that ours opened, gets no hold of its window.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def install(app: Flask, config: Settings) -> None:
    """Order matters: proxy headers first, then host check, headers, the gate, CSRF.

    The gate comes before CSRF, which reads the whole body of a form: strangers cannot make the server keep theirs.
    """
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    if config.trusted_hosts:
        app.config["TRUSTED_HOSTS"] = list(config.trusted_hosts)
    cookies.install(app, https=config.https)
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=config.https)
    talisman.init_app(
        app,
        force_https=config.https,
        session_cookie_secure=config.https,
        strict_transport_security=config.https,
        content_security_policy=CONTENT_SECURITY_POLICY,
        referrer_policy="same-origin",
        permissions_policy={"camera": "(self)", "microphone": "()", "geolocation": "()"},
    )
    app.before_request(gate)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    login_manager.session_protection = None
    app.after_request(private_by_default)
    app.context_processor(lambda: {"settings": config, "may": _may, "may_undo": _may_undo})


def _may(permission: str) -> bool:
    return bool(current_user.is_authenticated and current_user.may(permission))


def _may_undo(event: Any) -> bool:
    """Whether a button that takes back this step of a ticket or an appointment would be of use."""
    return all(map(_may, event.permissions))
