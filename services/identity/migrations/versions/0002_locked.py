"""Locked accounts, found without going through all."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"


def upgrade() -> None:
    """An index of the few."""
    op.create_index("ix_accounts_locked", "accounts", ["locked_at"], postgresql_where=sa.text("locked_at IS NOT NULL"))
