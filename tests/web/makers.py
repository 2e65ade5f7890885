"""What a form that makes something sends, and the clinic it is sent in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from clinic.directory.models import Department, Practitioner, Room, Service
from clinic.patients.models import Patient
from tests.appointments.soon import soon
from tests.browser_client import HTMX, Browser
from tests.factories import Factory

KEY = "k" * 24


@dataclass
class World:
    """A clinic with one of everything that forms refer to."""

    make: Factory
    department: Department
    room: Room
    service: Service
    practitioner: Practitioner
    patient: Patient
    other: Patient
    third: Patient
    fourth: Patient

    def slot(self, hour: int) -> str:
        return f"{soon(hour, 15).isoformat()}|{soon(hour, 30).isoformat()}|{self.practitioner.id}|{self.room.id}"

    @property
    def someone(self) -> dict[str, Any]:
        return {"patient_id": self.patient.id, "service_id": self.service.id}

    @property
    def booking(self) -> dict[str, Any]:
        return {
            **self.someone,
            "practitioner_id": self.practitioner.id,
            "room_id": self.room.id,
        }


@dataclass(frozen=True)
class Maker:
    """A form: the table it fills, where and what it sends, and how a second, other content differs.

    `typed` stands in the form that comes back. `elsewhere`: the other content goes to this address.
    """

    form: str
    model: type[Any]
    url: Callable[[World], str]
    sent: Callable[[World], dict[str, Any]]
    other: Callable[[World], dict[str, Any]]
    typed: str = ""
    elsewhere: Callable[[World], str] | None = None
    is_file: bool = field(default=False)

    def body(self, world: World, *, other: bool, key: str) -> dict[str, Any]:
        values = self.sent(world) | {"idempotency_key": key}
        return values | (self.other(world) if other else {})

    def send(self, browser: Browser, world: World, *, other: bool, key: str = KEY, htmx: bool = False) -> TestResponse:
        url = self.elsewhere(world) if other and self.elsewhere else self.url(world)
        headers = HTMX if htmx else None
        return browser.post(url, self.body(world, other=other, key=key), headers=headers)
