"""A client that acts like a browser and checks every page it fetches."""

from html.parser import HTMLParser
from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic import clock
from clinic.auth import service
from clinic.auth.models import User
from clinic.db import transaction

HTMX = {"HX-Request": "true"}
CSRF_SECRET = "0123456789abcdef0123456789abcdef01234567"


class Browser:
    """Fetches pages and sends forms, with the CSRF token a real form would carry."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session = app, session
        self.client: FlaskClient = app.test_client()
        self.token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF_SECRET)
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF_SECRET

    def sign_in(self, user: User) -> "Browser":
        with transaction(self.session) as session:
            token = service.start_session(
                session,
                user=session.get_one(User, user.id),
                ip="127.0.0.1",
                user_agent="test",
                lifetime=3600,
                now=clock.now(),
            )
        with self.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"], cookie["csrf_token"] = token, True, CSRF_SECRET
        return self

    def get(self, url: str, **options: Any) -> TestResponse:
        return self._open("GET", url, **options)

    def post(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with its CSRF token."""
        return self._open("POST", url, data={"csrf_token": self.token, **(data or {})}, **options)

    def htmx(self, method: str, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """The same as htmx would send it."""
        body = {"csrf_token": self.token, **(data or {})} if method == "POST" else None
        return self._open(method, url, data=body, headers=HTMX, **options)

    def page(self, url: str, status: int = 200) -> str:
        """A whole page, checked: status, one h1, unique ids, labelled fields, forms with actions, targets."""
        response = self.get(url)
        assert response.status_code == status, f"{url} answered {response.status_code}"
        html = response.get_data(as_text=True)
        check_page(html)
        return html

    def _open(self, method: str, url: str, **options: Any) -> TestResponse:
        # The test's app context outlives the request: forget what belongs to one request only.
        for name in ("_login_user", "csrf_token", "_flask_babel", "language", "translations"):
            g.pop(name, None)
        response = self.client.open(url, method=method, **options)
        self.session.rollback()
        self.session.expire_all()
        return response


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.headings, self.ids, self.labels_for = 0, list[str](), set[str]()
        self.fields: list[dict[str, str]] = []
        self.problems: list[str] = []
        self.targets: list[str] = []
        self._labels = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        if tag == "h1":
            self.headings += 1
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "label":
            self._labels += 1
            self.labels_for.add(values.get("for", ""))
        if tag == "form" and not values.get("action"):
            self.problems.append(f"a form has no action: {values}")
        hidden = values.get("type") in ("hidden", "submit", "button")
        if tag in ("input", "select", "textarea") and not hidden and not self._labels:
            self.fields.append(values)
        if "style" in values or any(k.startswith(("on", "hx-on")) for k in values):
            self.problems.append(f"inline style or script on <{tag}>")
        if values.get("hx-target", "").startswith("#"):
            self.targets.append(values["hx-target"][1:])

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._labels -= 1


def check_page(html: str) -> None:
    """Fail on what no page may have."""
    page = _Page()
    page.feed(html)
    problems = list(page.problems)
    if page.headings != 1:
        problems.append(f"{page.headings} h1")
    problems += [f"id {i} twice" for i in set(page.ids) if page.ids.count(i) > 1]
    for field in page.fields:
        named = field.get("id") in page.labels_for or "aria-label" in field or "aria-labelledby" in field
        if not named:
            problems.append(f"field {field.get('name')} has no label")
    problems += [f"hx-target #{t} does not exist" for t in page.targets if t not in page.ids]
    assert not problems, problems
