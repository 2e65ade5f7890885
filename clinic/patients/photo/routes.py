"""The photo of a patient: shown, taken or chosen, removed and brought back."""

import hashlib
import secrets
from collections.abc import Callable

from flask import Response, make_response, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires, takes_files
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.errors import Invalid, KeyUsed
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.page import changed_chart
from clinic.patients.chart.queries import get_chart
from clinic.patients.photo import service
from clinic.patients.photo.forms import PhotoForm
from clinic.patients.photo.pictures import MEDIA_TYPE, shrink
from clinic.patients.photo.queries import find_photo, find_removed, get_photo
from clinic.patients.photo.service import StoredPicture
from clinic.patients.queries import get_patient
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.htmx import wants_partial
from clinic.web.security import actor


@blueprint.app_template_global()
def photo_url(patient_id: int) -> str | None:
    """Where the photo of a patient is, if there is one."""
    photo = find_photo(current_session(), patient_id)
    return url_for("patients.picture", patient_id=patient_id, photo_id=photo.id) if photo else None


@blueprint.get("/patients/<int:patient_id>/photo")
@requires("patients.edit")
@reads("patient")
def photo(patient_id: int) -> Response:
    return _form_page(PhotoForm(formdata=None), patient_id)


@blueprint.post("/patients/<int:patient_id>/photo")
@requires("patients.edit")
@reads("patient")
@takes_files
def add_photo(patient_id: int) -> BaseResponse:
    form = PhotoForm()
    get_patient(current_session(), patient_id)
    if not form.validate():
        return _form_page(form, patient_id, 422)
    try:
        picture = _store(shrink(form.file.data.stream))
    except Invalid as error:
        form.add_error(error)
        return _form_page(form, patient_id, 422)
    try:
        with transaction() as session:
            kept = service.add_photo(
                session, patient_id=patient_id, picture=picture, key=form.key, actor=actor(), now=clock.now()
            ).stored_as
    except KeyUsed:
        current_storage().delete(picture.stored_as)
        raise
    if kept != picture.stored_as:
        current_storage().delete(picture.stored_as)
    return changed_chart(patient_id, _("The photo stands on the chart."))


@blueprint.get("/patients/<int:patient_id>/photo/<int:photo_id>.jpg")
@requires("patients.view")
@reads("patient")
def picture(patient_id: int, photo_id: int) -> Response:
    """The picture itself, opened on its way out."""
    found = get_photo(current_session(), patient_id, photo_id)
    reader = current_storage().open_sealed(found.stored_as, found.stored_as)
    response = Response(reader.chunks(), mimetype=found.media_type, headers={"X-Content-Type-Options": "nosniff"})
    response.call_on_close(reader.close)
    response.content_length = found.size
    return response


@blueprint.post("/patients/<int:patient_id>/photo/<int:photo_id>/remove")
@requires("patients.edit")
@reads("patient")
def remove_photo(patient_id: int, photo_id: int) -> BaseResponse:
    _change(service.remove_photo, patient_id, photo_id)
    if not wants_partial():
        return changed_chart(patient_id, _("The photo was removed."))
    chart = get_chart(current_session(), patient_id, today())
    response = make_response(render_template("patients/photo/_removed.html", chart=chart, photo_id=photo_id))
    response.headers["HX-Trigger"] = "close-dialog"
    return response


@blueprint.post("/patients/<int:patient_id>/photo/<int:photo_id>/restore")
@requires("patients.edit")
@reads("patient")
def restore_photo(patient_id: int, photo_id: int) -> BaseResponse:
    _change(service.restore_photo, patient_id, photo_id)
    return changed_chart(patient_id, _("The photo is back."))


def _change(step: Callable[..., None], patient_id: int, photo_id: int) -> None:
    with transaction() as session:
        step(session, patient_id=patient_id, photo_id=photo_id, actor=actor(), now=clock.now())


def _store(data: bytes) -> StoredPicture:
    name = f"photos/{secrets.token_urlsafe(24)}"
    with current_storage().create_sealed(name, name) as sealed:
        sealed.write(data)
    return StoredPicture(name, MEDIA_TYPE, len(data), hashlib.sha256(data).hexdigest())


def _form_page(form: PhotoForm, patient_id: int, status: int = 200) -> Response:
    session = current_session()
    shown = find_photo(session, patient_id)
    return dialog(
        "patients/photo/_photo.html",
        _("Photo"),
        url_for("patients.show", patient_id=patient_id),
        status,
        form=form,
        patient=get_patient(session, patient_id),
        photo=shown,
        removed=None if shown else find_removed(session, patient_id),
    )
