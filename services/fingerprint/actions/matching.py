"""Where an answer belongs: with the educator whom its case number names, waiting for one, or in sight of a person."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import bindparam, delete, select, text

from services.fingerprint import regulations, tables
from services.fingerprint.actions import archive, checks, people, submissions
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import FOR_ADJUDICATORS, Kind
from services.fingerprint.rules.addressing import NOT_SUBMITTED, Address, Named, Submitted, Why, case_number, whose
from services.fingerprint.vault import Vault
from shared.db import Session
from shared.events import Bureau, Event, ResultReceived
from shared.policy import local_day, purposes

# In one order, so that two importers never wait for each other; after the lock that all who hold numbers share.
_LOCK_NUMBERS = text("""
WITH shared AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(8164))
SELECT pg_advisory_xact_lock(number)
FROM shared,
    (SELECT DISTINCT hashtextextended(n, 8160) AS number FROM unnest(CAST(:numbers AS text[])) AS n ORDER BY 1) AS o
""")
_LOCK_ALL_NUMBERS = text("SELECT pg_advisory_xact_lock(8164)")
_CHECKS_OF_NUMBERS = text("""
SELECT DISTINCT a.educator_id, a.purpose
FROM unnest(CAST(:origins AS text[]), CAST(:tcns AS text[])) AS n (origin, tcn)
JOIN answers a USING (origin, tcn) WHERE a.educator_id IS NOT NULL
""")
_READY = """
SELECT a.id FROM answers a {of_whom}
WHERE a.place IN ('waiting', 'adjudicator') AND a.claimed_id IS NOT NULL
  AND EXISTS (SELECT FROM persons p WHERE p.educator_id = a.claimed_id)
  AND EXISTS (SELECT FROM known_names n WHERE n.educator_id = a.claimed_id)
ORDER BY a.received_at LIMIT :limit
"""
_READY_OF_DUE = text(_READY.format(of_whom="JOIN due d ON d.educator_id = a.claimed_id"))
_READY_OF_ALL = text(_READY.format(of_whom=""))
_DUE = text("SELECT educator_id FROM due ORDER BY educator_id LIMIT :limit")
_ANSWER = (
    select(tables.Answer)
    .where(tables.Answer.id == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


# Of a reply: who sent it (1.008), and its number (1.009).
Number = tuple[str, str]


class Placeable(Protocol):
    """An answer, kept or new, as far as finding its place needs it."""

    @property
    def bureau(self) -> str | None: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def destination(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer belongs; the columns of the same names."""

    place: str
    why: str = ""
    how: str = ""
    educator_id: str | None = None
    purpose: str | None = None
    claimed_id: str | None = None
    claimed_purpose: str | None = None


async def hold_numbers(session: Session, numbers: Collection[Number]) -> None:
    """One at a time for all versions of a reply: two importers must not each miss the other's version."""
    await session.execute(_LOCK_NUMBERS, {"numbers": [f"{origin}/{tcn}" for origin, tcn in numbers]})


async def hold_all_numbers(session: Session) -> None:
    """As `hold_numbers` of every number, in one lock: a server has room for some thousands. All others wait."""
    await session.execute(_LOCK_ALL_NUMBERS)


async def checks_of(session: Session, numbers: Collection[Number]) -> set[checks.CheckKey]:
    """The checks that versions of these replies (origin, TCN) are part of."""
    columns = {"origins": [origin for origin, _ in numbers], "tcns": [tcn for _, tcn in numbers]}
    return {(educator_id, purpose) for educator_id, purpose in await session.execute(_CHECKS_OF_NUMBERS, columns)}


async def places(session: Session, answers: Sequence[tuple[Placeable, Evidence]]) -> list[Place]:
    """Where each of these belongs by what it says. Holds the submissions that they answer and whom they name."""
    numbers = {(answer.destination, evidence.tcr) for answer, evidence in answers if evidence.tcr}
    known_submissions = await submissions.of(session, numbers)
    addresses = [
        _address(answer, evidence, known_submissions.get((answer.destination, evidence.tcr), NOT_SUBMITTED))
        for answer, evidence in answers
    ]
    named = {one.educator_id for one in addresses if isinstance(one, Address)}
    known = await people.all_known(session, named) if named else set()
    return [_place(evidence, address, known) for (_, evidence), address in zip(answers, addresses, strict=True)]


def heard(place: Place, bureau: str | None, kind: Kind) -> list[Event]:
    """The fact that an answer came: said of every one alike, whatever it says; a Rap Back notice answers nothing."""
    if place.educator_id is None or place.purpose is None or bureau is None:
        return []
    if kind not in {Kind.ANSWER, Kind.UNREADABLE}:
        return []
    return [ResultReceived.now(place.educator_id, purpose=place.purpose, bureau=Bureau(bureau))]


async def locked(session: Session, answer_id: UUID) -> tables.Answer | None:
    """An answer, with its number and itself held until the transaction ends."""
    found = await session.get(tables.Answer, answer_id)
    if found is None:
        return None
    await hold_numbers(session, [(found.origin, found.tcn)])
    return (await session.scalars(_ANSWER, {"id": answer_id})).one_or_none()


async def put(session: Session, vault: Vault, answer: tables.Answer, evidence: Evidence) -> None:
    """Find a kept answer's place anew, whatever a person did with it; decide the checks that it was or is part of."""
    number = [(answer.origin, answer.tcn)]
    before = await checks_of(session, number)
    (place,) = await places(session, [(answer, evidence)])
    said = await _move(session, vault, answer, evidence, place)
    await _show_adjudicator(session, answer)
    await checks.decide_again(session, vault, before | await checks_of(session, number), said=said)


async def give_by_hand(
    session: Session, vault: Vault, answer: tables.Answer, evidence: Evidence, address: Address, by: UUID
) -> None:
    """A person says whose answer it is. Such a match is always looked at again, by an adjudicator."""
    number = [(answer.origin, answer.tcn)]
    before = await checks_of(session, number)
    claimed = answer.claimed_id, answer.claimed_purpose
    place = Place("matched", "", answer.how, address.educator_id, address.purpose, *claimed)
    said = await _move(session, vault, answer, evidence, place)
    answer.by_hand, answer.assigned_by = True, by
    await session.flush()
    await checks.decide_again(session, vault, before | await checks_of(session, number), said=said)


async def set_aside(session: Session, vault: Vault, answer: tables.Answer) -> None:
    """A person says that this answer is nobody's; it counts no more."""
    before = await checks_of(session, [(answer.origin, answer.tcn)])
    answer.place = "set_aside"
    await session.flush()
    await checks.decide_again(session, vault, before)


async def take_back(session: Session, vault: Vault, answer: tables.Answer) -> None:
    """Undo what a person did: the answer goes where it belongs by itself."""
    await put(session, vault, answer, await archive.evidence(session, vault, answer))


async def ready(session: Session, limit: int, *, of_all: bool) -> Sequence[UUID]:
    """Answers that wait for somebody known by now: of those heard of since, or by going through all that wait."""
    return (await session.scalars(_READY_OF_ALL if of_all else _READY_OF_DUE, {"limit": limit})).all()


async def take_effect(session: Session, vault: Vault, answer_id: UUID) -> bool:
    """Match an answer that waited; False if somebody else was faster."""
    answer = await locked(session, answer_id)
    if answer is None or answer.place not in {"waiting", "adjudicator"}:
        return False
    await put(session, vault, answer, await archive.evidence(session, vault, answer))
    return True


async def look_again(session: Session, vault: Vault, answer_id: UUID) -> bool:
    """Place an answer anew since more is known of the submission that it answers; what a person did with it stays."""
    answer = await locked(session, answer_id)
    await submissions.looked(session, [answer_id])
    if answer is not None and not answer.by_hand and answer.place not in {"set_aside", "kept"}:
        await put(session, vault, answer, await archive.evidence(session, vault, answer))
    return True


async def due(session: Session, limit: int) -> Sequence[str]:
    """Educators of whom something was heard that may change what their answers come to."""
    return (await session.scalars(_DUE, {"limit": limit})).all()


async def heed(session: Session, vault: Vault, educator_id: str) -> bool:
    """Decide an educator's checks with the names known now; False if no name asks for it.

    The person is held first, as where names are heard, so that the two never wait for each other.
    """
    await people.hold(session, [educator_id])
    decide = await session.scalar(
        delete(tables.Due).where(tables.Due.educator_id == educator_id).returning(tables.Due.decide)
    )
    if decide:
        await checks.due(session, vault, educator_id)
    return bool(decide)


def _address(answer: Placeable, evidence: Evidence, submitted: Submitted) -> Address | Why:
    """Whose a message is by all that it names."""
    match evidence.kind:
        case Kind.SUBMISSION:
            return Why.SUBMISSION
        case Kind.OTHER:
            return Why.NOT_READ_BY_MACHINE
        case _ if answer.bureau is None:
            return Why.UNKNOWN_SENDER
        case _:
            day = local_day(answer.received_at)
            named = Named(evidence.case_number, submitted, evidence.subscriber)
            return whose(named, purposes(day), regulations.default_purpose(day))


def _place(evidence: Evidence, address: Address | Why, known: Set[str]) -> Place:
    """With its educator if they are known. What may hold criminal history in a form no machine reads goes to
    adjudicators alone.
    """
    if isinstance(address, Address) and address.educator_id in known:
        theirs = address.educator_id, address.purpose
        return Place("matched", "", address.how, *theirs, *theirs)
    compartment = evidence.kind in FOR_ADJUDICATORS
    if isinstance(address, Address):
        claimed = address.educator_id, address.purpose
        return Place("adjudicator" if compartment else "waiting", Why.NOT_YET_KNOWN, address.how, None, None, *claimed)
    if address is Why.SUBMISSION:
        return Place("kept", address)
    if address is Why.UNKNOWN_CODE:
        # Nobody's, but whoever it names rightly is told that the code is wrong.
        code, named = case_number(evidence.case_number)
        place = "adjudicator" if compartment else "unmatched"
        return Place(place, address, "", None, None, named or None, code or None)
    return Place("adjudicator" if compartment else "unmatched", address)


async def _move(session: Session, vault: Vault, answer: tables.Answer, evidence: Evidence, place: Place) -> list[Event]:
    """Put a kept answer there; what is to be said of it, if it is somebody else's or for something else now."""
    if place.educator_id is not None and answer.bureau is None:
        raise ValueError("an answer of no known bureau belongs to no check")
    if place.educator_id != answer.educator_id:
        if place.educator_id is None:
            (key,) = await archive.own_keys(session, vault, 1)
        else:
            key = await archive.key_of_person(session, vault, place.educator_id)
        await archive.hand_over(session, vault, [(answer, key)])
    same = (answer.educator_id, answer.purpose) == (place.educator_id, place.purpose)
    answer.place, answer.why, answer.how = place.place, place.why, place.how
    answer.educator_id, answer.purpose = place.educator_id, place.purpose
    answer.claimed_id, answer.claimed_purpose = place.claimed_id, place.claimed_purpose
    answer.by_hand, answer.assigned_by = False, None
    await session.flush()
    return [] if same else heard(place, answer.bureau, evidence.kind)


async def _show_adjudicator(session: Session, answer: tables.Answer) -> None:
    """A case of its own for a message that belongs to no check, while it belongs to none."""
    found = await session.scalar(select(tables.Review).where(tables.Review.answer_id == answer.id))
    if answer.place == "adjudicator" and found is None:
        session.add(checks.review_of(answer.id))
    elif found is not None and answer.place == "matched" and found.closed_at is None:
        found.closed_at = datetime.now(UTC)
    await session.flush()
