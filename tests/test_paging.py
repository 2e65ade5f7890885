"""Cursors and pages: what a bad link shows, and both ways through a list."""

import base64
import datetime as dt
import json
from typing import Any

import pytest

from clinic.auth.access import Role
from clinic.numbers import whole
from clinic.paging import (
    FETCHED,
    PAGE_SIZE,
    Place,
    encode_cursor,
    instant,
    page_after,
    page_around,
    read_cursor,
    read_key,
    read_place,
)
from tests.browser_client import Browser
from tests.factories import Factory

LISTS = (
    "/appointments/waitlist",
    "/audit",
    "/exports",
    "/imports",
    "/notes",
    "/patients",
    "/patients/duplicates",
    "/patients/duplicates?show=dismissed",
    "/patients/duplicates?show=merged",
    "/directory/practitioners",
    "/today/waiting",
    "/visits",
)
NUMBERS = (-1, 1.5, float("nan"), 2**31, 2**63, 10**30, "9" * 99)
TEXTS = ("", "x", "\0", "\ud800", "2026-01-01T00:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00")
HOSTILE: tuple[Any, ...] = (None, True, [], {}, *NUMBERS, *TEXTS)


def raw_cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def test_a_cursor_gives_back_what_it_was_made_of() -> None:
    at = dt.datetime(2026, 3, 1, 8, 30, tzinfo=dt.UTC)
    assert read_cursor(encode_cursor(at, 7), instant, whole) == (at, 7)
    assert read_key(encode_cursor(7)) == 7


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        "",
        "%%%",
        "e30",
        "x" * 3000,
        raw_cursor(7),
        raw_cursor("2026-03-01T08:30:00", 7),  # no zone: no instant
        raw_cursor("2026-03-01T08:30:00Z", 2**31),  # no database has such a key
        raw_cursor("2026-03-01T08:30:00Z", -1),
        raw_cursor("2026-03-01T08:30:00Z", None),
        raw_cursor(["2026-03-01"], 7),
        base64.urlsafe_b64encode(b"[" * 1490).decode(),
    ],
)
def test_a_missing_or_mangled_cursor_is_the_first_page(cursor: str | None) -> None:
    assert read_cursor(cursor, instant, whole) is None


@pytest.mark.parametrize("address", LISTS)
def test_no_list_fails_at_a_cursor_somebody_made_up(address: str, make: Factory, browser: Browser) -> None:
    browser.sign_in(make.user(Role.MANAGER, Role.RECEPTIONIST, Role.ADMIN))
    sign = "&" if "?" in address else "?"
    for length in (1, 2, 3):
        for value in HOSTILE:
            for way in ("after", "before"):
                same, good = [value] * length, ["2026-01-01T00:00:00Z"] * (length - 1)
                for values in (same, [*same[1:], 1], [*good, value]):
                    answer = browser.get(f"{address}{sign}{way}={raw_cursor(*values)}")
                    assert answer.status_code == 200, (values, way)


def test_a_list_that_only_goes_on_names_the_last_row_shown() -> None:
    page = page_after(range(FETCHED), lambda n: (n,))
    assert list(page.rows) == list(range(PAGE_SIZE))
    assert (read_key(page.next), page.previous) == (PAGE_SIZE - 1, None)
    assert page_after(range(PAGE_SIZE), lambda n: (n,)).next is None


def walk(place: Place, numbers: range = range(PAGE_SIZE * 2 + 5)) -> Any:
    """What a query gives from a place in a list of numbers."""
    from_here = [n for n in numbers if place.values is None or (n < place.values[0]) == place.backwards]
    from_here = [n for n in from_here if place.values is None or n != place.values[0]]
    rows = (from_here[::-1] if place.backwards else from_here)[:FETCHED]
    return page_around(rows, lambda n: (n,), place)


def test_a_list_is_walked_to_its_end_and_back_to_the_same_pages() -> None:
    pages = [walk(read_place({}, whole))]
    while pages[-1].next:
        pages.append(walk(read_place({"after": pages[-1].next}, whole)))
    assert [len(page.rows) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert pages[0].previous is None
    back = walk(read_place({"before": pages[2].previous}, whole))
    assert list(back.rows) == list(pages[1].rows)
    assert (back.next, back.previous) == (pages[1].next, pages[1].previous)
    first = walk(read_place({"before": back.previous}, whole))
    assert (list(first.rows), first.previous) == (list(pages[0].rows), None)


def test_an_empty_page_has_no_neighbours() -> None:
    assert page_around([], lambda n: (n,), Place((7,), backwards=True)).next is None
