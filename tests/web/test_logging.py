"""The line that each request leaves in the log."""

import logging

import pytest

from tests.browser_client import Browser
from tests.factories import Factory


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [r.msg for r in caplog.records if isinstance(r.msg, dict) and r.msg.get("event") == "request"]


@pytest.mark.guards("the log of requests says who asked and from where, and nothing of a patient")
def test_a_request_is_logged_with_user_and_address(
    browser: Browser, make: Factory, caplog: pytest.LogCaptureFixture
) -> None:
    user, patient = make.user(), make.patient("Zora", "Quixotexx")
    browser.sign_in(user)
    with caplog.at_level(logging.INFO):
        browser.get(f"/patients/{patient.id}", environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
        browser.client.delete_cookie("clinic")
        browser.get("/patients")
    known, unknown = lines(caplog)
    assert (known["user"], known["address"], known["route"]) == (user.id, "10.0.0.7", "/patients/<int:patient_id>")
    assert "Quixotexx" not in str(known)
    assert unknown["user"] is None
