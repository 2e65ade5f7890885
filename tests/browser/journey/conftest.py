"""A clinic started as `make run` starts it, and the people who come to work there."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from clinic.ops.sample.staff import PASSWORD
from tests.browser.journey.person import Person
from tests.running_clinic import RunningClinic, running_clinic

Employ = Callable[..., Person]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningClinic]:
    """The sample clinic with its workers, for all tests here."""
    with running_clinic() as clinic:
        yield clinic


@pytest.fixture
def employ(chromium: Browser, running: RunningClinic) -> Iterator[Employ]:
    """Puts somebody at a browser of their own, signed in unless `username` is None. Script errors fail the test."""
    people: list[Person] = []

    def seat(username: str | None, device: dict[str, object] | None = None) -> Person:
        person = Person(chromium, running.url, device)
        people.append(person)
        if username:
            person.sign_in(username, PASSWORD)
        return person

    yield seat
    for person in people:
        person.context.close()
    assert [problem for person in people for problem in person.problems] == []
