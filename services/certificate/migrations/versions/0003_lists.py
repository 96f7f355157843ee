"""Indexes for the lists of staff: last names, ended applications, who has worked here."""

import sqlalchemy as sa
from alembic import op

revision = "certificate_0003"
down_revision = "certificate_0002"


def upgrade() -> None:
    """Indexes only."""
    op.create_index("ix_names_last", "names", [sa.text("lower(last_name) text_pattern_ops")])
    op.create_index(
        "ix_applications_newest_ended",
        "applications",
        [sa.text("ended_on DESC"), sa.text("number DESC")],
        postgresql_where=sa.text("ended_on IS NOT NULL"),
    )
    op.create_index(
        "ix_entries_office",
        "entries",
        ["actor_id", "actor"],
        postgresql_where=sa.text(
            "deed IN ('document', 'paid', 'asked', 'reviewed', 'assigned', 'held', 'released', 'noted', 'issued')"
        ),
    )
