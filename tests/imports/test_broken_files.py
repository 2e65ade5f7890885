"""Small files that went wrong somewhere, and broken further."""

import pytest

from tests.browser_client import Browser
from tests.imports.broken_files import found_files, import_broken
from tests.imports.conftest import Importer

SEED = 20261130


@pytest.mark.guards("a broken file is refused with words or imported to its end: no error of the server, nothing stuck")
def test_broken_files(importer: Importer, manager: Browser) -> None:
    if not found_files():
        pytest.skip("the folder ../shared/data/found is not here")
    ended = import_broken(importer, manager, SEED, 12)
    assert ended["imported to its end"] > 2, ended
