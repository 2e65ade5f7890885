"""Merged records, the merges themselves, and pairs of records that may be of one person."""

import sqlalchemy as sa
from alembic import op

from migrations.rebuilding import keeping_triggers

revision = "0011_identity"
down_revision = "0009_visits"
branch_labels = None
depends_on = None

_WALK = ("sort_name", "id", "search_name", "birth_date", "mrn", "is_active", "sex", "practitioner_id", "last_visit_at")
_KEY = "fk_patients_merged_into_id_patients"


def _partial(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    with keeping_triggers("patients"), op.batch_alter_table("patients") as patients:
        patients.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        patients.create_foreign_key(_KEY, "patients", ["merged_into_id"], ["id"], ondelete="RESTRICT")
    op.create_index(
        "ix_patients_merged_into_id", "patients", ["merged_into_id"], **_partial("merged_into_id IS NOT NULL")
    )
    op.drop_index("ix_patients_search_walk", "patients")
    op.create_index("ix_patients_search_walk", "patients", [*_WALK, "merged_into_id"])
    _create_merges()
    _create_pairs()
    op.create_table(
        "duplicate_checks",
        sa.Column("patient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_duplicate_checks_patient_id_patients"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_duplicate_checks")),
    )
    # Whoever is registered already is compared once.
    op.execute("INSERT INTO duplicate_checks (patient_id, marked_at) SELECT id, updated_at FROM patients")


def _create_merges() -> None:
    op.create_table(
        "patient_merges",
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_patient_merges_{column}_{table}"), ondelete=ondelete
            )
            for column, table, ondelete in (
                ("survivor_id", "patients", "RESTRICT"),
                ("merged_id", "patients", "RESTRICT"),
                ("merged_by_id", "users", "SET NULL"),
                ("undone_by_id", "users", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merges")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_patient_merges_idempotency_key")),
    )
    op.create_index(
        "uq_patient_merges_standing", "patient_merges", ["merged_id"], unique=True, **_partial("undone_at IS NULL")
    )
    op.create_index("ix_patient_merges_survivor_id", "patient_merges", ["survivor_id"])


def _create_pairs() -> None:
    op.create_table(
        "duplicate_pairs",
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_duplicate_pairs_ordered")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_duplicate_pairs_{column}_{table}"), ondelete=ondelete
            )
            for column, table, ondelete in (
                ("low_id", "patients", "RESTRICT"),
                ("high_id", "patients", "RESTRICT"),
                ("dismissed_by_id", "users", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pairs")),
        sa.UniqueConstraint("low_id", "high_id", name=op.f("uq_duplicate_pairs_low_id_high_id")),
    )
    op.create_index("ix_duplicate_pairs_high_id", "duplicate_pairs", ["high_id"])
    op.create_index("ix_duplicate_pairs_open", "duplicate_pairs", ["points", "id"], **_partial("dismissed_at IS NULL"))
    op.create_index(
        "ix_duplicate_pairs_dismissed",
        "duplicate_pairs",
        ["dismissed_at", "id"],
        **_partial("dismissed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("duplicate_checks")
    op.drop_table("duplicate_pairs")
    op.drop_table("patient_merges")
    op.drop_index("ix_patients_search_walk", "patients")
    op.create_index("ix_patients_search_walk", "patients", [*_WALK])
    op.drop_index("ix_patients_merged_into_id", "patients")
    with keeping_triggers("patients"), op.batch_alter_table("patients") as patients:
        patients.drop_constraint(_KEY, type_="foreignkey")
        patients.drop_column("merged_into_id")
