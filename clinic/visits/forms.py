"""What staff may say of a visit, and the words for states and answers."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from clinic.visits.models import FollowUp, Settlement, State
from clinic.web.fields import DayField
from clinic.web.forms import Form, options

STATE_WORDS = {
    State.WAITING: _l("Waiting"),
    State.IN_PROGRESS: _l("Being seen"),
    State.READY: _l("To check out"),
    State.FINISHED: _l("Checked out"),
    State.LEFT: _l("Left without being seen"),
    State.CANCELLED: _l("Cancelled"),
    State.UNDONE: _l("Check-in undone"),
}
# The tone of a state where it is not one of its own.
STATE_TONES = {
    State.IN_PROGRESS: "in_service",
    State.READY: "info",
    State.LEFT: "no_show",
    State.CANCELLED: "",
    State.UNDONE: "",
}
FOLLOW_UP_WORDS = {
    FollowUp.BOOKED: _l("Booked"),
    FollowUp.LATER: _l("Will ask for one"),
    FollowUp.NONE: _l("Not needed"),
}
SETTLEMENT_WORDS = {
    Settlement.PAID: _l("Paid"),
    Settlement.DUE: _l("To pay later"),
    Settlement.NONE: _l("Nothing to pay"),
}


class CheckOutForm(Form):
    """What is missing when a patient goes. An answer that cannot be given is not asked for."""

    settlement = RadioField(
        _l("Payment"),
        coerce=Settlement,
        choices=options((s.value, SETTLEMENT_WORDS[s]) for s in Settlement),
        validators=[InputRequired(_l("Say whether it was paid."))],
    )
    follow_up = RadioField(
        _l("Next appointment"),
        coerce=FollowUp,
        choices=options((f.value, FOLLOW_UP_WORDS[f]) for f in FollowUp),
        validators=[InputRequired(_l("Say whether there will be a next appointment."))],
    )
    note = TextAreaField(_l("Note"), validators=[Optional(), Length(max=2000)])

    def offer(self, *, is_free: bool, is_booked: bool) -> "CheckOutForm":
        """Leave out the payment where there is nothing to pay, and "booked" where no appointment is."""
        if is_free:
            del self.settlement
        if not is_booked:
            self.follow_up.choices = [c for c in self.follow_up.choices if c.value != FollowUp.BOOKED]
        elif not self.is_submitted():
            self.follow_up.data = FollowUp.BOOKED
        return self


class CancelVisitForm(Form):
    reason = TextAreaField(
        _l("Reason"), validators=[DataRequired(_l("Say why the visit is cancelled.")), Length(max=500)]
    )


class DayForm(Form):
    """Which day; read from the query string."""

    class Meta:
        csrf = False

    day = DayField(_l("Day"), validators=[Optional()])

    def chosen(self, today: dt.date) -> dt.date:
        """The day asked for, or today where none was. Whether it could be read, validate() tells."""
        return self.day.data or today


def words() -> dict[str, Any]:
    """What the templates of visits name things by."""
    return {
        "VISIT_STATES": STATE_WORDS,
        "VISIT_TONES": STATE_TONES,
        "FOLLOW_UPS": FOLLOW_UP_WORDS,
        "SETTLEMENTS": SETTLEMENT_WORDS,
        "VisitState": State,
    }
