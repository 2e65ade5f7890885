"""Signing in and out, and the list of one's own sessions."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from clinic import clock
from clinic.auth import service
from clinic.auth.access import public, reads_nothing, requires
from clinic.auth.forms import SignInForm
from clinic.auth.queries import list_sessions
from clinic.auth.tries.judging import guess_of, is_right
from clinic.auth.tries.service import TooManyTries
from clinic.auth.tries.signing_in import sign_in
from clinic.db import current_session, transaction
from clinic.web import htmx
from clinic.web.device import remember_user
from clinic.web.security import actor

blueprint = Blueprint("auth", __name__, url_prefix="/auth")


@blueprint.get("/sign-in")
@public("people sign in here")
@reads_nothing("people sign in and out here")
def new() -> Response | str:
    if current_user.is_authenticated:
        return redirect(url_for("desk.home"))
    return render_template("auth/new.html", form=SignInForm(formdata=None))


@blueprint.post("/sign-in")
@public("people sign in here")
@reads_nothing("people sign in and out here")
def create() -> Response | tuple[str, int]:
    form = SignInForm()
    if not form.validate():
        return _refuse(form, 422)
    guess, user = guess_of(form.username.data)
    user_id, kept = (user.id, user.password_hash) if user and user.is_active else (None, None)
    try:
        right = is_right(guess, kept, form.password.data, now=clock.now())
    except TooManyTries as error:
        form.form_errors.append(str(error))
        return _refuse(form, 429)
    if user_id is None or not right or not sign_in(user_id, kept):
        form.form_errors.append(_("The user name or the password is wrong."))
        return _refuse(form, 422)
    return remember_user(redirect(_safe_next(request.args.get("next")), 303), user_id)


def _refuse(form: SignInForm, status: int) -> tuple[str, int]:
    return render_template("auth/new.html", form=form), status


def _safe_next(target: str | None) -> str:
    """A path of this site, never another site's address."""
    parts = urlsplit(target or "")
    if (
        target
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and target.isprintable()
        and not parts.netloc
    ):
        return target
    return url_for("desk.home")


@blueprint.post("/sign-out")
@requires("account.use")
@reads_nothing("people sign in and out here")
def destroy() -> Response:
    session_id = current_user.session_id
    with transaction() as db_session:
        service.revoke_session(db_session, session_id=session_id, actor=actor(), now=clock.now())
    logout_user()
    session.clear()
    response = htmx.go(url_for("auth.new"))
    # static/js/forget.js does it where browsers do not believe this: over plain HTTP. The cookie of the device stays.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@blueprint.get("/present")
@requires("account.use")
@reads_nothing("only says that somebody is there")
def present() -> Response:
    """Only a sign of somebody at the computer: static/js/person.js asks for it when no other request says so."""
    return Response(status=204)


@blueprint.get("/sessions")
@requires("account.use")
@reads_nothing("the devices a person is signed in on")
def sessions() -> str:
    rows = list_sessions(current_session(), actor().id, now=clock.now())
    return render_template("auth/sessions.html", rows=rows, current=current_user.session_id)


@blueprint.post("/sessions/<int:session_id>/revoke")
@requires("account.use")
@reads_nothing("the devices a person is signed in on")
def revoke(session_id: int) -> Response:
    with transaction() as db_session:
        service.revoke_session(db_session, session_id=session_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("auth.sessions"), toast=_("The session was ended."))
