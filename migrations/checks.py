"""What a migration must leave true."""

from typing import Any

from sqlalchemy import Connection, TypeDecorator, inspect, text

# Made by migrations, not by models: full-text tables with their shadows, and the trigram index of PostgreSQL.
UNMANAGED_PREFIXES = ("patient_search_fts", "patient_search_trigrams")


def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether autogenerate and the drift check look at an object."""
    return not (kind in ("table", "index") and name is not None and name.startswith(UNMANAGED_PREFIXES))


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types as the plain types they are kept as: a migration does not import the app."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain = item.impl_instance
        autogen_context.imports.add("import sqlalchemy as sa")
        return f"sa.{plain!r}"
    return False


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of each table, and NULLs of each referencing column as "table.column"."""
    inspector, counts = inspect(connection), {}
    quote = connection.dialect.identifier_preparer.quote
    for table in inspector.get_table_names():
        if table == "alembic_version" or table.startswith(UNMANAGED_PREFIXES):
            continue
        counts[table] = connection.scalar(text(f"SELECT count(*) FROM {quote(table)}")) or 0  # nosec B608
        for key in inspector.get_foreign_keys(table):
            column = key["constrained_columns"][0]
            query = f"SELECT count({quote(column)}) FROM {quote(table)}"  # nosec B608
            counts[f"{table}.{column}"] = connection.scalar(text(query)) or 0
    return counts


def lost_rows(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """What has fewer rows, or fewer references, than before, among what still exists."""
    return [
        f"{name} ({before[name]} -> {after[name]})" for name in before if after.get(name, before[name]) < before[name]
    ]


def assert_references(connection: Connection) -> None:
    """Raise RuntimeError when a row refers to one that is not there (SQLite; PostgreSQL checks by itself)."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if broken:
        raise RuntimeError(f"Broken references, nothing was changed: {broken[:5]}")
