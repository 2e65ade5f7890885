"""The boards in a real browser: by keyboard, live on every screen, without script, through a lost connection."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit, assert_accessible
from tests.browser.desks import Desk, desk

pytestmark = pytest.mark.browser
RECONNECTED_MS = 40_000
__all__ = ["desk"]


def column(page: Page, state: str) -> Locator:
    return page.locator(f"#column-{state} .ticket-number")


def watch(visit: Visit, desk: Desk) -> Page:
    """A board that follows what happens elsewhere."""
    page = visit(desk.board)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    return page


def test_a_ticket_from_the_door_to_done_by_keyboard_only(visit: Visit, desk: Desk) -> None:
    page = visit(desk.board)
    page.keyboard.press("w")
    expect(page.locator("#join-form input:checked").first).to_be_focused()
    page.keyboard.press("Enter")
    ticket = page.locator("#shared-dialog .paper-number").inner_text()
    expect(page.get_by_role("link", name="Done", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    expect(column(page, "waiting")).to_have_text([ticket])
    page.keyboard.press("c")
    expect(column(page, "called")).to_have_text([ticket])
    page.keyboard.press("u")
    expect(column(page, "waiting")).to_have_text([ticket])
    page.keyboard.press("c")
    expect(column(page, "called")).to_have_text([ticket])
    page.locator("#page-title").focus()
    page.keyboard.press("ArrowDown")
    expect(column(page, "called")).to_be_focused()
    page.keyboard.press("s")
    expect(column(page, "in_service")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("#closed")).to_contain_text("Done today")
    expect(column(page, "in_service")).to_have_count(0)


def test_the_last_step_alone_has_an_undo_and_its_word_leaves_by_itself(visit: Visit, desk: Desk) -> None:
    first, second = desk.give(), desk.give()
    page = visit(desk.board)
    toasts = page.locator("#toasts .toast")
    page.locator("#call-next").click()
    expect(column(page, "called")).to_have_text([first])
    expect(toasts).to_have_count(1)
    page.locator("#call-next").click()
    expect(column(page, "called")).to_have_text([second, first])
    expect(toasts).to_have_count(1)
    page.keyboard.press("u")
    expect(column(page, "called")).to_have_text([first])
    expect(column(page, "waiting")).to_have_text([second])
    expect(toasts).to_have_count(0)


def test_a_board_follows_another_and_keeps_the_focus_and_the_open_menu(visit: Visit, desk: Desk) -> None:
    first, second = desk.give(), desk.give()
    page, watching = visit(desk.board), watch(visit, desk)
    menu = watching.locator(".ticket").filter(has_text=second).locator("details")
    menu.locator("summary").click()
    page.locator("#call-next").click()
    expect(column(watching, "called")).to_have_text([first])
    expect(menu).to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_the_focus_stays_with_a_ticket_that_another_desk_moves(visit: Visit, desk: Desk) -> None:
    first, second = desk.give(), desk.give()
    page, watching = visit(desk.board), watch(visit, desk)
    watching.get_by_role("link", name=first).focus()
    page.locator("#call-next").click()
    expect(column(watching, "called")).to_have_text([first])
    expect(watching.get_by_role("link", name=first)).to_be_focused()
    watching.get_by_role("link", name=second).focus()
    page.locator("#call-next").click()
    expect(column(watching, "called")).to_have_text([second, first])
    expect(watching.get_by_role("link", name=second)).to_be_focused()


def test_a_dialog_with_half_a_reason_typed_outlives_what_happens_elsewhere(visit: Visit, desk: Desk) -> None:
    first, second = desk.give(), desk.give()
    page, watching = visit(desk.board), watch(visit, desk)
    watching.get_by_role("link", name=second).focus()
    watching.keyboard.press("x")
    reason = watching.locator("#reason")
    expect(reason).to_be_focused()
    watching.keyboard.type("went ho")
    page.locator("#call-next").click()
    expect(column(watching, "called")).to_have_text([first])
    expect(reason).to_be_focused()
    watching.keyboard.type("me")
    watching.get_by_role("button", name="Cancel ticket").click()
    expect(watching.locator("#shared-dialog")).not_to_be_visible()
    expect(column(watching, "waiting")).to_have_count(0)
    watching.locator("#closed summary").click()
    expect(watching.locator("#closed")).to_contain_text(f"{second} Cancelled")


def test_cancelling_without_a_reason_says_so_in_the_dialog(visit: Visit, desk: Desk) -> None:
    desk.give()
    page = visit(desk.board)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("#reason")).to_be_focused()
    page.get_by_role("button", name="Cancel ticket").click()
    expect(page.locator("#cancel-form")).to_contain_text("Say why the ticket is cancelled.")
    assert_accessible(page)


def test_the_loser_of_a_call_sees_the_fresh_board_and_why(visit: Visit, desk: Desk) -> None:
    ticket = desk.give()
    page, other = visit(desk.board), visit(desk.board)
    # The other board misses the change, as when its line is slow.
    other.route(re.compile(r"/queue/boards/\d+$"), lambda route: route.abort())
    page.locator("#call-next").click()
    expect(column(page, "called")).to_have_text([ticket])
    other.locator("#column-waiting").get_by_role("button", name="Call", exact=True).click()
    expect(other.locator("#board-error")).to_contain_text(f"{ticket} was changed by somebody else meanwhile.")
    expect(column(other, "called")).to_have_text([ticket])


def test_a_step_of_this_desk_gives_up_on_a_refresh_under_way(visit: Visit, desk: Desk) -> None:
    first = desk.give()
    page = watch(visit, desk)
    late: list[Route] = []
    page.route(re.compile(r"/queue/boards/\d+$"), lambda route: late.append(route), times=1)
    with page.expect_request(re.compile(r"/queue/boards/\d+$")):
        second = desk.give()
    with page.expect_event("requestfailed"):
        page.locator("#call-next").click()
    expect(column(page, "called")).to_have_text([first])
    expect(column(page, "waiting")).to_have_text([second])


def test_a_lost_connection_shows_itself_heals_and_catches_up(visit: Visit, desk: Desk) -> None:
    page = watch(visit, desk)
    # Going offline is simulated for pages, not for their shared worker.
    page.add_init_script("delete globalThis.SharedWorker")
    page.reload()
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("Live")
    page.context.set_offline(True)
    expect(state).to_have_text("Not live", timeout=15_000)
    expect(page.locator("#toasts")).to_contain_text("Live updates are lost")
    missed = desk.give()
    expect(column(page, "waiting")).to_have_count(0)
    page.context.set_offline(False)
    expect(state).to_have_text("Live", timeout=RECONNECTED_MS)
    expect(column(page, "waiting")).to_have_text([missed])
    expect(page.locator("#toasts")).to_contain_text("Live updates are back")


def test_a_screen_follows_without_sign_in_and_says_no_name(visit: Visit, desk: Desk) -> None:
    manager = visit("/queue/displays/new", "manager")
    manager.fill("#name", "Hall")
    manager.locator(f"[name=department_ids][value='{desk.department}']").check()
    manager.get_by_role("button", name="Save").click()
    address = manager.locator("#address").input_value()
    screen = visit(address, None, viewport={"width": 1920, "height": 1080})
    expect(screen.locator("#calls")).to_contain_text("Your number will appear here.")
    ticket = desk.give()
    expect(screen.locator(".screen-waiting")).to_have_text("1 person waiting")
    visit(desk.board).locator("#call-next").click()
    expect(screen.locator(".screen-calls li.is-new strong")).to_have_text(ticket)
    expect(screen.locator(".screen-place")).to_contain_text(desk.room)
    expect(screen.locator("#clock")).to_have_text(re.compile(r"\d{1,2}:\d\d"))


def test_without_script_tickets_are_given_and_called(visit: Visit, desk: Desk) -> None:
    page = visit(desk.board, java_script_enabled=False)
    page.get_by_role("link", name="Walk-in ticket").click()
    page.get_by_role("button", name="Give ticket").click()
    ticket = page.locator(".paper-number").inner_text()
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Call next").click()
    expect(column(page, "called")).to_have_text([ticket])
    page.locator("#column-called").get_by_role("button", name="Start").click()
    expect(column(page, "in_service")).to_have_text([ticket])


def test_without_script_a_board_refreshes_itself(visit: Visit, desk: Desk) -> None:
    page = visit("/auth/sessions", java_script_enabled=False)

    def sooner(route: Route) -> None:
        """The page as it is, but it refreshes itself after one second instead of twenty."""
        answer = route.fetch()
        route.fulfill(
            response=answer,
            body=answer.text().replace('http-equiv="refresh" content="20"', 'http-equiv="refresh" content="1"'),
        )

    page.route(re.compile(r"/queue/boards/\d+$"), sooner)
    page.goto(desk.board)
    expect(column(page, "waiting")).to_have_count(0)
    ticket = desk.give()
    expect(column(page, "waiting")).to_have_text([ticket])


def test_a_walk_in_gets_a_name_and_loses_it_again_by_keyboard(visit: Visit, desk: Desk) -> None:
    page = visit("/patients/new")
    page.fill("#given_name", "Walkin")
    page.fill("#family_name", f"Holder{desk.department}")
    page.get_by_role("button", name="Register", exact=True).click()
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    ticket = desk.give()
    page.goto(desk.board)
    page.locator(".row-link", has_text=ticket).focus()
    page.keyboard.press("i")
    dialog = page.locator("#shared-dialog")
    expect(dialog.locator("#holder-q")).to_be_focused()
    # Slower than a scanner.
    page.keyboard.type(f"walkin holder{desk.department}", delay=80)
    expect(dialog.locator(".result")).to_have_count(1)
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="This is the person")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"{ticket} identified")
    row = page.locator(".ticket", has_text=ticket)
    expect(row).to_contain_text(f"Walkin Holder{desk.department}")
    page.locator(".row-link", has_text=ticket).focus()
    page.keyboard.press("i")
    expect(dialog).not_to_be_visible()
    page.keyboard.press("u")
    expect(row).to_contain_text("Walk-in")


def test_who_is_new_is_registered_for_the_ticket(visit: Visit, desk: Desk) -> None:
    ticket = desk.give()
    page = visit(desk.board)
    page.locator(".row-link", has_text=ticket).focus()
    page.keyboard.press("i")
    page.get_by_role("link", name="Register a new patient").click()
    page.fill("#family_name", f"Newcomer{desk.department}")
    page.get_by_role("button", name="Register", exact=True).click()
    page.get_by_role("button", name="This is the person").click()
    page.wait_for_url(f"**{desk.board}")
    expect(page.locator(".ticket", has_text=ticket)).to_contain_text(f"Newcomer{desk.department}")
