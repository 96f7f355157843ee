"""What notifier keeps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_metadata


class Base(DeclarativeBase):
    """All of notifier's tables, with the plumbing that every service has."""

    metadata = new_metadata()


class Account(Base):
    """What identity last said of an account; its letters go to the sign-in address."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_email", text("lower(email)")),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Holder(Base):
    """Which account holds an educator's record, as educator last said."""

    __tablename__ = "holders"
    __table_args__ = (Index(None, "account_id"),)

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    account_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger)


class Name(Base):
    """An educator's legal name, as educator last said."""

    __tablename__ = "names"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Contact(Base):
    """A contact address that an educator has or had; the one with the highest sequence is in use.

    `told`: that it is no longer in use has been written to it.
    """

    __tablename__ = "contacts"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    told: Mapped[bool] = mapped_column(Boolean, default=False)


class Official(Base):
    """What identity said of an account and an institution: that it acts for it from then on, or no more."""

    __tablename__ = "officials"

    institution: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    acts: Mapped[bool] = mapped_column(Boolean)


class Request(Base):
    """A recommendation that an institution was asked for.

    Kept for a month, so that officials are written to whose role becomes known after it.
    """

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_institution", "institution", "occurred_at"), Index(None, "occurred_at"))

    # The fact's id.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # What the letter says of it.
    details: Mapped[dict[str, str]] = mapped_column(JSONB)


class Letter(Base):
    """A letter, from the fact that it is due to its end.

    waiting: its recipient is not known yet, or nobody has put it into words yet. ready: written, to be sent at `due_at`
    (while a sender holds it, that is when the hold ends). sent, failed, expired: ended.
    """

    __tablename__ = "letters"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'ready', 'sent', 'failed', 'expired')", name="state"),
        CheckConstraint("state IN ('waiting', 'expired', 'failed') OR body IS NOT NULL", name="written"),
        # A one-time link is nowhere in a letter that has ended.
        CheckConstraint("sealed IS NULL OR state IN ('waiting', 'ready')", name="sealed"),
        Index("ix_letters_open", "state", "due_at", postgresql_where=text("state IN ('waiting', 'ready')")),
        # What is looked for again and again is found without going through all that is due, however much that is.
        Index("ix_letters_waiting", "made_at", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_letters_expiring",
            "expires_at",
            postgresql_where=text("state IN ('waiting', 'ready') AND expires_at IS NOT NULL"),
        ),
        Index("ix_letters_unsent", "occurred_at", postgresql_where=text("state <> 'sent'")),
        Index("ix_letters_reader", "account_id", "occurred_at"),
        Index("ix_letters_orphans", "made_at", postgresql_where=text("kind = 'confirm_email' AND account_id IS NULL")),
    )

    # From the fact's id, the kind and the recipient: the same fact can never make the same letter twice.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    # Whose letter it is: of the account, or about the educator; then `account_id` is who held the record when it was
    # written, and reads it under Messages.
    account_id: Mapped[UUID | None]
    educator_id: Mapped[str | None] = mapped_column(String(8))
    # Another account that the letter names.
    other_account_id: Mapped[UUID | None]
    # Where it goes, if that is not the account's sign-in address or the educator's contact address.
    address: Mapped[str | None] = mapped_column(Text)

    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    language: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    body: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)

    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    # How often it was handed to the mail server, a try that ended unknown included.
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    # Since when the mail server says "later", and what it last answered (RFC 5321 reply code).
    deferred_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reply: Mapped[int | None] = mapped_column(Integer)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
