"""The Today screen while others work: what is focused and typed stays, notes come and go, plots are drawn."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import TYPING_MS
from tests.browser.journey.conftest import Employ
from tests.browser.journey.person import DESKTOP, PHONE, Person

pytestmark = pytest.mark.browser
LIVE_MS = 15_000
# Every colour that fills more than a hundred pixels of a canvas.
COLOURS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const pixel = data.slice(i, i + 4).join();
    if (data[i + 3] === 255) seen.set(pixel, (seen.get(pixel) ?? 0) + 1);
  }
  return [...seen].filter(([, count]) => count > 100).map(([pixel]) => pixel);
}"""


def at_today(employ: Employ, username: str) -> Person:
    person = employ(username)
    expect(person.page.locator("[data-live-state]")).to_have_text("Live", timeout=LIVE_MS)
    return person


def give_ticket(page: Page) -> str:
    """A walk-in's ticket, as another desk gives it; its number."""
    page.goto("/queue/tickets/new")
    page.get_by_role("button", name="Give ticket").click()
    return page.locator("#ticket .paper-number").inner_text().strip()


def last_waiting(page: Page) -> tuple[str, str]:
    """Name and MRN of the patient who waits at the end."""
    link = page.locator("#column-waiting .row-link:not(.muted)").last
    return link.inner_text(), (link.get_attribute("title") or "").rpartition(" ")[2]


def search_for(person: Person, typed: str) -> None:
    """Type into the filter of the day."""
    person.press("f")
    expect(person.page.locator("#today-q")).to_be_focused()
    person.page.keyboard.type(typed, delay=TYPING_MS)


def test_focus_and_filter_outlive_what_others_do(employ: Employ) -> None:
    person, other = at_today(employ, "reception"), employ("reception2")
    page = person.page
    name, number = last_waiting(page)
    search_for(person, number)
    expect(page.locator("#today")).to_have_attribute("data-typed", number)
    person.press("ArrowDown")
    row = page.locator("#today .row-link:focus")
    expect(row).to_have_text(name)
    with page.expect_response(lambda answer: answer.url.endswith("/today") and answer.request.method == "POST"):
        ticket = give_ticket(other.page)
    expect(row).to_have_text(name)
    expect(page.locator("#today")).not_to_contain_text(ticket)
    person.press("f")
    expect(page.locator("#today-q")).to_be_focused()
    person.press("Delete")
    expect(page.locator("#column-waiting")).to_contain_text(ticket)


def test_arrow_down_never_lands_on_somebody_who_does_not_match(employ: Employ) -> None:
    person = at_today(employ, "reception")
    page = person.page
    late: list[Route] = []
    page.route(re.compile(r"/today$"), lambda route: late.append(route))
    name, number = last_waiting(page)
    search_for(person, number)
    expect(page.locator("#today [data-row]:visible .row-link").first).to_have_text(name)
    person.press("Enter")
    expect(page.locator(":focus")).to_have_text(name)
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.guards("a no-show who arrives after all is found and checked in from Today")
def test_a_no_show_who_arrives_is_found_and_checked_in(employ: Employ) -> None:
    person = at_today(employ, "reception")
    page = person.page
    missed = page.locator("#column-missed [data-row]:has(button[data-key=c]) .row-link").first
    name, number = missed.text_content() or "", (missed.get_attribute("title") or "").rpartition(" ")[2]
    expect(missed).not_to_be_visible()
    search_for(person, number)
    expect(page.locator("#today")).to_have_attribute("data-typed", number)
    expect(page.locator("#column-missed")).to_have_attribute("open", "")
    person.press("ArrowDown")
    expect(page.locator("#today .row-link:focus")).to_have_text(name)
    person.look()
    person.press("c")
    expect(page.locator("#column-waiting")).to_contain_text(name)
    expect(page.locator("#today-q")).to_have_value("")
    expect(page.locator("#today")).to_have_attribute("data-typed", "")
    expect(page.locator("#column-missed")).not_to_have_attribute("open", "")
    search_for(person, "zzzz")
    page.get_by_role("button", name="Show all").first.click()
    expect(page.locator("#column-waiting")).to_contain_text(name)
    expect(page.locator("#today-q")).to_have_value("")


def test_a_note_is_written_seen_by_the_next_shift_and_acknowledged(employ: Employ) -> None:
    person, following = at_today(employ, "reception"), at_today(employ, "nurse")
    text = f"The key of the cupboard is at the counter {uuid.uuid4().hex[:6]}"
    person.press("s")
    expect(person.page.locator("#note-form textarea")).to_be_focused()
    person.type(text)
    person.press("Control+Enter")
    expect(person.page.locator("#shared-dialog")).not_to_be_visible()
    note = following.page.locator(".open-note").filter(has_text=text)
    expect(note).to_be_visible()
    following.look()
    note.locator(".row-link").focus()
    following.press("k")
    expect(note).to_have_count(0)
    expect(person.page.locator("#open-notes")).not_to_contain_text(text)
    following.press("u")
    expect(note).to_be_visible()
    expect(person.page.locator("#open-notes")).to_contain_text(text)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_plots_are_drawn_and_follow_the_colours(employ: Employ, device: dict[str, object]) -> None:
    person = employ("manager", device)
    page = person.page
    page.emulate_media(color_scheme="light")
    page.goto("/dashboard")
    page.get_by_role("link", name="30 days").click()
    plots = page.locator(".plot canvas")
    expect(plots).to_have_count(4)
    light = plots.first.evaluate(COLOURS)
    assert light
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        f"light => !({COLOURS})(document.querySelector('.plot canvas')).some(c => light.includes(c))", arg=light
    )
    person.look()
