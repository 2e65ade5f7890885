"""Pages of tickets, kiosks, announcements, opening hours; screens that speak; patients whose name is never shown."""

import sqlalchemy as sa
from alembic import op

revision = "0010_waiting_room"
down_revision = "0011_identity"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    # A plain ADD COLUMN: patients, with their full-text index, are not rebuilt.
    op.add_column("patients", sa.Column("hide_name", sa.Boolean(), nullable=False, server_default=sa.false()))
    extend_displays()
    create_links()
    create_kiosks()
    create_notices()


def extend_displays() -> None:
    with op.batch_alter_table("displays") as batch:
        batch.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("is_spoken", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("voices", sa.JSON(), nullable=True))
    with op.batch_alter_table("displays") as batch:
        batch.alter_column("languages", server_default=None)
        batch.alter_column("is_spoken", server_default=None)


def create_links() -> None:
    table = "ticket_links"
    op.create_table(
        table,
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        reference(table, "entry_id", "queue_entries", "CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ticket_links")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_ticket_links_token_digest")),
    )
    op.create_index(op.f("ix_ticket_links_expires_at"), table, ["expires_at"], unique=False)


def create_kiosks() -> None:
    op.create_table(
        "kiosks",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("prints", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosks")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_kiosks_token_digest")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_kiosks_idempotency_key")),
    )
    table = "kiosk_departments"
    op.create_table(
        table,
        sa.Column("kiosk_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        reference(table, "kiosk_id", "kiosks", "CASCADE"),
        reference(table, "department_id", "departments", "CASCADE"),
        sa.PrimaryKeyConstraint("kiosk_id", "department_id", name=op.f("pk_kiosk_departments")),
    )


def create_notices() -> None:
    op.create_table(
        "announcements",
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_announcements_idempotency_key")),
    )
    op.create_table(
        "opening_hours",
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("weekday", "opens", name=op.f("pk_opening_hours")),
    )


def downgrade() -> None:
    for table in ("opening_hours", "announcements", "kiosk_departments", "kiosks", "ticket_links"):
        op.drop_table(table)
    with op.batch_alter_table("displays") as batch:
        for column in ("voices", "is_spoken", "languages"):
            batch.drop_column(column)
    op.drop_column("patients", "hide_name")
