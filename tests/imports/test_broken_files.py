"""Small files that went wrong somewhere, and broken further."""

import pytest

from tests.browser_client import Browser
from tests.imports.broken_files import import_broken
from tests.imports.conftest import Importer

SEED = 20261130


@pytest.mark.guards("a broken file is refused with words or imported to its end: no error of the server, nothing stuck")
def test_broken_files(importer: Importer, manager: Browser) -> None:
    ended = import_broken(importer, manager, SEED, 12)
    assert ended["imported to its end"] > 2, ended
