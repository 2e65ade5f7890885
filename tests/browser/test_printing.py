"""What comes out of the printer: the right size, and a code that a scanner reads."""

import re

import pytest
from playwright.sync_api import expect

from clinic.patients.printing.papers import SIZES, Paper
from tests.browser.conftest import Visit
from tests.patients.printing.reader import read_pdf

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("paper", list(Paper))
def test_the_printed_page_has_the_size_of_its_paper_and_is_read(visit: Visit, paper: Paper) -> None:
    page = visit("/patients/new")
    page.fill("#family_name", f"Printed {paper}")
    page.press("#family_name", "Control+Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))
    page.keyboard.press("l")
    expect(page.locator("#shared-dialog #papers")).to_be_visible()
    page.goto(f"{page.url}/printing/{paper}")
    sizes, codes, text = read_pdf(page.pdf(prefer_css_page_size=True, print_background=True))
    assert len(sizes) == 1
    assert sizes[0] == pytest.approx((SIZES[paper].width, SIZES[paper].height), abs=0.5)
    number = page.locator(".imprint-number").first.inner_text()
    assert set(codes) == {("Code 128", number), ("QR Code", number)}
    assert f"Printed {paper}" in text
