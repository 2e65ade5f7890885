"""Reads of series and their appointments."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentSeries
from clinic.appointments.queries import shown
from clinic.errors import NotFound


def get_series(session: Session, series_id: int, *, lock: bool = False) -> AppointmentSeries:
    """The series, or NotFound."""
    series = session.get(AppointmentSeries, series_id, with_for_update=lock or None, populate_existing=True)
    if series is None:
        raise NotFound(_("There is no such series."))
    return series


def find_by_key(session: Session, idempotency_key: str | None) -> AppointmentSeries | None:
    """What an earlier submit of the same form made."""
    if idempotency_key is None:
        return None
    return session.scalar(select(AppointmentSeries).where(AppointmentSeries.idempotency_key == idempotency_key))


def list_members(session: Session, series_id: int) -> list[Appointment]:
    """All appointments of a series, in their order, whatever became of them."""
    query = shown(select(Appointment)).where(Appointment.series_id == series_id)
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def lock_expected(session: Session, series_id: int, since: dt.datetime) -> list[Appointment]:
    """Those still expected that start at `since` or later, locked in the order of their ids, then sorted by time."""
    query = (
        select(Appointment)
        .where(
            Appointment.series_id == series_id,
            Appointment.starts_at >= since,
            Appointment.state.in_(EXPECTED_STATES),
        )
        .options(joinedload(Appointment.service, innerjoin=True))
        .order_by(Appointment.id)
        .with_for_update(of=Appointment)
        .execution_options(populate_existing=True)
    )
    return sorted(session.scalars(query), key=lambda appointment: appointment.starts_at)
