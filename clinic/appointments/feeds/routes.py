"""Setting up calendar addresses, what other programs read under them, and one appointment as a file."""

import datetime as dt

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.appointments.feeds import service
from clinic.appointments.feeds.calendar_file import Wording, appointment_file, feed_file
from clinic.appointments.feeds.forms import FeedForm
from clinic.appointments.feeds.queries import get_feed, get_feed_by_token, list_feeds, list_practitioners
from clinic.appointments.models import FREED_STATES, Appointment, State
from clinic.appointments.queries import get_appointment, list_between
from clinic.audit.service import SystemActor
from clinic.auth.access import public, reads, reads_nothing, requires
from clinic.db import current_session, transaction
from clinic.directory.queries import get_installation_name
from clinic.errors import Invalid
from clinic.web import htmx, reading
from clinic.web.dialogs import dialog
from clinic.web.filters import today
from clinic.web.security import actor, settings

blueprint = Blueprint("feeds", __name__, url_prefix="/appointments")
PAGES = "appointments/feeds"
PAST, AHEAD = dt.timedelta(days=14), dt.timedelta(days=180)
CALENDAR = "text/calendar; charset=utf-8"


@blueprint.get("/feeds")
@requires("appointments.feeds")
@reads_nothing("which addresses there are")
def index() -> Response:
    feeds = list_feeds(current_session(), actor())
    return htmx.page(f"{PAGES}/index.html", partial=f"{PAGES}/_list.html", feeds=feeds)


@blueprint.get("/feeds/new")
@requires("appointments.feeds")
@reads_nothing("which addresses there are")
def new() -> Response:
    return _ask(FeedForm(formdata=None))


def _ask(form: FeedForm, status: int = 200) -> Response:
    form.offer(list_practitioners(current_session(), actor()))
    return dialog(f"{PAGES}/_new.html", _("New calendar address"), url_for("feeds.index"), status, form=form)


@blueprint.post("/feeds")
@requires("appointments.feeds")
@reads_nothing("which addresses there are")
def create() -> BaseResponse:
    form = FeedForm()
    if not form.validate():
        return _ask(form, 422)
    try:
        with transaction() as write:
            _feed, token = service.create_feed(
                write,
                practitioner_id=form.practitioner_id.data,
                shows_names=form.shows_names.data,
                key=form.key,
                actor=actor(),
                now=clock.now(),
            )
    except Invalid as error:
        form.add_error(error)
        return _ask(form, 422)
    address = url_for("feeds.read", token=token, _external=True) if token else None
    response = dialog(f"{PAGES}/_address.html", _("Calendar address"), url_for("feeds.index"), address=address)
    response.headers["HX-Trigger"] = "feeds-changed"
    return response


@blueprint.get("/feeds/<int:feed_id>/revoke")
@requires("appointments.feeds")
@reads_nothing("which addresses there are")
def confirm_revoke(feed_id: int) -> Response:
    feed = get_feed(current_session(), feed_id, actor())
    return dialog(f"{PAGES}/_revoke.html", _("End this address"), url_for("feeds.index"), feed=feed)


@blueprint.post("/feeds/<int:feed_id>/revoke")
@requires("appointments.feeds")
@reads_nothing("which addresses there are")
def revoke(feed_id: int) -> BaseResponse:
    with transaction() as write:
        service.revoke_feed(write, feed_id=feed_id, actor=actor(), now=clock.now())
    return htmx.go(url_for("feeds.index"), toast=_("The address was ended."))


@blueprint.get("/feeds/read/<token>.ics")
@public("the random token in the address is the key of one practitioner's calendar, without names unless allowed")
@reads("list")
def read(token: str) -> Response:
    session, day = current_session(), today()
    feed = get_feed_by_token(session, token)
    found = list_between(
        session,
        from_day=day - PAST,
        to_day=day + AHEAD,
        practitioner_id=feed.practitioner_id,
        states=[state for state in State if state not in FREED_STATES],
    )
    # Whoever died is not expected, although nobody cancelled yet.
    expected = [a for a in found if not (a.patient.is_deceased and a.is_expected)]
    reading.read_by(SystemActor(f"calendar address {feed.id}"), "feeds.read", window=reading.HOUR)
    reading.shown(*((a.patient_id for a in expected) if feed.shows_names else ()))
    events = [(a, _for_practitioner(a, feed.shows_names)) for a in expected]
    name = f"{feed.practitioner.display_name} · {settings().clinic_name}"
    now = clock.now()
    content = feed_file(name, events, installation=get_installation_name(session), now=now)
    if service.is_note_due(feed, now):
        feed_id = feed.id
        with transaction() as write:
            service.note_read(write, feed_id=feed_id, now=now)
    return Response(content, content_type=CALENDAR)


def _for_practitioner(appointment: Appointment, shows_names: bool) -> Wording:
    what = appointment.service.name
    summary = f"{appointment.patient.display_name} · {what}" if shows_names else what
    return Wording(summary, appointment.room.name if appointment.room else "")


@blueprint.get("/<int:appointment_id>.ics")
@requires("appointments.view")
@reads("patient")
def download(appointment_id: int) -> Response:
    """For the patient: it says when, what for and where, and nobody's name but the practitioner's."""
    appointment = get_appointment(current_session(), appointment_id)
    reading.shown(appointment.patient_id)
    who = appointment.practitioner
    summary = f"{appointment.service.name} · {who.display_name}" if who else appointment.service.name
    wording = Wording(summary, settings().clinic_name)
    installation = get_installation_name(current_session())
    content = appointment_file(appointment, wording, installation=installation, now=clock.now())
    name = f"appointment-{appointment.day.isoformat()}.ics"
    return Response(content, content_type=CALENDAR, headers={"Content-Disposition": f'attachment; filename="{name}"'})
