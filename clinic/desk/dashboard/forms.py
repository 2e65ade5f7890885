"""Which days the dashboard is about."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional, ValidationError

from clinic.web.fields import DayField
from clinic.web.forms import Form

LONGEST_DAYS = 92


class RangeForm(Form):
    """From one day to another, both included; read from the query string."""

    class Meta:
        csrf = False

    from_day = DayField(_l("From"), validators=[Optional()])
    to_day = DayField(_l("To"), validators=[Optional()])

    def validate_to_day(self, field: DayField) -> None:
        """In order, and not more days than one page can tell of."""
        if not self.from_day.data or not field.data:
            return
        if field.data < self.from_day.data:
            raise ValidationError(_("This lies before the first day."))
        if (field.data - self.from_day.data).days >= LONGEST_DAYS:
            raise ValidationError(_("Choose at most %(count)s days.", count=LONGEST_DAYS))

    def chosen(self, today: dt.date) -> tuple[dt.date, dt.date]:
        """The days asked for, once they are valid; one day where one was named, today where none was."""
        named = [day for day in (self.from_day.data, self.to_day.data) if day] or [today]
        return named[0], named[-1]
