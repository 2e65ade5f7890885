"""A key stands for what was sent with it, and by whom: a digest beside it.

Rows made before have none: nothing is known of what was sent with their keys, so such a key is not accepted again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_sent_with_a_key"
down_revision = "0021_readings"
branch_labels = None
depends_on = None

TABLES = (
    "announcements",
    "appointment_series",
    "appointments",
    "calendar_feeds",
    "departments",
    "displays",
    "exports",
    "holidays",
    "imports",
    "kiosks",
    "patient_alerts",
    "patient_merges",
    "patient_photos",
    "patients",
    "practitioners",
    "queue_entries",
    "queue_events",
    "rooms",
    "services",
    "shift_notes",
    "time_off",
    "uploads",
    "waitlist_entries",
)


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("idempotency_digest", sa.LargeBinary(16)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "idempotency_digest")
