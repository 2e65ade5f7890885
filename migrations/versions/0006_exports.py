"""Exports."""

import sqlalchemy as sa
from alembic import op

revision = "0006_exports"
down_revision = "0005_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column(
            "kind",
            sa.Enum(
                "patients",
                "queue_entries",
                "documents",
                "audit",
                name="export_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "format",
            sa.Enum("csv", "xlsx", name="export_format", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "delimiter",
            sa.Enum(
                "comma", "semicolon", "tab", name="delimiter", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("has_bom", sa.Boolean(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("filters", sa.LargeBinary(), nullable=False),
        sa.Column("filter_words", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "finished",
                "failed",
                "cancelled",
                "expired",
                name="export_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column(
            "failure",
            sa.Enum(
                "worker_lost",
                "storage_full",
                "unavailable",
                "damaged",
                "defect",
                name="export_failure",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("filename", sa.String(length=120), nullable=True),
        sa.Column("stored_as", sa.String(length=120), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name=op.f("fk_exports_requested_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_exports_idempotency_key")),
    )
    op.create_index("ix_exports_requested_by_id", "exports", ["requested_by_id", "id"], unique=False)
    op.create_index("ix_exports_state", "exports", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("exports")
