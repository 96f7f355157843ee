"""What staff's lists and searches, the turnaround and the change of keys need."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0008"
down_revision = "fingerprint_0007"


def upgrade() -> None:
    """A rotation that never began has no row."""
    op.create_index("ix_files_first_id", "files", ["first_id"], postgresql_where=sa.text("first_id IS NOT NULL"))
    op.create_index(
        "ix_files_single",
        "files",
        ["source", "received_at"],
        postgresql_include=["state"],
        postgresql_where=sa.text("batch_id IS NULL"),
    )
    op.create_index(
        "ix_files_batch_rest",
        "files",
        ["batch_id", "state", "member"],
        postgresql_where=sa.text("batch_id IS NOT NULL AND state <> 'read'"),
    )
    op.drop_index("ix_answers_number", "answers")
    op.create_index("ix_answers_number", "answers", ["tcn", "origin"])
    op.create_index("ix_answers_received_at", "answers", ["received_at", "id"])
    op.add_column("submissions", sa.Column("printed_on", sa.Date(), nullable=True))
    op.create_table(
        "rotations",
        sa.Column("what", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.CheckConstraint("what IN ('marks', 'persons', 'files', 'batches')", name="ck_rotations_what"),
    )
    op.create_table(
        "turnaround_weeks",
        sa.Column("week", sa.Date(), primary_key=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("answered_half", sa.Float(), nullable=True),
        sa.Column("answered_most", sa.Float(), nullable=True),
        sa.Column("cleared_half", sa.Float(), nullable=True),
        sa.Column("cleared_most", sa.Float(), nullable=True),
    )
