"""The documents of a patient: list, preview, download, description and voiding."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires, takes_files
from clinic.db import current_session, transaction
from clinic.documents import service
from clinic.documents.forms import DocumentForm, UploadForm, VoidForm, category_label
from clinic.documents.media import ACCEPT, PICTURES, PREVIEWS
from clinic.documents.models import Category, Document, Upload
from clinic.documents.queries import count_documents, find_same_file, get_document, list_documents
from clinic.documents.sending import CONTENT_POLICY, send
from clinic.documents.storage import current_storage
from clinic.documents.uploads.plain import receive_files
from clinic.documents.uploads.queries import list_pending_uploads
from clinic.documents.uploads.receiving import Ticket, received_bytes
from clinic.documents.uploads.service import digest_token
from clinic.errors import NotFound
from clinic.extensions import talisman
from clinic.patients.chart.page import open_chart
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.fields import choice_in_address
from clinic.web.security import actor, settings

blueprint = Blueprint("documents", __name__)


@dataclass(frozen=True)
class Pending:
    """An upload that waits: for more than the `arrived` bytes, or for a decision because `same` exists."""

    upload: Upload
    arrived: int
    same: Document | None


@blueprint.app_context_processor
def labels() -> dict[str, Any]:
    return {"category_label": category_label}


@blueprint.get("/patients/<int:patient_id>/documents")
@requires("documents.view")
@reads("patient")
def index(patient_id: int) -> Response:
    return _list(patient_id, UploadForm(formdata=None))


def _list(patient_id: int, form: UploadForm, status: int = 200) -> Response:
    session, chosen = current_session(), choice_in_address(request.args, "category", set(Category))
    category = Category(chosen) if chosen else None
    with_voided = request.args.get("voided") == "1"
    return htmx.page(
        "documents/index.html",
        partial="documents/_panel.html",
        status=status,
        chart=open_chart(patient_id),
        documents=list_documents(session, patient_id, category=category, with_voided=with_voided),
        counts=count_documents(session, patient_id),
        pending=_pending(patient_id),
        form=form,
        category=category,
        with_voided=with_voided,
        accept=ACCEPT,
        upload_max=settings().upload_max,
    )


def _pending(patient_id: int) -> list[Pending]:
    """The actor's unfinished uploads with what has arrived, and for duplicates what they are the same as."""
    session, storage = current_session(), current_storage()
    return [
        Pending(
            upload,
            received_bytes(storage, Ticket.of(upload)),
            find_same_file(session, patient_id, digest_token(upload.sha256)) if upload.sha256 else None,
        )
        for upload in list_pending_uploads(session, patient_id, user_id=actor().id, now=clock.now())
    ]


@blueprint.post("/patients/<int:patient_id>/documents")
@requires("documents.upload")
@reads("patient")
@takes_files
def create(patient_id: int) -> BaseResponse:
    """Without script: the whole form at once."""
    form = UploadForm()
    if not form.validate():
        return _list(patient_id, form, 422)
    problems = receive_files(current_storage(), patient_id, form, actor=actor(), settings=settings())
    if problems:
        form.files.errors = problems
        return _list(patient_id, form, 422)
    return htmx.go(url_for("documents.index", patient_id=patient_id), toast=_("The files were uploaded."))


@blueprint.get("/documents/<int:document_id>")
@requires("documents.view")
@reads("patient")
def show(document_id: int) -> Response:
    document = get_document(current_session(), document_id)
    reading.shown(document.patient_id)
    return dialog(
        "documents/_document.html",
        document.title,
        _list_url(document),
        document=document,
        is_picture=document.media_type in PICTURES,
        has_preview=document.media_type in PREVIEWS,
    )


def _list_url(document: Document) -> str:
    return url_for("documents.index", patient_id=document.patient_id)


@blueprint.get("/documents/<int:document_id>/content")
@requires("documents.view")
@reads("patient")
@talisman(content_security_policy=CONTENT_POLICY, frame_options="SAMEORIGIN")  # type: ignore[untyped-decorator]
def content(document_id: int) -> Response:
    """The file for the preview inside our own pages."""
    document = get_document(current_session(), document_id)
    if document.media_type not in PREVIEWS:
        raise NotFound(_("This kind of file has no preview."))
    return _send(document, "inline", "documents.view")


@blueprint.get("/documents/<int:document_id>/download")
@requires("documents.view")
@reads("patient")
@talisman(content_security_policy={"default-src": "'none'", "sandbox": ""})  # type: ignore[untyped-decorator]
def download(document_id: int) -> Response:
    return _send(get_document(current_session(), document_id), "attachment", "documents.download")


def _send(document: Document, kind: str, action: str) -> Response:
    reading.looked_at(action, "document", document.id, document.patient_id)
    response = send(current_storage(), document, kind)
    current_session().rollback()
    return response


@blueprint.get("/documents/<int:document_id>/edit")
@requires("documents.upload")
@reads("patient")
def edit(document_id: int) -> Response:
    document = get_document(current_session(), document_id)
    return _edit_page(document, DocumentForm(formdata=None, obj=document))


@blueprint.post("/documents/<int:document_id>/edit")
@requires("documents.upload")
@reads("patient")
def update(document_id: int) -> BaseResponse:
    form = DocumentForm()
    if not form.validate():
        return _edit_page(get_document(current_session(), document_id), form, 422)
    with transaction() as session:
        document = service.update_document(
            session,
            document_id=document_id,
            version=form.expected_version,
            category=Category(form.category.data),
            title=form.title.data,
            documented_on=form.documented_on.data,
            actor=actor(),
            now=clock.now(),
        )
        patient_id = document.patient_id
    return _done(patient_id, _("The document was changed."))


@blueprint.get("/documents/<int:document_id>/void")
@requires("documents.void")
@reads("patient")
def confirm_void(document_id: int) -> Response:
    return _void_page(get_document(current_session(), document_id), VoidForm(formdata=None))


@blueprint.post("/documents/<int:document_id>/void")
@requires("documents.void")
@reads("patient")
def void(document_id: int) -> BaseResponse:
    form = VoidForm()
    if not form.validate():
        return _void_page(get_document(current_session(), document_id), form, 422)
    with transaction() as session:
        document = service.void_document(
            session, document_id=document_id, reason=form.reason.data, actor=actor(), now=clock.now()
        )
        patient_id = document.patient_id
    return _done(patient_id, _("The document was voided."))


def _edit_page(document: Document, form: DocumentForm, status: int = 200) -> Response:
    reading.shown(document.patient_id)
    title, back = _("Change this document"), _list_url(document)
    return dialog("documents/_edit.html", title, back, status, form=form, document=document)


def _void_page(document: Document, form: VoidForm, status: int = 200) -> Response:
    reading.shown(document.patient_id)
    title, back = _("Void this document"), _list_url(document)
    return dialog("documents/_void.html", title, back, status, form=form, document=document)


def _done(patient_id: int, message: str) -> BaseResponse:
    """The dialog closes and the list, told by a live event, reads itself afresh."""
    if not htmx.wants_partial():
        return htmx.go(url_for("documents.index", patient_id=patient_id), toast=message)
    return htmx.with_toast(Response(status=204), message, close_dialog=True)
