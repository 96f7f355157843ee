"""What is wrong with the folders and files that an importer works on, for staff to see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "fingerprint_0007"
down_revision = "fingerprint_0006"


def upgrade() -> None:
    """Importers of before say nothing."""
    op.add_column("importers", sa.Column("troubles", JSONB(), nullable=False, server_default="[]"))
