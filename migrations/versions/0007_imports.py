"""Imports."""

revision = "0007_imports"
down_revision = "0006_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
