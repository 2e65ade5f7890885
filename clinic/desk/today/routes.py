"""The screen a receptionist lives in."""

from typing import Any

from flask import Blueprint, Response, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock
from clinic.audit.trusted_clock import confirm_clock, find_doubt
from clinic.auth.access import reads, reads_nothing, requires
from clinic.db import after_commit, current_session, transaction
from clinic.desk.notes.page import open_notes
from clinic.desk.today import page
from clinic.desk.today.forms import DOUBT_WORDS, GROUP_WORDS, CallForm, FilterForm, words
from clinic.desk.today.page import Narrowing, Place
from clinic.desk.today.rows import Group
from clinic.errors import Invalid, NotFound
from clinic.paging import read_cursor
from clinic.queue import service
from clinic.queue.forms import STEP_WORDS
from clinic.queue.models import QueueEntry, QueueEvent
from clinic.queue.queries import find_last_event
from clinic.schedules import enqueue_held_back
from clinic.web import htmx, reading
from clinic.web.filters import today
from clinic.web.forms import expired
from clinic.web.security import actor, settings

blueprint = Blueprint("today", __name__, url_prefix="/today")
blueprint.context_processor(words)

# What this browser remembers: of whom the day is shown, and where calls go.
CHOSEN, PLACE = "today_of", "today_place"


@blueprint.get("")
@requires("visits.view")
@reads("list")
def index() -> Response:
    return _show(_remembered())


@blueprint.post("")
@requires("visits.view")
@reads("list")
def find() -> Response:
    """The day narrowed to what was typed and chosen: by post, so that no name gets into an address."""
    form = FilterForm()
    form.validate()
    narrowing = Narrowing(form.q.data or "", form.department_id.data or 0, form.practitioner_id.data or 0)
    if form.show_all.data:
        narrowing = Narrowing()
    chosen = [narrowing.department_id, narrowing.practitioner_id]
    if session.get(CHOSEN, [0, 0]) != chosen:
        session[CHOSEN] = chosen
    return _show(narrowing)


def _remembered() -> Narrowing:
    department_id, practitioner_id = session.get(CHOSEN, [0, 0])
    return Narrowing("", department_id, practitioner_id)


def _show(narrowing: Narrowing) -> Response:
    shown = page.read_today(current_session(), today(), narrowing)
    reading.shown(*(line.patient_id for column in shown.columns for line in column.lines))
    context: dict[str, Any] = {"shown": shown, "narrowing": narrowing}
    if not htmx.wants_partial():
        context |= (
            _calling()
            | open_notes(current_session())
            | {"form": FilterForm(formdata=None), "call": CallForm(formdata=None), "doubt": _clock_doubt()}
        )
    return htmx.page("desk/today/index.html", partial="desk/today/_day.html", **context)


def _clock_doubt() -> str | None:
    """Why the server's clock is not believed, in words."""
    doubt = find_doubt(current_session(), now=clock.now(), var=settings().var)
    return str(DOUBT_WORDS[doubt]) if doubt else None


@blueprint.post("/clock")
@requires("clock.confirm")
@reads_nothing("the clock is nobody's")
def confirm_time() -> BaseResponse:
    """The clock is right: what was held back is done now."""
    with transaction() as session:
        confirm_clock(session, actor=actor(), now=clock.now())
        after_commit(session, enqueue_held_back)
    return htmx.go(url_for("today.index"), toast=_("What was held back is done now."))


def _calling() -> dict[str, Any]:
    """Where calls may go and usually go, and the departments there are."""
    places = page.list_places(current_session())
    departments = {place.department_id: place.department for place in places}
    usual = page.usual_place(current_session(), places, actor().id, session.get(PLACE))
    return {"places": places, "place": usual, "departments": departments}


@blueprint.get("/<group>")
@requires("visits.view")
@reads("list")
def group(group: str) -> Response:
    """One group of the day in full."""
    if group not in set(Group):
        raise NotFound
    shown = Group(group)
    after = read_cursor(request.args.get("after"), int, float, str)
    lines, narrowing = page.read_lines(current_session(), today()), _remembered()
    found = page.read_group(lines, shown, narrowing, after)
    reading.shown(*(line.patient_id for line in found.rows))
    return htmx.page(
        "desk/today/group.html",
        partial="desk/today/_group.html",
        group=shown,
        title=GROUP_WORDS[shown],
        page=found,
        namesakes=page.find_namesakes(lines),
        hidden=page.count_hidden(lines, shown, narrowing),
        day=today(),
    )


@blueprint.post("/call-next")
@requires("queue.call")
@reads("patient")
def call_next() -> BaseResponse:
    form = CallForm()
    key = form.key if form.validate() else None
    if key is None:
        raise Invalid(expired())
    place = _read_place(form.place.data)
    with transaction() as write:
        entry = service.call_next(
            write,
            department_id=place.department_id,
            room_id=place.room_id,
            key=key,
            actor=actor(),
            now=clock.now(),
            zone=settings().zone,
        )
        if place.room_id:
            service.choose_room(write, user_id=actor().id, department_id=place.department_id, room_id=place.room_id)
        event = find_last_event(write, entry.id) if entry else None
    if session.get(PLACE) != place.value:
        session[PLACE] = place.value
    return _called(entry, event)


def _read_place(value: str | None) -> Place:
    found = next((place for place in page.list_places(current_session()) if place.value == value), None)
    if found is None:
        raise Invalid(_("Choose your room first."), "place")
    return found


def _called(entry: QueueEntry | None, event: QueueEvent | None) -> BaseResponse:
    """A word to the page with the way back; the lists read themselves again."""
    reading.shown(entry.patient_id if entry else None)
    message = _("Nobody is waiting.")
    if entry and event:
        message = _("%(ticket)s %(done)s", ticket=entry.ticket, done=STEP_WORDS[event.step].done)
    if not htmx.wants_partial():
        return htmx.go(url_for("today.index"), toast=message)
    context = {"message": message, "entry": entry, "event": event, "call": CallForm(formdata=None)}
    return htmx.aside(render_template("desk/today/_called.html", **context), "queue-changed")
