"""The shift log."""

import sqlalchemy as sa
from alembic import op

revision = "0012_desk"
down_revision = "0014_waitlist"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("voided_at IS NULL AND (acknowledged_at IS NULL OR is_pinned)")


def user(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["users.id"], name=op.f(f"fk_shift_notes_{column}_users"), ondelete="SET NULL"
    )


def upgrade() -> None:
    op.create_table(
        "shift_notes",
        sa.Column(
            "kind",
            sa.Enum("note", "incident", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", INSTANT, nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by_id", sa.Integer(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("voided_at", INSTANT, nullable=True),
        sa.Column("voided_by", sa.String(length=200), nullable=True),
        sa.Column("void_reason", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        user("written_by_id"),
        user("acknowledged_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_notes")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_shift_notes_idempotency_key")),
    )
    op.create_index("ix_shift_notes_open", "shift_notes", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("shift_notes")
