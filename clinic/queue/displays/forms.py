"""What a manager may say about a display."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField

from clinic.queue.devices.forms import DeviceForm
from clinic.queue.displays.models import Privacy
from clinic.web.forms import CreateForm, EditForm, options

PRIVACY_WORDS = {
    Privacy.NONE: _l("Ticket only"),
    Privacy.INITIALS: _l("Initials"),
    Privacy.FIRST_NAME: _l("First name"),
}


class DisplayForm(DeviceForm):
    privacy = RadioField(
        _l("Shown beside the ticket"),
        coerce=Privacy,
        choices=options((p.value, PRIVACY_WORDS[p]) for p in Privacy),
        default=Privacy.NONE,
    )
    chime = BooleanField(_l("Play a chime at every call"), default=True)
    is_spoken = BooleanField(_l("Speak every call"))

    def settings(self) -> dict[str, Any]:
        own = {name: self[name].data for name in ("privacy", "chime", "is_spoken")}
        return super().settings() | own


class NewDisplayForm(DisplayForm, CreateForm):
    """A new one."""


class EditDisplayForm(DisplayForm, EditForm):
    """One to be changed."""
