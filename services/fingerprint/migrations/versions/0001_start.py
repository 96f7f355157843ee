"""Files, answers, checks, and the cases of adjudicators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import create_plumbing

revision = "fingerprint_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "checks",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=4), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("basis", postgresql.JSONB(), nullable=False),
        sa.Column("standing", postgresql.JSONB(), nullable=False),
        sa.Column("said_cleared_on", sa.Date(), nullable=True),
        sa.Column("said_valid_until", sa.Date(), nullable=True),
        sa.Column("said_reprints", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "purpose", name=op.f("pk_checks")),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
        sa.UniqueConstraint("educator_id", name=op.f("uq_data_keys_educator_id")),
    )
    op.create_index(op.f("ix_data_keys_version"), "data_keys", ["version"], unique=False)
    op.create_table(
        "due",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_due")),
    )
    op.create_table(
        "known_names",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("middle_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "first_name", "middle_name", "last_name", name=op.f("pk_known_names")),
    )
    op.create_table(
        "persons",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_persons")),
    )
    op.create_index(op.f("ix_persons_account_id"), "persons", ["account_id"], unique=False)
    op.create_table(
        "preparations",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=4), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name=op.f("pk_preparations")),
    )
    op.create_table(
        "rulings",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=4), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulings")),
    )
    op.create_index("ix_rulings_check", "rulings", ["educator_id", "purpose"], unique=False)
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('read', 'duplicate', 'quarantined')", name=op.f("ck_files_state")),
        sa.ForeignKeyConstraint(["first_id"], ["files.id"], name=op.f("fk_files_first_id_files")),
        sa.ForeignKeyConstraint(["key_id"], ["data_keys.id"], name=op.f("fk_files_key_id_data_keys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_key_id"), "files", ["key_id"], unique=False)
    op.create_index("ix_files_state", "files", ["state", "received_at"], unique=False)
    op.create_index("uq_files_mark", "files", ["mark"], unique=True, postgresql_where=sa.text("state <> 'duplicate'"))
    op.create_table(
        "answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("bureau", sa.Text(), nullable=True),
        sa.Column("tcn", sa.Text(), nullable=False),
        sa.Column("claimed_id", sa.String(length=8), nullable=True),
        sa.Column("claimed_purpose", sa.String(length=4), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=True),
        sa.Column("purpose", sa.String(length=4), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(place = 'matched') = (educator_id IS NOT NULL)", name=op.f("ck_answers_matched")),
        sa.CheckConstraint(
            "place IN ('matched', 'waiting', 'unmatched', 'set_aside', 'adjudicator')", name=op.f("ck_answers_place")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_answers_file_id_files")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("file_id", name=op.f("uq_answers_file_id")),
    )
    op.create_index(
        "ix_answers_claimed", "answers", ["claimed_id"], unique=False, postgresql_where=sa.text("place <> 'matched'")
    )
    op.create_index("ix_answers_educator", "answers", ["educator_id"], unique=False)
    op.create_index("ix_answers_number", "answers", ["origin", "tcn"], unique=False)
    op.create_index(
        "ix_answers_place",
        "answers",
        ["place", "received_at"],
        unique=False,
        postgresql_where=sa.text("place <> 'matched'"),
    )
    op.create_table(
        "pieces",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_pieces_file_id_files")),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_pieces")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=True),
        sa.Column("purpose", sa.String(length=4), nullable=True),
        sa.Column("answer_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(educator_id IS NULL) = (answer_id IS NOT NULL)", name=op.f("ck_reviews_subject")),
        sa.CheckConstraint("(educator_id IS NULL) = (purpose IS NULL)", name=op.f("ck_reviews_purpose")),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name=op.f("fk_reviews_answer_id_answers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_reviews_answer_id")),
    )
    op.create_index(
        "ix_reviews_open", "reviews", ["opened_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index(
        "uq_reviews_check",
        "reviews",
        ["educator_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "looks",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_looks_review_id_reviews")),
        sa.PrimaryKeyConstraint("review_id", "session_hash", name=op.f("pk_looks")),
    )
