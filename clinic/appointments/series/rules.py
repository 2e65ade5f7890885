"""The dates of a series. Days and times of day are the clinic's wall clock: a change of clocks moves nothing."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from clinic.appointments.models import AppointmentSeries
from clinic.appointments.placement import Placement
from clinic.clock import exists, wall_time
from clinic.errors import Invalid

MOST_DATES = 60
LONGEST = dt.timedelta(days=2 * 366)
MOST_WEEKS = 26


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Every `every_weeks` weeks from `starts_on`, up to `until` (included) or `count` times."""

    starts_on: dt.date
    local_time: dt.time
    minutes: int
    every_weeks: int = 1
    until: dt.date | None = None
    count: int | None = None

    def days(self) -> list[dt.date]:
        """The days of the series, the first included; never more than 60."""
        return list(self._days())

    def _days(self) -> Iterator[dt.date]:
        for number in range(min(self.count or MOST_DATES, MOST_DATES)):
            day = self.starts_on + dt.timedelta(weeks=number * self.every_weeks)
            if self.until is not None and day > self.until:
                return
            yield day

    def placement(self, day: dt.date, practitioner_id: int | None, room_id: int | None, zone: ZoneInfo) -> Placement:
        """Where the appointment of a day stands. Invalid where the clocks leave its time out that day."""
        if not exists(day, self.local_time, zone):
            text = _("The clocks go forward on %(day)s: there is no such time that day.", day=f"{day:%d/%m/%Y}")
            raise Invalid(text, "time")
        starts_at = wall_time(day, self.local_time, zone)
        ends_at = starts_at + dt.timedelta(minutes=self.minutes)
        return Placement(starts_at=starts_at, ends_at=ends_at, practitioner_id=practitioner_id, room_id=room_id)


def check_rule(rule: Rule) -> None:
    """Invalid for a series without an end, too long, or of one date."""
    if (rule.until is None) == (rule.count is None):
        raise Invalid(_("Say how often, or until when."), "count")
    if not 1 <= rule.every_weeks <= MOST_WEEKS:
        raise Invalid(_("From every week to every 26 weeks."), "every_weeks")
    if rule.count is not None and not 2 <= rule.count <= MOST_DATES:
        raise Invalid(_("From 2 to 60 appointments."), "count")
    if rule.until is not None and rule.until - rule.starts_on > LONGEST:
        raise Invalid(_("A series lasts two years at most."), "until")
    days = rule.days()
    if len(days) < 2:
        raise Invalid(_("Nothing would repeat: choose a later day."), "until")
    if rule.until is not None and days[-1] + dt.timedelta(weeks=rule.every_weeks) <= rule.until:
        raise Invalid(_("From 2 to 60 appointments."), "until")


def rule_of(series: AppointmentSeries) -> Rule:
    """The rule of a series as it is stored."""
    return Rule(
        starts_on=series.starts_on,
        local_time=series.local_time,
        minutes=series.duration_minutes,
        every_weeks=series.every_weeks,
        until=series.until,
        count=series.count,
    )
