"""Drafts, applications with all that happened to them, certificates; names for lists; which checks were answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "certificate_0002"
down_revision = "0001"

_REFUSAL = """
CREATE FUNCTION entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to an application is append-only';
END $$
"""
_APPEND_ONLY = """
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse()
"""


def upgrade() -> None:
    """New tables only: the code before knows none of them."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("application_numbers", start=100_001)))
    op.create_table(
        "answered",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=4), nullable=False),
        sa.Column("answer_sequence", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("reprint_sequence", sa.BigInteger, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("educator_id", "purpose", name="pk_answered"),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, server_default=sa.text("nextval('application_numbers')"), nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("class_code", sa.Text, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("move", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("wakes_on", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("institution", sa.Text),
        sa.Column("assigned_to", sa.Uuid),
        sa.Column("assigned_name", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        sa.UniqueConstraint("number", name="uq_applications_number"),
    )
    op.create_index("ix_applications_educator", "applications", ["educator_id"])
    op.create_index(
        "ix_applications_ended",
        "applications",
        ["class_code", "ended_on"],
        postgresql_where=sa.text("ended_on IS NOT NULL"),
    )
    op.create_index("ix_applications_institution", "applications", ["institution", "received_on"])
    op.create_index(
        "ix_applications_queue", "applications", ["received_on", "number"], postgresql_where=sa.text("ended_on IS NULL")
    )
    op.create_index(
        "ix_applications_wakes", "applications", ["wakes_on"], postgresql_where=sa.text("wakes_on IS NOT NULL")
    )
    op.create_index(
        "uq_applications_open",
        "applications",
        ["educator_id", "class_code"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("class_code", sa.Text, nullable=False),
        sa.Column("answers", postgresql.JSONB, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, server_default="1", nullable=False),
        sa.Column("warned", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint("educator_id", "class_code", name="uq_drafts_educator_id_class_code"),
    )
    op.create_index("ix_drafts_saved_on", "drafts", ["saved_on"])
    op.create_table(
        "names",
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("educator_id", name="pk_names"),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("educator_id", sa.String(length=8), nullable=False),
        sa.Column("class_code", sa.Text, nullable=False),
        sa.Column("classification", sa.Text, nullable=False),
        sa.Column("areas", postgresql.JSONB, nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.CheckConstraint("expires_on >= effective_on", name="ck_certificates_period"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_certificates_application_id_applications"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("application_id", name="uq_certificates_application_id"),
    )
    op.create_index("ix_certificates_educator_id", "certificates", ["educator_id"])
    op.create_table(
        "entries",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name="fk_entries_application_id_applications"),
        sa.PrimaryKeyConstraint("application_id", "number", name="pk_entries"),
    )
    op.execute(_REFUSAL)
    op.execute(_APPEND_ONLY)
