"""People go on as if there were no import."""

import pytest

from tests.faults.beside import PEOPLE, book_one_time, importing
from tests.faults.stubborn import signed_in
from tests.running_clinic import RunningClinic

pytestmark = pytest.mark.faults
ROWS = 6000


@pytest.mark.guards("of fifty people who book one time at once one has it and the others are told, import or no import")
def test_fifty_people_book_one_time(clinic: RunningClinic) -> None:
    told = {303: 1, 409: PEOPLE - 1}
    assert book_one_time(clinic, 7) == told
    with importing(clinic, signed_in(clinic, "manager"), ROWS):
        assert book_one_time(clinic, 14) == told
