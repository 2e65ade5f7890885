"""Visits, and the queue entries that belong to them."""

import sqlalchemy as sa
from alembic import op

revision = "0009_visits"
down_revision = "0008_appointments"
branch_labels = None
depends_on = None

STATES = ("waiting", "in_progress", "ready", "finished", "left", "cancelled", "undone")
FOLLOW_UPS = ("booked", "later", "none")
SETTLEMENTS = ("paid", "due", "none")
OLD_STEPS = (
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
NEW_STEPS = ("leave", "withdraw")
# One visit for a patient's tickets of a day. A day that is over is checked out; the application closes today's.
BACKFILL = """
INSERT INTO visits (patient_id, service_id, day, state, arrived_at, started_at, ended_at, checked_out_at,
                    is_closed_by_day, version)
SELECT patient_id, service_id, day,
       CASE WHEN is_open = 1 AND started_at IS NOT NULL THEN 'in_progress'
            WHEN is_open = 1 THEN 'waiting'
            WHEN started_at IS NOT NULL AND is_over = 1 THEN 'finished'
            WHEN started_at IS NOT NULL THEN 'ready'
            WHEN is_missed = 1 THEN 'left'
            ELSE 'cancelled' END,
       arrived_at, started_at,
       CASE WHEN is_open = 0 THEN ended_at END,
       CASE WHEN is_open = 0 AND started_at IS NOT NULL AND is_over = 1 THEN ended_at END,
       is_open = 0 AND started_at IS NOT NULL AND is_over = 1, 1
FROM (SELECT patient_id, day, min(service_id) AS service_id, min(joined_at) AS arrived_at,
             min(served_at) AS started_at, max(finished_at) AS ended_at,
             max(CASE WHEN day < CURRENT_DATE THEN 1 ELSE 0 END) AS is_over,
             max(CASE WHEN state IN ('waiting', 'called', 'in_service', 'on_hold') THEN 1 ELSE 0 END) AS is_open,
             max(CASE WHEN state = 'no_show' THEN 1 ELSE 0 END) AS is_missed
      FROM queue_entries WHERE patient_id IS NOT NULL GROUP BY patient_id, day) AS stays
"""
SERVED = """
UPDATE queue_entries SET served_at = COALESCE(started_at, called_at) WHERE started_at IS NOT NULL OR state = 'done'
"""
LINK = """
UPDATE queue_entries SET visit_id = (
    SELECT visits.id FROM visits WHERE visits.patient_id = queue_entries.patient_id AND visits.day = queue_entries.day)
WHERE patient_id IS NOT NULL
"""
RENAMED = """
UPDATE queue_events SET step = CASE step WHEN 'leave' THEN 'no_show' ELSE 'cancel' END
WHERE step IN ('leave', 'withdraw')
"""


def enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    create_visits()
    with op.batch_alter_table("queue_entries") as batch:
        batch.add_column(sa.Column("visit_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("served_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(
            op.f("fk_queue_entries_visit_id_visits"), "visits", ["visit_id"], ["id"], ondelete="RESTRICT"
        )
        batch.create_index("ix_queue_entries_visit", ["visit_id"])
    allow_steps((*OLD_STEPS, *NEW_STEPS))
    op.create_index("ix_appointments_state", "appointments", ["state", "day"], unique=False)
    for statement in (SERVED, BACKFILL, LINK):
        op.execute(statement)


def create_visits() -> None:
    table = "visits"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", enum("state", STATES), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_by_id", sa.Integer(), nullable=True),
        sa.Column("is_closed_by_day", sa.Boolean(), nullable=False),
        sa.Column("follow_up", enum("follow_up", FOLLOW_UPS), nullable=True),
        sa.Column("settlement", enum("settlement", SETTLEMENTS), nullable=True),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        reference(table, "patient_id", "patients", "RESTRICT"),
        reference(table, "appointment_id", "appointments", "SET NULL"),
        reference(table, "practitioner_id", "practitioners", "RESTRICT"),
        reference(table, "service_id", "services", "RESTRICT"),
        reference(table, "checked_out_by_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_visits_appointment_id")),
    )
    op.create_index("ix_visits_state", table, ["state", "day", "id"], unique=False)
    op.create_index("ix_visits_patient", table, ["patient_id", "day", "id"], unique=False)
    op.create_index("ix_visits_practitioner", table, ["practitioner_id", "day"], unique=False)


def allow_steps(steps: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{step}'" for step in steps)
    with op.batch_alter_table("queue_events") as batch:
        batch.drop_constraint(op.f("ck_queue_events_step"), type_="check")
        batch.create_check_constraint(op.f("ck_queue_events_step"), f"step IN ({listed})")


def downgrade() -> None:
    op.drop_index("ix_appointments_state", "appointments")
    op.execute(RENAMED)
    allow_steps(OLD_STEPS)
    with op.batch_alter_table("queue_entries") as batch:
        batch.drop_index("ix_queue_entries_visit")
        batch.drop_constraint(op.f("fk_queue_entries_visit_id_visits"), type_="foreignkey")
        batch.drop_column("served_at")
        batch.drop_column("visit_id")
    op.drop_table("visits")
