"""Copies of submissions, numbers that educators typed, and what people and answers are found by."""

import sqlalchemy as sa
from alembic import op

revision = "fingerprint_0006"
down_revision = "fingerprint_0005"

_NAME_KEY = (
    "regexp_replace(upper(normalize(last_name, NFKD)), '[^A-Z]', '', 'g') || ',' || "
    "regexp_replace(upper(normalize(split_part(first_name, ' ', 1), NFKD)), '[^A-Z]', '', 'g')"
)


def upgrade() -> None:
    """Answers taken in before are not found by their submission's number: it lies sealed, and no key is here."""
    op.create_table(
        "submissions",
        sa.Column("file_id", sa.Uuid(), sa.ForeignKey("files.id", name="fk_submissions_file_id_files"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("tcn", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=True),
        sa.Column("possible", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("claimed_id", sa.String(length=8), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name_mark", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("file_id", name="pk_submissions"),
        sa.CheckConstraint("state IN ('untied', 'tied', 'nobody', 'contradiction')", name="ck_submissions_state"),
        sa.CheckConstraint("(state = 'tied') = (educator_id IS NOT NULL)", name="ck_submissions_tied"),
    )
    op.create_index("ix_submissions_tcn", "submissions", ["tcn"])
    op.create_index("ix_submissions_settled_at", "submissions", ["settled_at"])
    asked = sa.text("sealed IS NOT NULL")
    op.create_index("ix_submissions_next_try", "submissions", ["next_try_at"], postgresql_where=asked)
    op.create_index("ix_submissions_claimed", "submissions", ["claimed_id"], postgresql_where=asked)
    op.create_index("ix_submissions_name", "submissions", ["name_mark"], postgresql_where=asked)
    op.create_table(
        "heard",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_heard"),
    )
    op.create_table(
        "second_looks",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name="pk_second_looks"),
    )
    op.create_table(
        "typed_numbers",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("tcn", sa.Text(), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "tcn", name="pk_typed_numbers"),
    )
    op.create_index("ix_typed_numbers_tcn", "typed_numbers", ["tcn"])
    for column in ("tcr", "destination", "how"):
        op.add_column("answers", sa.Column(column, sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_answers_tcr", "answers", ["tcr"], postgresql_where=sa.text("tcr <> ''"))
    op.drop_constraint("ck_answers_place", "answers")
    op.create_check_constraint(
        "ck_answers_place",
        "answers",
        "place IN ('matched', 'waiting', 'unmatched', 'set_aside', 'adjudicator', 'kept')",
    )
    op.add_column(
        "known_names", sa.Column("name_key", sa.Text(), sa.Computed(_NAME_KEY, persisted=True), nullable=False)
    )
    op.create_index("ix_known_names_key", "known_names", ["name_key"])
