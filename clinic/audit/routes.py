"""The log on the screen: who did what, when, to which record."""

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from clinic import clock
from clinic.audit.forms import AuditScreenForm
from clinic.audit.queries import AuditFilter, get_entry, list_actions, list_entries
from clinic.auth.access import reads, requires
from clinic.auth.queries import list_users
from clinic.db import current_session
from clinic.paging import FETCHED, page_after, read_key
from clinic.web import htmx, reading
from clinic.web.security import settings

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("")
@requires("audit.view")
@reads("list")
def index() -> Response:
    form = _form()
    # A filter that cannot be read shows nothing: all entries would be taken for those that were asked for.
    is_read, before = form.validate(), read_key(request.args.get("after"))
    rows = list_entries(current_session(), _filter(form), before=before, limit=FETCHED) if is_read else []
    page = page_after(rows, lambda entry: (entry.seq,))
    reading.looked_at("audit.read", "audit_log", None)
    reading.shown(*(entry.patient_id for entry in page.rows))
    return htmx.page(
        "audit/index.html", partial="audit/_entries.html", status=200 if is_read else 422, form=form, page=page
    )


@blueprint.get("/<int:seq>")
@requires("audit.view")
@reads("list")
def show(seq: int) -> Response:
    entry = get_entry(current_session(), seq)
    reading.looked_at("audit.read", "audit_log", seq)
    reading.shown(entry.patient_id)
    return htmx.page("audit/show.html", partial="audit/_entry.html", entry=entry)


def _form() -> AuditScreenForm:
    form = AuditScreenForm(request.args)
    users = list_users(current_session())
    form.actor.choices = [("", _("Anyone")), *((user.id, user.display_name) for user in users)]
    form.action.choices = [("", _("Anything")), *((a, a) for a in list_actions(current_session()))]
    return form


def _filter(form: AuditScreenForm) -> AuditFilter:
    zone = settings().zone
    since, until = form.since.data, form.until.data
    return AuditFilter(
        actor_id=form.actor.data,
        action=form.action.data or None,
        patient_id=form.patient.data,
        since=clock.day_bounds(since, zone)[0] if since else None,
        until=clock.day_bounds(until, zone)[1] if until else None,
    )
