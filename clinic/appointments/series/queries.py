"""Reads of series and their appointments."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from clinic.appointments.models import EXPECTED_STATES, Appointment, AppointmentEvent, AppointmentSeries
from clinic.appointments.queries import shown
from clinic.errors import NotFound


def get_series(session: Session, series_id: int, *, lock: bool = False) -> AppointmentSeries:
    """The series, or NotFound."""
    series = session.get(AppointmentSeries, series_id, with_for_update=lock or None, populate_existing=True)
    if series is None:
        raise NotFound(_("There is no such series."))
    return series


def list_members(session: Session, series_id: int) -> list[Appointment]:
    """All appointments of a series, in their order, whatever became of them."""
    query = shown(select(Appointment)).where(Appointment.series_id == series_id)
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)))


def lock_expected(session: Session, series_id: int, since: dt.datetime) -> list[Appointment]:
    """Those still expected that start at `since` or later, locked in the order of their ids, then sorted by time."""
    query = _locked().where(
        Appointment.series_id == series_id,
        Appointment.starts_at >= since,
        Appointment.state.in_(EXPECTED_STATES),
    )
    return sorted(session.scalars(query), key=lambda appointment: appointment.starts_at)


def lock_members(session: Session, series_id: int) -> list[Appointment]:
    """All appointments of a series as they are now, locked in the order of their ids."""
    return list(session.scalars(_locked().where(Appointment.series_id == series_id)))


def _locked() -> Select[tuple[Appointment]]:
    return (
        select(Appointment)
        .options(joinedload(Appointment.service, innerjoin=True))
        .order_by(Appointment.id)
        .with_for_update(of=Appointment)
        .execution_options(populate_existing=True)
    )


class StepOfSeries(NamedTuple):
    """A step of an appointment, and the series that the appointment is of."""

    event: AppointmentEvent
    series_id: int


def find_step(session: Session, event_id: int) -> StepOfSeries | None:
    """A step of an appointment of a series; None when there is no such."""
    query = select(AppointmentEvent, Appointment.series_id).join(Appointment).where(AppointmentEvent.id == event_id)
    row = session.execute(query.where(Appointment.series_id.is_not(None))).one_or_none()
    return StepOfSeries._make(row) if row else None


def list_together(session: Session, patient_id: int, step: AppointmentEvent) -> Sequence[AppointmentEvent]:
    """The steps that a patient's appointments took in one go with this one."""
    query = (
        select(AppointmentEvent)
        .join(Appointment)
        .where(
            Appointment.patient_id == patient_id,
            AppointmentEvent.step == step.step,
            AppointmentEvent.at == step.at,
            AppointmentEvent.actor_id == step.actor_id,
        )
    )
    return session.scalars(query.order_by(AppointmentEvent.appointment_id)).all()


def find_newest_steps(session: Session, appointment_ids: Collection[int]) -> dict[int, int]:
    """The id of the last step of each appointment, by the appointment's."""
    newest = select(AppointmentEvent.appointment_id, func.max(AppointmentEvent.id))
    newest = newest.where(AppointmentEvent.appointment_id.in_(appointment_ids))
    return dict(session.execute(newest.group_by(AppointmentEvent.appointment_id)).tuples().all())
