"""Failed sign-ins are counted per device; one-time codes set passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0018_sign_ins"
down_revision = "0017_exported_visits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_failures", sa.Column("device_digest", sa.LargeBinary(length=32), nullable=True))
    op.create_table(
        "password_codes",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password_codes")),
    )


def downgrade() -> None:
    op.drop_table("password_codes")
    with op.batch_alter_table("sign_in_failures") as batch:
        batch.drop_column("device_digest")
