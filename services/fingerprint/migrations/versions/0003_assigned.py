"""Who assigned an answer by hand, so that somebody else decides about it."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0003"
down_revision = "fingerprint_0002"


def upgrade() -> None:
    """Of those assigned before, the trail knows."""
    op.add_column("answers", sa.Column("assigned_by", sa.Uuid(), nullable=True))
    op.execute("""
    UPDATE answers SET assigned_by = (
        SELECT actor_id FROM audit
        WHERE action = 'answer.assigned' AND subject = 'answer:' || answers.id ORDER BY at DESC LIMIT 1
    ) WHERE by_hand
    """)
