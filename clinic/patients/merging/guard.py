"""Nothing new may refer to a merged record, whichever area writes it, and however.

Services ask get_patient() or lock_patient(), which raise Merged. This is the net below them: triggers of the database
(migrations/merged.py) refuse every insert and update that names a merged record, of the ORM or not; here their refusal
becomes Merged again.
"""

import re

from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

from clinic.errors import Merged

# What the triggers are called, and how their message begins; the survivor's number follows.
PREFIX = "refuse_merged"
SIGN = "merged_patient:"
_MESSAGE = re.compile(rf"{SIGN}(\d+)")


def install() -> None:
    """Watch every engine of this process."""
    if not event.contains(Engine, "handle_error", merged_instead):
        event.listen(Engine, "handle_error", merged_instead, retval=True)


def merged_instead(failed: ExceptionContext) -> Merged | None:
    """Merged, for what a trigger refused; None leaves the error as it is."""
    found = _MESSAGE.search(str(failed.original_exception))
    return Merged(_("This record was merged into another one."), int(found[1])) if found else None
