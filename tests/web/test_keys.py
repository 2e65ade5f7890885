"""The keys of every page: each means one thing, and none belongs to the browser or to assistive technology."""

import re
from collections import defaultdict
from html.parser import HTMLParser

import pytest

from clinic.auth.access import Role
from tests.browser_client import Browser
from tests.factories import Factory

# One printable character, or g and a letter. Space, Enter, Tab, Escape and the arrows keep their meaning; keys with
# Ctrl, Alt or Meta are the browser's and the screen reader's.
ALLOWED = re.compile(r"[a-z0-9?/.\[\]]|g [a-z]")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
PAGES = (
    "/today",
    "/patients",
    "/patients/new",
    "/patients/{patient}",
    "/patients/{patient}/edit",
    "/patients/{patient}/documents",
    "/patients/{patient}/printing/label",
    "/appointments",
    "/queue",
    "/queue/boards/{department}",
    "/queue/{entry}/ticket",
    "/queue/displays",
    "/exports",
    "/exports/new",
    "/imports",
    "/directory",
    "/directory/practitioners",
    "/audit",
    "/ops/jobs",
    "/auth/sessions",
)


class Keys(HTMLParser):
    """Labels by key, those of the page and those of rows apart. What stands in dialogs is not pressed from the page."""

    def __init__(self) -> None:
        super().__init__()
        self.page: dict[str, set[str]] = defaultdict(set)
        self.rows: dict[str, set[str]] = defaultdict(set)
        self.unlabelled: set[str] = set()
        self._open: list[tuple[str, bool, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        _, in_row, in_dialog = self._open[-1] if self._open else ("", False, False)
        in_row, in_dialog = in_row or "data-row" in values or tag == "tr", in_dialog or tag in ("dialog", "template")
        if tag not in VOID:
            self._open.append((tag, in_row, in_dialog))
        if "data-key" in values and not in_dialog:
            (self.rows if in_row else self.page)[values["data-key"]].add(values.get("data-key-label", ""))
            if not values.get("data-key-label"):
                self.unlabelled.add(values["data-key"])

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass


@pytest.fixture
def addresses(make: Factory) -> dict[str, int]:
    department = make.department()
    make.room(department)
    make.room(department, "Room 2")
    patient = make.patient()
    entry = make.ticket(make.service(department), patient)
    return {"patient": patient.id, "department": department.id, "entry": entry.id}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.MANAGER])
def test_a_key_means_one_thing_on_a_page(
    browser: Browser, make: Factory, addresses: dict[str, int], path: str, role: Role
) -> None:
    answer = browser.sign_in(make.user(role)).get(path.format(**addresses))
    if answer.status_code == 403:
        pytest.skip(f"{role} does not see {path}")
    assert answer.status_code == 200
    keys = Keys()
    keys.feed(answer.get_data(as_text=True))
    assert keys.page
    assert not {key: labels for key, labels in keys.page.items() if len(labels) > 1}
    assert not {key: labels for key, labels in keys.rows.items() if len(labels) > 1}
    assert not keys.unlabelled
    used = {*keys.page, *keys.rows}
    assert not {key for key in used if not ALLOWED.fullmatch(key)}
    # A letter that waits for a second one cannot do something of its own.
    assert not used & {key[0] for key in used if " " in key}
