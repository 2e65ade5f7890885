"""Where Chromium is on this machine."""

import os
import shutil

import pytest

# The shell is Chromium without its own windows and menus, which nobody sees here: it starts in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_program() -> str:
    """The variable CHROMIUM, else a program on PATH. Without one the test is skipped; in CI that is a failure."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = "Chromium is not installed: install it or name it with CHROMIUM=/path/to/chromium."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found
