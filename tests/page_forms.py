"""The forms of a page as a browser would send them, nothing touched."""

from html.parser import HTMLParser
from typing import Any

from tests.browser_client import Browser

Sent = dict[str, list[str]]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, Sent]] = []
        self._select: str | None = None
        self._chosen: str | None = None
        self._first: str | None = None
        self._area: str | None = None
        self._text = ""

    def _add(self, name: str, value: str) -> None:
        if self.forms and name:
            self.forms[-1][1].setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            self.forms.append((values.get("action", ""), {}))
        elif tag == "input":
            kind = values.get("type", "text")
            is_sent = "checked" in values if kind in ("checkbox", "radio") else kind not in ("submit", "button", "file")
            if is_sent:
                self._add(name, values.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select, self._chosen, self._first = name, None, None
        elif tag == "option" and self._select is not None:
            value = values.get("value", "")
            self._first = value if self._first is None else self._first
            self._chosen = value if "selected" in values else self._chosen
        elif tag == "textarea":
            self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        self._text += data if self._area is not None else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            self._add(self._select, (self._chosen if self._chosen is not None else self._first) or "")
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self._add(self._area, self._text.removeprefix("\n"))
            self._area = None


def sent_by(html: str, action: str) -> Sent:
    """Each name with its values, of the one form with this action."""
    page = _Forms()
    page.feed(html)
    (found,) = [sent for own, sent in page.forms if own.partition("?")[0] == action]
    return found


def filled(browser: Browser, page: str, action: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form on a page after somebody changed some fields."""
    return {**sent_by(browser.page(page), action), **changes}
