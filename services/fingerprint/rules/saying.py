"""What must be said of a check, compared with what was said of it; and when the calendar gives the next word. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Self

from services.fingerprint.rules.by_name import Stage
from services.fingerprint.rules.check import ONE_DAY, Decision
from shared.events import (
    Bureau,
    ClearanceEnded,
    ClearanceExpiring,
    Event,
    FingerprintCleared,
    PrintsRejectedTwice,
    ReprintRequested,
)

BY_NAME: Final = "by_name"


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a check so far. The fields are the columns of `checks` that keep it.

    Attributes:
        said_reprints: the replies that could not be used and of which the educator was told last: to be printed
            again (origin, TCN), or that the bureau is asked for a check by name (the same and `BY_NAME`).
        said_reminded: how many days before the end of the clearance said the last reminder was due.
        due_on: the next day on which something must be said though nothing arrives; always ahead.
        name_checks: what staff asked bureaus for; read here, never changed.
    """

    said_cleared_on: date | None = None
    said_valid_until: date | None = None
    said_reprints: tuple[tuple[str, ...], ...] = ()
    said_reminded: int | None = None
    due_on: date | None = None
    name_checks: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, kept: object) -> Self:
        """From whatever has these columns as attributes."""
        return cls(*(_frozen(getattr(kept, name)) for name in cls.__slots__))

    def columns(self) -> dict[str, Any]:
        """As the columns hold it."""
        return {name: _thawed(getattr(self, name)) for name in self.__slots__}

    @property
    def requested(self) -> frozenset[tuple[Bureau, str]]:
        """The bureaus that staff asked for a check by name, each with the submissions named."""
        return frozenset((Bureau(one["bureau"]), number) for one in self.name_checks for number in one["submissions"])


@dataclass(frozen=True, slots=True)
class News:
    """A fact to be said, not yet numbered: `fact.now(educator_id, **content)` makes it."""

    fact: type[Event]
    content: Mapping[str, Any]


def news(told: Told, decision: Decision, purpose: str, today: date) -> tuple[tuple[News, ...], Told]:
    """The facts that are to be said now, in order, and what is said after that; a second time nothing is left to say.

    Args:
        told: what was said so far.
        decision: what the answers come to now.
        purpose: what the check is for.
        today: the state's day.
    """
    prints, replies = _about_prints(told, decision, today)
    clearance, after = _about_clearance(told, decision, today)
    facts = tuple(News(one.fact, {"purpose": purpose, **one.content}) for one in (*prints, *clearance))
    after = replace(after, said_reprints=replies)
    return facts, replace(after, due_on=min(_days_ahead(after, decision, today), default=None))


def _about_prints(told: Told, decision: Decision, today: date) -> tuple[list[News], tuple[tuple[str, ...], ...]]:
    """Of each reply that could not be used, once: to be printed again, or that the bureau is asked by name instead."""
    facts: list[News] = []
    said = {entry[:2]: entry for entry in told.said_reprints}
    stages = {one.bureau: one.stage(told.requested, today) for one in decision.standing.name_checks}
    for origin, tcn, bureau in sorted(decision.reprints):
        by_name = stages.get(bureau) in {Stage.OPEN, Stage.REQUESTED}
        entry = (origin, tcn, BY_NAME) if by_name else (origin, tcn)
        if said.get(entry[:2]) != entry:
            said[entry[:2]] = entry
            facts.append(News(PrintsRejectedTwice if by_name else ReprintRequested, {"bureau": bureau}))
    return facts, tuple(said.values())


def _about_clearance(told: Told, decision: Decision, today: date) -> tuple[list[News], Told]:
    now = decision.standing
    until = now.valid_until
    reminders = [days for days in decision.terms.reminders if until and today >= until - timedelta(days=days)]
    # Of several that are due the last one alone makes sense.
    reminder = min(reminders, default=None)
    if (told.said_cleared_on, told.said_valid_until) == (now.cleared_on, until):
        if until is None or reminder is None or (told.said_reminded is not None and told.said_reminded <= reminder):
            return [], told
        content = {"valid_until": until, "days_left": (until - today).days}
        return [News(ClearanceExpiring, content)], replace(told, said_reminded=reminder)
    after = replace(told, said_cleared_on=now.cleared_on, said_valid_until=until, said_reminded=reminder)
    if now.cleared_on:
        # Its own letter says how long it holds, so a reminder that would be due with it is not sent.
        return [News(FingerprintCleared, {"cleared_on": now.cleared_on, "valid_until": until})], after
    if told.said_valid_until and told.said_valid_until < today:
        content = {"ended_on": told.said_valid_until + ONE_DAY, "reason": "expired"}
        return [News(ClearanceEnded, content)], after
    return [News(ClearanceEnded, {"ended_on": today, "reason": "withdrawn"})], after


def _days_ahead(told: Told, decision: Decision, today: date) -> Iterator[date]:
    """The days after today on which the calendar alone changes what must be said."""
    until = told.said_valid_until
    if until:
        days = [until - timedelta(days=before) for before in decision.terms.reminders]
        yield from (day for day in (*days, until + ONE_DAY) if day > today)
    for check in decision.standing.name_checks:
        if check.by and check.by >= today:
            yield check.by + ONE_DAY


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _thawed(value: Any) -> Any:
    return list(map(_thawed, value)) if isinstance(value, list | tuple) else value
