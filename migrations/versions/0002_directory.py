"""Departments, rooms, services and practitioners."""

import sqlalchemy as sa
from alembic import op

revision = "0002_directory"
down_revision = "0001_auth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departments",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_departments_idempotency_key")),
        sa.UniqueConstraint("name", name=op.f("uq_departments_name")),
    )

    op.create_table(
        "rooms",
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_rooms_department_id_departments"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_rooms_idempotency_key")),
        sa.UniqueConstraint("department_id", "name", name=op.f("uq_rooms_department_id_name")),
    )

    op.create_table(
        "services",
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ticket_prefix", sa.String(length=3), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_services_department_id_departments"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_services_idempotency_key")),
        sa.UniqueConstraint("department_id", "name", name=op.f("uq_services_department_id_name")),
        sa.UniqueConstraint("ticket_prefix", name=op.f("uq_services_ticket_prefix")),
    )

    op.create_table(
        "practitioners",
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("family_name", sa.String(length=120), nullable=True),
        sa.Column("given_name", sa.String(length=120), nullable=True),
        sa.Column("prefix", sa.String(length=40), nullable=True),
        sa.Column("display_name", sa.String(length=250), nullable=False),
        sa.Column("sort_name", sa.String(length=250), nullable=False),
        sa.Column("sex", sa.String(length=24), nullable=False),
        sa.Column("specialty", sa.String(length=120), nullable=True),
        sa.Column("telecoms", sa.LargeBinary(), nullable=False),
        sa.Column("addresses", sa.LargeBinary(), nullable=False),
        sa.Column("extra", sa.LargeBinary(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_practitioners_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioners")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_practitioners_idempotency_key")),
        sa.UniqueConstraint("user_id", name=op.f("uq_practitioners_user_id")),
    )
    op.create_index("ix_practitioners_sort_name", "practitioners", ["sort_name", "id"], unique=False)

    op.create_table(
        "practitioner_credentials",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioners.id"],
            name=op.f("fk_practitioner_credentials_practitioner_id_practitioners"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioner_credentials")),
        sa.UniqueConstraint("system", "value", name=op.f("uq_practitioner_credentials_system_value")),
    )
    op.create_index(
        "ix_practitioner_credentials_practitioner_id", "practitioner_credentials", ["practitioner_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("practitioner_credentials")
    op.drop_table("practitioners")
    op.drop_table("services")
    op.drop_table("rooms")
    op.drop_table("departments")
