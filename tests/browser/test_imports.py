"""A table on its way into the clinic, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, assert_accessible

pytestmark = pytest.mark.browser

TABLE = "Nom;Prénom;DDN;Groupe\nNúñez;Inés;3/4/1982;A+\nMartin;Paul;31/02/1990;B\n".encode("cp1252")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_table_is_checked_before_it_is_started(visit: Visit, colours: str) -> None:
    page = visit("/imports/new", "manager", color_scheme=colours)
    assert_accessible(page)
    page.set_input_files("#file", {"name": "patients.csv", "mimeType": "text/csv", "buffer": TABLE})
    page.fill("#source", f"Old system {colours}")
    page.press("#source", "Enter")
    rows = page.locator("#check-table")
    expect(rows).to_contain_text("Inés Núñez")
    expect(rows).to_contain_text("3 Apr 1982")
    expect(rows).to_contain_text("“31/02/1990” is not a date of the past")
    assert_accessible(page)
    page.get_by_label("Prénom").select_option("ignore")
    expect(rows).not_to_contain_text("Inés")
    page.get_by_label("Nom", exact=True).select_option("extra")
    expect(page.get_by_role("alert")).to_contain_text("Say which column holds the name.")
    page.get_by_label("Nom", exact=True).select_option("family_name")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("4 March").check()
    expect(rows).to_contain_text("4 Mar 1982")
    page.get_by_role("button", name="Start the import").click()
    expect(page.locator("#import")).to_contain_text("Waits for its turn.")
    assert_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#import")).to_contain_text("Go on from line 1")
    page.goto("/imports")
    assert_accessible(page)
