"""When, and how often, a worker was last told of an export or import that waits."""

import sqlalchemy as sa
from alembic import op

revision = "0023_tasks"
down_revision = "0022_sent_with_a_key"
branch_labels = None
depends_on = None

TABLES = ("exports", "imports")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("dispatches", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "dispatches")
        op.drop_column(table, "dispatched_at")
