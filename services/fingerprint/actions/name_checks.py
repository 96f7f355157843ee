"""Checks by name: those that staff have to ask a bureau for, and that they did."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import text

from services.fingerprint import standing
from services.fingerprint.actions import checks, people
from services.fingerprint.rules.by_name import NameCheck, Stage
from services.fingerprint.rules.saying import Told
from shared import audit
from shared import educator_id as educator_ids
from shared.audit import Actor
from shared.db import Session
from shared.events import Bureau

# Few people's prints cannot be read twice; the index holds those alone.
_LISTED: Final = text("SELECT educator_id, purpose, standing, name_checks FROM checks WHERE standing ? 'name_checks'")
_OF_EDUCATOR: Final = text("SELECT purpose, name_checks FROM checks WHERE educator_id = :id AND name_checks <> '[]'")
# Due at once: what the educator must be told may be another now.
_KEEP: Final = text("""
UPDATE checks SET name_checks = CAST(:kept AS jsonb), due_on = CAST(:today AS date)
WHERE educator_id = :educator_id AND purpose = :purpose
""")


class Overtaken(Exception):
    """Somebody else did it, or an answer came that changes what there is to ask."""


@dataclass(frozen=True)
class Request:
    """That staff asked a bureau."""

    at: datetime
    username: str
    note: str


@dataclass(frozen=True)
class Wanted:
    """A check by name, whose it is, and how far."""

    educator_id: str
    name: str
    purpose: str
    check: NameCheck
    stage: Stage
    request: Request | None

    @property
    def shown_id(self) -> str:
        """The Educator ID as people read it aloud."""
        return educator_ids.shown(self.educator_id)

    @property
    def seen(self) -> str:
        """What a page showed of it: it is done only while it is still this."""
        return ",".join(one.submission for one in self.check.rejected)


async def listed(session: Session, day: date, stages: Collection[Stage]) -> list[Wanted]:
    """Those of these stages, the first deadline first."""
    rows = (await session.execute(_LISTED)).all()
    names = await people.shown_names(session, [row.educator_id for row in rows])
    found = [one for row in rows for one in _of(row, names.get(row.educator_id, ""), day) if one.stage in stages]
    return sorted(found, key=lambda one: (one.check.by or date.max, one.educator_id, one.purpose, one.check.bureau))


async def one(session: Session, educator_id: str, purpose: str, bureau: str, day: date) -> Wanted | None:
    """One of them, where there is one."""
    found = [one for one in await listed(session, day, list(Stage)) if one.educator_id == educator_id]
    return next((one for one in found if (one.purpose, one.check.bureau) == (purpose, bureau)), None)


async def count(session: Session, day: date) -> int:
    """How many staff have to ask for, and still can."""
    rows = (await session.execute(_LISTED)).all()
    return sum(one.stage is Stage.OPEN for row in rows for one in _of(row, "", day))


async def requested(session: Session, educator_id: str) -> Mapping[str, frozenset[tuple[Bureau, str]]]:
    """By purpose, what the bureaus were asked for about an educator: which bureau, for which submission."""
    rows = await session.execute(_OF_EDUCATOR, {"id": educator_id})
    return {row.purpose: Told(name_checks=tuple(row.name_checks)).requested for row in rows}


async def request(session: Session, wanted: Wanted, day: date, note: str, actor: Actor) -> None:
    """Staff asked the bureau.

    Raises:
        Overtaken: it is not what was seen any more, or was done already.
    """
    kept = await _locked(session, wanted, day, {Stage.OPEN, Stage.OVERDUE})
    entry = {
        "bureau": wanted.check.bureau,
        "submissions": [one.submission for one in wanted.check.rejected],
        "at": datetime.now(UTC).isoformat(),
        "by": str(actor.account_id),
        "username": actor.username,
        "note": note,
    }
    await _keep(session, wanted, [*kept, entry], day)
    await _record(session, "name_check.requested", wanted, note, actor)


async def undo(session: Session, wanted: Wanted, day: date, reason: str, actor: Actor) -> None:
    """The bureau was not asked after all.

    Raises:
        Overtaken: it is not what was seen any more, or was undone already.
    """
    kept = await _locked(session, wanted, day, {Stage.REQUESTED})
    await _keep(session, wanted, [entry for entry in kept if not _is_about(entry, wanted.check)], day)
    await _record(session, "name_check.request_undone", wanted, reason, actor)


async def _locked(session: Session, seen: Wanted, day: date, stages: Collection[Stage]) -> Sequence[Mapping[str, Any]]:
    row = await checks.locked(session, seen.educator_id, seen.purpose)
    now = next((one for one in _of(row, seen.name, day) if one.check.bureau is seen.check.bureau), None)
    if now is None or now.check != seen.check or now.stage not in stages:
        raise Overtaken
    kept: list[Mapping[str, Any]] = row.name_checks
    return kept


async def _keep(session: Session, wanted: Wanted, kept: Sequence[Mapping[str, Any]], day: date) -> None:
    whose = {"educator_id": wanted.educator_id, "purpose": wanted.purpose}
    await session.execute(_KEEP, {"kept": json.dumps(kept), "today": day, **whose})


async def _record(session: Session, action: str, wanted: Wanted, reason: str, actor: Actor) -> None:
    new = {"purpose": wanted.purpose, "bureau": wanted.check.bureau, "submissions": wanted.seen}
    await audit.record(
        session, action=action, actor=actor, subject=f"educator:{wanted.educator_id}", reason=reason, new=new
    )


def _of(row: Any, name: str, day: date) -> list[Wanted]:
    """The checks by name of one row of `checks`."""
    asked = Told(name_checks=tuple(row.name_checks)).requested
    return [
        Wanted(row.educator_id, name, row.purpose, check, check.stage(asked, day), _request(row.name_checks, check))
        for check in standing.read(row.standing).name_checks
    ]


def _request(kept: Sequence[Mapping[str, Any]], check: NameCheck) -> Request | None:
    found = next((entry for entry in reversed(kept) if _is_about(entry, check)), None)
    return Request(datetime.fromisoformat(found["at"]), found["username"], found["note"]) if found else None


def _is_about(entry: Mapping[str, Any], check: NameCheck) -> bool:
    submissions = {one.submission for one in check.rejected}
    return entry["bureau"] == check.bureau and not submissions.isdisjoint(entry["submissions"])
