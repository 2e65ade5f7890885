"""The form of a photo."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms.validators import ValidationError

from clinic.web.forms import CreateForm


class PhotoForm(CreateForm):
    file = FileField(_l("Picture"), description=_l("JPEG, PNG or WebP. The middle square is kept."))

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError(_("Choose a picture, or take one with the camera."))
