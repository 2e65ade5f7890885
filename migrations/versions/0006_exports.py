"""Exports."""

revision = "0006_exports"
down_revision = "0005_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
