"""Who the educators are, as educator says: whose account, which names."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, text

from services.fingerprint import tables
from services.fingerprint.rules.naming import Name, Said
from shared.db import Session
from shared.events import EducatorIdentified, NameChanged

# Answers that wait for somebody are looked for when that one is heard of: the loop in `awaited.py` need not go through
# all that wait, of which there may be as many as results.
_IDENTIFY = text("""
WITH kept AS (
    INSERT INTO persons AS p (educator_id, account_id, identified_at, sequence)
    SELECT DISTINCT ON (educator_id) educator_id, account_id, identified_at, sequence
    FROM unnest(
        CAST(:ids AS text[]), CAST(:accounts AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:sequences AS bigint[])
    ) AS said (educator_id, account_id, identified_at, sequence)
    ORDER BY educator_id, sequence DESC
    ON CONFLICT (educator_id) DO UPDATE
    SET account_id = excluded.account_id, identified_at = excluded.identified_at, sequence = excluded.sequence
    WHERE p.sequence < excluded.sequence
    RETURNING educator_id
)
INSERT INTO due (educator_id, decide)
SELECT DISTINCT k.educator_id, false
FROM kept k JOIN answers a ON a.claimed_id = k.educator_id AND a.place <> 'matched'
ORDER BY 1
ON CONFLICT DO NOTHING
""")
# Whoever decides a check holds its person for sharing (`hold`), so that no name slips in between unseen.
_HOLD = text("SELECT 1 FROM persons WHERE educator_id = ANY(CAST(:ids AS text[])) ORDER BY educator_id FOR UPDATE")
_NAME = text("""
WITH said AS (
    SELECT educator_id, first_name, middle_name, last_name, max(sequence) AS sequence, min(said_at) AS said_at
    FROM unnest(
        CAST(:ids AS text[]), CAST(:firsts AS text[]), CAST(:middles AS text[]), CAST(:lasts AS text[]),
        CAST(:sequences AS bigint[]), CAST(:moments AS timestamptz[])
    ) AS said (educator_id, first_name, middle_name, last_name, sequence, said_at)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
), kept AS (
    INSERT INTO known_names AS n (educator_id, first_name, middle_name, last_name, sequence, said_at)
    SELECT * FROM said
    ON CONFLICT (educator_id, first_name, middle_name, last_name) DO UPDATE
    SET sequence = greatest(n.sequence, excluded.sequence), said_at = least(n.said_at, excluded.said_at)
    WHERE n.sequence < excluded.sequence OR n.said_at > excluded.said_at
    RETURNING educator_id
)
INSERT INTO due AS d (educator_id, decide)
SELECT educator_id, bool_or(decide) FROM (
    SELECT educator_id, true AS decide FROM kept JOIN checks USING (educator_id)
    UNION ALL
    SELECT k.educator_id, false FROM kept k JOIN answers a ON a.claimed_id = k.educator_id AND a.place <> 'matched'
) AS concerned
GROUP BY 1 ORDER BY 1
ON CONFLICT (educator_id) DO UPDATE SET decide = true WHERE excluded.decide AND NOT d.decide
""")
_SHARE = text(
    "SELECT educator_id FROM persons WHERE educator_id = ANY(CAST(:ids AS text[])) ORDER BY educator_id FOR SHARE"
)
_NAMES = text("""
SELECT educator_id, first_name, middle_name, last_name, said_at, sequence FROM known_names
WHERE educator_id = ANY(CAST(:ids AS text[]))
""")
_OF_ACCOUNT = (
    select(tables.Person.educator_id)
    .where(tables.Person.account_id == bindparam("account_id"))
    .order_by(tables.Person.identified_at.desc())
    .limit(1)
)
_SHOWN = text("""
SELECT DISTINCT ON (educator_id) educator_id, first_name, last_name FROM known_names
WHERE educator_id = ANY(CAST(:ids AS text[])) ORDER BY educator_id, sequence DESC
""")


async def identified(session: Session, facts: Sequence[EducatorIdentified]) -> None:
    """Keep the newest word on each educator's account; answers that waited for them are due."""
    await session.execute(
        _IDENTIFY,
        {
            "ids": [fact.subject_id for fact in facts],
            "accounts": [fact.account_id for fact in facts],
            "moments": [fact.occurred_at for fact in facts],
            "sequences": [fact.sequence for fact in facts],
        },
    )


async def named(session: Session, facts: Sequence[NameChanged]) -> None:
    """Keep every name; checks of educators with a new one, and answers that waited for it, are due."""
    rows = [
        (
            fact.subject_id,
            fact.first_name,
            fact.middle_name,
            last,
            fact.sequence if last == fact.last_name else 0,
            fact.occurred_at,
        )
        for fact in facts
        for last in dict.fromkeys((fact.last_name, *fact.former_last_names))
    ]
    ids, firsts, middles, lasts, sequences, moments = (list(column) for column in zip(*rows, strict=True))
    await session.execute(_HOLD, {"ids": sorted(set(ids))})
    await session.execute(
        _NAME,
        {
            "ids": ids,
            "firsts": firsts,
            "middles": middles,
            "lasts": lasts,
            "sequences": sequences,
            "moments": moments,
        },
    )


async def hold(session: Session, ids: Collection[str]) -> set[str]:
    """Hold these persons, so that no name is added to them until the transaction ends; those that there are."""
    return set((await session.scalars(_SHARE, {"ids": sorted(ids)})).all())


async def known(session: Session, educator_id: str) -> bool:
    """Whether both the account and a name of this educator have been heard. Holds the person."""
    return educator_id in await all_known(session, [educator_id])


async def all_known(session: Session, ids: Collection[str]) -> set[str]:
    """Those of whom both the account and a name have been heard. Holds the persons."""
    there = await hold(session, ids)
    return there & (await heard_names(session, there)).keys()


async def names(session: Session, educator_id: str) -> tuple[Said, ...]:
    """Every legal name that was ever heard. Holds the person, so that none is added until the transaction ends."""
    return (await all_names(session, [educator_id])).get(educator_id, ())


async def all_names(session: Session, ids: Collection[str]) -> dict[str, tuple[Said, ...]]:
    """As `names`, for many; somebody of whom none was heard is not among them."""
    await hold(session, ids)
    return await heard_names(session, ids)


async def heard_names(session: Session, ids: Collection[str]) -> dict[str, tuple[Said, ...]]:
    """As `all_names`, without holding anybody: for whoever looks again when another name is heard."""
    found: dict[str, tuple[Said, ...]] = {}
    for educator_id, first, middle, last, said_at, sequence in await session.execute(_NAMES, {"ids": sorted(ids)}):
        found[educator_id] = (*found.get(educator_id, ()), Said(Name(first, middle, last), said_at, sequence))
    return found


async def educator_of(session: Session, account_id: UUID) -> str | None:
    """The Educator ID whose record this account holds."""
    return await session.scalar(_OF_ACCOUNT, {"account_id": account_id})


async def shown_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The present name of each educator, as people write it."""
    rows = await session.execute(_SHOWN, {"ids": list(ids)})
    return {educator_id: f"{first} {last}" for educator_id, first, last in rows}
