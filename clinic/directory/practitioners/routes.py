"""The list of practitioners and their form."""

from collections.abc import Sequence

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.schedules.labels import explained, patient_ids
from clinic.appointments.schedules.queries import Stranded
from clinic.appointments.schedules.service import WouldStrand, check_unused
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.models import Practitioner
from clinic.directory.practitioners import service
from clinic.directory.practitioners.forms import EditPractitionerForm, NewPractitionerForm, PractitionerForm
from clinic.directory.practitioners.queries import get_practitioner, search_practitioners
from clinic.directory.practitioners.service import PractitionerDetails, details_of
from clinic.errors import Conflict, Invalid
from clinic.numbers import whole
from clinic.paging import FETCHED, Page, page_around, read_place, text
from clinic.web import htmx, reading
from clinic.web.security import actor, settings

blueprint = Blueprint("practitioners", __name__, url_prefix="/practitioners")
PAGES = "directory/practitioners"


@blueprint.get("")
@requires("directory.view")
@reads_nothing("who works here, no patient")
def index() -> Response:
    typed = request.args.get("q", "")[:100]
    return htmx.page(f"{PAGES}/index.html", partial=f"{PAGES}/_list.html", page=_page(typed), typed=typed)


def _page(typed: str) -> Page[Practitioner]:
    place = read_place(request.args, text, whole)
    rows = search_practitioners(current_session(), typed, place, limit=FETCHED)
    return page_around(rows, lambda row: (row.sort_name, row.id), place)


@blueprint.get("/new")
@requires("directory.edit")
@reads_nothing("who works here, no patient")
def new() -> Response:
    return _form_page(NewPractitionerForm.shown(None, settings().region))


@blueprint.post("")
@requires("directory.edit")
@reads_nothing("who works here, no patient")
def create() -> BaseResponse:
    form = NewPractitionerForm()
    if not form.validate():
        return _form_page(form, status=422)
    try:
        with transaction() as session:
            practitioner = service.create_practitioner(
                session,
                details=form.details(PractitionerDetails(), settings().region),
                key=form.key,
                actor=actor(),
                now=clock.now(),
            )
            name = practitioner.display_name
    except Invalid as error:
        form.add_error(error)
        return _form_page(form, status=422)
    return htmx.go(url_for("directory.practitioners.index"), toast=_("%(name)s was added.", name=name))


@blueprint.get("/<int:practitioner_id>/edit")
@requires("directory.edit")
@reads_nothing("who works here, no patient")
def edit(practitioner_id: int) -> Response:
    practitioner = get_practitioner(current_session(), practitioner_id)
    return _form_page(EditPractitionerForm.shown(practitioner, settings().region), practitioner)


@blueprint.post("/<int:practitioner_id>")
@requires("directory.edit")
@reads("list")
def update(practitioner_id: int) -> BaseResponse:
    form, region = EditPractitionerForm(), settings().region
    if not form.validate():
        return _form_page(form, get_practitioner(current_session(), practitioner_id), 422)
    try:
        _update(practitioner_id, form, region)
    except WouldStrand as error:
        form.add_error(error)
        return _form_page(form, get_practitioner(current_session(), practitioner_id), 422, error.stranded)
    except Invalid as error:
        form.add_error(error)
        return _form_page(form, get_practitioner(current_session(), practitioner_id), 422)
    except Conflict as error:
        fresh = get_practitioner(current_session(), practitioner_id)
        form = EditPractitionerForm.shown(fresh, region)
        form.add_error(Invalid(error.message))
        return _form_page(form, fresh, 409)
    return htmx.go(url_for("directory.practitioners.index"), toast=_("Saved."))


def _update(practitioner_id: int, form: EditPractitionerForm, region: str) -> None:
    with transaction() as session:
        old = details_of(get_practitioner(session, practitioner_id, lock=True))
        practitioner = service.update_practitioner(
            session,
            practitioner_id=practitioner_id,
            details=form.details(old, region),
            expected_version=form.expected_version,
            actor=actor(),
            now=clock.now(),
        )
        if old.is_active:
            check_unused(session, practitioner, is_confirmed=form.confirm.data, now=clock.now())


def _form_page(
    form: PractitionerForm,
    practitioner: Practitioner | None = None,
    status: int = 200,
    stranded: Sequence[Stranded] = (),
) -> Response:
    """The whole page, with htmx too: its form is sent as a page."""
    reading.shown(*patient_ids(stranded))
    template = "edit" if practitioner else "new"
    return htmx.page(
        f"{PAGES}/{template}.html",
        partial=f"{PAGES}/_form.html",
        status=status,
        form=form,
        practitioner=practitioner,
        stranded=explained(stranded),
    )
