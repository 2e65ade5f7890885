"""Appointments as an iCalendar file (RFC 5545). Knows no HTTP and no database."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from icalendar import Calendar, Event

from clinic.appointments.models import Appointment, State

PRODUCT = "-//Clinic//Appointments//EN"
REFRESH = dt.timedelta(minutes=15)
_STATUS = {State.CANCELLED: "CANCELLED", State.BOOKED: "TENTATIVE"}


@dataclass(frozen=True)
class Wording:
    """What an event says of an appointment."""

    summary: str
    location: str


def feed_file(
    name: str, events: Iterable[tuple[Appointment, Wording]], *, installation: str, now: dt.datetime
) -> bytes:
    """A calendar to subscribe to."""
    calendar = _empty()
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for appointment, wording in events:
        calendar.add_component(_event(appointment, wording, installation, now))
    return bytes(calendar.to_ical())


def appointment_file(appointment: Appointment, wording: Wording, *, installation: str, now: dt.datetime) -> bytes:
    """One appointment, to be kept in a patient's own calendar."""
    calendar = _empty()
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(appointment, wording, installation, now))
    return bytes(calendar.to_ical())


def _empty() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    return calendar


def _event(appointment: Appointment, wording: Wording, installation: str, now: dt.datetime) -> Event:
    """The same uid for ever and under every host name, so that a moved appointment replaces the old one."""
    event = Event()
    event.add("uid", f"appointment-{appointment.id}@{installation}")
    event.add("dtstamp", now)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("sequence", appointment.version)
    event.add("summary", wording.summary)
    if wording.location:
        event.add("location", wording.location)
    event.add("status", _STATUS.get(appointment.state, "CONFIRMED"))
    event.add("class", "PRIVATE")
    return event
