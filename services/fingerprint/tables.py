"""What fingerprint keeps.

Nothing here that a query can read tells a record from none: findings, names and reasons lie in sealed columns of padded
size, and `checks.standing` holds only what the educator may see. See docs/decisions/0010.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import new_metadata

# What a name is found by: `LAST,FIRST` in plain capitals, of the given names the first alone. The same in a query.
NAME_KEY = (
    "regexp_replace(upper(normalize({last}, NFKD)), '[^A-Z]', '', 'g') || ',' || "
    "regexp_replace(upper(normalize(split_part({first}, ' ', 1), NFKD)), '[^A-Z]', '', 'g')"
)


class Base(DeclarativeBase):
    """All of fingerprint's tables, with the plumbing that every service has."""

    metadata = new_metadata()


class Person(Base):
    """Whose account holds an Educator ID, as educator last said."""

    __tablename__ = "persons"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    identified_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sequence: Mapped[int] = mapped_column(BigInteger)


class KnownName(Base):
    """Every legal name an educator ever had, as far as heard; the present one has the highest sequence.

    Names are only added: the answers of last year carry last year's name, and the topic forgets after seven days.
    """

    __tablename__ = "known_names"
    __table_args__ = (
        PrimaryKeyConstraint("educator_id", "first_name", "middle_name", "last_name"),
        Index("ix_known_names_key", "name_key"),
    )

    educator_id: Mapped[str] = mapped_column(String(8))
    first_name: Mapped[str] = mapped_column(Text)
    middle_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    # Of the NameChanged that gave it as the legal name; 0 for a former one.
    sequence: Mapped[int] = mapped_column(BigInteger)
    # When the educator first gave it.
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    name_key: Mapped[str] = mapped_column(Text, Computed(NAME_KEY.format(last="last_name", first="first_name")))


class Preparation(Base):
    """What an educator is about to do, and that the notice of 28 CFR 50.12 was read before the prints."""

    __tablename__ = "preparations"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    activity: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(4))
    notice: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # How many lines of that day each timeline had already, by its code: answers that came before are none to this.
    before: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")


class DataKey(Base):
    """A data key, wrapped: one per educator, and one for each file that belongs to nobody yet."""

    __tablename__ = "data_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    educator_id: Mapped[str | None] = mapped_column(String(8), unique=True)
    version: Mapped[int] = mapped_column(Integer, index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Importer(Base):
    """A process that takes results in, and until when it may: one whose time ran out has its work taken over."""

    __tablename__ = "importers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # What is wrong with its folders and files: {source, code, count} each, a code of reasons.TROUBLES; no names.
    troubles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)


class Batch(Base):
    """Many files that came as one: an archive in the spool, or what staff uploaded."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("kind IN ('zip', 'tar', 'upload')", name="kind"),
        CheckConstraint("state IN ('running', 'done', 'quarantined', 'duplicate', 'undoing', 'undone')", name="state"),
        Index("ix_batches_received_at", "received_at"),
        # The same bytes are taken in once; what was quarantined or undone may come again.
        Index("uq_batches_mark", "mark", unique=True, postgresql_where=text("state IN ('running', 'done', 'undoing')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # How many files it holds, once counted, and how many of them are in the ledger, in its order.
    members: Mapped[int | None] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, default=0)
    # Of a quarantined one, a code.
    reason: Mapped[str] = mapped_column(Text, default="")
    # Who uploaded it.
    account_id: Mapped[UUID | None]
    # Of a duplicate: the batch with the same bytes.
    first_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_keys.id"), index=True)
    # Sealed with that key: people put names into names.
    name: Mapped[bytes | None] = mapped_column(LargeBinary)


class Undoing(Base):
    """What staff said when they asked for a batch to be undone, and what came of that.

    Attributes:
        refused: why it was not, a code of `undoing.REFUSALS`; empty while it is being undone and once it is.
        answers: how many answers of it count no more.
    """

    __tablename__ = "undoings"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    account_id: Mapped[UUID]
    username: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    refused: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[int] = mapped_column(Integer, default=0)


class File(Base):
    """The ledger: every file that arrived and what became of it."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("state IN ('read', 'duplicate', 'quarantined')", name="state"),
        # The same bytes are read once, whatever their name.
        Index("uq_files_mark", "mark", unique=True, postgresql_where=text("state <> 'duplicate'")),
        Index("ix_files_state", "state", "received_at"),
        CheckConstraint("(batch_id IS NULL) = (member IS NULL)", name="member"),
        Index("uq_files_claim", "claim", unique=True, postgresql_where=text("claim IS NOT NULL")),
        Index("ix_files_first_id", "first_id", postgresql_where=text("first_id IS NOT NULL")),
        # What lists count without reading rows: single files by source and day, and of a batch all but the read.
        Index(
            "ix_files_single",
            "source",
            "received_at",
            postgresql_include=["state"],
            postgresql_where=text("batch_id IS NULL"),
        ),
        Index(
            "ix_files_batch_rest",
            "batch_id",
            "state",
            "member",
            postgresql_where=text("batch_id IS NOT NULL AND state <> 'read'"),
        ),
        Index("uq_files_member", "batch_id", "member", unique=True, postgresql_where=text("batch_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str] = mapped_column(Text)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    # Of a quarantined file: a code of ebts.SENTENCES and the field, never what the field holds.
    reason: Mapped[str] = mapped_column(Text, default="")
    field: Mapped[str] = mapped_column(Text, default="")
    # All that is wrong with it: [code, field, offset] each; the first as above.
    errors: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list)
    # Where it came in: a source of the settings, `spool` where none is named.
    source: Mapped[str] = mapped_column(Text)
    # The name it was held under while it was read, so that whoever takes the work over knows what was committed.
    claim: Mapped[UUID | None]
    # Where it came as one of many: in which batch, at which place.
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    member: Mapped[int | None] = mapped_column(Integer)
    # Of a duplicate: the file with the same bytes.
    first_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    # None for a duplicate, whose bytes are kept already.
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_keys.id"), index=True)


class Piece(Base):
    """The archive: a file's name and bytes, encrypted. The only copy once the clear file is gone."""

    __tablename__ = "pieces"
    __table_args__ = (PrimaryKeyConstraint("file_id", "number"),)

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    number: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Answer(Base):
    """One message of a bureau, where it belongs, and what deciding needs of it, sealed."""

    __tablename__ = "answers"
    __table_args__ = (
        CheckConstraint(
            "place IN ('matched', 'waiting', 'unmatched', 'set_aside', 'adjudicator', 'kept')", name="place"
        ),
        CheckConstraint("(place = 'matched') = (educator_id IS NOT NULL)", name="matched"),
        # The number first: staff search for it and do not know whose it is.
        Index("ix_answers_number", "tcn", "origin"),
        Index("ix_answers_received_at", "received_at", "id"),
        Index("ix_answers_educator", "educator_id"),
        Index("ix_answers_tcr", "tcr", postgresql_where=text("tcr <> ''")),
        Index("ix_answers_claimed", "claimed_id", postgresql_where=text("place <> 'matched'")),
        Index("ix_answers_place", "place", "received_at", postgresql_where=text("place <> 'matched'")),
        Index("ix_answers_by_hand", "received_at", postgresql_where=text("place = 'set_aside' OR by_hand")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), unique=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    origin: Mapped[str] = mapped_column(Text)
    bureau: Mapped[str | None] = mapped_column(Text)
    tcn: Mapped[str] = mapped_column(Text)
    # The submission that it answers (1.010) and whom it is for (1.007), as written; empty where it does not say.
    tcr: Mapped[str] = mapped_column(Text, default="", server_default="")
    destination: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Whom it names, known to us or not, and by what: `addressing.How`.
    how: Mapped[str] = mapped_column(Text, default="", server_default="")
    claimed_id: Mapped[str | None] = mapped_column(String(8))
    claimed_purpose: Mapped[str | None] = mapped_column(String(4))
    place: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, default="")
    educator_id: Mapped[str | None] = mapped_column(String(8))
    purpose: Mapped[str | None] = mapped_column(String(4))
    by_hand: Mapped[bool] = mapped_column(Boolean, default=False)
    # Whoever said by hand whose it is; somebody else decides about it.
    assigned_by: Mapped[UUID | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Submission(Base):
    """A copy of a submission (NFUF): whose prints went under which number. Several copies may have one number.

    Social Security Numbers, birth date and name lie in `sealed` alone, under the key of the file, until it is tied.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint("state IN ('untied', 'tied', 'nobody', 'contradiction')", name="state"),
        CheckConstraint("(state = 'tied') = (educator_id IS NOT NULL)", name="tied"),
        Index("ix_submissions_tcn", "tcn"),
        Index("ix_submissions_next_try", "next_try_at", postgresql_where=text("sealed IS NOT NULL")),
        Index("ix_submissions_claimed", "claimed_id", postgresql_where=text("sealed IS NOT NULL")),
        Index("ix_submissions_name", "name_mark", postgresql_where=text("sealed IS NOT NULL")),
        Index("ix_submissions_settled_at", "settled_at"),
    )

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)
    # In a submission the origin is ours.
    origin: Mapped[str] = mapped_column(Text)
    tcn: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str] = mapped_column(Text)
    educator_id: Mapped[str | None] = mapped_column(String(8))
    # Of a contradiction: whose numbers stood in it.
    possible: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    # Whom its own case number names, and the purpose that this or its reason means; empty where neither says.
    claimed_id: Mapped[str | None] = mapped_column(String(8))
    purpose: Mapped[str] = mapped_column(Text, default="")
    # When the prints were taken (2.038), for the turnaround; unknown of those that came before it was kept.
    printed_on: Mapped[date | None] = mapped_column(Date)
    # HMAC of the name, by which it is tried again when somebody of this name is heard of.
    name_mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # When its state changed last.
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # What educator must be asked; none where there is nothing left to ask.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class Heard(Base):
    """An educator of whom something was heard, for submissions that are nobody's yet."""

    __tablename__ = "heard"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)


class SecondLook(Base):
    """An answer whose place must be found anew: what is known of its submission has changed.

    No foreign key: whoever adds a row must not wait for somebody who holds the answer and waits for the submission.
    """

    __tablename__ = "second_looks"

    answer_id: Mapped[UUID] = mapped_column(primary_key=True)


class TypedNumber(Base):
    """The number (TCN) that an educator typed from the vendor's receipt. Finds candidates, and clears nobody."""

    __tablename__ = "typed_numbers"
    __table_args__ = (PrimaryKeyConstraint("educator_id", "tcn"), Index("ix_typed_numbers_tcn", "tcn"))

    educator_id: Mapped[str] = mapped_column(String(8))
    tcn: Mapped[str] = mapped_column(Text)
    typed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Check(Base):
    """One educator's check for one purpose: the standing that everybody may see, and what was said of it."""

    __tablename__ = "checks"
    __table_args__ = (
        PrimaryKeyConstraint("educator_id", "purpose"),
        Index("ix_checks_due", "due_on", "educator_id", "purpose", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_checks_by_name", "educator_id", "purpose", postgresql_where=text("standing ? 'name_checks'")),
    )

    educator_id: Mapped[str] = mapped_column(String(8))
    purpose: Mapped[str] = mapped_column(String(4))
    # Grows when the answers in force change; what an adjudicator decides on is one version.
    version: Mapped[int] = mapped_column(Integer, default=0)
    basis: Mapped[list[str]] = mapped_column(JSONB, default=list)
    standing: Mapped[dict[str, Any]] = mapped_column(JSONB)
    said_cleared_on: Mapped[date | None] = mapped_column(Date)
    said_valid_until: Mapped[date | None] = mapped_column(Date)
    # What educators were told of replies that could not be used: [origin, TCN] each, with what else than a reprint.
    said_reprints: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    # The last reminder that the clearance said runs out: how many days before.
    said_reminded: Mapped[int | None] = mapped_column(Integer)
    # The next day on which something must be said of it though nothing arrives.
    due_on: Mapped[date | None] = mapped_column(Date)
    # The checks by name that staff asked the bureaus for; see `rules.by_name`.
    name_checks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")


class Due(Base):
    """An educator of whom something was heard for which answers waited."""

    __tablename__ = "due"

    educator_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    # A name was heard: their checks must be decided again.
    decide: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))


class Ruling(Base):
    """What an adjudicator decided, on which answers and why: sealed with the educator's key."""

    __tablename__ = "rulings"
    __table_args__ = (Index("ix_rulings_check", "educator_id", "purpose"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    educator_id: Mapped[str] = mapped_column(String(8))
    purpose: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Review(Base):
    """A case for an adjudicator: a check, or a message that belongs to no check. Nothing here tells why."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("(educator_id IS NULL) = (answer_id IS NOT NULL)", name="subject"),
        CheckConstraint("(educator_id IS NULL) = (purpose IS NULL)", name="purpose"),
        Index("uq_reviews_check", "educator_id", "purpose", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_reviews_open", "opened_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_reviews_closed", "closed_at", "id", postgresql_where=text("closed_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    educator_id: Mapped[str | None] = mapped_column(String(8))
    purpose: Mapped[str | None] = mapped_column(String(4))
    answer_id: Mapped[UUID | None] = mapped_column(ForeignKey("answers.id"), unique=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # Why a message that belongs to no check needed nothing more, sealed with its file's key.
    note: Mapped[bytes | None] = mapped_column(LargeBinary)


class Look(Base):
    """An adjudicator opened a case in a session, with a stated purpose (CJIS Security Policy 5.4.1)."""

    __tablename__ = "looks"
    __table_args__ = (PrimaryKeyConstraint("review_id", "session_hash"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    session_hash: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Rotation(Base):
    """How far a change of keys has come, so that whoever goes on after a stop begins where it stopped.

    Attributes:
        what: `marks`, by which files are found; `persons`, `files` and `batches`, whose data keys are renewed.
        version: of `marks`, the version of the ring under which they are made from now on; 0 is the ring's oldest.
        after: the key of the row that was done last; empty at the beginning.
    """

    __tablename__ = "rotations"
    __table_args__ = (CheckConstraint("what IN ('marks', 'persons', 'files', 'batches')", name="what"),)

    what: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    after: Mapped[str] = mapped_column(Text)
    done: Mapped[bool] = mapped_column(Boolean)


class TurnaroundWeek(Base):
    """How long things took, by the week (its Monday) in which both answers were there. Days; None where few were.

    Attributes:
        answered: checks whose second answer came in that week, and from the prints to that day.
        cleared_half: from both answers to cleared, of those of that week that are cleared.
    """

    __tablename__ = "turnaround_weeks"

    week: Mapped[date] = mapped_column(Date, primary_key=True)
    measured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered: Mapped[int] = mapped_column(Integer)
    answered_half: Mapped[float | None] = mapped_column(Float)
    answered_most: Mapped[float | None] = mapped_column(Float)
    cleared_half: Mapped[float | None] = mapped_column(Float)
    cleared_most: Mapped[float | None] = mapped_column(Float)
