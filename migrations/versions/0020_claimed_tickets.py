"""Tickets of people who said at a kiosk who they are, and the step of the desk that confirms it."""

import sqlalchemy as sa
from alembic import op

revision = "0020_claimed_tickets"
down_revision = "0019_closings"
branch_labels = None
depends_on = None

STEPS = ("join", "call", "recall", "start", "hold", "resume", "transfer", "finish", "no_show", "restore")
STEPS = (*STEPS, "leave", "cancel", "withdraw", "close", "undo", "identify")
# Named a recall, as which older programs read a step that moves nothing.
RENAMED = "UPDATE queue_events SET step = 'recall' WHERE step = 'confirm'"


def allow_steps(steps: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{step}'" for step in steps)
    with op.batch_alter_table("queue_events") as batch:
        batch.drop_constraint(op.f("ck_queue_events_step"), type_="check")
        batch.create_check_constraint(op.f("ck_queue_events_step"), f"step IN ({listed})")


def upgrade() -> None:
    op.add_column("queue_entries", sa.Column("is_claimed", sa.Boolean(), server_default=sa.false(), nullable=False))
    allow_steps((*STEPS, "confirm"))


def downgrade() -> None:
    op.execute(RENAMED)
    allow_steps(STEPS)
    op.drop_column("queue_entries", "is_claimed")
