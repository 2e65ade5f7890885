"""What a closing of a day did, so that it can be taken back as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0019_closings"
down_revision = "0018_sign_ins"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "day_closings",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        reference("day_closings", "closed_by_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_closings")),
    )
    op.create_index("ix_day_closings_closed_at", "day_closings", ["closed_at"])
    op.create_table(
        "closed_steps",
        sa.Column("closing_id", sa.Integer(), nullable=False),
        sa.Column("queue_event_id", sa.Integer(), nullable=True),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("appointment_event_id", sa.Integer(), nullable=True),
        sa.Column("is_left", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        reference("closed_steps", "closing_id", "day_closings", "CASCADE"),
        reference("closed_steps", "queue_event_id", "queue_events", "RESTRICT"),
        reference("closed_steps", "appointment_event_id", "appointment_events", "RESTRICT"),
        reference("closed_steps", "visit_id", "visits", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_steps")),
    )
    op.create_index("ix_closed_steps_closing", "closed_steps", ["closing_id", "id"])


def downgrade() -> None:
    op.drop_table("closed_steps")
    op.drop_table("day_closings")
