"""Merging on a phone: nothing is cut off and axe finds nothing; choosing works without script too."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
CHART = re.compile(r"/patients/\d+$")


def register(page: Page, given_name: str) -> str:
    page.goto("/patients/new")
    page.fill("#family_name", f"Okonjo {given_name}")
    page.fill("#given_name", given_name)
    page.locator("#save").click()
    page.wait_for_url(CHART)
    return page.url.rsplit("/", 1)[1]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_two_records_are_merged_on_a_phone_and_two_again(visit: Visit, colours: str) -> None:
    page = visit("/patients/duplicates", "manager", color_scheme=colours, **PHONE)
    assert_accessible(page)
    kept, other = register(page, f"Ngozi {colours}"), register(page, f"Chidi {colours}")
    for path in (f"/patients/{kept}/merge", f"/patients/{kept}/merge/{other}"):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Merge the two records").tap()
    page.wait_for_url(CHART)
    page.goto("/patients/duplicates?show=merged")
    assert_accessible(page)
    page.goto(page.locator("#merges a[href*=undo]").first.get_attribute("href") or "")
    assert_accessible(page)
    page.get_by_role("button", name="Undo the merge").tap()
    page.wait_for_url(CHART)
    expect(page.locator("h1")).to_contain_text("Ngozi")


def test_without_script_everything_works(visit: Visit) -> None:
    page = visit("/patients", "manager", java_script_enabled=False)
    kept, other = register(page, "Ada"), register(page, "Bisi")
    page.goto(f"/patients/{kept}/merge/{other}")
    page.locator("input[name=given_name][value=other]").check()
    page.get_by_role("button", name="Merge the two records").click()
    expect(page.locator("h1")).to_contain_text("Bisi")
