"""The next morning starts clean by itself."""

import datetime as dt

from clinic import clock
from clinic.audit.service import SystemActor
from clinic.audit.trusted_clock import by_the_clock
from clinic.background import Pace
from clinic.queue.closing.service import close_day
from clinic.web.security import settings

ACTOR = SystemActor("end of day")
AT_ONCE = 50


@by_the_clock
def close_past_days() -> None:
    """Close everything that days before today left open, a batch per transaction. Safe to repeat."""
    now = clock.now()
    yesterday = clock.clinic_day(now, settings().zone) - dt.timedelta(days=1)
    pace = Pace(first=1, most=AT_ONCE)
    while True:
        with pace.transaction(pace.rows) as session:
            closed = close_day(session, day=yesterday, actor=ACTOR, now=now, limit=pace.rows)
        if not closed:
            return
