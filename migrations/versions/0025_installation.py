"""One random id of this installation, for what must keep its name under every host name."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0025_installation"
down_revision = "0024_deceased"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.bulk_insert(table, [{"id": 1, "name": secrets.token_hex(16)}])


def downgrade() -> None:
    op.drop_table("installation")
