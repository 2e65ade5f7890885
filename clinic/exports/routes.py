"""The list of exports, asking for one, and fetching its file."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, db, transaction
from clinic.documents.sending import content_disposition, requested_range
from clinic.documents.storage import current_storage
from clinic.errors import Conflict, Invalid, NotFound
from clinic.exports import labels, service
from clinic.exports.datasets.dataset import Dataset
from clinic.exports.files.rows import count_rows
from clinic.exports.forms import ExportForm, chosen, filter_form, in_words
from clinic.exports.models import Delimiter, Export, ExportFormat, ExportState
from clinic.exports.queries import datasets_for, get_export, list_exports
from clinic.exports.service import Wanted
from clinic.paging import FETCHED, page_after, read_key
from clinic.web import htmx, reading
from clinic.web.forms import Form
from clinic.web.security import actor, settings

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
blueprint.context_processor(lambda: {"labels": labels})


@blueprint.get("")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def index() -> str:
    rows = list_exports(current_session(), actor(), before=read_key(request.args.get("after")), limit=FETCHED)
    return render_template("exports/index.html", page=page_after(rows, lambda export: (export.id,)))


@blueprint.get("/<int:export_id>")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def show(export_id: int) -> Response:
    export = get_export(current_session(), export_id, actor())
    return htmx.page("exports/show.html", partial="exports/_export.html", export=export)


@blueprint.get("/new")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def new() -> tuple[str, int]:
    dataset = _dataset(request.args.get("kind"))
    form = ExportForm(formdata=None, columns=dataset.default_columns)
    form.offer(dataset)
    rows = filter_form(dataset.kind, request.args, current_session())
    status = 200 if rows.validate() else 422
    return _page(dataset, form, rows), status


@blueprint.post("")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def create() -> BaseResponse | tuple[str, int]:
    dataset, form, rows = _sent()
    if not (form.validate() & rows.validate()):
        return _page(dataset, form, rows), 422
    current_storage().check_room()
    try:
        with transaction() as session:
            service.request_export(
                session,
                wanted=_wanted(dataset, form, rows),
                actor=actor(),
                now=clock.now(),
                key=form.key,
            )
    except Invalid as error:
        form.add_error(error)
        return _page(dataset, form, rows), 422
    return htmx.go(url_for("exports.index"), toast=_("The export is being made. It goes on when you leave this page."))


@blueprint.post("/estimate")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def estimate() -> str:
    """How many rows and columns the form asks for now."""
    dataset, form, rows = _sent()
    zone, keys = settings().zone, form.columns.data or []
    if not rows.validate():
        return render_template("exports/_estimate.html", rows=None, columns=len(keys))
    query = dataset.rows(chosen(rows), zone)
    return render_template("exports/_estimate.html", rows=count_rows(db.session.connection(), query), columns=len(keys))


@blueprint.post("/<int:export_id>/cancel")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def cancel(export_id: int) -> BaseResponse:
    return _change(export_id, service.cancel_export)


@blueprint.post("/<int:export_id>/repeat")
@requires("exports.create")
@reads_nothing("which lists were asked for, not what is in them")
def repeat(export_id: int) -> BaseResponse:
    return _change(export_id, service.repeat_export)


@blueprint.get("/<int:export_id>/file")
@requires("exports.create")
@reads("list")
def download(export_id: int) -> Response:
    """The file, opened on its way out. Who takes it is noted first: nothing leaves without a trace."""
    with transaction() as session:
        export = get_export(session, export_id, actor())
        if export.state is not ExportState.FINISHED or export.stored_as is None or _is_over(export):
            raise NotFound(_("This file is not there (any more). Make the export again."))
        service.record_download(session, export, actor=actor(), now=clock.now())
    reading.recorded()
    return _send(export)


def _send(export: Export) -> Response:
    """The file, or the part of it that a resumed download asks for."""
    etag, size, name = f'"{export.sha256}"', export.size or 0, str(export.stored_as)
    start, stop = part = requested_range(etag, size) or (0, size)
    headers = {
        "Content-Disposition": content_disposition("attachment", str(export.filename)),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    if start == stop and size:
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    status = 200
    if part != (0, size):
        status, headers["Content-Range"] = 206, f"bytes {start}-{stop - 1}/{size}"
    reader = current_storage().open_sealed(name, name)
    response = Response(reader.chunks(start, stop), status, headers, mimetype=_MEDIA_TYPES[export.format])
    response.call_on_close(reader.close)
    response.content_length = stop - start
    return response


def _is_over(export: Export) -> bool:
    return export.expires_at is None or export.expires_at <= clock.now()


def _dataset(kind: str | None) -> Dataset:
    """The kind that is asked for, or the first one this person may export."""
    offered = datasets_for(actor())
    if kind is None:
        return offered[0]
    found = next((dataset for dataset in offered if dataset.kind == kind), None)
    if found is None:
        raise NotFound(_("There is no such list to export."))
    return found


def _sent() -> tuple[Dataset, ExportForm, Form]:
    dataset = _dataset(request.form.get("kind"))
    form = ExportForm()
    form.offer(dataset)
    return dataset, form, filter_form(dataset.kind, request.form, current_session())


def _wanted(dataset: Dataset, form: ExportForm, rows: Form) -> Wanted:
    return Wanted(
        kind=dataset.kind,
        columns=form.columns.data,
        filters=chosen(rows),
        filter_words=in_words(rows),
        format=ExportFormat(form.format.data),
        delimiter=Delimiter(form.delimiter.data),
        has_bom=form.has_bom.data,
    )


def _page(dataset: Dataset, form: ExportForm, rows: Form) -> str:
    return render_template("exports/new.html", dataset=dataset, datasets=datasets_for(actor()), form=form, rows=rows)


def _change(export_id: int, step: Any) -> BaseResponse:
    """Cancel or repeat; the fresh row, with 409 when it had moved on."""
    status = 200
    try:
        with transaction() as session:
            step(session, export_id=export_id, actor=actor(), now=clock.now())
    except Conflict:
        status = 409
    if not htmx.wants_partial():
        return htmx.go(url_for("exports.index"))
    export = get_export(current_session(), export_id, actor())
    return htmx.page("exports/show.html", partial="exports/_export.html", status=status, export=export)
