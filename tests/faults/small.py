"""A small service built from `shared` alone, with tables of its own, for the faults that any service may meet.

It says `AccessGranted` (and `AccessRevoked`), hears both, and keeps

- `said`: a row for each command, in the transaction that says the fact;
- `heard`: a row for each time a handler was given a fact, so that a second time shows;
- `standing`: what holds for each subject, by the newest fact of either topic: a read model;
- `letter`: a row for each letter, as notifier makes them: never during a rebuild.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.bus import Consumers
from shared.db import Database, Session, new_metadata
from shared.events import BY_TOPIC, AccessGranted, AccessRevoked, Role
from shared.outbox import replaying

GRANTED: Final = AccessGranted.topic
REVOKED: Final = AccessRevoked.topic

Spoken = AccessGranted | AccessRevoked


class Base(DeclarativeBase):
    """The small service's tables."""

    metadata = new_metadata()


class Said(Base):
    """A command that was accepted."""

    __tablename__ = "said"

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Text)


class Heard(Base):
    """One time that a fact was handled."""

    __tablename__ = "heard"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(Uuid)
    subject_id: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[Any] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))


class Standing(Base):
    """What holds for a subject."""

    __tablename__ = "standing"

    subject_id: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text)


class Letter(Base):
    """A letter that was made."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(Uuid)


_HEARD = text(
    "INSERT INTO heard (event_id, subject_id, sequence, note) SELECT * FROM unnest(CAST(:ids AS uuid[]),"
    " CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:notes AS text[]))"
)
_LETTERS = text("INSERT INTO letter (event_id) SELECT unnest(CAST(:ids AS uuid[]))")
STANDS = """
INSERT INTO standing AS s (subject_id, sequence, note)
SELECT DISTINCT ON (subject) subject, sequence, note
FROM unnest(CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:notes AS text[]))
    AS f (subject, sequence, note)
ORDER BY subject, sequence DESC
ON CONFLICT (subject_id) DO UPDATE SET sequence = excluded.sequence, note = excluded.note
WHERE s.sequence < excluded.sequence
"""


class NewerGranted(AccessGranted):
    """The same fact in a later release."""

    county: str | None = None


class Release:
    """Which release of the fact this process knows."""

    granted: type[AccessGranted] = AccessGranted

    @classmethod
    def is_newer(cls) -> None:
        """Know the later one."""
        cls.granted = NewerGranted
        BY_TOPIC[GRANTED] = NewerGranted


class Bug(Exception):
    """What a handler raises that was not written well."""


class Behaviour:
    """How the handlers behave; tests set it from outside."""

    bug = True  # a fact with the note "bug" fails
    slow = 0.0  # seconds spent in the transaction on a fact with the note "slow"


def consumers_named(group: str) -> Consumers:
    """What the small service hears, as the consumer group of this name."""
    consumers = Consumers(group, read_model=(Standing,))

    @consumers.on(Release.granted)
    async def keep_granted(facts: Sequence[AccessGranted], session: Session) -> None:
        await keep(facts, session)

    @consumers.on(AccessRevoked)
    async def keep_revoked(facts: Sequence[AccessRevoked], session: Session) -> None:
        await keep(facts, session)

    return consumers


async def keep(facts: Sequence[Spoken], session: Session) -> None:
    """What both handlers do."""
    notes = [one.institution or "" for one in facts]
    told = {
        "ids": [one.event_id for one in facts],
        "subjects": [one.subject_id for one in facts],
        "sequences": [one.sequence for one in facts],
        "notes": notes,
    }
    if not replaying(session):
        await session.execute(_HEARD, told)
        await session.execute(_LETTERS, told)
    if Behaviour.bug and "bug" in notes:
        raise Bug
    if Behaviour.slow and "slow" in notes:
        await asyncio.sleep(Behaviour.slow)
    await session.execute(text(STANDS), told)


def granted(subject: str, note: str = "") -> AccessGranted:
    """A fact about this subject."""
    more = {"county": "Boone"} if Release.granted is NewerGranted else {}
    return Release.granted.now(subject, application="ecs", role=Role.EDUCATOR, institution=note, **more)


def revoked(subject: str, note: str = "") -> AccessRevoked:
    """A fact of the other topic."""
    return AccessRevoked.now(subject, application="ecs", role=Role.EDUCATOR, institution=note)


async def create_tables(url: str) -> None:
    """Make the small service's tables in this empty database."""
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await database.dispose()
