"""Queue entries, boards and displays."""

revision = "0004_queue"
down_revision = "0003_patients"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
