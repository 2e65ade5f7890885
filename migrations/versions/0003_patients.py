"""Patients."""

import sqlalchemy as sa
from alembic import op

revision = "0003_patients"
down_revision = "0002_directory"
branch_labels = None
depends_on = None

# Full text: names hold a space before and after each word, so that trigrams answer "begins" and "contains". A later
# migration that rebuilds `patients` on SQLite drops these triggers: it must create them again.
SQLITE_FULL_TEXT = (
    "CREATE VIRTUAL TABLE patient_search_fts USING fts5("
    "search_name, content='patients', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER patient_search_insert AFTER INSERT ON patients BEGIN "
    "INSERT INTO patient_search_fts(rowid, search_name) VALUES (new.id, new.search_name); END",
    "CREATE TRIGGER patient_search_delete AFTER DELETE ON patients BEGIN "
    "INSERT INTO patient_search_fts(patient_search_fts, rowid, search_name) "
    "VALUES ('delete', old.id, old.search_name); END",
    "CREATE TRIGGER patient_search_update AFTER UPDATE OF search_name ON patients "
    "WHEN old.search_name <> new.search_name BEGIN "
    "INSERT INTO patient_search_fts(patient_search_fts, rowid, search_name) "
    "VALUES ('delete', old.id, old.search_name); "
    "INSERT INTO patient_search_fts(rowid, search_name) VALUES (new.id, new.search_name); END",
)
POSTGRESQL_FULL_TEXT = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX patient_search_trigrams ON patients USING gin (search_name gin_trgm_ops) WITH (fastupdate = off)",
)


def _by_code_point(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    op.create_table(
        "patients",
        sa.Column("mrn", _by_code_point(20), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=True),
        sa.Column("given_name", sa.String(length=200), nullable=True),
        sa.Column("prefix", sa.String(length=40), nullable=True),
        sa.Column("suffix", sa.String(length=40), nullable=True),
        sa.Column("other_names", sa.JSON(), nullable=False),
        sa.Column("display_name", sa.String(length=450), nullable=False),
        sa.Column("sort_name", _by_code_point(450), nullable=False),
        sa.Column("search_name", _by_code_point(1200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column(
            "birth_precision",
            sa.Enum(
                "day",
                "month",
                "year",
                "estimated",
                name="birth_precision",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "sex",
            sa.Enum(
                "female",
                "male",
                "other",
                "unknown",
                name="sex",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("telecoms", sa.LargeBinary(), nullable=False),
        sa.Column("addresses", sa.LargeBinary(), nullable=False),
        sa.Column("contacts", sa.LargeBinary(), nullable=False),
        sa.Column("extra", sa.LargeBinary(), nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=True),
        sa.Column("consent_to_contact", sa.Boolean(), nullable=True),
        sa.Column("consent_to_share", sa.Boolean(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioners.id"],
            name=op.f("fk_patients_practitioner_id_practitioners"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_patients_idempotency_key")),
        sa.UniqueConstraint("mrn", name=op.f("uq_patients_mrn")),
    )
    op.create_index("ix_patients_birth_date", "patients", ["birth_date", "id"], unique=False)
    op.create_index("ix_patients_last_visit_at", "patients", ["last_visit_at", "id"], unique=False)
    op.create_index("ix_patients_practitioner", "patients", ["practitioner_id", "sort_name", "id"], unique=False)
    op.create_index("ix_patients_registered_at", "patients", ["registered_at", "id"], unique=False)
    op.create_index(
        "ix_patients_search_walk",
        "patients",
        [
            *("sort_name", "id", "search_name", "birth_date", "mrn"),
            *("is_active", "sex", "practitioner_id", "last_visit_at"),
        ],
        unique=False,
    )

    op.create_table(
        "patient_identifiers",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patients.id"],
            name=op.f("fk_patient_identifiers_patient_id_patients"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_identifiers")),
    )
    op.create_index("ix_patient_identifiers_patient_id", "patient_identifiers", ["patient_id"], unique=False)
    op.create_index("ix_patient_identifiers_token", "patient_identifiers", ["token"], unique=False)

    op.create_table(
        "coverages",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("payer", sa.String(length=160), nullable=False),
        sa.Column("plan", sa.String(length=160), nullable=True),
        sa.Column("member_number", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patients.id"],
            name=op.f("fk_coverages_patient_id_patients"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverages")),
    )
    op.create_index("ix_coverages_patient_id", "coverages", ["patient_id"], unique=False)

    op.create_table(
        "patient_alerts",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "info",
                "warning",
                "danger",
                name="alert_level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("fk_patient_alerts_created_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patients.id"],
            name=op.f("fk_patient_alerts_patient_id_patients"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"],
            ["users.id"],
            name=op.f("fk_patient_alerts_voided_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_alerts")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_patient_alerts_idempotency_key")),
    )
    op.create_index("ix_patient_alerts_patient_id", "patient_alerts", ["patient_id"], unique=False)

    counter = op.create_table(
        "mrn_counter",
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mrn_counter")),
    )
    op.bulk_insert(counter, [{"id": 1, "value": 0}])

    op.create_table(
        "patient_search_tokens",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patients.id"],
            name=op.f("fk_patient_search_tokens_patient_id_patients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token", "patient_id", name=op.f("pk_patient_search_tokens")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_patient_search_tokens_patient_id", "patient_search_tokens", ["patient_id"], unique=False)

    op.create_table(
        "patient_name_spellings",
        sa.Column("spelling", sa.String(length=30), nullable=False),
        sa.Column("word", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("spelling", "word", name=op.f("pk_patient_name_spellings")),
        sqlite_with_rowid=False,
    )
    for statement in SQLITE_FULL_TEXT if _is_sqlite() else POSTGRESQL_FULL_TEXT:
        op.execute(statement)


def downgrade() -> None:
    if _is_sqlite():
        op.execute("DROP TABLE patient_search_fts")
    op.drop_table("patient_name_spellings")
    op.drop_table("patient_search_tokens")
    op.drop_table("mrn_counter")
    op.drop_table("patient_alerts")
    op.drop_table("coverages")
    op.drop_table("patient_identifiers")
    op.drop_table("patients")
