"""Archives and uploads with their members, importers and their leases, and every error of a file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "fingerprint_0004"
down_revision = "fingerprint_0003"


def upgrade() -> None:
    """Files that came before are of the source `spool` and of no batch; of those with an error, the first is known."""
    op.create_table(
        "importers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("first_id", sa.Uuid(), sa.ForeignKey("batches.id", name="fk_batches_first_id_batches")),
        sa.Column("key_id", sa.Uuid(), sa.ForeignKey("data_keys.id", name="fk_batches_key_id_data_keys")),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind IN ('zip', 'tar', 'upload')", name="ck_batches_kind"),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'quarantined', 'duplicate', 'undone')", name="ck_batches_state"
        ),
    )
    op.create_index("ix_batches_received_at", "batches", ["received_at"])
    op.create_index("ix_batches_key_id", "batches", ["key_id"])
    op.create_index(
        "uq_batches_mark", "batches", ["mark"], unique=True, postgresql_where=sa.text("state IN ('running', 'done')")
    )
    op.add_column("files", sa.Column("source", sa.Text(), nullable=False, server_default="spool"))
    op.alter_column("files", "source", server_default=None)
    op.add_column("files", sa.Column("errors", JSONB(), nullable=False, server_default="[]"))
    op.execute("""
    UPDATE files SET errors = jsonb_build_array(jsonb_build_array(reason, field, 0)) WHERE reason <> ''
    """)
    # Under which name it was held while it was read: whoever takes the work over knows what was committed.
    op.add_column("files", sa.Column("claim", sa.Uuid(), nullable=True))
    op.add_column("files", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("files", sa.Column("member", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_files_batch_id_batches", "files", "batches", ["batch_id"], ["id"])
    op.create_check_constraint("ck_files_member", "files", "(batch_id IS NULL) = (member IS NULL)")
    op.create_index("uq_files_claim", "files", ["claim"], unique=True, postgresql_where=sa.text("claim IS NOT NULL"))
    op.create_index(
        "uq_files_member",
        "files",
        ["batch_id", "member"],
        unique=True,
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    # Random bytes are not worth trying to compress.
    op.execute("ALTER TABLE pieces ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE answers ALTER COLUMN sealed SET STORAGE EXTERNAL")
    # A piece of the smallest size stays in its row, two to a page.
    op.execute("ALTER TABLE pieces SET (toast_tuple_target = 8160)")
