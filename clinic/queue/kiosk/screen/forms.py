"""What people may type at a kiosk. Only the form of it is judged, never whether the clinic knows it."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, StringField
from wtforms.validators import InputRequired, Length, Optional

from clinic.patients.mrn import read_mrn
from clinic.phones import to_e164
from clinic.queue.kiosk.screen.fields import BirthBoxesField
from clinic.queue.kiosk.screen.queries import Claim
from clinic.web.fields import WholeField
from clinic.web.forms import CreateForm, Form
from clinic.web.security import settings


class ClaimForm(Form):
    """Who somebody says they are: the number of their card or their phone, and always the birth date.

    One alone proves nothing: card numbers follow each other, and phone numbers are known to many.
    """

    class Meta:
        # Nobody is signed in at a kiosk: its address is the key, and no cookie counts.
        csrf = False

    mrn = StringField(_l("Card"), [Length(max=40)])
    phone = StringField(_l("Phone number"), [Length(max=40)])
    birth_date = BirthBoxesField(_l("Birth date"))

    def validate(self, extra_validators: object = None) -> bool:
        """Also that something usable was given."""
        sound = bool(super().validate(extra_validators))
        if self.mrn.data:
            known = self._check(self.mrn, self.claim.mrn, _("This card could not be read. Please try again."))
        else:
            known = self._check(self.phone, self.claim.phone, _("Please type the whole phone number."))
        born = bool(self.birth_date.errors) or self._check(
            self.birth_date, self.birth_date.data, _("Please type the birth date.")
        )
        return sound and known and born

    @property
    def is_card(self) -> bool:
        """Whether a card was read: then only the birth date is asked for."""
        return bool(self.mrn.data and self.claim.mrn)

    @property
    def is_only_card(self) -> bool:
        """Whether a card was just scanned, and nothing else asked yet."""
        return self.is_card and not self.birth_date.raw_data

    @staticmethod
    def _check(field: Field, value: object, message: str) -> bool:
        if value:
            return True
        field.errors = [*field.errors, message]
        return False

    @property
    def claim(self) -> Claim:
        """What was given, as it is looked up."""
        if self.mrn.data:
            return Claim(mrn=read_mrn(self.mrn.data), birth_date=self.birth_date.data)
        phone = to_e164(self.phone.data, settings().region) if self.phone.data else None
        return Claim(phone=phone, birth_date=self.birth_date.data)


class TicketForm(ClaimForm, CreateForm):
    """A service, and who it is for unless the ticket is a walk-in's (`is_claimed`)."""

    service_id = WholeField(validators=[InputRequired(_l("Choose a service."))])
    is_claimed = HiddenField(validators=[Optional()])

    def validate(self, extra_validators: object = None) -> bool:
        if self.is_claimed.data:
            return ClaimForm.validate(self, extra_validators)
        return bool(CreateForm.validate(self, extra_validators))
