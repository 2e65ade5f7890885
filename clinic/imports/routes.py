"""The list of imports, uploading a file, checking how it is read, and its report."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, reads_nothing, requires, takes_files
from clinic.dates import day_first
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.errors import Conflict, Invalid, KeyUsed
from clinic.exports.files.guard import neutralise
from clinic.imports import labels, service
from clinic.imports.forms import TableForm, UploadForm
from clinic.imports.models import Import, ImportRefusal, ImportState
from clinic.imports.preview import Preview, guess_again, look_into
from clinic.imports.queries import get_import, iterate_refusals, list_imports, list_refusals, list_sources
from clinic.imports.uploads import store_upload
from clinic.paging import FETCHED, Page, page_after, read_key
from clinic.web import htmx, reading
from clinic.web.security import actor, settings

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
blueprint.context_processor(lambda: {"labels": labels})


@blueprint.get("")
@requires("patients.import")
@reads_nothing("which files were brought, not what is in them")
def index() -> Response:
    rows = list_imports(current_session(), before=read_key(request.args.get("after")), limit=FETCHED)
    page = page_after(rows, lambda one: (one.id,))
    return htmx.page("imports/index.html", partial="imports/_imports.html", page=page)


@blueprint.get("/new")
@requires("patients.import")
@reads_nothing("which files were brought, not what is in them")
def new() -> str:
    return _upload_page(UploadForm(formdata=None))


@blueprint.post("")
@requires("patients.import")
@reads_nothing("which files were brought, not what is in them")
@takes_files
def create() -> BaseResponse | tuple[str, int]:
    form = UploadForm()
    if not form.validate():
        return _upload_page(form), 422
    file = form.file.data
    try:
        upload = store_upload(file.stream, current_storage(), day_first=day_first(settings().region))
    except Invalid as error:
        form.add_error(error)
        return _upload_page(form), 422
    try:
        with transaction() as session:
            row = service.create_import(
                session,
                upload=upload,
                source=form.source.data,
                filename=file.filename,
                key=form.key,
                actor=actor(),
                now=clock.now(),
            )
            import_id, is_kept = row.id, row.stored_as == upload.stored_as
    except KeyUsed:
        current_storage().delete(upload.stored_as)
        raise
    if not is_kept:
        current_storage().delete(upload.stored_as)
    return htmx.go(url_for("imports.show", import_id=import_id))


def _upload_page(form: UploadForm) -> str:
    return render_template("imports/new.html", form=form, sources=list_sources(current_session()))


@blueprint.get("/<int:import_id>")
@requires("patients.import")
@reads("list")
def show(import_id: int) -> Response:
    row = get_import(current_session(), import_id)
    if row.state is ImportState.UPLOADED:
        form = TableForm.shown(row.options) if row.kind.is_table else None
        return _check_page(row, form, row.options)
    return htmx.page("imports/show.html", partial="imports/_import.html", row=row, page=_refusals(import_id))


@blueprint.post("/<int:import_id>/preview")
@requires("patients.import")
@reads("list")
def preview(import_id: int) -> Response:
    """The file read as the form says now; nothing is written."""
    row, form = _uploaded(import_id), TableForm()
    options = _options(form, row)
    try:
        if form.is_reread:
            options = guess_again(current_storage(), str(row.stored_as), options)
    except Invalid as error:
        form = TableForm.shown(row.options)
        form.delimiter.errors = [error.message]
        return _check_page(row, form, row.options, 422)
    form = TableForm.shown(options)
    form.check_columns()
    return _check_page(row, form, options)


@blueprint.post("/<int:import_id>/start")
@requires("patients.import")
@reads("list")
def start(import_id: int) -> BaseResponse:
    row = _uploaded(import_id)
    options = row.options
    if row.kind.is_table:
        form = TableForm()
        if not form.validate() or len(form.columns) != len(_look(row, form.options()).columns):
            return _check_page(row, form, _options(form, row), 422)
        options = form.options()
    with transaction() as session:
        service.start_import(session, import_id=import_id, options=options, actor=actor(), now=clock.now())
    return htmx.go(url_for("imports.show", import_id=import_id))


@blueprint.post("/<int:import_id>/cancel")
@requires("patients.import")
@reads("list")
def cancel(import_id: int) -> BaseResponse:
    return _change(import_id, service.cancel_import)


@blueprint.post("/<int:import_id>/resume")
@requires("patients.import")
@reads("list")
def resume(import_id: int) -> BaseResponse:
    return _change(import_id, service.resume_import)


@blueprint.get("/<int:import_id>/refusals.csv")
@requires("patients.import")
@reads("list")
def refusals(import_id: int) -> Response:
    """Every refused row as a table; a reason may quote the file, so no cell is left to run as a formula."""
    with transaction() as session:
        service.record_report(session, import_id=import_id, actor=actor(), now=clock.now())
    reading.recorded()
    response = Response(stream_with_context(_report(import_id)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"import-{import_id}-refused.csv")
    return response


def _report(import_id: int) -> Iterator[str]:
    yield "\ufeff" + _cells(_("Line"), _("Reason"))
    for refusal in iterate_refusals(current_session(), import_id):
        yield _cells(str(refusal.line), neutralise(refusal.reason))


def _cells(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _refusals(import_id: int) -> Page[ImportRefusal]:
    reading.looked_at("imports.read", "import", import_id)
    after = read_key(request.args.get("after")) or 0
    rows = list_refusals(current_session(), import_id, after=after, limit=FETCHED)
    return page_after(rows, lambda refusal: (refusal.line,))


def _uploaded(import_id: int) -> Import:
    """An import that was not started yet; Conflict for any other."""
    row = get_import(current_session(), import_id)
    if row.state is not ImportState.UPLOADED or row.stored_as is None:
        raise Conflict(_("This import was started or discarded already."))
    return row


def _options(form: TableForm, row: Import) -> dict[str, Any]:
    """What the form says, where a file can be read so at all; else what is stored."""
    is_readable = form.delimiter.validate(form) and form.encoding.validate(form)
    return form.options() if is_readable else row.options


def _look(row: Import, options: dict[str, Any]) -> Preview:
    config = settings()
    today = clock.clinic_day(clock.now(), config.zone)
    return look_into(current_storage(), str(row.stored_as), row.kind, options, region=config.region, today=today)


def _check_page(row: Import, form: TableForm | None, options: dict[str, Any], status: int = 200) -> Response:
    reading.looked_at("imports.read", "import", row.id)
    return htmx.page(
        "imports/check.html",
        partial="imports/_check.html",
        status=status,
        row=row,
        form=form,
        preview=_look(row, options),
    )


def _change(import_id: int, step: Callable[..., None]) -> BaseResponse:
    """Cancel or go on; the fresh import, with 409 when it had moved on."""
    status = 200
    try:
        with transaction() as session:
            step(session, import_id=import_id, actor=actor(), now=clock.now())
    except Conflict:
        status = 409
    if not htmx.wants_partial():
        return htmx.go(url_for("imports.show", import_id=import_id))
    row = get_import(current_session(), import_id)
    return htmx.page(
        "imports/show.html", partial="imports/_import.html", status=status, row=row, page=_refusals(import_id)
    )
