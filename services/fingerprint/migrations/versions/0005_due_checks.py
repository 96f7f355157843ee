"""Checks of which something is due by the calendar: clearances that run out, name checks to be asked for in time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "fingerprint_0005"
down_revision = "fingerprint_0004"


def upgrade() -> None:
    """A clearance that was said before is looked at once: how far it has run is not known yet."""
    op.add_column("checks", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("checks", sa.Column("said_reminded", sa.Integer(), nullable=True))
    op.add_column("checks", sa.Column("name_checks", JSONB(), nullable=False, server_default="[]"))
    op.execute("UPDATE checks SET due_on = current_date WHERE said_valid_until IS NOT NULL")
    op.create_index(
        "ix_checks_due",
        "checks",
        ["due_on", "educator_id", "purpose"],
        postgresql_where=sa.text("due_on IS NOT NULL"),
    )
    op.create_index(
        "ix_checks_by_name",
        "checks",
        ["educator_id", "purpose"],
        postgresql_where=sa.text("standing ? 'name_checks'"),
    )
