"""Copies of submissions (NFUF): kept, tied to a person, and what answers learn from them.

What educator must be asked (numbers, birth date) lies sealed under the key of the submission's file, and goes as soon
as nothing is left to ask. Everything here is done for many at once.
"""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.fingerprint import regulations
from services.fingerprint.actions import people
from services.fingerprint.messages import Message
from services.fingerprint.rules.addressing import Submitted, case_number
from services.fingerprint.rules.naming import Said, key
from services.fingerprint.rules.tying import Match, State, Tie, pause, tie
from services.fingerprint.vault import DataKey, Vault, WrappedKey, digest_of
from shared import audit
from shared.db import Session
from shared.keys import MissingKey, Undecipherable
from shared.policy import local_day

# Nobody has more numbers than this; more are a list to try.
MOST_NUMBERS: Final = 10
SEALED_BYTES: Final = 512
# Seconds within which whoever took a submission up has heard from educator, or another may take it up.
LEASE_SECONDS: Final = 60

_log = logging.getLogger(__name__)

_KEEP = text("""
INSERT INTO submissions (file_id, origin, tcn, received_at, state, possible, claimed_id, purpose, name_mark, tries,
                         next_try_at, settled_at, sealed, printed_on)
SELECT file_id, origin, tcn, received_at, state, '{}', claimed_id, purpose, name_mark, 0, now(), now(), sealed,
    printed_on
FROM unnest(
    CAST(:files AS uuid[]), CAST(:origins AS text[]), CAST(:tcns AS text[]), CAST(:moments AS timestamptz[]),
    CAST(:states AS text[]), CAST(:claimed AS text[]), CAST(:purposes AS text[]), CAST(:marks AS bytea[]),
    CAST(:sealed AS bytea[]), CAST(:printed AS date[])
) AS fed (file_id, origin, tcn, received_at, state, claimed_id, purpose, name_mark, sealed, printed_on)
ORDER BY file_id
""")
# Whoever ties one waits until answers that were placed without it are there to be looked at again.
_OF = text("""
SELECT s.origin, s.tcn, s.state, s.educator_id, s.purpose
FROM (SELECT DISTINCT * FROM unnest(CAST(:origins AS text[]), CAST(:tcns AS text[])) AS n (origin, tcn)) AS n
JOIN submissions s USING (origin, tcn)
ORDER BY s.file_id
FOR SHARE OF s
""")
_TAKE_UP = text("""
UPDATE submissions s SET next_try_at = now() + make_interval(secs => :lease)
FROM files f, data_keys k
WHERE f.id = s.file_id AND k.id = f.key_id AND s.file_id IN (
    SELECT o.file_id FROM submissions o
    JOIN files of ON of.id = o.file_id JOIN data_keys ok ON ok.id = of.key_id
    WHERE o.sealed IS NOT NULL AND o.next_try_at <= now()
    ORDER BY o.next_try_at LIMIT :limit FOR UPDATE OF o SKIP LOCKED
)
RETURNING s.file_id, s.received_at, s.claimed_id, s.tries, s.sealed, k.id, k.version, k.wrapped
""")
_HOLD = text("""
SELECT file_id FROM submissions WHERE file_id = ANY(CAST(:files AS uuid[])) AND sealed IS NOT NULL
ORDER BY file_id FOR UPDATE
""")
_SETTLE = text("""
UPDATE submissions s
SET state = n.state, educator_id = n.educator_id, possible = string_to_array(n.possible, ','), tries = s.tries + 1,
    next_try_at = now() + make_interval(secs => n.seconds),
    settled_at = CASE WHEN s.state = n.state THEN s.settled_at ELSE now() END,
    sealed = CASE WHEN n.state IN ('tied', 'contradiction') THEN NULL ELSE s.sealed END
FROM unnest(
    CAST(:files AS uuid[]), CAST(:states AS text[]), CAST(:educators AS text[]), CAST(:possible AS text[]),
    CAST(:seconds AS float8[])
) AS n (file_id, state, educator_id, possible, seconds)
WHERE s.file_id = n.file_id
""")
# Answers that were placed with another knowledge of their submission; what a person did with one stays.
_LOOK_AGAIN = """
INSERT INTO second_looks (answer_id)
SELECT a.id FROM submissions s JOIN answers a ON a.tcr = s.tcn AND a.destination = s.origin
WHERE {which} AND s.state IN ('tied', 'contradiction') AND a.tcr <> ''
  AND NOT a.by_hand AND a.place NOT IN ('set_aside', 'kept')
  AND a.why NOT IN ('two_people', 'not_read_by_machine', 'unknown_sender')
  AND NOT (s.state = 'tied' AND a.how = 'submission' AND a.claimed_id = s.educator_id)
ORDER BY 1
ON CONFLICT DO NOTHING
"""
_LOOK_AGAIN_FOR = text(_LOOK_AGAIN.format(which="s.file_id = ANY(CAST(:files AS uuid[]))"))
_LOOK_AGAIN_LATELY = text(_LOOK_AGAIN.format(which="s.settled_at > now() - interval '10 minutes'"))
_LOOKS = text("SELECT answer_id FROM second_looks ORDER BY answer_id LIMIT :limit")
_LOOKED = text("DELETE FROM second_looks WHERE answer_id = ANY(CAST(:ids AS uuid[]))")
_HEAR = text("""
INSERT INTO heard (educator_id)
SELECT DISTINCT id FROM unnest(CAST(:ids AS text[])) AS said (id)
WHERE EXISTS (SELECT FROM submissions WHERE sealed IS NOT NULL)
ORDER BY 1
ON CONFLICT DO NOTHING
""")
_HEARD = text("""
DELETE FROM heard WHERE educator_id IN (
    SELECT educator_id FROM heard ORDER BY educator_id LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING educator_id
""")
_AWAKEN = text("""
UPDATE submissions SET next_try_at = now()
WHERE file_id IN (
    SELECT file_id FROM submissions
    WHERE sealed IS NOT NULL AND next_try_at > now()
      AND (claimed_id = ANY(CAST(:ids AS text[])) OR name_mark = ANY(CAST(:marks AS bytea[])))
    ORDER BY file_id FOR UPDATE SKIP LOCKED
)
""")
# Held, so that none is tied or sealed anew meanwhile.
_MARKED = text("""
SELECT s.file_id, s.sealed, k.id, k.version, k.wrapped
FROM submissions s JOIN files f ON f.id = s.file_id JOIN data_keys k ON k.id = f.key_id
WHERE s.file_id = ANY(CAST(:files AS uuid[])) AND s.sealed IS NOT NULL AND k.wrapped <> ''
ORDER BY s.file_id FOR UPDATE OF s
""")
_MARK = text("""
UPDATE submissions s SET name_mark = n.mark
FROM unnest(CAST(:files AS uuid[]), CAST(:marks AS bytea[])) AS n (file_id, mark) WHERE s.file_id = n.file_id
""")


@dataclass(frozen=True, slots=True)
class Fed:
    """A copy of a submission that was just taken in: its file with the key, and what the source's codes mean."""

    file_id: UUID
    key: DataKey
    message: Message
    received_at: datetime
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What educator is asked about one submission, and what its answer is weighed with."""

    file_id: UUID
    received_at: datetime
    claimed_id: str | None
    tries: int
    numbers: tuple[str, ...] = field(repr=False)
    born_on: date | None = field(repr=False)
    name: str = field(repr=False)


async def keep(session: Session, vault: Vault, fed: Sequence[Fed], marked: int) -> None:
    """Keep copies of submissions, whose files are in the ledger already.

    Args:
        marked: the version of the ring under which their names are marked, as the files are.
    """
    if not fed:
        return
    names = ("files", "origins", "tcns", "moments", "states", "claimed", "purposes", "marks", "sealed", "printed")
    rows = [_row(vault, one, marked) for one in fed]
    await session.execute(_KEEP, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


async def of(session: Session, numbers: Collection[tuple[str, str]]) -> dict[tuple[str, str], Submitted]:
    """What is known of the submissions with these numbers: (our ORI, TCN), which in an answer are 1.007 and 1.010.

    Holds them, so that none is tied unseen until the transaction ends. One that is nobody's yet is not among them.
    """
    if not numbers:
        return {}
    columns = {"origins": [origin for origin, _ in numbers], "tcns": [tcn for _, tcn in numbers]}
    found: dict[tuple[str, str], Submitted] = {}
    for origin, tcn, state, educator_id, purpose in await session.execute(_OF, columns):
        if state not in {State.TIED, State.CONTRADICTION}:
            continue
        before = found.get((origin, tcn), Submitted())
        found[origin, tcn] = Submitted(
            before.people | ({educator_id} if educator_id else set()),
            before.contradicts or state == State.CONTRADICTION,
            before.purpose or purpose,
        )
    return found


async def take_up(session: Session, vault: Vault, limit: int) -> list[Question]:
    """Submissions that educator is to be asked about now. Nobody else takes them up within `LEASE_SECONDS`."""
    found: list[Question] = []
    rows = await session.execute(_TAKE_UP, {"limit": limit, "lease": LEASE_SECONDS})
    for file_id, received_at, claimed_id, tries, sealed, *kept in rows:
        try:
            said = _opened(vault, file_id, sealed, WrappedKey(*kept))
        except (MissingKey, Undecipherable):
            _log.exception("a submission cannot be opened and waits", extra={"file": str(file_id)})
            continue
        born_on = date.fromisoformat(said["born_on"]) if said["born_on"] else None
        found.append(Question(file_id, received_at, claimed_id, tries, tuple(said["numbers"]), born_on, said["name"]))
    return found


async def settle(session: Session, answered: Sequence[tuple[Question, Collection[Match]]]) -> dict[State, int]:
    """Write what became of submissions that educator was asked about, and which answers must be looked at again.

    Returns:
        How many came to which state.
    """
    held = set((await session.scalars(_HOLD, {"files": [question.file_id for question, _ in answered]})).all())
    # Nobody is held: whoever places answers holds submissions first, then persons.
    names = await people.heard_names(session, {match.educator_id for _, matches in answered for match in matches})
    ties = [(question, _tie(question, matches, names)) for question, matches in answered if question.file_id in held]
    await session.execute(
        _SETTLE,
        {
            "files": [question.file_id for question, _ in ties],
            "states": [one.state for _, one in ties],
            "educators": [one.educator_id for _, one in ties],
            "possible": [",".join(one.possible) for _, one in ties],
            "seconds": [pause(one.state, question.tries).total_seconds() for question, one in ties],
        },
    )
    await session.execute(_LOOK_AGAIN_FOR, {"files": [question.file_id for question, _ in ties]})
    await _record(session, ties)
    return {state: sum(one.state is state for _, one in ties) for state in State}


async def look_again(session: Session) -> None:
    """Find answers once more that were being taken in while their submission was tied."""
    await session.execute(_LOOK_AGAIN_LATELY)


async def second_looks(session: Session, limit: int) -> Sequence[UUID]:
    """Answers whose place must be found anew; until `looked`."""
    return (await session.scalars(_LOOKS, {"limit": limit})).all()


async def looked(session: Session, answers: Collection[UUID]) -> None:
    """The place of these was found anew, in this transaction."""
    await session.execute(_LOOKED, {"ids": sorted(answers)})


async def hear(session: Session, educators: Collection[str]) -> None:
    """Something was heard of these: a submission that is nobody's may be theirs."""
    await session.execute(_HEAR, {"ids": sorted(educators)})


async def awaken(session: Session, vault: Vault, limit: int) -> int:
    """Ask at once about submissions that name, by case number or name, educators who were heard of; how many those
    educators are."""
    heard = (await session.scalars(_HEARD, {"limit": limit})).all()
    if heard:
        names = await people.heard_names(session, heard)
        marks = {
            mark
            for all_names in names.values()
            for said in all_names
            for mark in vault.marks(_digest(f"{said.name.last},{said.name.first}"))
        }
        await session.execute(_AWAKEN, {"ids": list(heard), "marks": sorted(marks)})
    return len(heard)


async def mark_again(session: Session, vault: Vault, files: Collection[UUID]) -> None:
    """Mark the names in what these files hold and nobody has yet, under the newest version of the ring."""
    rows = (await session.execute(_MARKED, {"files": list(files)})).all()
    names = [_opened(vault, file_id, sealed, WrappedKey(*kept))["name"] for file_id, sealed, *kept in rows]
    marks = [vault.mark(_digest(name), vault.newest) for name in names]
    await session.execute(_MARK, {"files": [row.file_id for row in rows], "marks": marks})


def _row(vault: Vault, fed: Fed, marked: int) -> tuple[object, ...]:
    message = fed.message
    if message.submission is None:
        raise TypeError("only a submission is kept as one")
    said = message.submission
    code, dash, number = message.oca.partition("-")
    code, claimed = case_number(f"{fed.codes.get(code, code)}{dash}{number}")
    purpose = code or regulations.purpose_of(said.reason, local_day(fed.received_at))
    numbers = list(dict.fromkeys(said.ssns))
    state, sealed = State.NOBODY, None
    if len(numbers) > MOST_NUMBERS:
        state = State.CONTRADICTION
    elif numbers:
        born_on = said.born_on.isoformat() if said.born_on else None
        asking = json.dumps({"numbers": numbers, "born_on": born_on, "name": message.name}, ensure_ascii=False)
        state, sealed = State.UNTIED, vault.seal(fed.key, _place(fed.file_id), asking.encode(), SEALED_BYTES)
    mark = vault.mark(_digest(message.name), marked) if sealed else None
    place = (fed.file_id, message.origin, message.tcn, fed.received_at)
    return (*place, state, claimed or None, purpose, mark, sealed, said.printed_on)


def _tie(question: Question, matches: Collection[Match], names: Mapping[str, tuple[Said, ...]]) -> Tie:
    theirs = next((names.get(match.educator_id, ()) for match in matches), ())
    return tie(matches, question.name, question.claimed_id, theirs, question.received_at)


async def _record(session: Session, ties: Sequence[tuple[Question, Tie]]) -> None:
    tied = [(question, one) for question, one in ties if one.state is State.TIED]
    await audit.record_all(
        session,
        action="submission.tied",
        subjects=[f"educator:{one.educator_id}" for _, one in tied],
        new=[{"submission": str(question.file_id)} for question, _ in tied],
    )
    contradicting = [(question, one) for question, one in ties if one.state is State.CONTRADICTION]
    await audit.record_all(
        session,
        action="submission.contradicts",
        subjects=[f"submission:{question.file_id}" for question, _ in contradicting],
        new=[{"possible": list(one.possible)} for _, one in contradicting],
    )


def _opened(vault: Vault, file_id: UUID, sealed: bytes, kept: WrappedKey) -> dict[str, Any]:
    """What educator is asked with. Raises as `Vault.open_key` does."""
    found: dict[str, Any] = json.loads(vault.open(vault.open_key(kept), _place(file_id), sealed))
    return found


def _digest(name: str) -> bytes:
    """What a name in a submission is marked by."""
    return digest_of(f"the name in a submission: {key(name)}".encode())


def _place(file_id: UUID) -> str:
    return f"submissions|sealed|{file_id}"
