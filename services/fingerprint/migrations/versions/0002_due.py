"""Why an educator is due; what was done by hand, by age."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0002"
down_revision = "fingerprint_0001"


def upgrade() -> None:
    """The code before knows no other reason than a name."""
    op.add_column("due", sa.Column("decide", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.create_index(
        "ix_answers_by_hand",
        "answers",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("place = 'set_aside' OR by_hand"),
    )
