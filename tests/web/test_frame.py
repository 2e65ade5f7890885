"""The kept parts of a page: alike for the same roles and place, never shared further."""

import re

from flask import Flask

from clinic.auth.access import Role
from tests.browser_client import Browser
from tests.factories import Factory


def menu(html: str) -> tuple[list[str], list[str]]:
    """Labels of the menu at the side, and of those that are the current page."""
    sidebar = html[html.index('<aside class="sidebar">') : html.index("</aside>")]
    links = re.findall(r"<a class=\"nav-link\"(.*?)<span>(.*?)</span>", sidebar, re.DOTALL)
    return [label for _, label in links], [label for attributes, label in links if "aria-current" in attributes]


def test_a_menu_kept_for_one_role_is_not_shown_to_another(app: Flask, browser: Browser, make: Factory) -> None:
    manager = menu(browser.sign_in(make.user(Role.MANAGER)).page("/patients"))[0]
    assert {"Patients", "Imports", "Audit"} <= set(manager)
    nurse = menu(browser.sign_in(make.user(Role.NURSE)).page("/patients"))[0]
    assert "Patients" in nurse
    assert not {"Imports", "Audit"} & set(nurse)
    assert menu(browser.sign_in(make.user(Role.MANAGER)).page("/patients"))[0] == manager


def test_the_menu_marks_where_the_page_is(browser: Browser, make: Factory) -> None:
    browser.sign_in(make.user(Role.MANAGER))
    assert menu(browser.page("/patients"))[1] == ["Patients"]
    assert menu(browser.page("/queue"))[1] == ["Queue"]
    assert menu(browser.page("/patients"))[1] == ["Patients"]


def test_the_same_frame_is_written_once(app: Flask, browser: Browser, make: Factory) -> None:
    browser.sign_in(make.user(Role.NURSE)).page("/patients")
    kept = dict(app.extensions["frame"])
    browser.page("/patients")
    assert app.extensions["frame"] == kept
    assert any("layout/_sidebar.html" in key for key in kept)
