"""Batches are undone by a loop: whoever asked, why, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0009"
down_revision = "fingerprint_0008"

STATES = "state IN ('running', 'done', 'quarantined', 'duplicate', 'undoing', 'undone')"


def upgrade() -> None:
    """Of batches that were undone before, the trail alone tells who asked."""
    op.drop_constraint("ck_batches_state", "batches", type_="check")
    op.create_check_constraint("ck_batches_state", "batches", STATES)
    op.drop_index("uq_batches_mark", "batches")
    op.create_index(
        "uq_batches_mark",
        "batches",
        ["mark"],
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'done', 'undoing')"),
    )
    op.create_table(
        "undoings",
        sa.Column(
            "batch_id", sa.Uuid(), sa.ForeignKey("batches.id", name="fk_undoings_batch_id_batches"), primary_key=True
        ),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
    )
