"""What a cold browser is sent before Today stands there, counted on the wire."""

import pytest

from tests.browser.journey.conftest import Employ

pytestmark = pytest.mark.browser
# Nothing is compressed yet, so this is what it weighs now and a little more: it may only get smaller.
MOST_BYTES = 950_000


@pytest.mark.guards("opening Today for the first time costs no more bytes, as they are sent, than it did")
def test_today_weighs_no_more_than_it_did(employ: Employ) -> None:
    person = employ("manager")
    wire = person.page.context.new_cdp_session(person.page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    sent: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    person.page.goto("/today", wait_until="load")
    assert len(sent) > 10, "the page came with its files"
    assert sum(sent) < MOST_BYTES
