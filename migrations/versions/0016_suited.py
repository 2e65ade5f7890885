"""Who waits for a service, the longest first, without reading everybody else."""

from alembic import op

revision = "0016_suited"
down_revision = "0015_identify"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_waitlist_entries_suited", "waitlist_entries", ["state", "service_id", "joined_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_waitlist_entries_suited", "waitlist_entries")
