"""The filters of the patient list, as the address carries them."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import NumberRange, Optional, ValidationError

from clinic import clock
from clinic.numbers import find_whole
from clinic.patients.labels import SEXES
from clinic.patients.listing.queries import Filters
from clinic.web.fields import DayField, WholeField
from clinic.web.forms import Form, options

MAX_AGE = 130
_AGE = NumberRange(0, MAX_AGE, message=_l("An age is a number from 0 to %(max)s.", max=MAX_AGE))
_ANY = [("", _l("Any"))]
_ACTIVE = {"": True, "inactive": False, "all": None}
_COVERED = {"": None, "yes": True, "no": False}


class FilterForm(Form):
    """Reads what is in an address; it changes nothing, so it needs no CSRF token."""

    class Meta(Form.Meta):
        csrf = False

    status = SelectField(
        _l("Patients"),
        choices=options([("", _l("Active")), ("inactive", _l("Inactive")), ("all", _l("All"))]),
        default="",
    )
    practitioner = SelectField(_l("Practitioner"), choices=options(_ANY), default="", validate_choice=False)
    since = DayField(_l("Seen since"), validators=[Optional()])
    age_from = WholeField(_l("Age from"), validators=[Optional(), _AGE])
    age_to = WholeField(_l("Age to"), validators=[Optional(), _AGE])
    sex = SelectField(_l("Sex"), choices=options([*_ANY, *SEXES.items()]), default="")
    covered = SelectField(
        _l("Coverage"),
        choices=options([*_ANY, ("yes", _l("Covered")), ("no", _l("Not covered"))]),
        default="",
    )

    def validate_age_to(self, field: WholeField) -> None:
        if field.data is not None and self.age_from.data is not None and field.data < self.age_from.data:
            raise ValidationError(_l("The second age must not be below the first."))

    def offer_practitioners(self, choices: list[tuple[int, str]]) -> None:
        self.practitioner.choices = options([*_ANY, *((str(i), name) for i, name in choices)])

    def filters(self, zone: ZoneInfo) -> Filters:
        """What a valid form asks for."""
        return Filters(
            active=_ACTIVE[self.status.data],
            practitioner_id=find_whole(self.practitioner.data),
            seen_since=_start_of(self.since.data, zone),
            ages=(self.age_from.data, self.age_to.data),
            sex=self.sex.data or None,
            covered=_COVERED[self.covered.data],
        )

    def chosen(self) -> dict[str, Any]:
        """The filters that are set, by their names in addresses."""
        values = {name: field.data for name, field in self._fields.items() if field.data not in (None, "")}
        return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}


def _start_of(day: dt.date | None, zone: ZoneInfo) -> dt.datetime | None:
    return clock.day_bounds(day, zone)[0] if day else None
