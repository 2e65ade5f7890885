"""Clearing up half-filled forms."""

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.auth.drafts.service import forget_expired
from clinic.db import transaction


@by_the_clock
def clean_up() -> None:
    """Delete drafts whose time is over. Safe to repeat."""
    with transaction() as session:
        forget_expired(session, now=clock.now())
