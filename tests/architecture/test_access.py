"""Deny by default, proven over the URL map."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from clinic.auth.access import PERMISSIONS, Reads, Role, public, reads, requires
from tests.browser_client import Browser
from tests.factories import Factory

ROOT = Path(__file__).parents[2]
# Everything that needs no sign-in, one by one: a new public view must be added here deliberately.
PUBLIC = {
    "auth.create",
    "auth.new",
    "desk.home",
    "display.calls",
    "display.live",
    "display.seen",
    "display.show",
    "drafts.create",
    "kiosk.check_in",
    "kiosk.claim",
    "kiosk.create",
    "kiosk.seen",
    "kiosk.services",
    "kiosk.start",
    "kiosk.ticket",
    "feeds.read",
    "ops.live",
    "ops.ready",
    "passwords.create",
    "passwords.new",
    "phone.place",
    "phone.show",
}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_view_says_who_may_call_it(app: Flask) -> None:
    silent = []
    for endpoint in {rule.endpoint for rule in rules(app)}:
        view = app.view_functions[endpoint]
        if not hasattr(view, "access") and not getattr(view, "public", ""):
            silent.append(endpoint)
    assert not silent


@pytest.mark.guards("every view says whether it shows a patient, a list of them, or nothing of anybody")
def test_every_view_says_whom_it_shows(app: Flask) -> None:
    silent = {r.endpoint for r in rules(app) if not hasattr(app.view_functions[r.endpoint], "reads")}
    assert not silent
    empty = [
        rule.endpoint
        for rule in rules(app)
        if app.view_functions[rule.endpoint].reads is Reads.NOTHING
        and not getattr(app.view_functions[rule.endpoint], "reads_instead", "")
    ]
    assert not empty


def test_public_views_are_the_known_ones(app: Flask) -> None:
    found = {e for e in app.view_functions if e != "static" and hasattr(app.view_functions[e], "public")}
    assert found == PUBLIC


def _sample_url(rule: Rule) -> str:
    values = {name: 1 if "Integer" in type(c).__name__ else "x" for name, c in rule._converters.items()}
    built = rule.build(values)
    assert built is not None
    return built[1]


def test_nobody_gets_in_without_signing_in(app: Flask, browser: Browser) -> None:
    let_in = []
    for rule in rules(app):
        if rule.endpoint in PUBLIC:
            continue
        methods = rule.methods or set()
        method = "GET" if "GET" in methods else sorted(methods - {"OPTIONS", "HEAD"} or methods)[0]
        url = _sample_url(rule)
        answer = browser.post(url) if method == "POST" else browser.client.open(url, method=method)
        if answer.status_code not in (302, 400, 401):
            let_in.append(f"{method} {url}: {answer.status_code}")
    assert not let_in


def _says_nothing() -> str:
    return "open"


def _says_only_who_may() -> str:
    return "open"


def _says_only_that_all_may() -> str:
    return "open"


def _says_only_whom_it_shows() -> str:
    return "open"


@pytest.mark.guards("a view that does not say who may call it and whom it shows is refused, even to an administrator")
@pytest.mark.parametrize(
    "view",
    [
        _says_nothing,
        requires("account.use")(_says_only_who_may),
        public("it is a test")(_says_only_that_all_may),
        reads("patient")(_says_only_whom_it_shows),
    ],
)
def test_a_view_without_its_marks_is_refused_even_to_an_administrator(
    app: Flask, browser: Browser, make: Factory, view: Callable[[], str]
) -> None:
    browser.sign_in(make.user(*Role))
    rule = Rule("/unmarked-for-test", endpoint="unmarked")
    app.url_map.add(rule)
    app.view_functions["unmarked"] = view
    try:
        assert browser.get("/unmarked-for-test").status_code == 403
    finally:
        del app.view_functions["unmarked"]
        app.url_map._rules.remove(rule)
        app.url_map._rules_by_endpoint.pop("unmarked")
        app.url_map._matcher.update()


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_every_permission_is_held_by_a_role_and_asked_for(permission: str) -> None:
    assert PERMISSIONS[permission] <= set(Role)
    assert PERMISSIONS[permission]
    code = [path.read_text() for path in (ROOT / "clinic").rglob("*.py") if path.name != "access.py"]
    assert any(f'"{permission}"' in text for text in code)
