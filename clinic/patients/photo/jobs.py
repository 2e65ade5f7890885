"""Deleting the files of photos that were removed."""

import datetime as dt

from clinic import clock
from clinic.audit.trusted_clock import by_the_clock
from clinic.db import current_session, transaction
from clinic.documents.storage import current_storage
from clinic.patients.photo.queries import list_removed_before
from clinic.patients.photo.service import forget_photo

KEPT_FOR = dt.timedelta(days=30)
BATCH = 500


@by_the_clock
def clean_up() -> None:
    """Delete photos that were removed a month ago, files first. Safe to repeat."""
    old = list_removed_before(current_session(), clock.now() - KEPT_FOR, limit=BATCH)
    for photo_id, stored_as in [(photo.id, photo.stored_as) for photo in old]:
        current_storage().delete(stored_as)
        with transaction() as session:
            forget_photo(session, photo_id=photo_id)
