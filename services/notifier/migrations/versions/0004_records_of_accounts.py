"""The record that an account holds is found by the account: its name is the one that letters greet with."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Holders by account."""
    op.create_index("ix_holders_account_id", "holders", ["account_id"])
