"""Merging two records side by side, and undoing it."""

from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.auth.access import reads, requires
from clinic.db import current_session, transaction
from clinic.errors import Conflict, Invalid, KeyUsed, Merged
from clinic.patients.blueprint import blueprint
from clinic.patients.chart.history import FIELDS
from clinic.patients.duplicates.queries import list_pairs_of
from clinic.patients.merging import service
from clinic.patients.merging.contradictions import (
    Contradiction,
    Why,
    count_later_rows,
    count_moved_rows,
    find_contradictions,
)
from clinic.patients.merging.forms import MergeForm, OtherRecordForm
from clinic.patients.merging.labels import rows_in_words, table_in_words
from clinic.patients.merging.models import PatientMerge
from clinic.patients.merging.page import compare_records
from clinic.patients.merging.queries import get_merge
from clinic.patients.queries import find_by_mrn, get_patient
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.security import actor

__all__ = ["blueprint"]


@blueprint.get("/patients/<int:patient_id>/merge")
@requires("patients.merge")
@reads("patient")
def choose_other(patient_id: int) -> Response:
    return _choose_page(OtherRecordForm(formdata=None), patient_id)


@blueprint.post("/patients/<int:patient_id>/merge")
@requires("patients.merge")
@reads("patient")
def take_other(patient_id: int) -> BaseResponse:
    form = OtherRecordForm()
    other_id = find_by_mrn(current_session(), form.mrn.data) if form.validate() else None
    if form.mrn.data and (other_id is None or other_id == patient_id):
        form.add_error(Invalid(_("No other record has this number."), "mrn"))
    if form.errors or other_id is None:
        return _choose_page(form, patient_id, 422)
    return htmx.go(url_for("patients.compare", patient_id=patient_id, other_id=other_id))


def _choose_page(form: OtherRecordForm, patient_id: int, status: int = 200) -> Response:
    session = current_session()
    patient, pairs = get_patient(session, patient_id), list_pairs_of(session, patient_id)
    others = [(pair, pair.high if pair.low_id == patient_id else pair.low) for pair in pairs]
    reading.shown(patient_id, *(other.id for _pair, other in others))
    back = url_for("patients.show", patient_id=patient_id)
    title = _("Merge %(mrn)s with another record", mrn=patient.mrn)
    return dialog("patients/merging/_choose.html", title, back, status, form=form, patient=patient, others=others)


@blueprint.get("/patients/<int:patient_id>/merge/<int:other_id>")
@requires("patients.merge")
@reads("patient")
def compare(patient_id: int, other_id: int) -> BaseResponse:
    """`patient_id` is the record that is kept."""
    try:
        get_patient(current_session(), other_id)
    except Merged as merged:
        other_id = merged.survivor_id
        if other_id != patient_id:
            return htmx.go(url_for("patients.compare", patient_id=patient_id, other_id=other_id))
    if other_id == patient_id:
        return htmx.go(url_for("patients.show", patient_id=patient_id))
    return _compare_page(MergeForm(formdata=None), patient_id, other_id)


@blueprint.post("/patients/<int:patient_id>/merge/<int:other_id>")
@requires("patients.merge")
@reads("patient")
def merge(patient_id: int, other_id: int) -> BaseResponse:
    form = MergeForm()
    if not form.validate():
        return _compare_page(form, patient_id, other_id, 422)
    try:
        with transaction() as session:
            service.merge_patients(
                session,
                survivor_id=patient_id,
                merged_id=other_id,
                choices=form.choices,
                keeps_name=form.keeps_name.data,
                versions=form.versions,
                key=form.key,
                actor=actor(),
                now=clock.now(),
            )
    except KeyUsed:
        raise
    except (Conflict, Invalid) as error:
        form.add_error(Invalid(error.message))
        return _compare_page(form, patient_id, other_id, 409 if isinstance(error, Conflict) else 422)
    return htmx.go(url_for("patients.show", patient_id=patient_id), toast=_("The two records are one now."))


def _compare_page(form: MergeForm, patient_id: int, other_id: int, status: int = 200) -> Response:
    if patient_id == other_id:
        raise Invalid(_("This is one and the same record."))
    is_fresh = not form.is_submitted()
    comparison = compare_records(current_session(), patient_id, other_id, form)
    reading.shown(patient_id, other_id)
    if is_fresh:
        form.keeps_name.data = comparison.names_differ
    # What was seen now is what is agreed to next.
    sides = ((form.survivor_version, comparison.survivor), (form.other_version, comparison.other))
    for field, side in sides:
        field.data, field.raw_data = side.patient.version, None
    context: dict[str, Any] = {"form": form, "comparison": comparison}
    return htmx.page(
        "patients/merging/compare.html", partial="patients/merging/_compare.html", status=status, **context
    )


@blueprint.get("/patients/merges/<int:merge_id>/undo")
@requires("patients.merge")
@reads("patient")
def ask_undo_merge(merge_id: int) -> Response:
    return _undo_page(get_merge(current_session(), merge_id))


@blueprint.post("/patients/merges/<int:merge_id>/undo")
@requires("patients.merge")
@reads("patient")
def undo_merge(merge_id: int) -> BaseResponse:
    try:
        with transaction() as session:
            done = service.undo_merge(session, merge_id=merge_id, actor=actor(), now=clock.now())
            survivor_id = done.survivor_id
    except Conflict:
        return _undo_page(get_merge(current_session(), merge_id), 409)
    return htmx.go(
        url_for("patients.show", patient_id=survivor_id), toast=_("The merge was undone: these are two records again.")
    )


def _undo_page(merge: PatientMerge, status: int = 200) -> Response:
    session = current_session()
    reading.shown(*merge.patient_ids, merge.survivor.merged_into_id)
    is_done = merge.undone_at is not None
    against = [] if is_done else find_contradictions(session, merge)
    title = _("Undo the merge with %(mrn)s", mrn=merge.merged.mrn)
    return dialog(
        "patients/merging/_undo.html",
        title,
        url_for("patients.show", patient_id=merge.survivor.merged_into_id or merge.survivor_id),
        status,
        merge=merge,
        is_done=is_done,
        against=[_in_words(each) for each in against],
        goes_back=rows_in_words(count_moved_rows(merge)),
        fields=[str(FIELDS[name]) for name in merge.record["survivor"] if name in FIELDS],
        stays="" if is_done else rows_in_words(count_later_rows(session, merge)),
    )


def _in_words(found: Contradiction) -> str:
    """Why a merge cannot be undone."""
    if found.why is Why.MERGED_ON:
        return str(_("This record was merged on into another one: undo that merge first."))
    if found.why is Why.FIELD_CHANGED:
        return str(_("Changed since: %(field)s.", field=FIELDS.get(found.what, found.what)))
    what, count = table_in_words(found.what), found.count
    texts = {
        Why.ROWS_GONE: _("Replaced or removed since: %(what)s (%(count)s).", what=what, count=count),
        Why.ROWS_MOVED: _("Given to another record since: %(what)s (%(count)s).", what=what, count=count),
        Why.ROWS_VOIDED: _("Voided since: %(what)s (%(count)s).", what=what, count=count),
    }
    return str(texts[found.why])
