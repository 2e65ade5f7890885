"""Patients who wait for a time, times held for them, and addresses of calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0014_waitlist"
down_revision = "0013_hand"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLE = "waitlist_entries"


def reference(column: str, to: str, ondelete: str, table: str = TABLE) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    create_waitlist()
    create_feeds()


def create_waitlist() -> None:
    op.create_table(
        TABLE,
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("part_of_day", words("part_of_day", "morning", "afternoon"), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("state", words("wait_state", "waiting", "booked", "withdrawn"), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.Column("held_practitioner_id", sa.Integer(), nullable=True),
        sa.Column("held_room_id", sa.Integer(), nullable=True),
        sa.Column("held_from", INSTANT, nullable=True),
        sa.Column("held_to", INSTANT, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.CheckConstraint("from_day <= until_day", name=op.f("ck_waitlist_entries_order")),
        sa.CheckConstraint(
            "(held_until IS NULL) = (held_from IS NULL) AND (held_until IS NULL) = (held_to IS NULL)",
            name=op.f("ck_waitlist_entries_hold"),
        ),
        reference("patient_id", "patients", "RESTRICT"),
        reference("service_id", "services", "RESTRICT"),
        reference("practitioner_id", "practitioners", "RESTRICT"),
        reference("held_practitioner_id", "practitioners", "RESTRICT"),
        reference("held_room_id", "rooms", "SET NULL"),
        reference("appointment_id", "appointments", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entries")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_waitlist_entries_appointment_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_waitlist_entries_idempotency_key")),
    )
    op.create_index(op.f("ix_waitlist_entries_waiting"), TABLE, ["state", "joined_at", "id"], unique=False)
    op.create_index(op.f("ix_waitlist_entries_patient"), TABLE, ["patient_id"], unique=False)
    op.create_index(op.f("ix_waitlist_entries_held_until"), TABLE, ["held_until"], unique=False)


def create_feeds() -> None:
    table = "calendar_feeds"
    op.create_table(
        table,
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("shows_names", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_read_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        reference("practitioner_id", "practitioners", "CASCADE", table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_feeds_token_digest")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_calendar_feeds_idempotency_key")),
    )
    op.create_index(op.f("ix_calendar_feeds_practitioner_id"), table, ["practitioner_id"], unique=False)


def downgrade() -> None:
    op.drop_table("calendar_feeds")
    op.drop_table(TABLE)
