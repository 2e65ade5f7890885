"""Every page a manager may open, in both schemes, on a desk. In a file of its own, so that two cores share the work."""

from pathlib import Path

import pytest
from flask import Flask

from clinic.auth.access import Role
from tests.browser.journey.conftest import Employ
from tests.browser.journey.every_page import fill, look_at, pages

pytestmark = pytest.mark.browser


def test_nothing_is_wrong_with_any_page(app: Flask, employ: Employ, tmp_path: Path) -> None:
    person = employ("manager")
    assert look_at(person, pages(app, Role.MANAGER), fill(person.page, tmp_path)) == []
