"""Visits can be exported."""

from alembic import op

revision = "0017_exported_visits"
down_revision = "0016_suited"
branch_labels = None
depends_on = None

KINDS = ("patients", "queue_entries", "documents", "audit")


def allow_kinds(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("exports") as batch:
        batch.drop_constraint(op.f("ck_exports_export_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_exports_export_kind"), f"kind IN ({listed})")


def upgrade() -> None:
    allow_kinds((*KINDS, "visits"))


def downgrade() -> None:
    op.execute("DELETE FROM exports WHERE kind = 'visits'")
    allow_kinds(KINDS)
