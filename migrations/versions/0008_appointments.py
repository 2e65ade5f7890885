"""Working hours, exceptions, holidays, appointments, their series and history."""

import sqlalchemy as sa
from alembic import op

revision = "0008_appointments"
down_revision = "0007_imports"
branch_labels = None
depends_on = None

STATES = ("booked", "confirmed", "arrived", "in_progress", "fulfilled", "cancelled", "no_show")
STEPS = (
    "book",
    "note",
    "move",
    "confirm",
    "cancel",
    "no_show",
    "restore",
    "arrive",
    "start",
    "fulfil",
    "leave",
    "miss",
    "reopen",
    "undo",
)
HOLDS_ALONE = sa.text(
    "state IN ('booked', 'confirmed', 'arrived', 'in_progress', 'fulfilled') AND double_booking_reason IS NULL"
)


def enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    create_holidays()
    create_time_off()
    create_working_hours()
    create_series()
    create_appointments()
    create_events()


def create_holidays() -> None:
    table = "holidays"
    op.create_table(
        table,
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holidays")),
        sa.UniqueConstraint("day", name=op.f("uq_holidays_day")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_holidays_idempotency_key")),
    )


def create_time_off() -> None:
    table = "time_off"
    op.create_table(
        table,
        sa.Column("kind", enum("kind", ("leave", "closed", "extra")), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind <> 'extra' OR starts IS NOT NULL", name=op.f("ck_time_off_extra")),
        sa.CheckConstraint(
            "(starts IS NULL) = (ends IS NULL) AND (starts IS NULL OR starts < ends)", name=op.f("ck_time_off_hours")
        ),
        sa.CheckConstraint("practitioner_id IS NOT NULL OR room_id IS NOT NULL", name=op.f("ck_time_off_whose")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_time_off_order")),
        reference(table, "practitioner_id", "practitioners", "RESTRICT"),
        reference(table, "room_id", "rooms", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_time_off_idempotency_key")),
    )
    op.create_index("ix_time_off_ends_on", table, ["ends_on", "id"], unique=False)
    op.create_index("ix_time_off_practitioner", table, ["practitioner_id", "ends_on"], unique=False)
    op.create_index("ix_time_off_room", table, ["room_id", "ends_on"], unique=False)


def create_working_hours() -> None:
    table = "working_hours"
    op.create_table(
        table,
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("practitioner_id IS NOT NULL OR room_id IS NOT NULL", name=op.f("ck_working_hours_whose")),
        sa.CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0", name=op.f("ck_working_hours_minutes")),
        sa.CheckConstraint("starts < ends", name=op.f("ck_working_hours_order")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_working_hours_weekday")),
        reference(table, "practitioner_id", "practitioners", "RESTRICT"),
        reference(table, "room_id", "rooms", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_hours")),
    )
    op.create_index("ix_working_hours_practitioner", table, ["practitioner_id", "weekday"], unique=False)
    op.create_index("ix_working_hours_room", table, ["room_id", "weekday"], unique=False)


def create_series() -> None:
    table = "appointment_series"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("local_time", sa.Time(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(until IS NULL) <> (count IS NULL)", name=op.f("ck_appointment_series_end")),
        sa.CheckConstraint("every_weeks > 0", name=op.f("ck_appointment_series_every_weeks")),
        reference(table, "patient_id", "patients", "RESTRICT"),
        reference(table, "practitioner_id", "practitioners", "RESTRICT"),
        reference(table, "room_id", "rooms", "SET NULL"),
        reference(table, "service_id", "services", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_series")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_appointment_series_idempotency_key")),
    )
    op.create_index("ix_appointment_series_patient", table, ["patient_id"], unique=False)


def create_appointments() -> None:
    table = "appointments"
    op.create_table(
        table,
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", enum("state", STATES), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("double_booking_reason", sa.LargeBinary(), nullable=True),
        sa.Column("same_day_reason", sa.LargeBinary(), nullable=True),
        sa.Column("cancelled_by", enum("cancelled_by", ("patient", "clinic")), nullable=True),
        sa.Column("is_late_cancel", sa.Boolean(), nullable=False),
        sa.Column("cancel_reason", sa.LargeBinary(), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointments_order")),
        reference(table, "patient_id", "patients", "RESTRICT"),
        reference(table, "practitioner_id", "practitioners", "RESTRICT"),
        reference(table, "room_id", "rooms", "SET NULL"),
        reference(table, "series_id", "appointment_series", "SET NULL"),
        reference(table, "service_id", "services", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_appointments_idempotency_key")),
    )
    op.create_index("ix_appointments_day", table, ["day", "starts_at"], unique=False)
    op.create_index("ix_appointments_patient", table, ["patient_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_practitioner", table, ["practitioner_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_room", table, ["room_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_series", table, ["series_id", "starts_at"], unique=False)
    op.create_index(
        "uq_appointments_practitioner_start",
        table,
        ["practitioner_id", "starts_at"],
        unique=True,
        sqlite_where=HOLDS_ALONE,
        postgresql_where=HOLDS_ALONE,
    )
    op.create_index(
        "uq_appointments_room_start",
        table,
        ["room_id", "starts_at"],
        unique=True,
        sqlite_where=HOLDS_ALONE,
        postgresql_where=HOLDS_ALONE,
    )


def create_events() -> None:
    table = "appointment_events"
    op.create_table(
        table,
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("step", enum("step", STEPS), nullable=False),
        sa.Column("from_state", enum("from_state", STATES), nullable=True),
        sa.Column("to_state", enum("to_state", STATES), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        reference(table, "actor_id", "users", "SET NULL"),
        reference(table, "appointment_id", "appointments", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_events")),
    )
    op.create_index("ix_appointment_events_appointment", table, ["appointment_id", "id"], unique=False)


def downgrade() -> None:
    for table in (
        "appointment_events",
        "appointments",
        "appointment_series",
        "working_hours",
        "time_off",
        "holidays",
    ):
        op.drop_table(table)
