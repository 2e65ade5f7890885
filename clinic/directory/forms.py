"""What a manager may write about departments, rooms and services."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp, ValidationError

from clinic.directory.models import Department, Room, Service
from clinic.directory.service import PlaceDetails, ServiceDetails
from clinic.money import from_minor, is_currency, to_minor
from clinic.web.fields import WholeField
from clinic.web.forms import CreateForm, EditForm, Form


def _upper(value: str | None) -> str | None:
    return value.upper() if value else value


class PlaceForm(Form):
    """A department."""

    name = StringField(_l("Name"), validators=[DataRequired(_l("Give it a name.")), Length(max=120)])

    def details(self) -> PlaceDetails:
        """What was typed, for the service."""
        return PlaceDetails(name=self.name.data)

    @classmethod
    def shown(cls, place: Department | Room | Service) -> "PlaceForm":
        """The form with what is stored."""
        return cls(formdata=None, data=cls._values(place))

    @classmethod
    def _values(cls, place: Any) -> dict[str, Any]:
        return {"name": place.name, "version": str(place.version)}


class RoomForm(PlaceForm):
    """A room, as it is called out and shown in the waiting room."""

    name = StringField(
        _l("Name"),
        description=_l("As the waiting-room screen shows it, such as Room 3."),
        validators=[DataRequired(_l("Give it a name.")), Length(max=60)],
    )


class ServiceForm(PlaceForm):
    """What patients come for."""

    ticket_prefix = StringField(
        _l("Ticket letters"),
        description=_l("One to three letters before the number: A gives A-012."),
        filters=[_upper],
        validators=[
            DataRequired(_l("Give one to three letters.")),
            Regexp(r"[A-Z]{1,3}\Z", message=_l("A to Z only.")),
        ],
    )
    duration_minutes = WholeField(
        _l("Minutes"),
        default=15,
        validators=[
            InputRequired(_l("Give whole minutes.")),
            NumberRange(min=1, max=480, message=_l("From 1 to 480 minutes.")),
        ],
    )
    price = DecimalField(
        _l("Price"),
        default=0,
        places=None,
        validators=[InputRequired(_l("Give a price, or 0.")), NumberRange(min=0, max=1_000_000)],
    )
    currency = StringField(_l("Currency"), filters=[_upper], validators=[DataRequired(_l("Give a currency."))])

    def validate_currency(self, field: StringField) -> None:
        if not is_currency(field.data):
            raise ValidationError(_("Give the three letters of a currency, such as EUR."))

    def details(self) -> ServiceDetails:
        """What was typed, for the service."""
        return ServiceDetails(
            name=self.name.data,
            ticket_prefix=self.ticket_prefix.data,
            duration_minutes=self.duration_minutes.data,
            price_minor=to_minor(self.price.data, self.currency.data),
            currency=self.currency.data,
        )

    @classmethod
    def _values(cls, place: Service) -> dict[str, Any]:
        return super()._values(place) | {
            "ticket_prefix": place.ticket_prefix,
            "duration_minutes": place.duration_minutes,
            "price": from_minor(place.price_minor, place.currency),
            "currency": place.currency,
        }


class NewDepartmentForm(PlaceForm, CreateForm):
    """A new department."""


class EditDepartmentForm(PlaceForm, EditForm):
    """A department to be changed."""


class NewRoomForm(RoomForm, CreateForm):
    """A new room."""


class EditRoomForm(RoomForm, EditForm):
    """A room to be changed."""


class NewServiceForm(ServiceForm, CreateForm):
    """A new service."""


class EditServiceForm(ServiceForm, EditForm):
    """A service to be changed."""
