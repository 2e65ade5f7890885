"""Documents and uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0005_documents"
down_revision = "0004_queue"
branch_labels = None
depends_on = None

CATEGORIES = (
    "letter",
    "result",
    "imaging",
    "referral",
    "prescription",
    "consent",
    "identity",
    "insurance",
    "other",
)
STATES = ("receiving", "duplicate", "stored", "discarded")


def enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    create_documents()
    create_uploads()


def create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("category", enum("category", CATEGORIES), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("documented_on", sa.Date(), nullable=False),
        sa.Column("file_name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("digest_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        reference("documents", "patient_id", "patients", "RESTRICT"),
        reference("documents", "uploaded_by_id", "users", "SET NULL"),
        reference("documents", "voided_by_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("token", name=op.f("uq_documents_token")),
    )
    op.create_index("ix_documents_patient", "documents", ["patient_id", "documented_on", "id"])
    op.create_index("ix_documents_digest", "documents", ["patient_id", "digest_token"])
    op.create_index("ix_documents_uploaded_at", "documents", ["uploaded_at", "id"])


def create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", enum("upload_state", STATES), nullable=False),
        sa.Column("category", enum("category", CATEGORIES), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("documented_on", sa.Date(), nullable=False),
        sa.Column("file_name", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        reference("uploads", "patient_id", "patients", "RESTRICT"),
        reference("uploads", "user_id", "users", "CASCADE"),
        reference("uploads", "document_id", "documents", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("token", name=op.f("uq_uploads_token")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_uploads_idempotency_key")),
    )
    op.create_index("ix_uploads_patient", "uploads", ["patient_id", "user_id", "state"])
    op.create_index("ix_uploads_state", "uploads", ["state", "expires_at"])


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_table("documents")
