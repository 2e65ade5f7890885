"""Somebody at the computer keeps the session signed in; a page left alone does not."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pysqlite3 import dbapi2 as sqlite

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
AGE = "UPDATE user_sessions SET last_seen_at = datetime('now', '-20 minutes')"
SEEN = "SELECT (julianday('now') - julianday(max(last_seen_at))) * 1440 FROM user_sessions WHERE revoked_at IS NULL"


@pytest.fixture
def abandon(clinic_folder: Path) -> Callable[[], None]:
    """Makes every session as old as if nobody had come near for 20 minutes."""

    def age() -> None:
        with closing(sqlite.connect(clinic_folder / "clinic.sqlite3", timeout=10)) as database, database:
            database.execute(AGE)

    return age


@pytest.fixture
def minutes_alone(clinic_folder: Path) -> Callable[[], float]:
    """Minutes since the server last knew of a person."""

    def read() -> float:
        with closing(sqlite.connect(clinic_folder / "clinic.sqlite3", timeout=10)) as database:
            return float(database.execute(SEEN).fetchone()[0])

    return read


def reread(page: Page) -> None:
    """The live parts of the page read themselves again, as after a colleague's work; so does a script that clicks."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/today" in answer.url) as answer:
        page.evaluate("document.body.click(); htmx.trigger(document.querySelector('[data-live-topics]'), 'live')")
    assert answer.value.ok


def until_seen(page: Page, minutes_alone: Callable[[], float]) -> None:
    for _ in range(100):
        if minutes_alone() < 1:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the server does not know of the person")


@pytest.mark.guards("a page left alone lets the session run out; a click, a key or a touch keeps it")
def test_where_the_browser_says_who_opened_a_page(
    visit: Visit, abandon: Callable[[], None], minutes_alone: Callable[[], float]
) -> None:
    page = visit("/today")
    assert page.evaluate("isSecureContext")
    abandon()
    reread(page)
    assert minutes_alone() > 19
    with page.expect_request("**/queue*") as opened:
        page.locator("nav a[href='/queue']").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert opened.value.all_headers()["sec-fetch-user"] == "?1"
    until_seen(page, minutes_alone)


@pytest.mark.guards("over plain HTTP, where browsers do not say who opened a page, a click still keeps the session")
def test_where_the_browser_does_not_say_it(
    visit: Visit, clinic_url: str, abandon: Callable[[], None], minutes_alone: Callable[[], float]
) -> None:
    page = visit("/today", base_url=clinic_url.replace("127.0.0.1", "clinic.test"))
    assert not page.evaluate("isSecureContext")
    abandon()
    reread(page)
    assert minutes_alone() > 19
    with page.expect_request("**/queue*") as opened:
        page.locator("nav a[href='/queue']").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert "sec-fetch-user" not in opened.value.all_headers()
    until_seen(page, minutes_alone)


def test_typing_without_sending_anything_keeps_the_session(
    visit: Visit, abandon: Callable[[], None], minutes_alone: Callable[[], float]
) -> None:
    page = visit("/patients/new")
    abandon()
    page.locator("#family_name").press("a")
    until_seen(page, minutes_alone)


def test_a_touch_and_what_follows_it_say_so(visit: Visit, abandon: Callable[[], None]) -> None:
    page = visit("/patients", viewport={"width": 390, "height": 844}, has_touch=True)
    abandon()
    with page.expect_request(lambda request: request.headers.get("clinic-person") == "1"):
        page.locator("main").tap(position={"x": 5, "y": 5})


@pytest.mark.guards("who signs out leaves nothing stored in the browser")
@pytest.mark.parametrize("host", ["127.0.0.1", "clinic.test"])
def test_signing_out_forgets_what_was_stored(visit: Visit, clinic_url: str, host: str) -> None:
    page = visit("/today", base_url=clinic_url.replace("127.0.0.1", host))
    page.evaluate("localStorage.setItem('clinic-upload:x', '{}'); sessionStorage.setItem('toasts', 'Ada')")
    page.locator("#user-menu summary").click()
    page.locator("[data-sign-out] button").click()
    page.wait_for_url("**/auth/sign-in")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
