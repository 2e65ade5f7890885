"""Addresses: the numbers in them, and those that leave the clinic on paper, as links and as QR codes."""

from typing import Any

from flask import Flask, url_for
from werkzeug.routing import IntegerConverter, Map

from clinic.numbers import LARGEST_KEY
from clinic.qr_codes import qr_code
from clinic.web.security import settings


class WholeIntegerConverter(IntegerConverter):
    """`<int:...>` in every route: a number that no row can have is no address."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **{"max": LARGEST_KEY} | options)


def public_address(endpoint: str, **values: Any) -> str:
    """The whole address of a view, under the name phones reach the clinic by."""
    base = settings().public_url
    return base + url_for(endpoint, **values) if base else url_for(endpoint, _external=True, **values)


def install(app: Flask) -> None:
    """Make them available to every template, and to every route that is registered from now on."""
    app.url_map.converters["int"] = WholeIntegerConverter
    app.add_template_global(public_address)
    app.add_template_global(qr_code)
