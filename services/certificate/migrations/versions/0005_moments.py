"""Moments instead of days for what fingerprint said; what institutions' lists show; when a draft was warned of."""

import sqlalchemy as sa
from alembic import op

revision = "certificate_0005"
down_revision = "certificate_0004"

# Of what was said on a day no moment was kept: the day's first, so that it counts as it did.
# `ecsctl rebuild certificate` reads the true ones again.
_MOMENTS = "UPDATE checks_said SET at = (day + time '00:00') AT TIME ZONE 'America/Chicago'"
_HANDED = """
UPDATE applications SET handed = newest.deed, handed_on = newest.day, submitted_on = form.day, program = form.program
FROM (
    SELECT DISTINCT ON (application_id) application_id, deed, day FROM entries
    WHERE deed IN ('received', 'resubmitted', 'recommended', 'returned')
    ORDER BY application_id, number DESC
) AS newest, (
    SELECT DISTINCT ON (application_id) application_id, day, details -> 'submission' ->> 'program' AS program
    FROM entries WHERE deed IN ('received', 'resubmitted')
    ORDER BY application_id, number DESC
) AS form
WHERE newest.application_id = applications.id AND form.application_id = applications.id
    AND applications.institution IS NOT NULL
"""


def upgrade() -> None:
    """Columns that are filled from what there is."""
    op.add_column("checks_said", sa.Column("at", sa.DateTime(timezone=True)))
    op.execute(_MOMENTS)
    op.alter_column("checks_said", "at", nullable=False)
    op.drop_column("checks_said", "day")

    op.add_column("drafts", sa.Column("warned_on", sa.Date))

    op.add_column("applications", sa.Column("handed", sa.Text))
    op.add_column("applications", sa.Column("handed_on", sa.Date))
    op.add_column("applications", sa.Column("submitted_on", sa.Date))
    op.add_column("applications", sa.Column("program", sa.Text))
    op.execute(_HANDED)
    op.drop_index("ix_applications_institution", "applications")
    op.create_index("ix_applications_institution", "applications", ["institution", "submitted_on", "number"])
