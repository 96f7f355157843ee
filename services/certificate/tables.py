"""What certificate keeps."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_metadata


class Base(DeclarativeBase):
    """All of certificate's tables, with the plumbing that every service has."""

    metadata = new_metadata()


class Educator(Base):
    """Which account holds an educator's record, as educator last said."""

    __tablename__ = "educators"
    __table_args__ = (Index(None, "account_id"),)

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    account_id: Mapped[UUID]
    identified_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sequence: Mapped[int] = mapped_column(BigInteger)


class Clearance(Base):
    """What fingerprint last said of a check: cleared, or ended since."""

    __tablename__ = "clearances"
    __table_args__ = (
        Index("ix_clearances_ended", "ended_on", postgresql_where=text("ended_on IS NOT NULL")),
        Index("ix_clearances_valid", "valid_until", postgresql_where=text("ended_on IS NULL")),
    )

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(4), primary_key=True)
    # None where the end arrived and the clearance before it never did.
    cleared_on: Mapped[date | None] = mapped_column(Date)
    # The last valid day.
    valid_until: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    sequence: Mapped[int] = mapped_column(BigInteger)


def letters_of(words: ColumnElement[str]) -> ColumnElement[str]:
    """What a name is found by: its letters and digits, all small, without accents, apostrophes, hyphens and spaces."""
    plain = func.lower(func.normalize(words, literal_column("NFKD")))
    return func.regexp_replace(plain, literal_column(r"'\W|_'"), literal_column("''"), literal_column("'g'"))


class Name(Base):
    """An educator's legal name, as educator last said: for the lists of staff and officials."""

    __tablename__ = "names"
    __table_args__ = (
        Index(
            "ix_names_last",
            letters_of(literal_column("last_name")).label("letters"),
            postgresql_ops={"letters": "text_pattern_ops"},
        ),
    )

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class CheckSaid(Base):
    """One thing that fingerprint said of an educator's checks (see `rules.case.Said`).

    Never changed, so that a past day can be decided again. `Clearance` is the newest of it, for the page that most
    people open most often.
    """

    __tablename__ = "checks_said"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    # The fact's sequence: fingerprint counts all that it says of an educator.
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    word: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cleared_on: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)


class Draft(Base):
    """An application that is being written: one per educator and class, or the correction of a returned one."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("educator_id", "class_code"), Index(None, "saved_on"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    educator_id: Mapped[str] = mapped_column(String(8))
    class_code: Mapped[str] = mapped_column(Text)
    # Form field -> what was typed, and lists of what was ticked.
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    saved_on: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    # How many warnings were sent that it will be dropped; none again after it is touched.
    warned: Mapped[int] = mapped_column(Integer, server_default="0")
    # When the newest of them was sent.
    warned_on: Mapped[date | None] = mapped_column(Date)


NUMBERS: Final = Sequence("application_numbers", start=100_001, metadata=Base.metadata)


class Application(Base):
    """An application. What happened to it are its entries; all columns from `version` on are read from them.

    `services.certificate.actions.applications` alone writes those columns, from `rules.standing`, so that lists can be
    filtered and what time changes be found. Pages that show one application derive its standing anew.
    """

    __tablename__ = "applications"
    __table_args__ = (
        # One open application of a class: whoever begins another is led to it.
        Index(
            "uq_applications_open", "educator_id", "class_code", unique=True, postgresql_where=text("ended_on IS NULL")
        ),
        Index("ix_applications_educator", "educator_id"),
        Index("ix_applications_queue", "received_on", "number", postgresql_where=text("ended_on IS NULL")),
        Index("ix_applications_institution", "institution", "submitted_on", "number"),
        Index("ix_applications_wakes", "wakes_on", postgresql_where=text("wakes_on IS NOT NULL")),
        Index(
            "ix_applications_newest_ended",
            text("ended_on DESC"),
            text("number DESC"),
            postgresql_where=text("ended_on IS NOT NULL"),
        ),
        Index("ix_applications_ended", "class_code", "ended_on", postgresql_where=text("ended_on IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True, server_default=text("nextval('application_numbers')"))
    educator_id: Mapped[str] = mapped_column(String(8))
    class_code: Mapped[str] = mapped_column(Text)
    received_on: Mapped[date] = mapped_column(Date)

    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    move: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    wakes_on: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    held: Mapped[bool] = mapped_column(Boolean)
    institution: Mapped[str | None] = mapped_column(Text)
    # Of one that goes to an institution: the newest of what it gets and does, the day of that; the day on which the
    # form was submitted last, and its program.
    handed: Mapped[str | None] = mapped_column(Text)
    handed_on: Mapped[date | None] = mapped_column(Date)
    submitted_on: Mapped[date | None] = mapped_column(Date)
    program: Mapped[str | None] = mapped_column(Text)
    # Which analyst works on it.
    assigned_to: Mapped[UUID | None]
    assigned_name: Mapped[str] = mapped_column(Text, server_default="")


class Entry(Base):
    """One thing that happened to an application; never changed, never deleted (see `rules.case`)."""

    __tablename__ = "entries"
    __table_args__ = (
        # Who has worked here: what only the department does.
        Index(
            "ix_entries_office",
            "actor_id",
            "actor",
            postgresql_where=text(
                "deed IN ('document', 'paid', 'asked', 'reviewed', 'assigned', 'held', 'released', 'noted', 'issued')"
            ),
        ),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    # 1, 2, 3 ...: two people who act on the same version cannot both write the next.
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    deed: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    day: Mapped[date] = mapped_column(Date)
    actor_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Certificate(Base):
    """A certificate that was issued: one for an application, whatever is clicked twice."""

    __tablename__ = "certificates"
    __table_args__ = (
        Index(None, "educator_id"),
        CheckConstraint("expires_on >= effective_on", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), unique=True)
    educator_id: Mapped[str] = mapped_column(String(8))
    class_code: Mapped[str] = mapped_column(Text)
    # The class's title and the areas' as they were on the day of issue.
    classification: Mapped[str] = mapped_column(Text)
    areas: Mapped[list[str]] = mapped_column(JSONB)
    effective_on: Mapped[date] = mapped_column(Date)
    # The last valid day.
    expires_on: Mapped[date] = mapped_column(Date)
