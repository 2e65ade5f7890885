"""A step of its own for saying who an anonymous ticket is."""

from alembic import op

revision = "0015_identify"
down_revision = "0012_desk"
branch_labels = None
depends_on = None

STEPS = ("join", "call", "recall", "start", "hold", "resume", "transfer", "finish", "no_show", "restore")
STEPS = (*STEPS, "leave", "cancel", "withdraw", "close", "undo")
# Named a recall, as which older programs read a step that moves nothing.
RENAMED = "UPDATE queue_events SET step = 'recall' WHERE step = 'identify'"


def allow_steps(steps: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{step}'" for step in steps)
    with op.batch_alter_table("queue_events") as batch:
        batch.drop_constraint(op.f("ck_queue_events_step"), type_="check")
        batch.create_check_constraint(op.f("ck_queue_events_step"), f"step IN ({listed})")


def upgrade() -> None:
    allow_steps((*STEPS, "identify"))


def downgrade() -> None:
    op.execute(RENAMED)
    allow_steps(STEPS)
