"""Accounts, registrations, sessions, roles, and what leads to them."""

import sqlalchemy as sa
from alembic import op

from shared.migrate import create_plumbing

revision = "identity_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "failures",
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name_index", name=op.f("pk_failures")),
    )
    op.create_index(op.f("ix_failures_last_failed_at"), "failures", ["last_failed_at"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("browser_hash", name=op.f("uq_registrations_browser_hash")),
    )
    op.create_index(op.f("ix_registrations_email_key"), "registrations", ["email_key"], unique=False)
    op.create_index(op.f("ix_registrations_expires_at"), "registrations", ["expires_at"], unique=False)
    op.create_index(op.f("ix_registrations_name_key"), "registrations", ["name_key"], unique=False)
    op.create_table(
        "usernames",
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(account_id IS NULL) <> (registration_id IS NULL)", name=op.f("ck_usernames_one_holder")),
        sa.CheckConstraint(
            "(registration_id IS NULL) = (held_until IS NULL)", name=op.f("ck_usernames_held_for_a_time")
        ),
        sa.PrimaryKeyConstraint("name_key", name=op.f("pk_usernames")),
    )
    op.create_index(op.f("ix_usernames_registration_id"), "usernames", ["registration_id"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("last_name_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_account_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (kept_account_id IS NULL)", name=op.f("ck_accounts_closed_for_another")
        ),
        sa.ForeignKeyConstraint(
            ["kept_account_id"], ["accounts.account_id"], name=op.f("fk_accounts_kept_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["name_key"], ["usernames.name_key"], name=op.f("fk_accounts_name_key_usernames")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name_key", name=op.f("uq_accounts_name_key")),
    )
    op.create_index(
        "ix_accounts_email_key_prefix",
        "accounts",
        ["email_key"],
        unique=False,
        postgresql_ops={"email_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_accounts_last_name_key_prefix",
        "accounts",
        ["last_name_key"],
        unique=False,
        postgresql_ops={"last_name_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_accounts_name_key_prefix",
        "accounts",
        ["name_key"],
        unique=False,
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index(
        "uq_accounts_email_key_open",
        "accounts",
        ["email_key"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "errands",
        sa.Column("errand_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("asked_for", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(registration_id IS NULL) <> (asked_for IS NULL)", name=op.f("ck_errands_one_subject")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.registration_id"],
            name=op.f("fk_errands_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("errand_id", name=op.f("pk_errands")),
    )
    op.create_index(op.f("ix_errands_asked_at"), "errands", ["asked_at"], unique=False)
    op.create_index(op.f("ix_errands_registration_id"), "errands", ["registration_id"], unique=False)
    op.create_table(
        "access_requests",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("institution", sa.String(length=100), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_access_requests_decided")),
        sa.CheckConstraint("state IN ('waiting', 'approved', 'refused')", name=op.f("ck_access_requests_known_state")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_access_requests_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_access_requests")),
    )
    op.create_index(op.f("ix_access_requests_account_id"), "access_requests", ["account_id"], unique=False)
    op.create_index(op.f("ix_access_requests_state_asked_at"), "access_requests", ["state", "asked_at"], unique=False)
    op.create_index(
        "uq_access_requests_waiting",
        "access_requests",
        ["account_id", "role", "institution"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("institution", sa.String(length=100), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_grants_account_id_accounts")),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_role"), "grants", ["role"], unique=False)
    op.create_index(
        "uq_grants_held",
        "grants",
        ["account_id", "role", "institution"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "history_reader_failures",
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_history_reader_failures_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("failure_id", name=op.f("pk_history_reader_failures")),
    )
    op.create_index(
        op.f("ix_history_reader_failures_account_id_failed_at"),
        "history_reader_failures",
        ["account_id", "failed_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_history_reader_failures_failed_at"), "history_reader_failures", ["failed_at"], unique=False
    )
    op.create_table(
        "links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(registration_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_links_one_purpose")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_links_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.registration_id"],
            name=op.f("fk_links_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_account_id"), "links", ["account_id"], unique=False)
    op.create_index(op.f("ix_links_expires_at"), "links", ["expires_at"], unique=False)
    op.create_index(op.f("ix_links_registration_id"), "links", ["registration_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_sessions_account_id_accounts")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.create_index(op.f("ix_sessions_started_at"), "sessions", ["started_at"], unique=False)
