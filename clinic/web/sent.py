"""What a form was sent with, as a key that knows it again; and the answer to a key that stands for something else."""

from typing import Any

from flask import Response, current_app, has_request_context, make_response, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

from clinic.crypto import canonical_json, key_ring
from clinic.errors import DomainError, KeyUsed
from clinic.idempotency import Key

# Not what somebody wants, but how the form came here. Buttons: of a form whose answer was lost another may be pressed.
_NOT_CONTENT = {"csrf_token", "idempotency_key", "draft_of", "then", "shown"}

# Of one request.
_USED, _SHOWN_AGAIN = "clinic.key_used", "clinic.shown_again"


def sent_key(value: str | None) -> Key | None:
    """The key `value` of the form in this request, bound to who sends what; None without one."""
    return Key(value, _digest(value)) if value else None


def _digest(value: str) -> bytes:
    """A keyed digest of the user (the address of a device stands in the path), the view, its object and every field."""
    fields = {name: texts for name, texts in request.form.lists() if name not in _NOT_CONTENT}
    asked = {name: texts for name, texts in request.args.lists() if name != "draft"}
    files = {name: [_described(file) for file in files] for name, files in request.files.lists()}
    user = current_user.user.id if current_user.is_authenticated else None
    objects = {name: str(one) for name, one in (request.view_args or {}).items()}
    content = [value, user, request.endpoint, objects, asked, fields, files]
    return key_ring().blind_index("sent", canonical_json(content).decode())


def _described(file: FileStorage) -> list[str]:
    content: Any = file.stream
    return [file.filename or "", content.digest()]


def refused() -> KeyUsed | None:
    """Why the view is asked once more: its form is shown again, with what was typed and another key."""
    found: KeyUsed | None = request.environ.get(_USED) if has_request_context() else None
    return found


def note_shown_again() -> None:
    """The view of this request shows its form again when the form is not valid."""
    request.environ[_SHOWN_AGAIN] = True


def answer_used(error: KeyUsed) -> Response | None:
    """The form of this view with what was typed, what was kept instead and a new key (409); None if it shows none.

    The view is called again: a form that makes something is not valid as long as refused() says why, and every view
    answers that with the form. Nothing is written.
    """
    if _SHOWN_AGAIN not in request.environ or _USED in request.environ:
        return None
    request.environ[_USED] = error
    view: Any = current_app.ensure_sync(current_app.view_functions[str(request.endpoint)])
    try:
        response = make_response(view(**(request.view_args or {})))
    except (HTTPException, DomainError):
        return None
    response.status_code = 409 if response.status_code == 422 else response.status_code
    return response if response.status_code == 409 else None
