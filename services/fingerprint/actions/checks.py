"""Deciding checks anew from all their answers, and saying what became of them; many as one."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic_core import to_json
from sqlalchemy import Row, bindparam, select, text

from services.fingerprint import regulations, standing, tables
from services.fingerprint.actions import archive, people, rulings
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import Kind
from services.fingerprint.rules.check import Answer, Decision, Standing, State
from services.fingerprint.rules.deciding import decide
from services.fingerprint.rules.naming import Said, contradicts, given_before, is_foreign, present
from services.fingerprint.rules.saying import News, Told, news
from services.fingerprint.vault import Vault, WrappedKey
from shared import audit
from shared.db import Session
from shared.events import Bureau, Event
from shared.outbox import publish
from shared.policy import local_day

# Whose, and for what purpose.
CheckKey = tuple[str, str]

_WANTED: Final = "unnest(CAST(:ids AS text[]), CAST(:purposes AS text[])) AS w (educator_id, purpose)"
# The answers of checks, and every other version of the same replies: a newer one may be somebody else's, or nobody's.
_ANSWERS: Final = text(f"""
WITH numbers AS (
    SELECT DISTINCT w.educator_id, w.purpose, o.origin, o.tcn FROM {_WANTED} JOIN answers o USING (educator_id, purpose)
)
SELECT n.educator_id AS of_educator, n.purpose AS of_purpose, a.id, a.file_id, a.received_at, a.origin, a.bureau, a.tcn,
    a.educator_id, a.purpose, a.by_hand, a.assigned_by, a.sealed, k.id AS key_id, k.version, k.wrapped
FROM numbers n JOIN answers a USING (origin, tcn) JOIN files f ON f.id = a.file_id JOIN data_keys k ON k.id = f.key_id
WHERE a.place <> 'set_aside'
ORDER BY a.received_at, a.id
""")  # noqa: S608 - constants make it up
_KEPT: Final = tuple(column.name for column in tables.Check.__table__.columns)
_NEW: Final = {
    "version": 0,
    "basis": [],
    "standing": standing.written(Standing(State.NOTHING_YET)),
    **Told().columns(),
}
_CHANGING: Final = ("version", "basis", "standing", *Told().columns())
_ROWS: Final = "jsonb_populate_recordset(CAST(NULL AS checks), CAST(:rows AS jsonb))"
# In one order, so that two importers never wait for each other.
_MAKE: Final = text(f"""
INSERT INTO checks (educator_id, purpose, {", ".join(_NEW)})
SELECT w.educator_id, w.purpose, {", ".join(f"r.{name}" for name in _NEW)}
FROM {_WANTED} CROSS JOIN jsonb_populate_record(CAST(NULL AS checks), CAST(:new AS jsonb)) AS r
ORDER BY 1, 2 ON CONFLICT DO NOTHING
""")  # noqa: S608
_LOCK: Final = text(f"""
SELECT {", ".join(f"c.{name}" for name in _KEPT)} FROM {_WANTED} JOIN checks c USING (educator_id, purpose)
ORDER BY c.educator_id, c.purpose FOR UPDATE OF c
""").columns(*tables.Check.__table__.columns)  # noqa: S608
_CHANGE: Final = text(f"""
UPDATE checks c SET {", ".join(f"{name} = r.{name}" for name in _CHANGING)}
FROM {_ROWS} AS r WHERE c.educator_id = r.educator_id AND c.purpose = r.purpose
""")  # noqa: S608
_OPEN: Final = text("""
INSERT INTO reviews (id, educator_id, purpose, opened_at)
SELECT id, educator_id, purpose, :now
FROM unnest(CAST(:reviews AS uuid[]), CAST(:ids AS text[]), CAST(:purposes AS text[])) AS w (id, educator_id, purpose)
ORDER BY 2, 3
ON CONFLICT (educator_id, purpose) WHERE closed_at IS NULL DO NOTHING
""")
_CLOSE: Final = text(f"""
UPDATE reviews r SET closed_at = :now FROM {_WANTED}
WHERE r.educator_id = w.educator_id AND r.purpose = w.purpose AND r.closed_at IS NULL
""")  # noqa: S608
_STANDINGS: Final = (
    select(tables.Check)
    .where(tables.Check.educator_id == bindparam("educator_id"))
    .order_by(tables.Check.purpose.desc())
)


@dataclass(frozen=True, slots=True)
class Held:
    """An answer of a check with what was sealed beside it; for the compartment alone. `row`: columns of `answers`."""

    row: Row[Any]
    bureau: Bureau
    evidence: Evidence
    contradicts: bool
    foreign: int | None

    def as_answer(self, educator_id: str, purpose: str) -> Answer:
        """The answer as deciding takes it."""
        return Answer(
            id=self.row.id,
            bureau=self.bureau,
            origin=self.row.origin,
            tcn=self.row.tcn,
            kind=self.evidence.kind,
            dated=self.evidence.dated,
            stamped=self.evidence.stamped,
            received_at=self.row.received_at,
            finding=self.evidence.finding,
            contradicts=self.contradicts,
            by_hand=self.row.by_hand,
            held=self.evidence.held,
            foreign=self.foreign,
            submission=self.evidence.tcr,
            codes=frozenset(self.evidence.reject_codes),
            ours=(self.row.educator_id, self.row.purpose) == (educator_id, purpose),
        )


async def decide_again(
    session: Session,
    vault: Vault,
    checks: Collection[CheckKey],
    *,
    said: Sequence[Event] = (),
    known: Mapping[UUID, Evidence] = MappingProxyType({}),
) -> None:
    """Decide these checks and say what changed.

    Args:
        said: facts that are to be said before those.
        known: the evidence of answers just taken in, so that it need not be opened again.
    """
    wanted = sorted(checks)
    if not wanted:
        await publish(session, *said)
        return
    kept = {(row.educator_id, row.purpose): row for row in await _locked(session, wanted)}
    found = await _decided(session, vault, wanted, known)
    today = local_day(datetime.now(UTC))
    facts = list(said)
    changed: list[dict[str, Any]] = []
    for key, (decision, _) in found.items():
        row = kept[key]
        before = Told.of(row)
        what, told = news(before, decision, key[1], today)
        facts += [_fact(one, key[0]) for one in what]
        now = {"basis": sorted(map(str, decision.basis)), "standing": standing.written(decision.standing)}
        same = (row.basis, row.standing) == (now["basis"], now["standing"])
        if not same or told != before:
            names = {"educator_id": key[0], "purpose": key[1]}
            changed.append({**names, **now, **told.columns(), "version": row.version + (not same)})
    if changed:
        await session.execute(_CHANGE, {"rows": to_json(changed).decode()})
    await publish(session, *facts)
    await _review(session, found)
    await audit.record_all(
        session,
        action="check.decided",
        subjects=[f"educator:{educator_id}" for educator_id, _ in found],
        new=[{"purpose": purpose, "answers": len(held)} for (_, purpose), (_, held) in found.items()],
    )


async def due(session: Session, vault: Vault, educator_id: str) -> None:
    """Decide every check of an educator whose name was heard."""
    found = await session.scalars(_STANDINGS, {"educator_id": educator_id})
    await decide_again(session, vault, [(check.educator_id, check.purpose) for check in found])


async def standings(session: Session, educator_id: str) -> list[tuple[str, Standing]]:
    """What the educator may see: each purpose with its standing. Opens nothing that is sealed."""
    found = await session.scalars(_STANDINGS, {"educator_id": educator_id})
    read = [(check.purpose, standing.read(check.standing)) for check in found]
    return [(purpose, one) for purpose, one in read if one.state is not State.NOTHING_YET]


async def decided(session: Session, vault: Vault, educator_id: str, purpose: str) -> tuple[Decision, list[Held]]:
    """What the answers of a check come to now, and those answers."""
    return (await _decided(session, vault, [(educator_id, purpose)], {}))[educator_id, purpose]


async def locked(session: Session, educator_id: str, purpose: str) -> Row[Any]:
    """The check's columns; it is made at first need, and held until the transaction ends."""
    (found,) = await _locked(session, [(educator_id, purpose)])
    return found


async def _locked(session: Session, checks: Sequence[CheckKey]) -> Sequence[Row[Any]]:
    await session.execute(_MAKE, {"new": json.dumps(_NEW), **_columns(checks)})
    return (await session.execute(_LOCK, _columns(checks))).all()


async def _decided(
    session: Session, vault: Vault, checks: Sequence[CheckKey], known: Mapping[UUID, Evidence]
) -> dict[CheckKey, tuple[Decision, list[Held]]]:
    names = await people.all_names(session, {educator_id for educator_id, _ in checks})
    held: dict[CheckKey, list[Held]] = {check: [] for check in checks}
    lost: set[CheckKey] = set()
    for row in await session.execute(_ANSWERS, _columns(checks)):
        if not row.wrapped:
            lost.add((row.of_educator, row.of_purpose))
            continue
        one = _held(vault, row, names.get(row.of_educator, ()), known.get(row.id))
        if one is not None:
            held[row.of_educator, row.of_purpose].append(one)
    ruled = await rulings.of_all(session, vault, checks)
    terms = regulations.terms(local_day(datetime.now(UTC)))
    decisions = {
        check: decide([one.as_answer(*check) for one in found], [one.rule for one in ruled.get(check, ())], terms)
        for check, found in held.items()
    }
    for check in lost:
        decisions[check] = await _as_it_was(session, check, decisions[check])
    return {check: (decisions[check], found) for check, found in held.items()}


async def _as_it_was(session: Session, check: CheckKey, decision: Decision) -> Decision:
    """Of a check whose answers can no longer be read, their key being destroyed: it stays as it is, but for the time
    that passes, until those that came since are enough by themselves."""
    kept = await session.get(tables.Check, check, populate_existing=True)
    if kept is None or decision.standing.state in {State.BEING_CHECKED, State.CLEARED}:
        return decision
    asked = Told(name_checks=tuple(kept.name_checks)).requested
    stays = standing.read(kept.standing).as_of(decision.terms.day, asked)
    return replace(decision, standing=stays, causes=frozenset(), basis=frozenset(map(UUID, kept.basis)))


def _held(vault: Vault, row: Row[Any], names: Collection[Said], evidence: Evidence | None) -> Held | None:
    if evidence is None:
        key = vault.open_key(WrappedKey(row.key_id, row.version, row.wrapped))
        evidence = Evidence.read(vault.open(key, archive.evidence_place(row.id), row.sealed))
    if row.bureau is None or evidence.kind not in {Kind.ANSWER, Kind.UNREADABLE, Kind.NOTICE}:
        return None
    answers = evidence.kind is Kind.ANSWER
    wrong_name = answers and contradicts(evidence.name, given_before(row.received_at, names))
    now = present(names)
    foreign = now.number if answers and now and is_foreign(evidence.name, now.name) else None
    return Held(row, Bureau(row.bureau), evidence, wrong_name, foreign)


async def _review(session: Session, found: Mapping[CheckKey, tuple[Decision, list[Held]]]) -> None:
    """Open a case where a person must look, close it where nothing is left to look at."""
    wanted = [check for check, (decision, _) in found.items() if decision.causes]
    settled = [check for check, (decision, _) in found.items() if not decision.causes]
    now = datetime.now(UTC)
    if wanted:
        reviews = [uuid4() for _ in wanted]
        await session.execute(_OPEN, {"reviews": reviews, "now": now, **_columns(wanted)})
    if settled:
        await session.execute(_CLOSE, {"now": now, **_columns(settled)})


def _columns(checks: Sequence[CheckKey]) -> dict[str, list[str]]:
    return {"ids": [educator_id for educator_id, _ in checks], "purposes": [purpose for _, purpose in checks]}


def _fact(one: News, educator_id: str) -> Event:
    return one.fact.now(educator_id, **one.content)


def review_of(answer_id: UUID) -> tables.Review:
    """A case for a message that belongs to no check."""
    return tables.Review(id=uuid4(), answer_id=answer_id, opened_at=datetime.now(UTC))
