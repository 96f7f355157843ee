"""Everything notifier keeps at first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrate import create_plumbing

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Plumbing, recipients, letters."""
    create_plumbing(op)
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
    )
    op.create_index("ix_accounts_email", "accounts", [sa.text("lower(email)")])
    op.create_table(
        "holders",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_holders"),
    )
    op.create_table(
        "names",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_names"),
    )
    op.create_table(
        "contacts",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "sequence", name="pk_contacts"),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("account_id", sa.Uuid),
        sa.Column("educator_id", sa.String(8)),
        sa.Column("other_account_id", sa.Uuid),
        sa.Column("address", sa.Text),
        sa.Column("details", JSONB, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("expires_at", MOMENT),
        sa.Column("language", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("body", JSONB(none_as_null=True)),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("due_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("deferred_since", MOMENT),
        sa.Column("reply", sa.Integer),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.CheckConstraint("state IN ('waiting', 'ready', 'sent', 'failed', 'expired')", name="ck_letters_state"),
        sa.CheckConstraint("state IN ('waiting', 'expired', 'failed') OR body IS NOT NULL", name="ck_letters_written"),
        sa.CheckConstraint("sealed IS NULL OR state IN ('waiting', 'ready')", name="ck_letters_sealed"),
    )
    op.create_index(
        "ix_letters_open", "letters", ["state", "due_at"], postgresql_where=sa.text("state IN ('waiting', 'ready')")
    )
    op.create_index("ix_letters_unsent", "letters", ["occurred_at"], postgresql_where=sa.text("state <> 'sent'"))
    op.create_index("ix_letters_reader", "letters", ["account_id", "occurred_at"])
    op.create_index(
        "ix_letters_orphans",
        "letters",
        ["made_at"],
        postgresql_where=sa.text("kind = 'confirm_email' AND account_id IS NULL"),
    )
