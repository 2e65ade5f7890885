"""Queue entries, their events, ticket counters, room choices and displays."""

import sqlalchemy as sa
from alembic import op

revision = "0004_queue"
down_revision = "0003_patients"
branch_labels = None
depends_on = None

LANES = ("urgent", "priority", "normal")
STATES = ("waiting", "called", "in_service", "on_hold", "done", "no_show", "cancelled")
STEPS = (
    "join",
    "call",
    "recall",
    "start",
    "hold",
    "resume",
    "transfer",
    "finish",
    "no_show",
    "restore",
    "cancel",
    "close",
    "undo",
)
PRIVACY = ("none", "initials", "first_name")


def enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    create_entries()
    create_events()
    create_counters()
    create_displays()


def create_entries() -> None:
    table = "queue_entries"
    op.create_table(
        table,
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("prefix", sa.String(length=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("lane", enum("lane", LANES), nullable=False),
        sa.Column("state", enum("state", STATES), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_count", sa.Integer(), nullable=False),
        sa.Column("cancel_reason", sa.LargeBinary(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        reference(table, "service_id", "services", "RESTRICT"),
        reference(table, "department_id", "departments", "RESTRICT"),
        reference(table, "patient_id", "patients", "RESTRICT"),
        reference(table, "room_id", "rooms", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
        sa.UniqueConstraint("day", "prefix", "number", name=op.f("uq_queue_entries_day_prefix_number")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_queue_entries_idempotency_key")),
    )
    op.create_index("ix_queue_entries_board", table, ["department_id", "state", "day"], unique=False)
    op.create_index("ix_queue_entries_patient", table, ["patient_id", "day"], unique=False)


def create_events() -> None:
    table = "queue_events"
    op.create_table(
        table,
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("step", enum("step", STEPS), nullable=False),
        sa.Column("from_state", enum("from_state", STATES), nullable=True),
        sa.Column("to_state", enum("to_state", STATES), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        reference(table, "entry_id", "queue_entries", "RESTRICT"),
        reference(table, "service_id", "services", "RESTRICT"),
        reference(table, "room_id", "rooms", "SET NULL"),
        reference(table, "actor_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_events")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_queue_events_idempotency_key")),
    )
    op.create_index("ix_queue_events_entry", table, ["entry_id", "id"], unique=False)


def create_counters() -> None:
    op.create_table(
        "ticket_counters",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("prefix", sa.String(length=3), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "prefix", name=op.f("pk_ticket_counters")),
    )
    table = "room_choices"
    op.create_table(
        table,
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        reference(table, "user_id", "users", "CASCADE"),
        reference(table, "department_id", "departments", "CASCADE"),
        reference(table, "room_id", "rooms", "CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "department_id", name=op.f("pk_room_choices")),
    )


def create_displays() -> None:
    op.create_table(
        "displays",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("privacy", enum("privacy", PRIVACY), nullable=False),
        sa.Column("chime", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_displays")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_displays_token_digest")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_displays_idempotency_key")),
    )
    table = "display_departments"
    op.create_table(
        table,
        sa.Column("display_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        reference(table, "display_id", "displays", "CASCADE"),
        reference(table, "department_id", "departments", "CASCADE"),
        sa.PrimaryKeyConstraint("display_id", "department_id", name=op.f("pk_display_departments")),
    )


def downgrade() -> None:
    for table in (
        "display_departments",
        "displays",
        "room_choices",
        "ticket_counters",
        "queue_events",
        "queue_entries",
    ):
        op.drop_table(table)
