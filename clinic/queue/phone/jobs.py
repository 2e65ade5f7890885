"""Forgetting addresses of tickets, by the clock."""

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.db import transaction
from clinic.queue.phone.service import remove_expired


@by_the_clock
def clean_up() -> None:
    """Remove what has expired. Harmless when repeated."""
    with transaction() as session:
        remove_expired(session, now=clock.now())
