"""Dialogs with which something new begins for a patient."""

from typing import Any

from flask import Response

from clinic.patients.models import Patient
from clinic.web.dialogs import dialog

DIED = "patients/_recorded_dead.html"


def dialog_for(
    patient: Patient | None, partial: str, title: str, back: str, status: int = 200, **context: Any
) -> Response:
    """As web/dialogs.py dialog(); of somebody recorded as dead it says so instead of showing a form.

    Services ask queries.living() all the same: this only says beforehand what they would refuse.
    """
    shown = DIED if patient and patient.is_deceased else partial
    return dialog(shown, title, back, status, **context | {"patient": patient})
