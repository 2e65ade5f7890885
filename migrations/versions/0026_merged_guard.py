"""The database refuses rows for a merged record.

The triggers themselves are made from the models after every run (migrations/merged.py): from this revision on there are
any.
"""

revision = "0026_merged_guard"
down_revision = "0025_installation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing but the mark."""


def downgrade() -> None:
    """The run that goes below this revision drops the triggers and makes no new ones."""
