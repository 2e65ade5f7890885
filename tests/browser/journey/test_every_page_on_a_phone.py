"""Every page a manager may open, in the colour schemes, on a phone; and those of a receptionist."""

from pathlib import Path

import pytest
from flask import Flask

from clinic.auth.access import Role
from tests.browser.journey.conftest import Employ
from tests.browser.journey.every_page import add_export, fill, look_at, pages
from tests.browser.journey.person import LIGHT, PHONE

pytestmark = pytest.mark.browser


def test_nothing_is_wrong_with_any_page(app: Flask, employ: Employ, tmp_path: Path) -> None:
    person = employ("manager", PHONE)
    assert look_at(person, pages(app, Role.MANAGER), fill(person.page, tmp_path)) == []


def test_nothing_is_wrong_with_any_page_of_a_receptionist(app: Flask, employ: Employ, tmp_path: Path) -> None:
    values = fill(employ("manager").page, tmp_path)
    person = employ("reception")
    values["export_id"] = add_export(person.page)
    # Colours are the same for everybody.
    assert look_at(person, pages(app, Role.RECEPTIONIST), values, [LIGHT]) == []
