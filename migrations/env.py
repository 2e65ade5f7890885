"""Runs migrations on the app's database.

On SQLite foreign keys are off while tables are rebuilt: with them on, Alembic's batch mode silently empties or
nulls the children. Afterwards every reference and every row count is checked, before the COMMIT.
"""

from alembic import context
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, text

from clinic.appointments import models as appointment_models
from clinic.appointments.feeds import models as feed_models
from clinic.appointments.schedules import models as schedule_models
from clinic.appointments.waitlist import models as waitlist_models
from clinic.audit import models as audit_models
from clinic.audit.readings import models as reading_models
from clinic.auth import models as auth_models
from clinic.auth.drafts import models as draft_models
from clinic.copies import CopyError, copy_before_migration
from clinic.db import WRITE_OPTION, Base, db
from clinic.desk.notes import models as note_models
from clinic.directory import models as directory_models
from clinic.documents import models as document_models
from clinic.exports import models as export_models
from clinic.imports import models as import_models
from clinic.patients import models as patient_models
from clinic.patients.duplicates import models as duplicate_models
from clinic.patients.merging import models as merge_models
from clinic.patients.photo import models as photo_models
from clinic.patients.search import models as search_models
from clinic.queue import models as queue_models
from clinic.queue.displays import models as display_models
from clinic.queue.kiosk import models as kiosk_models
from clinic.queue.notices import models as notice_models
from clinic.queue.phone import models as phone_models
from clinic.visits import models as visit_models
from migrations.checks import assert_references, count_rows, include_object, lost_rows, render_item
from migrations.merged import drop_guards, make_guards

# Importing the models fills the metadata; the tuple says so to linters and to readers.
MODELS = (
    audit_models,
    reading_models,
    auth_models,
    draft_models,
    directory_models,
    patient_models,
    document_models,
    appointment_models,
    schedule_models,
    waitlist_models,
    feed_models,
    visit_models,
    search_models,
    duplicate_models,
    merge_models,
    photo_models,
    queue_models,
    display_models,
    kiosk_models,
    notice_models,
    phone_models,
    export_models,
    import_models,
    note_models,
)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        compare_server_default=True,
        include_object=include_object,
        render_item=render_item,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        before = count_rows(connection)
        drop_guards(connection)
        context.run_migrations()
        make_guards(connection)
        assert_references(connection)
        lost = lost_rows(before, count_rows(connection))
        if lost:
            raise RuntimeError(f"The migration lost rows, nothing was changed: {', '.join(lost)}")


def prepare(connection: Connection) -> None:
    """Refuse a database that a newer version made, and copy one that is about to change."""
    current = MigrationContext.configure(connection).get_current_heads()
    connection.rollback()
    known = {script.revision for script in context.script.walk_revisions()}
    if newer := set(current) - known:
        raise CommandError(
            f"This database was made by a newer version of Clinic ({', '.join(newer)}). Start that version again, or "
            "put back the copy in the folder copies that was made before it was brought up to date."
        )
    if current and _wanted() not in (None, set(current)):
        settings = current_app.config["CLINIC"]
        try:
            copy_before_migration(settings.database_url, settings.var / "copies", current[0])
        except CopyError as error:
            raise CommandError(f"Nothing was migrated, because no copy could be made first. {error}") from error


def _wanted() -> set[str] | None:
    """Where an upgrade or downgrade leads; None for commands that change nothing."""
    try:
        wanted = context.get_revision_argument()
    except KeyError:
        return None
    return set(wanted) if isinstance(wanted, tuple) else {str(wanted)}


def main() -> None:
    with db.engine.connect() as connection:
        prepare(connection)
    with db.engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                run(connection)
            finally:
                connection.rollback()
                raw.execute("PRAGMA foreign_keys=ON")
        else:
            connection.execute(text("SET lock_timeout = '30s'"))
            connection.commit()
            run(connection)


main()
