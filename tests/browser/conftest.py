"""A clinic of its own behind gunicorn, and Chromium to visit it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from clinic.redis_server import server_command
from tests.chromium import chromium_program
from tests.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests/browser/vendor/axe-core-4.14.1/axe.min.js"
PASSWORD = "correct horse battery"
# A person types; digits that come faster are a scanner's.
TYPING_MS = 60
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The clinic under a name, as other computers reach it: over plain HTTP browsers trust only their own machine.
    "--host-resolver-rules=MAP clinic.test 127.0.0.1",
]
# Other tests run beside: a machine busy with them may take its time.
expect.set_options(timeout=15_000)
# Passes are neither worked out in full nor sent: on a long page that takes twice as long as the look itself.
VIOLATIONS = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], preload: false });
  return found.violations.map((each) => [each.id, each.nodes[0].target, each.nodes[0].failureSummary]);
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@contextmanager
def _running(command: list[str], **options: Any) -> Iterator[None]:
    """`command` for as long as the block lasts."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="session")
def clinic_folder() -> Iterator[Path]:
    """The data folder of the running clinic."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-web-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def clinic_url(clinic_folder: Path) -> Iterator[str]:
    """The address of a running clinic with the users "reception" and "manager"."""
    var = clinic_folder
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | ENVIRONMENT | {"CLINIC_VAR": str(var), "PYTHONPATH": str(ROOT)}
    address = f"127.0.0.1:{_free_port()}"
    options = ["-b", address, "-k", "gthread", "--threads", "32", "--graceful-timeout", "1"]
    # A test's own requests reuse a connection that has been idle for a while: it must not be closed at that moment.
    options += ["--keep-alive", "75"]

    def flask(*command: str, typed: str = "") -> None:
        line = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
        subprocess.run(line, cwd=ROOT, env=environment, check=True, capture_output=True, input=typed, text=True)

    with _running(server_command(var)):
        flask("db", "upgrade")
        for username, role in (("reception", "receptionist"), ("manager", "manager")):
            words = ("users", "create", username, "--name", f"Ada {role}", "--role", role)
            flask(*words, "--password-stdin", typed=PASSWORD)
        gunicorn = [sys.executable, "-m", "gunicorn", "wsgi:app", *options]
        with _running(gunicorn, cwd=ROOT, env=environment):
            _wait_for(f"http://{address}/auth/sign-in")
            yield f"http://{address}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, clinic_url: str) -> Iterator[Visit]:
    """Opens a page in a fresh browser profile, signed in as `user` unless None. Script errors fail the test."""
    contexts, problems = [], list[str]()

    def open_page(path: str, user: str | None = "reception", **options: object) -> Page:
        options.setdefault("viewport", {"width": 1366, "height": 768})
        options.setdefault("base_url", clinic_url)
        # Without motion: what fades in is looked at when it stands, never half transparent.
        context = chromium.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Security Policy" in line.text else None)
        if user:
            page.goto("/auth/sign-in")
            page.fill("#username", user)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url(lambda url: "sign-in" not in url)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def assert_accessible(page: Page) -> None:
    """Fail with every WCAG 2.2 AA violation that axe finds on `page`."""
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS, RULES) == []
