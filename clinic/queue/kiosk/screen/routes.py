"""The pages of a kiosk. Its token is the only key; it sees tickets, never names.

Whether a person is a patient of the clinic cannot be learnt here: everybody who says who they are gets a ticket, in the
same words, after the same time, and not more often than people can queue.
"""

import time

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from clinic import clock, errors
from clinic.audit.service import SystemActor
from clinic.auth.access import public, reads_nothing
from clinic.db import current_session, transaction
from clinic.extensions import csrf, limiter
from clinic.queue.devices.queries import get_device_by_token
from clinic.queue.devices.service import note_seen
from clinic.queue.kiosk.models import Kiosk
from clinic.queue.kiosk.screen import service
from clinic.queue.kiosk.screen.fields import example
from clinic.queue.kiosk.screen.forms import ClaimForm, TicketForm
from clinic.queue.kiosk.screen.queries import list_offered
from clinic.queue.notices.queries import get_notices
from clinic.queue.phone.queries import find_token, get_followed, get_place
from clinic.queue.phone.routes import outlooks
from clinic.queue.tokens import digest_token
from clinic.web import languages
from clinic.web.errors import STATUS
from clinic.web.filters import today
from clinic.web.security import settings

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk")
# A cookie proves nothing here, so there is nothing that another site could abuse.
csrf.exempt(blueprint)
WHY = "the random token in the address is the key of one kiosk, which gives tickets and shows no names"
PAGES = "queue/kiosk/screen"
TICKETS_PER_KIOSK = "20 per minute"
# Checking somebody in takes longer than finding nobody: every answer takes this long.
ANSWER_SECONDS = 0.5


def _per_kiosk() -> str:
    token = (request.view_args or {}).get("kiosk_token", "")
    return digest_token(str(token)).hex()


def _kiosk(token: str) -> Kiosk:
    return get_device_by_token(current_session(), Kiosk, token)


def _page(name: str, token: str, kiosk: Kiosk, status: int = 200, **context: object) -> Response:
    """A page of the kiosk in the language chosen on it."""
    known = languages.write_as_asked(kiosk.languages)
    context |= {"kiosk": kiosk, "kiosk_token": token, "languages": known}
    return make_response(render_template(f"{PAGES}/{name}.html", **context), status)


@blueprint.get("/<kiosk_token>")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def start(kiosk_token: str) -> Response:
    notices = get_notices(current_session(), today())
    return _page("start", kiosk_token, _kiosk(kiosk_token), notices=notices, scan=ClaimForm(formdata=None))


@blueprint.get("/<kiosk_token>/check-in")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def check_in(kiosk_token: str) -> Response:
    kiosk = _kiosk(kiosk_token)
    languages.write_as_asked(kiosk.languages)
    return _page("check_in", kiosk_token, kiosk, form=ClaimForm(formdata=None), example=example())


@blueprint.get("/<kiosk_token>/services")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def services(kiosk_token: str) -> Response:
    """What a walk-in comes for."""
    return _services(kiosk_token, _kiosk(kiosk_token), TicketForm(formdata=None))


@blueprint.post("/<kiosk_token>/services")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def claim(kiosk_token: str) -> Response:
    """What somebody who said who they are comes for. Whoever showed a card is asked for the birth date first.

    Nothing is looked up yet.
    """
    kiosk = _kiosk(kiosk_token)
    languages.write_as_asked(kiosk.languages)
    form = ClaimForm()
    if form.is_only_card:
        return _page("check_in", kiosk_token, kiosk, form=form, example=example())
    if not form.validate():
        return _page("check_in", kiosk_token, kiosk, 422, form=form, example=example())
    ticket_form = TicketForm(formdata=None, data={"mrn": form.mrn.data, "phone": form.phone.data})
    ticket_form.birth_date.data, ticket_form.is_claimed.data = form.birth_date.data, "1"
    return _services(kiosk_token, kiosk, ticket_form)


def _services(token: str, kiosk: Kiosk, form: TicketForm, status: int = 200) -> Response:
    offered = list_offered(current_session(), kiosk)
    return _page("services", token, kiosk, status, form=form, services=offered)


@blueprint.post("/<kiosk_token>/tickets")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
@limiter.limit(TICKETS_PER_KIOSK, key_func=_per_kiosk)
def create(kiosk_token: str) -> BaseResponse:
    began = time.monotonic()
    kiosk = _kiosk(kiosk_token)
    languages.write_as_asked(kiosk.languages)
    form = TicketForm()
    if not form.validate() or form.service_id.data not in [s.id for s in list_offered(current_session(), kiosk)]:
        return _services(kiosk_token, kiosk, form, 422)
    ticket_token = _give(kiosk, form)
    time.sleep(max(ANSWER_SECONDS - (time.monotonic() - began), 0))
    address = url_for("kiosk.ticket", kiosk_token=kiosk_token, ticket_token=ticket_token, lang=languages.language())
    return redirect(address, 303)


def _give(kiosk: Kiosk, form: TicketForm) -> str:
    """Give the ticket; the token of its page."""
    actor, now, zone = SystemActor(f"kiosk {kiosk.name}"), clock.now(), settings().zone
    service_id, claimed = form.service_id.data, form.claim
    with transaction() as write:
        if form.is_claimed.data:
            entry = service.give_claimed(write, service_id=service_id, claim=claimed, actor=actor, now=now, zone=zone)
        else:
            entry = service.give_walk_in(write, service_id=service_id, key=form.key, actor=actor, now=now, zone=zone)
        token = find_token(write, entry.id, now)
    if token is None:
        raise errors.NotFound
    return token


@blueprint.get("/<kiosk_token>/tickets/<ticket_token>")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def ticket(kiosk_token: str, ticket_token: str) -> Response:
    session, now = current_session(), clock.now()
    kiosk = _kiosk(kiosk_token)
    place = get_place(session, get_followed(session, ticket_token, now), outlooks(), now)
    return _page("ticket", kiosk_token, kiosk, ticket_token=ticket_token, place=place, entry=place.entry)


@blueprint.post("/<kiosk_token>/seen")
@public(WHY)
@reads_nothing("a kiosk gives tickets and shows nobody")
def seen(kiosk_token: str) -> Response:
    kiosk_id = _kiosk(kiosk_token).id
    with transaction() as write:
        note_seen(write, Kiosk, device_id=kiosk_id, now=clock.now())
    return make_response("", 204)


@blueprint.errorhandler(errors.DomainError)
def domain_error(error: errors.DomainError) -> Response:
    return _problem(next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS))


@blueprint.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    return _problem(error.code or 500)


def _problem(status: int) -> Response:
    """Nobody at a kiosk is left with a page for staff: it says where to go, and begins again by itself."""
    return make_response(render_template(f"{PAGES}/problem.html", kiosk_token=_token(), status=status), status)


def _token() -> str:
    return str((request.view_args or {}).get("kiosk_token", ""))
