"""Whose records a list showed, beside its entry in the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0021_readings"
down_revision = "0020_claimed_tickets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_patients",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", "patient_id", name=op.f("pk_reading_patients")),
    )
    op.create_index("ix_reading_patients_patient", "reading_patients", ["patient_id", "seq"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER reading_patients_append_only BEFORE UPDATE OR DELETE ON reading_patients "
            "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
        )
        op.execute(
            "CREATE TRIGGER reading_patients_no_truncate BEFORE TRUNCATE ON reading_patients "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER reading_patients_no_{verb.lower()} BEFORE {verb} ON reading_patients "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


def downgrade() -> None:
    op.drop_table("reading_patients")
