"""Addresses that leave the clinic on paper: as links, and as QR codes."""

from typing import Any

from flask import Flask, url_for

from clinic.qr_codes import qr_code
from clinic.web.security import settings


def public_address(endpoint: str, **values: Any) -> str:
    """The whole address of a view, under the name phones reach the clinic by."""
    base = settings().public_url
    return base + url_for(endpoint, **values) if base else url_for(endpoint, _external=True, **values)


def install(app: Flask) -> None:
    """Make them available to every template."""
    app.add_template_global(public_address)
    app.add_template_global(qr_code)
