"""`make screenshots`: takes the README's pictures in docs/images from a sample clinic in a folder of its own."""

import datetime as dt
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from clinic.ops.sample.staff import PASSWORD
from tests.browser.conftest import FLAGS
from tests.chromium import chromium_program
from tests.documents.files import PDF, PNG
from tests.running_clinic import RunningClinic

IMAGES = Path(__file__).with_name("images")
DESK = {"viewport": {"width": 1280, "height": 720}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TELEVISION = {"viewport": {"width": 1920, "height": 1080}}
KIOSK = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
LARGEST = 150_000
COLOURS = 200
PATIENT, DEPARTMENT = 22, "General practice"
MORNING = 10
# Few machines that take pictures have the letters for these names.
LEAVE_OUT = r"""() => {
  for (const row of document.querySelectorAll("[data-row], .ec-event")) {
    if (/\p{sc=Han}/u.test(row.textContent)) row.remove();
  }
}"""


def morning_zone(now: dt.datetime) -> str:
    """A time zone in which `now` (UTC) is in the middle of the morning, when a front desk is busiest."""
    east = (MORNING - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


class Photographer:
    """Opens pages of a clinic in Chromium and keeps pictures of them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url

    @contextmanager
    def page(self, device: dict[str, object], user: str | None = "reception", scheme: str = "light") -> Iterator[Page]:
        """A page of a fresh browser, signed in as `user`."""
        context = self._browser.new_context(
            base_url=self._url, color_scheme=scheme, reduced_motion="reduce", locale="en-GB", **device
        )
        page = context.new_page()
        if user:
            page.goto("/auth/sign-in")
            page.fill("#username", user)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url("**/today")
        yield page
        context.close()

    def keep(self, page: Page, name: str) -> None:
        """The picture `name` of what the window shows. ValueError when its file is too large for a README."""
        path = IMAGES / f"{name}.png"
        page.evaluate("document.activeElement?.matches('input') || document.activeElement?.blur()")
        page.wait_for_timeout(300)
        page.evaluate(LEAVE_OUT)
        page.screenshot(path=path, animations="disabled", caret="hide")
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        size = path.stat().st_size
        if size > LARGEST:
            raise ValueError(f"{path} has {size} bytes")
        sys.stdout.write(f"{path.relative_to(IMAGES.parents[1])}  {size // 1000} kB\n")


def today(photographer: Photographer) -> None:
    """The screen a receptionist lives in, and the calendar."""
    with photographer.page(DESK) as page:
        expect(page.locator("[data-live-state=live]").first).to_be_visible()
        photographer.keep(page, "today")
        page.goto("/appointments")
        expect(page.locator("#calendar .ec-event").first).to_be_visible()
        photographer.keep(page, "calendar")


def kiosk(photographer: Photographer) -> None:
    """A kiosk, the ticket it gives, and that ticket's page on a phone."""
    with photographer.page(DESK, "manager") as page:
        page.goto("/queue/kiosk/new")
        page.locator("main #name").fill("Entrance")
        for label in (DEPARTMENT, "Laboratory", "Français", "العربية"):
            page.locator("main").get_by_label(label).check()
        page.get_by_role("button", name="Save").click()
        address = page.locator("#address").input_value()
    with photographer.page(KIOSK, None) as page:
        page.goto(address)
        photographer.keep(page, "kiosk")
        page.get_by_role("link", name="Take a number").click()
        page.get_by_role("button", name="Consultation").click()
        ticket = page.locator(".kiosk-code a").get_attribute("href") or ""
    with photographer.page(PHONE, None) as page:
        page.goto(ticket)
        photographer.keep(page, "ticket-phone")


def patients(photographer: Photographer) -> None:
    """The list while somebody is searched for, and the form for a new one on a phone."""
    with photographer.page(DESK) as page:
        page.goto("/patients")
        page.press("body", "/")
        page.keyboard.type("mar")
        expect(page.locator("#patient-results mark").first).to_be_visible()
        photographer.keep(page, "patients")
    with photographer.page(PHONE) as page:
        page.goto("/patients/new")
        page.fill("#family_name", "Okonkwo")
        page.fill("#given_name", "Chiamaka")
        page.fill("#birth_date", "14 mar 82")
        expect(page.locator("#birth-understood")).to_contain_text("1982")
        page.get_by_label("Female").check()
        photographer.keep(page, "new-patient-phone")


def chart(photographer: Photographer, folder: Path) -> None:
    """A patient's chart, and the documents in it."""
    with photographer.page(DESK, scheme="dark") as page:
        page.goto(f"/patients/{PATIENT}")
        photographer.keep(page, "chart-dark")
    with photographer.page(DESK) as page:
        page.goto(f"/patients/{PATIENT}/documents")
        expect(page.locator("#uploads.is-live")).to_be_visible()
        before = page.locator("#documents-list .row-link").count()
        kinds = (("Referral letter.pdf", "referral", PDF), ("Blood results.pdf", "result", PDF + b"\n"))
        for count, (name, category, content) in enumerate((*kinds, ("Insurance card.png", "insurance", PNG)), start=1):
            (folder / name).write_bytes(content)
            page.select_option("#category", category)
            page.set_input_files("#files", folder / name)
            expect(page.locator("#documents-list .row-link")).to_have_count(before + count, timeout=30_000)
        page.reload()
        photographer.keep(page, "documents")


def queue(photographer: Photographer) -> None:
    """The board of a department, and the screen in its waiting room."""
    with photographer.page(DESK, "manager") as page:
        page.goto("/queue/displays/new")
        page.locator("main #name").fill("Entrance")
        page.locator("main").get_by_label(DEPARTMENT).check()
        page.locator("main").get_by_label("Laboratory").check()
        page.get_by_label("First name").check()
        page.get_by_role("button", name="Save").click()
        address = page.locator("#address").input_value()
    with photographer.page(DESK) as page:
        page.goto("/queue/boards/1")
        page.select_option("#board-room", label="Room 2")
        expect(page.locator("#board-room option:checked")).to_have_text("Room 2")
        page.press("body", "c")
        expect(page.locator(".toast").first).to_contain_text("called")
        photographer.keep(page, "board")
    with photographer.page(TELEVISION, None) as page:
        page.goto(address)
        photographer.keep(page, "display")


def export(photographer: Photographer) -> None:
    """An export that is ready."""
    with photographer.page(DESK) as page:
        page.goto("/exports/new")
        page.get_by_role("button", name="Export").click()
        expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
        photographer.keep(page, "export")


def main() -> None:
    """Every picture, from a clinic that is removed afterwards."""
    IMAGES.mkdir(exist_ok=True)
    clinic = RunningClinic(CLINIC_TIMEZONE=morning_zone(dt.datetime.now(dt.UTC)))
    try:
        clinic.start()
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
            browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
            photographer = Photographer(browser, clinic.url)
            today(photographer)
            patients(photographer)
            chart(photographer, Path(folder))
            queue(photographer)
            kiosk(photographer)
            export(photographer)
            browser.close()
    finally:
        clinic.remove()


if __name__ == "__main__":
    main()
