"""What the list of certificates concerned is found by: clearances that were withdrawn, and when others run out."""

import sqlalchemy as sa
from alembic import op

revision = "certificate_0006"
down_revision = "certificate_0005"


def upgrade() -> None:
    """Indexes alone."""
    op.create_index("ix_clearances_ended", "clearances", ["ended_on"], postgresql_where=sa.text("ended_on IS NOT NULL"))
    op.create_index("ix_clearances_valid", "clearances", ["valid_until"], postgresql_where=sa.text("ended_on IS NULL"))
