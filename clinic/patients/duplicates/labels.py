"""Why two records match, in words."""

from flask_babel import lazy_gettext as _l

from clinic.patients.blueprint import blueprint
from clinic.patients.duplicates.scoring import Reason

REASONS = {
    Reason.IDENTIFIER: _l("same identifier"),
    Reason.BIRTH_DATE: _l("same birth date"),
    Reason.DAY_MONTH_SWAPPED: _l("day and month of birth swapped"),
    Reason.BIRTH_DATE_CLOSE: _l("nearly the same birth date"),
    Reason.SAME_NAME: _l("same name"),
    Reason.NAMES_SWAPPED: _l("same names in another order"),
    Reason.SIMILAR_NAME: _l("similar name"),
    Reason.PARTLY_SAME_NAME: _l("partly the same name"),
    Reason.PHONE: _l("same phone"),
    Reason.EMAIL: _l("same e-mail"),
}


@blueprint.app_template_filter()
def match_reason(reason: Reason) -> str:
    return str(REASONS[reason])
