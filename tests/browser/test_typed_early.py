"""Keys pressed before a page is ready, or while the next one is on its way: on a slow machine nobody has to wait."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
SETTLED_MS = 200
SCRIPTS = re.compile(r"/static/js/app\.js$")


@contextmanager
def held(page: Page, address: re.Pattern[str] | str) -> Iterator[None]:
    """What `address` answers comes only after the block."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    yield
    for route in waiting:
        route.continue_()
    page.unroute(address)


def test_a_key_pressed_before_the_page_is_ready_is_not_lost(visit: Visit) -> None:
    page = visit("/auth/sessions")
    with held(page, SCRIPTS):
        page.goto("/queue", wait_until="commit")
        expect(page.locator("#page-title")).to_be_visible()
        page.keyboard.press("n")
    page.wait_for_url("**/patients/new")


def test_arrows_and_keys_pressed_early_keep_their_order(visit: Visit) -> None:
    page = visit("/auth/sessions", "manager", color_scheme="light")
    with held(page, SCRIPTS):
        page.goto("/audit", wait_until="commit")
        expect(page.locator("#main .row-link").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("t")
    expect(page.locator("#main .row-link").nth(1)).to_be_focused()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_is_typed_into_a_field_early_stays_text(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    with held(page, SCRIPTS):
        page.goto("/patients/new", wait_until="commit")
        expect(page.locator("#family_name")).to_be_focused()
        page.keyboard.type("nt")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(page.locator("#family_name")).to_have_value("nt")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_what_is_typed_for_the_next_page_presses_nothing_on_this_one(visit: Visit) -> None:
    page = visit("/auth/sessions", color_scheme="light")
    with held(page, "**/patients/new"):
        with page.expect_request("**/patients/new"):
            page.keyboard.press("n")
        page.keyboard.press("t")
        # A letter counts as a key once nothing follows it for a moment.
        page.wait_for_timeout(SETTLED_MS)
    page.wait_for_url("**/patients/new")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
