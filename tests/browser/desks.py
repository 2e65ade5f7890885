"""A department of a test's own in the clinic that all browser tests share."""

import itertools
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.browser.conftest import Visit

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Desk:
    """A department of a test's own, with one room; its board, and tickets as another desk gives them."""

    department: str
    service: str
    room: str
    give: Callable[[], str]

    @property
    def board(self) -> str:
        return f"/queue/boards/{self.department}"


@pytest.fixture
def desk(visit: Visit) -> Desk:
    number = next(_numbers)
    page = visit("/directory/departments/new", "manager")
    token = page.locator("[name=csrf_token]").first.input_value()

    def send(path: str, **values: str) -> str:
        form = {"csrf_token": token, "idempotency_key": str(uuid.uuid4()), "version": "0", **values}
        response = page.request.post(path, form=form)
        assert response.ok, f"{path} answered {response.status}"
        return response.text()

    send("/directory/departments", name=f"Clinic {number}")
    page.goto("/queue")
    address = page.get_by_role("link", name=f"Clinic {number}", exact=True).get_attribute("href") or ""
    department = address.rpartition("/")[2]
    send(f"/directory/rooms?department={department}", name=f"Room {number}")
    prefix = "Q" + chr(ord("A") + number)
    service = {"ticket_prefix": prefix, "duration_minutes": "15", "price": "25", "currency": "EUR"}
    send(f"/directory/services?department={department}", name=f"Visit {number}", **service)
    page.goto(f"/queue/tickets/new?department_id={department}")
    service_id = page.locator("[name=service_id]:checked").input_value()

    def give() -> str:
        answer = send("/queue/tickets", service_id=service_id, lane="normal")
        found = re.search(rf"{prefix}-\d+", answer)
        assert found
        return found[0]

    return Desk(department, service_id, f"Room {number}", give)
