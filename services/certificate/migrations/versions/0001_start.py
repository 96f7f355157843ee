"""Whose record an account holds, and clearances."""

import sqlalchemy as sa
from alembic import op

from shared.migrate import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Plumbing, educators, clearances."""
    create_plumbing(op)
    op.create_table(
        "educators",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_educators"),
    )
    op.create_index("ix_educators_account_id", "educators", ["account_id"])
    op.create_table(
        "clearances",
        sa.Column("educator_id", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(4), nullable=False),
        sa.Column("cleared_on", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "purpose", name="pk_clearances"),
    )
