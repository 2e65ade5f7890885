"""What a manager wants to know of a day, a week or a month."""

import datetime as dt

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from clinic.auth.access import reads_nothing, requires
from clinic.cache import cached
from clinic.db import current_session
from clinic.desk.dashboard.forms import RangeForm
from clinic.desk.dashboard.queries import Figures, get_figures, pack, unpack
from clinic.web.filters import today
from clinic.web.security import settings

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")

KEPT_SECONDS = 120


@blueprint.get("")
@requires("dashboard.view")
@reads_nothing("counts of a day, no patient")
def index() -> tuple[str, int]:
    """Days that cannot be read or shown get no figures: those of other days would be taken for theirs."""
    form = RangeForm(request.args)
    is_read = form.validate()
    from_day, to_day = form.chosen(today())
    page = render_template(
        "desk/dashboard/index.html",
        form=form,
        from_day=from_day,
        to_day=to_day,
        ranges=_ranges(today()),
        figures=_figures(from_day, to_day) if is_read else None,
    )
    return page, 200 if is_read else 422


def _ranges(now: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """What is asked for most, in words."""
    day = dt.timedelta(days=1)
    return [
        (_("Today"), now, now),
        (_("Yesterday"), now - day, now - day),
        (_("7 days"), now - 6 * day, now),
        (_("30 days"), now - 29 * day, now),
    ]


def _figures(from_day: dt.date, to_day: dt.date) -> Figures:
    """At most two minutes old."""
    read = current_session()
    name = f"dashboard:{from_day.isoformat()}:{to_day.isoformat()}"
    packed = cached(
        read,
        name,
        lambda: pack(get_figures(read, from_day, to_day, settings().zone)),
        topics=(),
        seconds=KEPT_SECONDS,
    )
    return unpack(packed)
