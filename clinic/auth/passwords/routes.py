"""The two pages of a password: setting one with a one-time code, and changing one's own."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from clinic import clock
from clinic.auth.access import public, reads_nothing, requires
from clinic.auth.models import User
from clinic.auth.passwords import hashing, service
from clinic.auth.passwords.forms import ChangeForm, CodeForm
from clinic.auth.passwords.queries import holds_code
from clinic.auth.tries.judging import count_wrong_code, guess_of, is_right, waiting_in_turn
from clinic.auth.tries.service import TooManyTries
from clinic.auth.tries.signing_in import sign_in
from clinic.db import current_session, transaction
from clinic.web import htmx
from clinic.web.device import remember_user
from clinic.web.security import actor

blueprint = Blueprint("passwords", __name__, url_prefix="/auth/password")


@blueprint.get("/code")
@public("people without a password set one here, with a code that an administrator gave them")
@reads_nothing("people set their password here")
def new() -> str:
    return render_template("auth/passwords/new.html", form=CodeForm(formdata=None))


@blueprint.post("/code")
@public("people without a password set one here, with a code that an administrator gave them")
@reads_nothing("people set their password here")
def create() -> Response | tuple[str, int]:
    form = CodeForm()
    if not form.validate() or not form.is_good_for(form.username.data):
        return _refuse("new", form)
    try:
        user_id = _set_with_code(form)
    except TooManyTries as error:
        form.form_errors.append(str(error))
        return _refuse("new", form, 429)
    if user_id is None:
        form.form_errors.append(_("The user name or the code is wrong, or the code was used or has run out."))
        return _refuse("new", form)
    return remember_user(redirect(url_for("desk.home"), 303), user_id)


def _set_with_code(form: CodeForm) -> int | None:
    """The user whose password was set, now signed in; None when the code is not theirs. Raises TooManyTries."""
    now = clock.now()
    guess, _user = guess_of(form.username.data)
    user_id, code = guess.user_id, form.password_code.data
    with waiting_in_turn(guess, now=now):
        if user_id is None or not holds_code(current_session(), user_id, code, now=now):
            count_wrong_code(guess, now=now)
            return None
        password_hash = hashing.make_hash(form.password.data)
        with transaction() as session:
            user = session.get_one(User, user_id)
            if not service.set_with_code(session, user=user, code=code, password_hash=password_hash, now=now):
                return None
    return user_id if sign_in(user_id, password_hash) else None


@blueprint.get("")
@requires("account.use")
@reads_nothing("people change their own password here")
def edit() -> str:
    return render_template("auth/passwords/edit.html", form=ChangeForm(formdata=None))


@blueprint.post("")
@requires("account.use")
@reads_nothing("people change their own password here")
def update() -> Response | tuple[str, int]:
    form = ChangeForm()
    if not form.validate() or not form.is_good_for(actor().username):
        return _refuse("edit", form)
    try:
        changed = _change(form)
    except TooManyTries as error:
        form.form_errors.append(str(error))
        return _refuse("edit", form, 429)
    if not changed:
        form.present_password.errors = [_("This is not your present password.")]
        return _refuse("edit", form)
    return htmx.go(url_for("auth.sessions"), toast=_("Your password was changed. You are signed out everywhere else."))


def _change(form: ChangeForm) -> bool:
    """Whether the present password was right, and the new one is set. Raises TooManyTries."""
    now, user_id, kept = clock.now(), actor().id, actor().password_hash
    guess, _user = guess_of(actor().username)
    # Whoever sits at a signed-in browser has a count of their own, also where the cookie of the device was removed.
    guess = guess._replace(device=guess.device or current_user.session_id.to_bytes(32, "big"))
    if not is_right(guess, kept, form.present_password.data, now=now):
        return False
    with waiting_in_turn(guess, now=now):
        password_hash = hashing.make_hash(form.password.data)
    with transaction() as session:
        user = session.get_one(User, user_id)
        if user.password_hash != kept:
            return False
        stay = current_user.session_id
        service.change_password(session, user=user, password_hash=password_hash, stay=stay, actor=user, now=now)
    return True


def _refuse(page: str, form: CodeForm | ChangeForm, status: int = 422) -> tuple[str, int]:
    return render_template(f"auth/passwords/{page}.html", form=form), status
