"""Everything educator keeps at first."""

import sqlalchemy as sa
from alembic import op

from shared.migrate import create_plumbing

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Plumbing, accounts, persons, vault, cases."""
    create_plumbing(op)
    op.create_table(
        "known_accounts",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_known_accounts"),
    )
    op.create_table(
        "persons",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("middle_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("former_last_names", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("profile_version", sa.Integer, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("street", sa.Text, nullable=False),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("zip_code", sa.Text, nullable=False),
        sa.Column("contact_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_persons"),
        sa.UniqueConstraint("account_id", name="uq_persons_account_id"),
    )
    op.create_table(
        "pending_addresses",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_pending_addresses"),
        sa.UniqueConstraint("token_hash", name="uq_pending_addresses_token_hash"),
        sa.ForeignKeyConstraint(
            ["educator_id"], ["persons.educator_id"], name="fk_pending_addresses_educator_id_persons"
        ),
    )
    op.create_table(
        "vault",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("ssn", sa.LargeBinary),
        sa.Column("birth_date", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_vault"),
    )
    op.create_index("ix_vault_key_version", "vault", ["key_version"])
    op.create_table(
        "blind_index",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner", "field", "version", name="pk_blind_index"),
        sa.ForeignKeyConstraint(["owner"], ["vault.owner"], name="fk_blind_index_owner_vault", ondelete="CASCADE"),
        sa.CheckConstraint("field IN ('ssn', 'birth_date')", name="ck_blind_index_field"),
    )
    # One person, one number: the database decides, however many ask at once.
    op.create_index(
        "uq_blind_index_ssn", "blind_index", ["digest"], unique=True, postgresql_where=sa.text("field = 'ssn'")
    )
    op.create_index("ix_blind_index_digest", "blind_index", ["digest"])
    op.create_table(
        "identity_cases",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("record_id", sa.String(8)),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("documents_asked_at", MOMENT),
        sa.Column("documents_asked_for", sa.Text, nullable=False),
        sa.Column("documents_sent_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("outcome", sa.Text),
        sa.Column("end_record_id", sa.String(8)),
        sa.Column("end_holder_account_id", sa.Uuid),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("end_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_identity_cases"),
        sa.ForeignKeyConstraint(["record_id"], ["persons.educator_id"], name="fk_identity_cases_record_id_persons"),
        sa.ForeignKeyConstraint(
            ["end_record_id"], ["persons.educator_id"], name="fk_identity_cases_end_record_id_persons"
        ),
        sa.CheckConstraint("kind IN ('number_in_use', 'no_number')", name="ck_identity_cases_kind"),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ck_identity_cases_ended"),
    )
    op.create_index("ix_identity_cases_account_id", "identity_cases", ["account_id"])
    op.create_index("ix_identity_cases_end_holder_account_id", "identity_cases", ["end_holder_account_id"])
    op.create_index("ix_identity_cases_queue", "identity_cases", ["ended_at", "opened_at"])
    op.create_index(
        "uq_identity_cases_open",
        "identity_cases",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "attempts",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("window_began_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_attempts"),
    )
