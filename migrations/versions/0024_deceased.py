"""Death is a state, with or without a day known to the day, month or year."""

import sqlalchemy as sa
from alembic import op

revision = "0024_deceased"
down_revision = "0023_tasks"
branch_labels = None
depends_on = None

# With its check in the column, so that no table of a million patients is copied.
ADD_PRECISION = """
ALTER TABLE patients ADD COLUMN deceased_precision VARCHAR(24) DEFAULT 'day' NOT NULL
CONSTRAINT ck_patients_deceased_precision CHECK (deceased_precision IN ('day', 'month', 'year', 'estimated'))
"""


def upgrade() -> None:
    op.add_column("patients", sa.Column("is_deceased", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(ADD_PRECISION)
    op.execute(sa.text("UPDATE patients SET is_deceased = :yes WHERE deceased_on IS NOT NULL").bindparams(yes=True))


def downgrade() -> None:
    op.drop_column("patients", "deceased_precision")
    op.drop_column("patients", "is_deceased")
