"""A code that is asked for on the day of an answer: what came before it is told from what comes after."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "fingerprint_0010"
down_revision = "fingerprint_0009"


def upgrade() -> None:
    """For codes asked for before, every answer of that day counts as one after them, as it did."""
    op.add_column("preparations", sa.Column("before", JSONB(), nullable=False, server_default="{}"))
