"""What educator keeps."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_metadata


class Base(DeclarativeBase):
    """All of educator's tables, with the plumbing that every service has."""

    metadata = new_metadata()


class KnownAccount(Base):
    """What identity last said of an account; the carry-over into a record comes from here."""

    __tablename__ = "known_accounts"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Person(Base):
    """One educator's record. One person, one number, one Educator ID, one account that holds it."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("account_id"),)

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    account_id: Mapped[UUID]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # Since when this account holds it; later than made_at where the record moved.
    linked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    first_name: Mapped[str] = mapped_column(Text)
    middle_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text)
    former_last_names: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    program: Mapped[str] = mapped_column(Text, default="")
    profile_version: Mapped[int] = mapped_column(Integer, default=1)

    # Confirmed. None only while identity's UserRegistered has not arrived.
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="")
    street: Mapped[str] = mapped_column(Text, default="")
    city: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(Text, default="")
    zip_code: Mapped[str] = mapped_column(Text, default="")
    contact_version: Mapped[int] = mapped_column(Integer, default=1)


class PendingAddress(Base):
    """A new contact address that waits for its one-time link; at most one per person. Only the link's hash is kept."""

    __tablename__ = "pending_addresses"
    __table_args__ = (UniqueConstraint("token_hash"),)

    educator_id: Mapped[str] = mapped_column(ForeignKey("persons.educator_id"), primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class VaultEntry(Base):
    """Number and birth date of a person (owner: Educator ID), or what an open case claims (owner: case id).

    See `vault.py`. A case's row goes when the case ends.
    """

    __tablename__ = "vault"

    owner: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    key_version: Mapped[int] = mapped_column(Integer, index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    ssn: Mapped[bytes | None] = mapped_column(LargeBinary)
    birth_date: Mapped[bytes] = mapped_column(LargeBinary)


class BlindIndex(Base):
    """What vault rows are found by; one row per value and version of the index ring. Numbers are unique."""

    __tablename__ = "blind_index"
    __table_args__ = (
        Index("uq_blind_index_ssn", "digest", unique=True, postgresql_where=text("field = 'ssn'")),
        Index("ix_blind_index_digest", "digest"),
        CheckConstraint("field IN ('ssn', 'birth_date')", name="field"),
    )

    owner: Mapped[str] = mapped_column(ForeignKey("vault.owner", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class IdentityCase(Base):
    """An account that cannot be linked without a person's decision. At most one open per account."""

    __tablename__ = "identity_cases"
    __table_args__ = (
        Index("uq_identity_cases_open", "account_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_identity_cases_queue", "ended_at", "opened_at"),
        CheckConstraint("kind IN ('number_in_use', 'no_number')", name="kind"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    )

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    # The record that has the number already.
    record_id: Mapped[str | None] = mapped_column(ForeignKey("persons.educator_id"))
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, default=1)

    documents_asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    documents_asked_for: Mapped[str] = mapped_column(Text, default="")
    documents_sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(Text)
    # The record that the end was about, the account that held it then, and who decided why.
    end_record_id: Mapped[str | None] = mapped_column(ForeignKey("persons.educator_id"))
    end_holder_account_id: Mapped[UUID | None] = mapped_column(index=True)
    ended_by: Mapped[str] = mapped_column(Text, default="")
    end_reason: Mapped[str] = mapped_column(Text, default="")


class Attempts(Base):
    """Submissions of one account within the running window."""

    __tablename__ = "attempts"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    window_began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
