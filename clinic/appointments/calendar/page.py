"""What the calendar shows: columns, when they are open, and the appointments in them, as its script reads them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import format_time
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from clinic import clock
from clinic.appointments.calendar.address import Asked, column_key, first_weekday
from clinic.appointments.calendar.queries import By, Column, Line, list_columns, list_lines
from clinic.appointments.models import State, Step
from clinic.appointments.schedules.hours import OpenHours
from clinic.appointments.schedules.queries import list_open_hours
from clinic.appointments.waitlist.holds import held_placement, list_holds
from clinic.appointments.waitlist.models import WaitlistEntry
from clinic.appointments.words import STATE_WORDS
from clinic.clock import day_bounds, wall_time
from clinic.web.security import settings

OPENS, CLOSES = 8, 18


@dataclass(frozen=True)
class Calendar:
    """The columns there are and those shown, when they are open, and the appointments in those shown."""

    asked: Asked
    all_columns: Sequence[Column]
    columns: Sequence[Column]
    opened: Sequence[OpenHours]
    appointments: Sequence[Line]
    holds: Sequence[WaitlistEntry]

    @property
    def sheet(self) -> list[Line]:
        """The chosen day's appointments in their order."""
        return [a for a in self.appointments if a.day == self.asked.day]

    @property
    def drawn(self) -> list[Line]:
        """Without the cancelled ones: their time is free to be booked."""
        return [a for a in self.appointments if a.state is not State.CANCELLED]

    @property
    def patient_ids(self) -> set[int]:
        """Everybody in it."""
        return {row.patient_id for rows in (self.appointments, self.holds) for row in rows}

    def hours(self) -> tuple[int, int]:
        """From which to which full hour the days are drawn: all that is open or booked."""
        zone = settings().zone
        rows: list[Line | OpenHours] = [*self.opened, *self.appointments]
        spans = [(row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)) for row in rows]
        if not spans:
            return OPENS, CLOSES
        first = min(start.hour for start, _end in spans)
        return first, max(24 if end.date() > start.date() else end.hour + (end.minute > 0) for start, end in spans)


def read_calendar(session: Session, asked: Asked) -> Calendar:
    """Six queries for a day, and for a week."""
    first, last, zone = asked.days[0], asked.days[-1], settings().zone
    found = list_lines(session, from_day=first, to_day=last)
    opened = list_open_hours(session, from_day=first, to_day=last, zone=zone)
    rows: list[Line | OpenHours] = [*found, *opened]
    there = list_columns(session, asked.by, {one for row in rows if (one := _whose(row, asked.by)) is not None})
    if any(_whose(a, asked.by) is None for a in found):
        there.append(Column(None, _("No room") if asked.by is By.ROOM else _("No practitioner")))
    shown = [c for c in there if column_key(c.id) == asked.who] or there
    ids = {c.id for c in shown}
    return Calendar(
        asked,
        there,
        shown,
        [hours for hours in opened if _whose(hours, asked.by) in ids],
        [a for a in found if _whose(a, asked.by) in ids],
        list_holds(session, from_at=day_bounds(first, zone)[0], to_at=day_bounds(last, zone)[1], now=clock.now()),
    )


def _whose(row: Line | OpenHours, by: By) -> int | None:
    return row.room_id if by is By.ROOM else row.practitioner_id


def page_data(calendar: Calendar, *, may_book: bool, now: dt.datetime) -> dict[str, Any]:
    """What the script draws the empty calendar from."""
    asked, local_now = calendar.asked, now.astimezone(settings().zone)
    opens, closes = calendar.hours()
    scroll_to = local_now.hour if asked.day == local_now.date() else opens
    return {
        "view": "week" if asked.is_week else "day",
        "day": asked.day.isoformat(),
        "days": [day.isoformat() for day in asked.days],
        "firstDay": (first_weekday() + 1) % 7,
        "offset": local_now.isoformat()[-6:],
        "opens": f"{opens:02}:00:00",
        "closes": f"{closes:02}:00:00",
        "scrollTo": f"{max(opens, min(scroll_to, closes - 1)):02}:00:00",
        "columns": [_column(c, calendar) for c in calendar.columns],
        "eventsUrl": url_for("calendar.events", **asked.arguments()),
        "bookUrl": url_for("booking.new", by=asked.by) if may_book else None,
        "texts": {
            "label": _("Appointments"),
            "book": _("Book an appointment"),
            "cursor": _("Choose a time in the calendar"),
            "free": _("nothing booked"),
        },
    }


def _column(column: Column, calendar: Calendar) -> dict[str, str]:
    asked, key = calendar.asked, column_key(column.id)
    return {
        "id": key,
        "title": column.title,
        "note": "" if asked.is_week else column.note,
        "url": asked.address(is_week=not asked.is_week, who="" if asked.is_week else key),
    }


def events_data(calendar: Calendar, *, may_book: bool) -> Iterator[dict[str, Any]]:
    """The appointments as the script draws them; times are the clinic's wall clock."""
    by = calendar.asked.by
    show, move = (
        url_for("appointments.show", appointment_id=0),
        url_for("appointments.ask_move", appointment_id=0, by=by),
    )
    titles = {"dialogTitle": _("Appointment"), "moveTitle": _("Move appointment")}
    movable = {state for state in State if may_book and state.may(Step.MOVE)}
    words = {state: str(STATE_WORDS[state]) for state in State}
    for line in calendar.drawn:
        yield {
            "id": str(line.id),
            "resourceIds": [column_key(_whose(line, by))],
            "start": _local(line.starts_at),
            "end": _local(line.ends_at),
            "startEditable": line.state in movable,
            "durationEditable": line.state in movable,
            "classNames": [f"is-{line.state}"],
            "extendedProps": {
                "who": line.name,
                "what": line.service,
                "state": words[line.state],
                "url": show.replace("/0", f"/{line.id}", 1),
                "moveUrl": move.replace("/0", f"/{line.id}", 1),
                **titles,
            },
        }


def hold_data(entry: WaitlistEntry, by: By) -> dict[str, Any] | None:
    """A held time as the script draws it."""
    held = held_placement(entry)
    if held is None or entry.held_until is None:
        return None
    until = format_time(entry.held_until, "short")
    return {
        "id": f"hold-{entry.id}",
        "resourceIds": [column_key(held.room_id if by is By.ROOM else held.practitioner_id)],
        "start": _local(held.starts_at),
        "end": _local(held.ends_at),
        "startEditable": False,
        "durationEditable": False,
        "classNames": ["is-held"],
        "extendedProps": {
            "who": entry.patient.display_name,
            "what": entry.service.name,
            "state": _("Held until %(time)s", time=until),
            "url": url_for("waitlist.show", wait_id=entry.id),
            "dialogTitle": _("Waitlist"),
        },
    }


def closed_data(calendar: Calendar) -> Iterator[dict[str, Any]]:
    """The times outside open hours, as the script shades them."""
    by, zone = calendar.asked.by, settings().zone
    opens, closes = calendar.hours()
    for day in calendar.asked.days:
        start = wall_time(day, dt.time(opens), zone)
        end = wall_time(day + dt.timedelta(days=closes // 24), dt.time(closes % 24), zone)
        for column in calendar.columns:
            mine = sorted((h.starts_at, h.ends_at) for h in calendar.opened if _whose(h, by) == column.id)
            at = start
            for opened_from, opened_to in [*mine, (end, end)]:
                if at < min(opened_from, end) and column.id is not None:
                    yield _shade(column, at, min(opened_from, end))
                at = max(at, opened_to)


def _shade(column: Column, start: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    return {
        "resourceIds": [column_key(column.id)],
        "start": _local(start),
        "end": _local(end),
        "display": "background",
    }


def _local(instant: dt.datetime) -> str:
    return instant.astimezone(settings().zone).replace(tzinfo=None).isoformat(timespec="seconds")
