"""Taking files in: ledger, archive, answers, matches and facts, all in the caller's one transaction.

However many files come together, each table is asked and written once: the work of a file does not grow with the number
of files, and little of it is spent on the way to the database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text

from services.fingerprint import regulations
from services.fingerprint.actions import archive, checks, entering, marking, matching, submissions
from services.fingerprint.actions.entering import Arrival, Entry, Outcome
from services.fingerprint.ebts import Unreadable
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import Finding, Kind, Message, understand
from services.fingerprint.vault import SHARES, Vault
from shared.copying import copy
from shared.db import Session
from shared.policy import local_day

# Each statement finds its few rows by an index. Tables grow while it is in use, and the planner, which still takes them
# for small, would read them whole.
_PLAN: Final = text("""
SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
""")
_ANSWER_COLUMNS: Final = (
    "id",
    "file_id",
    "received_at",
    "origin",
    "bureau",
    "tcn",
    "tcr",
    "destination",
    "claimed_id",
    "claimed_purpose",
    "place",
    "why",
    "how",
    "educator_id",
    "purpose",
    "by_hand",
    "sealed",
)


def understood(content: bytes) -> Message | Unreadable:
    """What a file's bytes say, or why they cannot be read."""
    try:
        return understand(content)
    except Unreadable as unreadable:
        # With its traceback it would hold the content, until the garbage collector came by.
        return unreadable.with_traceback(None)


async def take(
    session: Session, vault: Vault, arrivals: Sequence[Arrival], held_share: float | None = None
) -> list[Outcome]:
    """Take files in, all or none. The same bytes again are noted, and change nothing, unless they could not be read
    before and can be now: under a name that made an archive of them, or as the second of one name in one.

    Locks are taken in one order: numbers, submissions, persons, keys, the ledger, checks, subjects of facts.

    Args:
        held_share: the share of clean answers held for a look; by default the policy's.

    Returns:
        What became of each, in the order given.
    """
    await session.execute(_PLAN)
    taken = await entering.taken(session, arrivals)
    marked = await marking.version(session)
    entries = {
        place: Entry(arrival, vault.marks(arrival.digest), vault.mark(arrival.digest, marked))
        for place, arrival in enumerate(arrivals)
        if place not in taken
    }
    await entering.find_firsts(session, list(entries.values()))
    new = [entry for entry in entries.values() if entry.first is None]
    shares = _shares(new, held_share)
    for entry in new:
        if not isinstance(entry.arrival.message, Unreadable):
            held = _drawn(vault, entry.arrival, entry.arrival.message, shares[entry.received_at])
            entry.evidence = Evidence.of(entry.arrival.message, held=held, codes=entry.arrival.codes)
    await _place_all(session, vault, new)
    await entering.enter(session, list(entries.values()))
    await _keep(session, vault, [entry for entry in new if entry.first is None], marked)
    return [entries[place].outcome if place in entries else Outcome.TAKEN for place in range(len(arrivals))]


async def _place_all(session: Session, vault: Vault, entries: Sequence[Entry]) -> None:
    """Say where each belongs and give it the key that it will lie under."""
    read = [(entry, entry.evidence) for entry in entries if entry.evidence is not None]
    if read:
        await matching.hold_numbers(session, {entry.number for entry, _ in read})
        for (entry, _), place in zip(read, await matching.places(session, read), strict=True):
            entry.place = place
    ids = {entry.place.educator_id for entry, _ in read if entry.place and entry.place.educator_id}
    of_persons = await archive.keys_of_persons(session, vault, ids) if ids else {}
    nobodys: list[Entry] = []
    for entry in entries:
        whose = entry.place.educator_id if entry.place else None
        if whose is None:
            nobodys.append(entry)
        else:
            entry.key = of_persons[whose]
    for entry, key in zip(nobodys, await archive.own_keys(session, vault, len(nobodys)), strict=True):
        entry.key = key


async def _keep(session: Session, vault: Vault, entries: Sequence[Entry], marked: int) -> None:
    """Archive the bytes, keep the answers, and decide every check that they are part of."""
    if not entries:
        return
    await archive.store(session, vault, ((one.id, one.key, one.arrival.pieces()) for one in entries if one.key))
    read = [(one, one.evidence, one.place, one.key) for one in entries if one.evidence and one.place and one.key]
    if not read:
        return
    numbers = {one.number for one, *_ in read}
    before = await matching.checks_of(session, numbers)
    await copy(
        session,
        "answers",
        _ANSWER_COLUMNS,
        (
            (
                one.answer_id,
                one.id,
                one.received_at,
                one.message.origin,
                one.bureau,
                one.message.tcn,
                one.message.tcr,
                one.destination,
                place.claimed_id,
                place.claimed_purpose,
                place.place,
                place.why,
                place.how,
                place.educator_id,
                place.purpose,
                False,
                archive.sealed_evidence(vault, key, one.answer_id, evidence),
            )
            for one, evidence, place, key in read
        ),
    )
    fed = [
        submissions.Fed(one.id, key, one.message, one.received_at, one.arrival.codes)
        for one, evidence, _, key in read
        if evidence.kind is Kind.SUBMISSION
    ]
    await submissions.keep(session, vault, fed, marked)
    session.add_all(checks.review_of(one.answer_id) for one, _, place, _ in read if place.place == "adjudicator")
    await session.flush()
    said = [fact for one, evidence, place, _ in read for fact in matching.heard(place, one.bureau, evidence.kind)]
    now = {(place.educator_id, place.purpose) for _, _, place, _ in read if place.educator_id and place.purpose}
    fresh = {one.answer_id: evidence for one, evidence, _, _ in read}
    await checks.decide_again(session, vault, before | now, said=said, known=fresh)


def _shares(entries: Collection[Entry], held_share: float | None) -> dict[datetime, float]:
    """The share that is held, for each moment of arrival; those of one group share nearly always one."""
    moments = {entry.received_at for entry in entries}
    if held_share is not None:
        return dict.fromkeys(moments, held_share)
    return {moment: regulations.held_share(local_day(moment)) for moment in moments}


def _drawn(vault: Vault, arrival: Arrival, message: Message, share: float) -> bool:
    """Whether this clean answer is one of those that a person looks at: drawn by the answer itself, so never twice."""
    return share > 0 and message.finding is Finding.NO_RECORD and vault.draw(arrival.digest) < share * SHARES
