"""Clearing up what signing in leaves behind."""

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.auth.passwords.service import forget_expired_codes
from clinic.auth.service import forget_ended_sessions
from clinic.auth.tries.service import forget_old_tries
from clinic.db import transaction


@by_the_clock
def clean_up() -> None:
    """Delete sessions that ended long ago, counts of tries and codes whose time is over. Safe to repeat."""
    with transaction() as session:
        now = clock.now()
        forget_ended_sessions(session, now=now)
        forget_old_tries(session, now=now)
        forget_expired_codes(session, now=now)
