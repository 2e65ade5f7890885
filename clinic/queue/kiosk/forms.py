"""What a manager may say about a kiosk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic.queue.devices.forms import DeviceForm
from clinic.web.forms import CreateForm, EditForm


class KioskForm(DeviceForm):
    prints = BooleanField(_l("Print every ticket"))

    def settings(self) -> dict[str, Any]:
        return super().settings() | {"prints": self.prints.data}


class NewKioskForm(KioskForm, CreateForm):
    """A new one."""


class EditKioskForm(KioskForm, EditForm):
    """One to be changed."""
