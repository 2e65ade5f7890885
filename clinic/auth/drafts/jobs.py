"""Clearing up half-filled forms."""

from clinic import clock
from clinic.auth.drafts.service import forget_expired
from clinic.db import transaction


def clean_up() -> None:
    """Delete drafts whose time is over. Safe to repeat."""
    with transaction() as session:
        forget_expired(session, now=clock.now())
