"""The tables that every service has beside its own: outbox, inbox, parked records, audit trail.

`add_tables` describes them for SQLAlchemy; `shared.migrate.create_plumbing` creates them with what a description cannot
say (the trigger that keeps the trail append-only).
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMES: Final = ("outbox", "outbox_sequences", "inbox", "parked", "audit")

# Rows of these tables live for milliseconds, or are rewritten by every fact: vacuum by number of rows, not by share.
_BUSY: Final = {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "20000"}


def add_tables(metadata: MetaData) -> None:
    """Describe the plumbing in this metadata."""
    Table(
        "outbox",
        metadata,
        # id order = sequence order = commit order, per subject: see shared.outbox.publish
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("subject_id", Text, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("body", Text, nullable=False),
        Column("traceparent", Text),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        postgresql_with=_BUSY,
    )
    Table(
        "outbox_sequences",
        metadata,
        Column("subject_id", Text, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        postgresql_with={**_BUSY, "fillfactor": "70"},  # room to rewrite a row where it stands
    )
    Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("topic", Text, nullable=False),
        Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Index(None, "seen_at", postgresql_using="brin"),
    )
    Table(
        "parked",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", LargeBinary),
        # [[name, base64 of the value or null], ...]: Kafka's headers may repeat, and their values are bytes or null.
        # JSON, not JSONB, which refuses a name with a zero byte in it
        Column("headers", JSON, nullable=False),
        Column("body", LargeBinary),
        Column("error", Text, nullable=False),
        # [{"loc": ..., "type": ...}, ...] of a refused body; never the text of an error, which may quote the input
        Column("detail", JSON, nullable=False, server_default="[]"),
        Column("tries", Integer, nullable=False),
        Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        UniqueConstraint("topic", "partition", "offset"),
    )
    Table(
        "audit",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor_id", Uuid),
        Column("actor_name", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("old", JSONB),
        Column("new", JSONB),
        Index(None, "actor_id", "at"),
        Index(None, "subject", "at"),
    )
