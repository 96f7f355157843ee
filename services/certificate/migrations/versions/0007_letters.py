"""Last names are found by their letters alone, however accents and apostrophes are typed."""

import sqlalchemy as sa
from alembic import op

revision = "certificate_0007"
down_revision = "certificate_0006"


def upgrade() -> None:
    """An index in place of another."""
    op.drop_index("ix_names_last", "names")
    letters = r"regexp_replace(lower(normalize(last_name, NFKD)), '\W|_', '', 'g') text_pattern_ops"
    op.create_index("ix_names_last", "names", [sa.text(letters)])
