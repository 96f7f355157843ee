"""Closed cases are listed, the newest first."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0011"
down_revision = "fingerprint_0010"


def upgrade() -> None:
    """Those that were closed before are listed as well."""
    op.create_index(
        "ix_reviews_closed", "reviews", ["closed_at", "id"], postgresql_where=sa.text("closed_at IS NOT NULL")
    )
