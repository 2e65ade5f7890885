"""What booking dialogs share: places to choose from, and a place that an address names."""

import datetime as dt
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.appointments.booking.forms import FreeForm
from clinic.appointments.booking.queries import list_room_names
from clinic.appointments.calendar.queries import By
from clinic.appointments.forms import LEFT_OUT, LONGEST_MINUTES, PlaceForm
from clinic.appointments.models import PartOfDay
from clinic.appointments.placement import Placement
from clinic.appointments.schedules.queries import list_open_hours
from clinic.appointments.slots import Slot, Wish, find_free_slots
from clinic.clock import exists, wall_time
from clinic.directory.models import Room
from clinic.directory.practitioners.queries import get_practitioner, list_practitioner_names
from clinic.directory.queries import get_place
from clinic.errors import Invalid
from clinic.numbers import whole
from clinic.paging import instant
from clinic.web.fields import day_in_address, time_in_address
from clinic.web.filters import today
from clinic.web.security import settings

SLOTS_SHOWN = 12


def offer_places(
    session: Session, form: PlaceForm, practitioner_id: int | None = None, room_id: int | None = None
) -> None:
    """Everyone who works here and every room in use, and those it stands with now, in use or not."""
    people, rooms = list_practitioner_names(session), list_room_names(session)
    if practitioner_id and practitioner_id not in dict(people):
        people.append((practitioner_id, get_practitioner(session, practitioner_id).display_name))
    if room_id and room_id not in dict(rooms):
        rooms.append((room_id, get_place(session, Room, room_id).name))
    form.offer_places(people, rooms)


def place_asked(args: MultiDict[str, str], usual: Placement) -> Placement:
    """`usual` with what the address says otherwise: day, time, minutes, and the column of a calendar `by` something.

    Invalid, of "day" or "time", where one of them cannot be read.
    """
    local = usual.starts_at.astimezone(settings().zone)
    day = day_in_address(args, "day", local.date())
    time = time_in_address(args, "time", local.time())
    minutes = args.get("minutes", type=whole)
    is_length = minutes is not None and 0 < minutes <= LONGEST_MINUTES
    length = dt.timedelta(minutes=minutes or 0) if is_length else usual.ends_at - usual.starts_at
    if not exists(day, time, settings().zone):
        raise Invalid(str(LEFT_OUT), "time")
    starts_at = wall_time(day, time, settings().zone)
    return replace(usual, starts_at=starts_at, ends_at=starts_at + length, **column_asked(args))


def later_than(args: MultiDict[str, str]) -> dt.datetime | None:
    """The instant after which more free times are asked for. Invalid where it is none."""
    try:
        return instant(args["after"]) if args.get("after") else None
    except ValueError as error:
        raise Invalid(_("This page is out of date. Open it again.")) from error


def find_slots(session: Session, form: FreeForm, after: dt.datetime | None = None) -> list[Slot]:
    """The next free times that suit what was chosen, or those after an instant; none while it is not understood."""
    zone, earliest = settings().zone, clock.now()
    part, from_day = form.part.data, form.from_day.data
    if not form.service_id.data or from_day is None or form.part.errors:
        return []
    if after is not None:
        earliest = max(earliest, after + dt.timedelta(microseconds=1))
        from_day = max(from_day, clock.clinic_day(earliest, zone))
    wish = Wish(
        service_id=form.service_id.data,
        from_day=max(from_day, today()),
        practitioner_id=form.practitioner_id.data or None,
        part_of_day=PartOfDay(part) if part in list(PartOfDay) else None,
        patient_id=form.patient_id.data,
    )
    return find_free_slots(session, wish, limit=SLOTS_SHOWN, now=earliest, zone=zone)


def slot_value(slot: Slot) -> str:
    """A free time as the form sends it."""
    ids = (slot.practitioner_id or 0, slot.room_id or 0)
    return "|".join([slot.starts_at.isoformat(), slot.ends_at.isoformat(), *map(str, ids)])


def read_slot(value: str) -> Placement:
    """The free time that the form sent. Invalid for anything else."""
    try:
        starts_at, ends_at, practitioner_id, room_id = value.split("|")
        return Placement(
            starts_at=dt.datetime.fromisoformat(starts_at).astimezone(dt.UTC),
            ends_at=dt.datetime.fromisoformat(ends_at).astimezone(dt.UTC),
            practitioner_id=whole(practitioner_id) or None,
            room_id=whole(room_id) or None,
        )
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Choose a free time."), "slot") from error


def column_asked(args: MultiDict[str, str]) -> dict[str, int | None]:
    """The practitioner or room whose column the address names, as columns of a placement; nothing for none."""
    if "column" not in args:
        return {}
    name = "room_id" if args.get("by") == By.ROOM else "practitioner_id"
    return {name: args.get("column", type=whole)}


def usual_room(session: Session, practitioner_id: int | None, day: dt.date, time: dt.time) -> int | None:
    """The room in which a practitioner works at this time, if one."""
    zone = settings().zone
    at = wall_time(day, time, zone)
    opened = list_open_hours(session, from_day=day, to_day=day, zone=zone) if practitioner_id else []
    rooms = (h.room_id for h in opened if h.practitioner_id == practitioner_id and h.starts_at <= at < h.ends_at)
    return next(rooms, None)
