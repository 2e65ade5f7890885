"""Addresses that leave the clinic on paper: as links, and as QR codes."""

from typing import Any

import segno
from flask import Flask, url_for

from clinic.web.security import settings

# Any of the eight masks of ISO/IEC 18004 can be read; trying all for the best takes longer than giving the ticket.
MASK = 3


def public_address(endpoint: str, **values: Any) -> str:
    """The whole address of a view, under the name phones reach the clinic by."""
    base = settings().public_url
    return base + url_for(endpoint, **values) if base else url_for(endpoint, _external=True, **values)


def qr_code(text: str) -> str:
    """A QR code as the source of an image: black on white, with its quiet zone."""
    return str(segno.make(text, error="m", micro=False, mask=MASK).svg_data_uri(border=3, dark="#000", light="#fff"))


def install(app: Flask) -> None:
    """Make them available to every template."""
    app.add_template_global(public_address)
    app.add_template_global(qr_code)
