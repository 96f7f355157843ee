"""Indexes by which the next letters are found, whatever the backlog."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Letters that wait, by age; letters whose link ends, by that."""
    op.create_index("ix_letters_waiting", "letters", ["made_at", "id"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index(
        "ix_letters_expiring",
        "letters",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('waiting', 'ready') AND expires_at IS NOT NULL"),
    )
