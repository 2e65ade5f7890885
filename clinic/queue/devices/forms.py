"""What a manager may say about any device."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.directory.models import Department
from clinic.numbers import whole
from clinic.queue.devices.models import Device
from clinic.queue.devices.service import version_of
from clinic.web.forms import Form, options
from clinic.web.languages import languages, own_language


class DeviceForm(Form):
    """What every device has."""

    name = StringField(_l("Name"), validators=[DataRequired(_l("Give it a name.")), Length(max=80)])
    department_ids = SelectMultipleField(
        _l("Departments"),
        coerce=whole,
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one department."))],
    )
    languages = SelectMultipleField(
        _l("Languages"),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one language."))],
    )

    @classmethod
    def of(cls, device: Device) -> Any:
        """The form as a device is set up."""
        own = {"department_ids": [d.id for d in device.departments], "version": version_of(device)}
        return cls(formdata=None, obj=device, data=own)

    def offer(self, departments: Sequence[Department]) -> "DeviceForm":
        """Set what there is to choose from: the clinic's own language comes first, and is chosen at first."""
        own = own_language()
        codes = sorted(languages(), key=lambda code: code != own)
        self.department_ids.choices = options((d.id, d.name) for d in departments)
        self.languages.choices = options((code, languages()[code]) for code in codes)
        if not self.languages.data and self.languages.raw_data is None:
            self.languages.data = [own]
        return self

    def settings(self) -> dict[str, Any]:
        """The device's own columns."""
        return {"name": self.name.data, "languages": self.languages.data}
