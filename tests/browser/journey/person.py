"""Somebody at a keyboard: presses keys, never touches a mouse, and has every page they come to checked."""

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import TYPING_MS, assert_accessible

DESKTOP = {"viewport": {"width": 1366, "height": 768}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LIGHT = "light"
SCHEMES = (LIGHT, "dark")
FURTHEST = 200
LOOK_AGAIN_MS = 1000
# A request that another one took the place of (hx-sync) failed for nobody; a real failure is noted under its own name.
REPLACED = re.compile("htmx:(sendAbort|afterRequest)")
# Colours fade; what is on its way is not what people read.
SETTLED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const fading = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < Infinity);
  await Promise.all(fading.map((each) => each.finished.catch(() => {})));
}"""

# A row is pressed anywhere by its link, which is spread over it: over nothing else, or a mouse cannot reach that.
COVERED = """() => {
  const modal = document.querySelector("dialog[open]");
  const isCut = (element, x, y) => {
    const box = element.getBoundingClientRect();
    const shows = getComputedStyle(element).overflow === "visible";
    return !shows && (x < box.left || x > box.right || y < box.top || y > box.bottom);
  };
  const isCovered = (element) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    if ((modal && !modal.contains(element)) || !element.checkVisibility() || !box.width) return false;
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return false;
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (isCut(around, x, y)) return false;
    }
    const above = document.elementFromPoint(x, y)?.closest(".row-link");
    return above && above !== element && !element.contains(above);
  };
  return [...document.querySelectorAll("a[href], button, summary")].filter(isCovered).map((each) => each.outerHTML);
}"""


class Person:
    """A browser profile of one's own. What goes wrong in the browser gathers in `problems`."""

    def __init__(self, browser: Browser, url: str, device: dict[str, object] | None = None) -> None:
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=url, reduced_motion="reduce", **(device or DESKTOP))
        self.page = self.open("/")

    def open(self, path: str) -> Page:
        """A further tab that is watched."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", lambda line: self._note(line.type, f"{page.url}: {line.text}"))
        # Chromium is told in time that choosers are answered here: asked for with the key itself, it can be too late.
        page.on("filechooser", lambda _chooser: None)
        page.goto(path)
        return page

    def _note(self, kind: str, line: str) -> None:
        if (kind == "error" and not REPLACED.search(line)) or "Security Policy" in line:
            self.problems.append(line)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """At a person's pace where it could be taken for a scanner's."""
        self.page.keyboard.type(text, delay=TYPING_MS if re.search(r"\d", text) else 0)

    def reach(self, target: Locator, key: str = "Tab") -> None:
        """Go on with `key` until `target` has the focus, as somebody without a mouse does."""
        target.wait_for(state="attached")
        for _ in range(FURTHEST):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} never reaches {target}")

    def choose(self, target: Locator, key: str = "Enter") -> None:
        """Reach a link or a button and press it."""
        self.reach(target)
        self.press(key)

    def choose_files(self, *paths: Path) -> None:
        """Open the file chooser of the field that has the focus, and take these."""
        with self.page.expect_file_chooser() as chooser:
            self.press("Space")
        chooser.value.set_files(paths)

    def sign_in(self, username: str, password: str) -> None:
        expect(self.page.locator("#username")).to_be_focused()
        self.type(username)
        self.press("Tab")
        self.type(password)
        self.press("Enter")
        self.page.wait_for_url("**/today")

    def sign_out(self) -> None:
        self.choose(self.page.locator("#user-menu summary"))
        self.choose(self.page.get_by_role("button", name="Sign out"))
        self.page.wait_for_url("**/auth/sign-in")

    def look(self, page: Page | None = None, schemes: Sequence[str] = SCHEMES) -> None:
        """Look at the page in these colour schemes: nothing that axe knows of is wrong, nothing cut off or covered."""
        page = page or self.page
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(SETTLED)
            try:
                assert_accessible(page)
            except AssertionError:
                # On a busy machine colours can still be changing, and live pages repainting: what stays wrong is wrong.
                page.wait_for_timeout(LOOK_AGAIN_MS)
                assert_accessible(page)
        assert_fits(page)
        assert page.evaluate(COVERED) == []


def assert_fits(page: Page) -> None:
    """Fail when the page scrolls sideways."""
    found = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert found[0] <= found[1], f"{page.url} is {found[0]} px wide on {found[1]} px"
