"""What identity keeps."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_metadata


class Base(DeclarativeBase):
    """The tables of this service and nobody else's."""

    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, bytes: LargeBinary}  # noqa: RUF012


class Username(Base):
    """Who holds a username: an account for ever, a registration until its time is over.

    The one place where a username is taken, so that it is never taken twice: `name_key` is the primary key, and a claim
    is an insert that either succeeds or does not.
    """

    __tablename__ = "usernames"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (registration_id IS NULL)", "one_holder"),
        CheckConstraint("(registration_id IS NULL) = (held_until IS NULL)", "held_for_a_time"),
    )

    name_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID | None]
    registration_id: Mapped[UUID | None] = mapped_column(index=True)
    held_until: Mapped[datetime | None]


class Registration(Base):
    """Somebody who pressed "Create User" and has not confirmed the address yet; whether or not it has an account."""

    __tablename__ = "registrations"

    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_key: Mapped[str] = mapped_column(String(64), index=True)
    username: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    password_hash: Mapped[str]
    # SHA-256 of the cookie that lets this browser, and no other, send the letter again and correct the address.
    browser_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    # The account that was made of it; a link followed twice is then no error.
    account_id: Mapped[UUID | None]


class Account(Base):
    """A person's way in: one username, one confirmed sign-in address."""

    __tablename__ = "accounts"
    __table_args__ = (
        # A closed account gives its address free; its username never.
        Index("uq_accounts_email_key_open", "email_key", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_accounts_name_key_prefix", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
        Index("ix_accounts_email_key_prefix", "email_key", postgresql_ops={"email_key": "text_pattern_ops"}),
        Index(
            "ix_accounts_last_name_key_prefix", "last_name_key", postgresql_ops={"last_name_key": "text_pattern_ops"}
        ),
        # Of a million accounts a handful is locked.
        Index("ix_accounts_locked", "locked_at", postgresql_where=text("locked_at IS NOT NULL")),
        CheckConstraint("(closed_at IS NULL) = (kept_account_id IS NULL)", "closed_for_another"),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_key: Mapped[str] = mapped_column(ForeignKey("usernames.name_key"), unique=True)
    username: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    last_name_key: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    kept_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.account_id"))


class Link(Base):
    """A one-time link that was sent by e-mail; only the SHA-256 of its token is kept (ASVS 5.0 V6.4)."""

    __tablename__ = "links"
    __table_args__ = (CheckConstraint("(registration_id IS NULL) <> (account_id IS NULL)", "one_purpose"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    # A link of a registration confirms its address, one of an account resets its password.
    registration_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("registrations.registration_id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.account_id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Errand(Base):
    """A letter that somebody asked for, still to be looked into: see `errands.py`."""

    __tablename__ = "errands"
    __table_args__ = (CheckConstraint("(registration_id IS NULL) <> (asked_for IS NULL)", "one_subject"),)

    errand_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    registration_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("registrations.registration_id", ondelete="CASCADE"), index=True
    )
    # The key of a username or an address, as typed by anybody.
    asked_for: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(index=True)


class Failure(Base):
    """Failed logins in a row at one name, known or not. The name is blinded: people type passwords there."""

    __tablename__ = "failures"

    name_index: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(index=True)


class HistoryReaderFailure(Base):
    """One failed login of an account that may read criminal history (CJIS Security Policy 5.9.4, AC-7)."""

    __tablename__ = "history_reader_failures"
    __table_args__ = (Index(None, "account_id", "failed_at"),)

    failure_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.account_id"))
    failed_at: Mapped[datetime] = mapped_column(index=True)


class SignedIn(Base):
    """A session. Its token is known to the browser alone."""

    __tablename__ = "sessions"

    session_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.account_id"), index=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    # Written at every look-up, so not indexed: such an update stays on its page.
    touched_at: Mapped[datetime]


class Granted(Base):
    """A role that an account holds now."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("uq_grants_held", "account_id", "role", "institution", unique=True, postgresql_nulls_not_distinct=True),
        Index(None, "role"),
    )

    grant_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.account_id"))
    role: Mapped[str]
    institution: Mapped[str | None] = mapped_column(String(100))
    granted_at: Mapped[datetime]


class AccessRequest(Base):
    """A role that somebody asked an administrator for."""

    __tablename__ = "access_requests"
    __table_args__ = (
        Index(
            "uq_access_requests_waiting",
            "account_id",
            "role",
            "institution",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "state", "asked_at"),
        CheckConstraint("state IN ('waiting', 'approved', 'refused')", "known_state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", "decided"),
    )

    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.account_id"), index=True)
    role: Mapped[str]
    institution: Mapped[str | None] = mapped_column(String(100))
    asked_at: Mapped[datetime]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(server_default="")
