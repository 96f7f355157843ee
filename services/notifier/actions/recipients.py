"""To whom letters go, as the owners last said; whatever the order in which it was said."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from sqlalchemy import text

from services.notifier.actions import post
from services.notifier.rules.contacts import Use, to_tell
from services.notifier.rules.due import Due
from shared.db import Session
from shared.events import ContactChanged, EducatorIdentified, Event, NameChanged, UserRegistered
from shared.outbox import replaying

E = TypeVar("E", bound=Event)

_ACCOUNTS: Final = text("""
INSERT INTO accounts AS a (account_id, username, first_name, last_name, email, language, sequence)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:usernames AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[]),
    CAST(:emails AS text[]), CAST(:languages AS text[]), CAST(:sequences AS bigint[]))
ON CONFLICT (account_id) DO UPDATE SET username = excluded.username, first_name = excluded.first_name,
    last_name = excluded.last_name, email = excluded.email, language = excluded.language, sequence = excluded.sequence
WHERE a.sequence < excluded.sequence
""")
_HOLDERS: Final = text("""
INSERT INTO holders AS h (educator_id, account_id, sequence)
SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:accounts AS uuid[]), CAST(:sequences AS bigint[]))
ON CONFLICT (educator_id) DO UPDATE SET account_id = excluded.account_id, sequence = excluded.sequence
WHERE h.sequence < excluded.sequence
""")
_NAMES: Final = text("""
INSERT INTO names AS n (educator_id, first_name, last_name, sequence)
SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[]),
    CAST(:sequences AS bigint[]))
ON CONFLICT (educator_id) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name,
    sequence = excluded.sequence
WHERE n.sequence < excluded.sequence
""")
_CONTACTS: Final = text("""
INSERT INTO contacts (educator_id, sequence, email, language, told)
SELECT *, false FROM unnest(CAST(:ids AS text[]), CAST(:sequences AS bigint[]), CAST(:emails AS text[]),
    CAST(:languages AS text[]))
ON CONFLICT (educator_id, sequence) DO NOTHING
""")
# One batch at a time looks at an educator's addresses, so that none is told twice. A batch holds few locks, whatever
# its size: PostgreSQL has room for some thousands among all its databases, and refuses everybody when they are taken.
_LOCK: Final = text("""
SELECT pg_advisory_xact_lock(7231464, slot)
FROM (SELECT DISTINCT hashtext(id) & 63 AS slot FROM unnest(CAST(:ids AS text[])) AS t (id)) AS slots
ORDER BY slot
""")
_HISTORY: Final = text(
    "SELECT educator_id, sequence, email, language, told FROM contacts WHERE educator_id = ANY(:ids)"
)
_TOLD: Final = text("""
UPDATE contacts c SET told = true
FROM unnest(CAST(:ids AS text[]), CAST(:sequences AS bigint[])) AS t (educator_id, sequence)
WHERE c.educator_id = t.educator_id AND c.sequence = t.sequence
""")


def _newest(facts: Iterable[E]) -> list[E]:
    newest: dict[str, E] = {}
    for fact in facts:
        if fact.subject_id not in newest or newest[fact.subject_id].sequence < fact.sequence:
            newest[fact.subject_id] = fact
    return sorted(newest.values(), key=lambda fact: fact.subject_id)


async def registered(session: Session, facts: Sequence[UserRegistered]) -> None:
    """Keep the newest word on each account."""
    newest = _newest(facts)
    await session.execute(
        _ACCOUNTS,
        {
            "ids": [fact.subject_id for fact in newest],
            "usernames": [fact.username for fact in newest],
            "firsts": [fact.first_name for fact in newest],
            "lasts": [fact.last_name for fact in newest],
            "emails": [fact.email for fact in newest],
            "languages": [fact.language for fact in newest],
            "sequences": [fact.sequence for fact in newest],
        },
    )
    await post.wake(session)


async def identified(session: Session, facts: Sequence[EducatorIdentified]) -> None:
    """Keep which account holds each record."""
    newest = _newest(facts)
    await session.execute(
        _HOLDERS,
        {
            "ids": [fact.subject_id for fact in newest],
            "accounts": [fact.account_id for fact in newest],
            "sequences": [fact.sequence for fact in newest],
        },
    )
    await post.wake(session)


async def named(session: Session, facts: Sequence[NameChanged]) -> None:
    """Keep the newest legal name of each educator."""
    newest = _newest(facts)
    await session.execute(
        _NAMES,
        {
            "ids": [fact.subject_id for fact in newest],
            "firsts": [fact.first_name for fact in newest],
            "lasts": [fact.last_name for fact in newest],
            "sequences": [fact.sequence for fact in newest],
        },
    )
    await post.wake(session)


async def moved(session: Session, facts: Sequence[ContactChanged]) -> None:
    """Keep every contact address, and tell those that are no longer in use; during a rebuild they count as told."""
    ids = sorted({fact.subject_id for fact in facts})
    await session.execute(_LOCK, {"ids": ids})
    await session.execute(
        _CONTACTS,
        {
            "ids": [fact.subject_id for fact in facts],
            "sequences": [fact.sequence for fact in facts],
            "emails": [fact.email for fact in facts],
            "languages": [fact.language for fact in facts],
        },
    )
    histories: dict[str, list[Use]] = {}
    languages: dict[tuple[str, int], str] = {}
    for row in await session.execute(_HISTORY, {"ids": ids}):
        histories.setdefault(row.educator_id, []).append(Use(row.sequence, row.email, row.told))
        languages[row.educator_id, row.sequence] = row.language
    ended = [(educator_id, use) for educator_id, history in histories.items() for use in to_tell(history)]
    await session.execute(
        _TOLD, {"ids": [educator_id for educator_id, _ in ended], "sequences": [use.sequence for _, use in ended]}
    )
    if not replaying(session):
        newest = {fact.subject_id: fact for fact in _newest(facts)}
        await post.add(
            session,
            [
                Due(
                    newest[educator_id].event_id,
                    "contact_changed",
                    newest[educator_id].occurred_at,
                    educator_id=educator_id,
                    address=use.email,
                    details={"address_sequence": use.sequence},
                    language=languages[educator_id, use.sequence],
                    mark=str(use.sequence),
                )
                for educator_id, use in ended
            ],
        )
    await post.wake(session)
