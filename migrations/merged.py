"""The database refuses rows for a merged record, whoever writes them: forms, jobs, statements typed by hand.

One trigger for each column that names a patient, made from the models after every run of the migrations: a new table
has its trigger without a line here. They are dropped before the run, because SQLite rebuilds tables by renaming, and a
trigger that names a table on its way is in the way.
"""

from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from clinic.patients.merging.guard import PREFIX, SIGN
from clinic.patients.merging.references import Reference, references

SINCE = "0026_merged_guard"
_OF_SQLITE = """
CREATE TRIGGER {name}_{event} BEFORE {when} ON {table}
WHEN EXISTS (SELECT 1 FROM patients WHERE id = NEW.{column} AND merged_into_id IS NOT NULL){changed}
BEGIN
  SELECT RAISE(ABORT, '{sign}' || (SELECT merged_into_id FROM patients WHERE id = NEW.{column}));
END
"""
# The lock makes a writer wait for a merge under way and then see what became of it.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {prefix}_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE survivor integer;
BEGIN
  SELECT merged_into_id INTO survivor FROM patients WHERE id = NEW.{column} FOR KEY SHARE;
  IF survivor IS NOT NULL THEN
    RAISE EXCEPTION '{sign}%', survivor USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""
_OF_POSTGRESQL = """
CREATE TRIGGER {name}_{event} BEFORE {when} ON {table}
FOR EACH ROW {changed} EXECUTE FUNCTION {prefix}_{column}()
"""


def drop_guards(connection: Connection) -> None:
    """Remove every trigger made here, and its function."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE :like")
        for name in connection.scalars(query, {"like": f"{PREFIX}%"}).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    query = text("SELECT proname FROM pg_proc WHERE proname LIKE :like")
    for name in connection.scalars(query, {"like": f"{PREFIX}%"}).all():
        connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")


def make_guards(connection: Connection) -> None:
    """Guard every column that names a patient, if the database is new enough to have these triggers at all."""
    script = ScriptDirectory.from_config(context.config)
    heads = context.get_context().get_current_heads()
    if not any(revision.revision == SINCE for head in heads for revision in script.iterate_revisions(head, "base")):
        return
    inspector = inspect(connection)
    for reference in references():
        table, column = reference.table.name, reference.column.name
        has_table = reference.moves and inspector.has_table(table)
        if has_table and column in {found["name"] for found in inspector.get_columns(table)}:
            _guard(connection, reference)


def _guard(connection: Connection, reference: Reference) -> None:
    table, column = reference.table.name, reference.column.name
    values = {"prefix": PREFIX, "sign": SIGN, "name": f"{PREFIX}_{table}_{column}", "table": table, "column": column}
    if connection.dialect.name == "sqlite":
        template, changed = _OF_SQLITE, f" AND NEW.{column} IS NOT OLD.{column}"
    else:
        connection.exec_driver_sql(_FUNCTION.format(**values).replace("%", "%%"))
        template, changed = _OF_POSTGRESQL, f"WHEN (NEW.{column} IS DISTINCT FROM OLD.{column})"
    for event, when, only in (("insert", "INSERT", ""), ("update", f"UPDATE OF {column}", changed)):
        connection.exec_driver_sql(template.format(**values, event=event, when=when, changed=only))
