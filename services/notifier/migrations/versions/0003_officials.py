"""Who acts for an institution, and what institutions were asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Officials, requests for their recommendation."""
    op.create_table(
        "officials",
        sa.Column("institution", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("acts", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("institution", "account_id", "sequence", name="pk_officials"),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("institution", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("details", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_institution", "requests", ["institution", "occurred_at"])
    op.create_index("ix_requests_occurred_at", "requests", ["occurred_at"])
