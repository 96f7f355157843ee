"""All that fingerprint said of checks, so that a past day can be decided again with what was known then."""

import sqlalchemy as sa
from alembic import op

revision = "certificate_0004"
down_revision = "certificate_0003"

# What was kept until now: of each check the newest word alone. `ecsctl rebuild certificate` reads the rest again.
_CLEARANCES = """
INSERT INTO checks_said (educator_id, number, word, purpose, day, cleared_on, valid_until, ended_on)
SELECT educator_id, sequence, CASE WHEN ended_on IS NULL THEN 'cleared' ELSE 'ended' END, purpose,
    coalesce(ended_on, cleared_on), cleared_on, valid_until, ended_on
FROM clearances
"""
_ANSWERED = """
INSERT INTO checks_said (educator_id, number, word, purpose, day)
SELECT educator_id, sequence, word, purpose, current_date
FROM answered, LATERAL (
    VALUES (answer_sequence, 'answered'), (reprint_sequence, 'reprint')
) AS said (sequence, word)
WHERE sequence > 0
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """One table more; the one it replaces was never in a release."""
    op.create_table(
        "checks_said",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(length=4), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("cleared_on", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.PrimaryKeyConstraint("educator_id", "number", name="pk_checks_said"),
    )
    op.execute(_CLEARANCES)
    op.execute(_ANSWERED)
    op.drop_table("answered")
