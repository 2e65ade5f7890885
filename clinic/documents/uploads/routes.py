"""The tus 1.0 server, and what the chart asks of an upload once its bytes are there."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, reads_nothing, requires, takes_files
from clinic.db import current_session, transaction
from clinic.documents.forms import DescriptionForm, clean_file_name, title_from
from clinic.documents.models import Category, Upload, UploadState
from clinic.documents.queries import find_same_file
from clinic.documents.storage import current_storage
from clinic.documents.uploads import intake, protocol, service
from clinic.documents.uploads.queries import get_upload
from clinic.documents.uploads.receiving import ChecksumMismatch, Ticket, received_bytes
from clinic.documents.uploads.staging import Locked, is_wanted, take_over
from clinic.errors import Invalid
from clinic.web import htmx, reading
from clinic.web.errors import answer
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("uploads", __name__, url_prefix="/documents/uploads")


@blueprint.before_request
def check_version() -> Response | None:
    spoken = request.headers.get("Tus-Resumable")
    if request.endpoint in _PROTOCOL and request.method != "OPTIONS" and spoken != protocol.VERSION:
        return protocol.empty(412, tus_version=protocol.VERSION)
    return None


@blueprint.after_request
def name_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = protocol.VERSION
    return response


@blueprint.errorhandler(protocol.Refused)
def refuse(error: protocol.Refused) -> Response:
    return answer(error.status, error.message)


@blueprint.errorhandler(Locked)
def locked(error: Locked) -> Response:
    return answer(423, error.message)


@blueprint.errorhandler(ChecksumMismatch)
def mismatch(error: ChecksumMismatch) -> Response:
    # 460 is the protocol's own status, which HTTP does not know.
    return Response(error.message, status="460 Checksum Mismatch", mimetype="text/plain")


@blueprint.route("", methods=["OPTIONS"], provide_automatic_options=False)
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
def options() -> Response:
    return protocol.empty(
        204,
        tus_version=protocol.VERSION,
        tus_extension=protocol.EXTENSIONS,
        tus_max_size=settings().upload_max,
        tus_checksum_algorithm=",".join(protocol.ALGORITHMS),
    )


@blueprint.post("")
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
def create() -> Response:
    size = protocol.number("Upload-Length")
    if size > settings().upload_max:
        most = settings().upload_max // 1024**2
        raise protocol.Refused(413, _("A file may have %(most)s MB at most.", most=most))
    values = protocol.metadata()
    ticket = intake.begin(
        current_storage(),
        patient_id=protocol.patient_id(values),
        described=_described(values, size),
        limits=service.Limits(settings().upload_max, settings().patient_documents_max),
        actor=actor(),
    )
    offset, headers = 0, {"location": url_for("uploads.offset", token=ticket.token)}
    if request.mimetype == protocol.BODY_TYPE:
        offset, outcome = _receive(ticket, 0)
        headers |= outcome
    return protocol.empty(201, upload_offset=offset, **headers, **_expiry(ticket.token))


def _described(values: dict[str, str], size: int) -> service.Description:
    form = DescriptionForm(
        MultiDict({name: values[key] for name, key in _METADATA.items() if values.get(key)}),
        data={"category": Category.OTHER.value, "documented_on": today()},
        meta={"csrf": False},
    )
    if not form.validate():
        raise Invalid(" ".join(text for errors in form.errors.values() for text in errors))
    name = clean_file_name(values.get("filename") or values.get("name"))
    return service.Description(
        file_name=name,
        size=size,
        category=Category(form.category.data or Category.OTHER),
        title=form.title.data or title_from(name),
        documented_on=form.documented_on.data or today(),
    )


def _own(token: str) -> Upload:
    """The signed-in person's upload. Refused (410) when it is over."""
    upload = get_upload(current_session(), token, user_id=actor().id)
    if upload.state == UploadState.DISCARDED or upload.expires_at <= clock.now():
        raise protocol.Refused(410, _("This upload has ended. Choose the file again."))
    return upload


def _expiry(token: str) -> dict[str, str]:
    return {"upload_expires": protocol.expires(get_upload(current_session(), token, user_id=actor().id).expires_at)}


@blueprint.route("/<token>", methods=["HEAD"])
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
def offset(token: str) -> Response:
    _own(token)
    current_session().rollback()
    take_over(current_storage(), token)
    upload = _own(token)
    kept = received_bytes(current_storage(), Ticket.of(upload))
    return protocol.empty(
        200, upload_offset=kept, upload_length=upload.size, upload_expires=protocol.expires(upload.expires_at)
    )


@blueprint.patch("/<token>")
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
@takes_files
def append(token: str) -> Response:
    protocol.check_body_type()
    ticket = Ticket.of(_own(token))
    at = protocol.number("Upload-Offset")
    if ticket.state != UploadState.RECEIVING and at == ticket.size:
        return protocol.empty(204, upload_offset=at, **_outcome(ticket.state), **_expiry(token))
    kept, outcome = _receive(ticket, at)
    return protocol.empty(204, upload_offset=kept, **outcome, **_expiry(token))


def _receive(ticket: Ticket, at: int) -> tuple[int, dict[str, str]]:
    """Receive this request's body; what is durable now, and headers that tell what a whole file became."""
    checksum, sender = protocol.checksum(), actor()
    most = protocol.body_length(ticket.size - at)
    storage = current_storage()
    body = protocol.RequestBody(lambda: is_wanted(storage, ticket.token))
    got, finished = intake.append(storage, ticket, body, offset=at, most=most, user_id=sender.id, checksum=checksum)
    return got.offset, _outcome(intake.settle(ticket, finished, actor())) if finished else {}


def _outcome(state: UploadState) -> dict[str, str]:
    return {"upload_outcome": state.value}


@blueprint.post("/<token>")
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
@takes_files
def override(token: str) -> Response:
    """For networks that let only GET and POST through: X-HTTP-Method-Override says what is meant."""
    method = request.headers.get("X-HTTP-Method-Override", "").upper()
    view: Any = {"PATCH": append, "DELETE": destroy}.get(method)
    return view(token) if view else answer(405)


@blueprint.delete("/<token>")
@requires("documents.upload")
@reads_nothing("it takes the bytes of a file")
def destroy(token: str) -> Response:
    _own(token)
    intake.discard(current_storage(), token, actor().id)
    return protocol.empty(204)


@blueprint.post("/<token>/finish")
@requires("documents.upload")
@reads("patient")
def finish(token: str) -> BaseResponse | str:
    """What became of a file all of whose bytes are there; finishes it when a crash had come between."""
    upload = _own(token)
    patient_id = upload.patient_id
    reading.shown(patient_id)
    intake.complete(current_storage(), Ticket.of(upload), actor())
    return _show(token) if htmx.wants_partial() else _to_list(patient_id, _("The file was uploaded."))


@blueprint.post("/<token>/keep")
@requires("documents.upload")
@reads("patient")
def keep(token: str) -> BaseResponse | str:
    with transaction() as session:
        upload = service.keep_duplicate(session, token=token, actor=actor(), now=clock.now())
        patient_id = upload.patient_id
    reading.shown(patient_id)
    return _show(token) if htmx.wants_partial() else _to_list(patient_id, _("Both are kept."))


@blueprint.post("/<token>/discard")
@requires("documents.upload")
@reads("patient")
def discard(token: str) -> BaseResponse | str:
    upload = get_upload(current_session(), token, user_id=actor().id)
    patient_id = upload.patient_id
    reading.shown(patient_id)
    intake.discard(current_storage(), token, actor().id)
    return "" if htmx.wants_partial() else _to_list(patient_id, _("The file was not kept."))


def _to_list(patient_id: int, message: str) -> BaseResponse:
    return htmx.go(url_for("documents.index", patient_id=patient_id), toast=message)


def _show(token: str) -> str:
    upload = get_upload(current_session(), token, user_id=actor().id)
    same = None
    if upload.state == UploadState.DUPLICATE and upload.sha256:
        same = find_same_file(current_session(), upload.patient_id, service.digest_token(upload.sha256))
    return render_template("documents/uploads/_outcome.html", upload=upload, same=same)


_METADATA = {"title": "title", "category": "category", "documented_on": "date"}
_PROTOCOL = {f"uploads.{view.__name__}" for view in (create, offset, append, override, destroy)}
