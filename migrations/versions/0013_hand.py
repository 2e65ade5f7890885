"""Half-filled forms kept over an expired session, and photos of patients."""

import sqlalchemy as sa
from alembic import op

revision = "0013_hand"
down_revision = "0010_waiting_room"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_form_drafts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
        sa.UniqueConstraint("user_id", "page", name=op.f("uq_form_drafts_user_id_page")),
    )
    op.create_index(op.f("ix_form_drafts_expires_at"), "form_drafts", ["expires_at"])
    op.create_table(
        "patient_photos",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("stored_as", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_photos_patient_id_patients"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["users.id"], name=op.f("fk_patient_photos_taken_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["users.id"], name=op.f("fk_patient_photos_removed_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_photos")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_patient_photos_idempotency_key")),
    )
    op.create_index("ix_patient_photos_patient_id", "patient_photos", ["patient_id", "taken_at"])
    op.create_index(op.f("ix_patient_photos_removed_at"), "patient_photos", ["removed_at"])


def downgrade() -> None:
    op.drop_table("patient_photos")
    op.drop_table("form_drafts")
