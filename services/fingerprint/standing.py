"""A check's standing as it is kept: JSON that holds what everybody may see, and nothing else. Pure."""

from datetime import date
from typing import Any

from services.fingerprint.rules.by_name import NameCheck, Rejected
from services.fingerprint.rules.check import Standing, State, Step
from shared.events import Bureau


def written(standing: Standing) -> dict[str, Any]:
    """The standing as JSON. What few checks have is left out where it is not: a query finds those that have it."""
    kept: dict[str, Any] = {
        "state": standing.state,
        "since": _day(standing.since),
        "steps": [[step.on.isoformat(), step.bureau, step.readable] for step in standing.steps],
        "reprint": list(standing.reprint),
        "cleared_on": _day(standing.cleared_on),
        "valid_until": _day(standing.valid_until),
    }
    if standing.waits_for:
        kept["waits_for"] = standing.waits_for
    if standing.expired_on:
        kept["expired_on"] = _day(standing.expired_on)
    if standing.name_checks:
        kept["name_checks"] = [
            {
                "bureau": one.bureau,
                "rejected": [
                    [rejected.on.isoformat(), rejected.submission, rejected.number] for rejected in one.rejected
                ],
                "by": _day(one.by),
            }
            for one in standing.name_checks
        ]
    return kept


def read(kept: dict[str, Any]) -> Standing:
    """The standing from its JSON."""
    return Standing(
        State(kept["state"]),
        _read(kept["since"]),
        tuple(Step(date.fromisoformat(on), Bureau(bureau), readable) for on, bureau, readable in kept["steps"]),
        tuple(Bureau(bureau) for bureau in kept["reprint"]),
        _read(kept["cleared_on"]),
        _read(kept["valid_until"]),
        waits_for=_waits_for(kept),
        expired_on=_read(kept.get("expired_on")),
        name_checks=tuple(_name_check(one) for one in kept.get("name_checks", ())),
    )


def _waits_for(kept: dict[str, Any]) -> Bureau | None:
    if kept["state"] != State.ONE_IN:
        return None
    if named := kept.get("waits_for"):
        return Bureau(named)
    # Kept before clearances could be over: whatever answered, answered for this check.
    answered = {bureau for _, bureau, readable in kept["steps"] if readable}
    return next((bureau for bureau in Bureau if bureau not in answered), None)


def _name_check(kept: dict[str, Any]) -> NameCheck:
    first, second = (Rejected(date.fromisoformat(on), sent, number) for on, sent, number in kept["rejected"])
    return NameCheck(Bureau(kept["bureau"]), (first, second), _read(kept["by"]))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _read(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None
