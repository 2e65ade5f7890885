"""Documents and uploads."""

revision = "0005_documents"
down_revision = "0004_queue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
