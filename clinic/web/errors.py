"""One table from exceptions to answers: a page for browsers, an alert for htmx.

An answer needs neither the session nor the database nor who asks: it is what people see when those are away.
"""

import errno
import logging

from flask import Flask, Response, make_response, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from clinic import errors
from clinic.db import means_full_disk
from clinic.web import reading
from clinic.web.frame import render_alone
from clinic.web.htmx import go, wants_partial
from clinic.web.kept import Kept, kept_of
from clinic.web.sent import answer_used

STATUS = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}
log = logging.getLogger(__name__)


def _texts(status: int) -> tuple[str, str]:
    """Title and advice for a status."""
    texts = {
        400: (_("That request was not understood"), _("Go back and try again.")),
        403: (_("This is not open to you"), _("Ask a manager if you need it for your work.")),
        404: (_("Nothing here"), _("It may have been moved, or the address is not complete.")),
        405: (_("That request was not understood"), _("Go back and try again.")),
        409: (_("Somebody was faster"), _("Look at the fresh state and try again.")),
        411: (_("That request was not understood"), _("Go back and try again.")),
        413: (
            _("That is too large"),
            _("This page takes no file, or none of that size. Go back; write less or choose a smaller file."),
        ),
        422: (_("Something needs correcting"), _("Go back and look at the marked fields.")),
        429: (_("Too many tries"), _("Wait a minute and try again.")),
        503: (
            _("A part of the clinic's server is busy or down"),
            _("Nothing was changed. Try again in a moment."),
        ),
        507: (_("The server's disk is full"), _("Nothing was changed. Tell whoever looks after the server.")),
    }
    return texts.get(status, (_("Something went wrong"), _("Nothing was changed. Try again in a moment.")))


def answer(status: int, message: str = "", kept: Kept | None = None) -> Response:
    """The error as an alert for htmx (retargeted to the page's alert region), else as a page."""
    title, advice = _texts(status)
    context = {"status": status, "title": title, "message": message or advice, "made": kept}
    if request.accept_mimetypes.best == "application/json":
        return make_response({"error": title, "message": context["message"]}, status)
    if wants_partial():
        response = make_response(render_alone("errors/_alert.html", **context), status)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#alerts", "innerHTML"
        return response
    return make_response(render_alone("errors/error.html", **context), status)


def _domain_error(error: errors.DomainError) -> Response:
    if isinstance(error, errors.NotYours):
        reading.refused()
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return answer(status, error.message)


def _key_used(error: errors.KeyUsed) -> Response:
    """The form with what was typed, where the view shows one; else the words and where the first one stands."""
    return answer_used(error) or answer(409, error.message, kept_of(error.row))


def _merged(error: errors.Merged) -> BaseResponse:
    """Who reads a merged record is led to the one it lives on in; who writes is told."""
    wanted = {**request.args.to_dict(), **(request.view_args or {})}
    if request.method != "GET" or "patient_id" not in wanted:
        return _domain_error(error)
    # What asked for a part of a page may hold no other part: it gets the whole chart.
    endpoint = "patients.show" if wants_partial() else str(request.endpoint)
    wanted = {} if wants_partial() else wanted
    location = url_for(endpoint, **wanted | {"patient_id": error.survivor_id})
    return go(location, toast=_("That record was merged into this one."))


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return answer(error.code)


def _csrf_error(_error: CSRFError) -> Response:
    return answer(
        400, _("This page is older than your sign-in. Copy what you typed, reload the page and send it again.")
    )


def _strange_host(_error: SecurityError) -> Response:
    """Nothing can be rendered: links need a host name that is ours."""
    return Response("This is not a name of this server.", 400, mimetype="text/plain")


def _stale(_error: StaleDataError) -> Response:
    return answer(409, _("Somebody changed this record meanwhile. Reload it and apply your change again."))


def _database_error(error: OperationalError | InterfaceError | PoolTimeout) -> Response:
    if not isinstance(error, PoolTimeout) and means_full_disk(error):
        return answer(507)
    return answer(503, _("The database does not answer. Nothing was changed; try again in a moment."))


def _out_of_range(error: OverflowError | DataError) -> Response:
    """A number, date or text that no column holds: nothing has it."""
    log.warning("a value that no column holds", exc_info=error)
    return answer(404 if request.method in ("GET", "HEAD") else 422)


def _system_error(error: OSError) -> Response:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return answer(507)


def install(app: Flask) -> None:
    """Register every handler."""
    app.register_error_handler(errors.DomainError, _domain_error)
    app.register_error_handler(errors.KeyUsed, _key_used)
    app.register_error_handler(errors.Merged, _merged)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(SecurityError, _strange_host)
    app.register_error_handler(StaleDataError, _stale)
    for of_database in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(of_database, _database_error)
    app.register_error_handler(OverflowError, _out_of_range)
    app.register_error_handler(DataError, _out_of_range)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(HTTPException, _http_error)
