"""A photo by webcam in a real browser: Chromium's made-up camera stands in for one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import FLAGS, PASSWORD, assert_accessible
from tests.chromium import chromium_program

pytestmark = pytest.mark.browser
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture
def with_camera(chromium: Browser) -> Iterator[Browser]:
    """A browser with a camera that it may use."""
    browser = chromium.browser_type.launch(executable_path=chromium_program(), args=[*FLAGS, *CAMERA])
    yield browser
    browser.close()


def test_a_photo_is_taken_removed_and_brought_back(with_camera: Browser, clinic_url: str) -> None:
    page = with_camera.new_page(base_url=clinic_url, reduced_motion="reduce")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Security Policy" in line.text else None)
    page.goto("/auth/sign-in?next=/patients/new")
    page.fill("#username", "reception")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/patients/new")
    page.fill("#family_name", "Photographed")
    page.press("#family_name", "Control+Enter")
    page.wait_for_url(re.compile(r"/patients/\d+$"))

    page.locator("#chart-photo").click()
    page.get_by_role("button", name="Use the camera").click()
    expect(page.get_by_role("button", name="Take the picture")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Take the picture").click()
    expect(page.locator("[data-camera-taken]")).to_be_visible()
    expect(page.get_by_role("button", name="Take it again")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    photo = page.locator("#chart-header img.avatar")
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480

    page.locator("#chart-photo").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(photo).to_have_count(0)
    expect(page.locator("#shared-dialog")).not_to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(photo).to_be_visible()
    assert problems == []
