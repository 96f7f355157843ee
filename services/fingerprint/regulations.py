"""The state's dated rules about fingerprints, from `policy/<state>/`; read once, validated at import."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from services.fingerprint.rules.by_name import Rule
from services.fingerprint.rules.check import Terms
from shared.events import Bureau
from shared.policy import STATE, load

POLICY: Final = load(Path(__file__).parent / "policy" / STATE)


@dataclass(frozen=True)
class Activity:
    """Something a person is about to do, and the code that it needs."""

    name: str
    purpose: str
    title: str
    about: str


def bureau(origin: str, as_of: date) -> Bureau | None:
    """Which bureau an ORI is; None where it is not one that answers us."""
    found = POLICY.value("bureaus", as_of=as_of).get(origin)
    return Bureau(found) if found else None


def default_purpose(as_of: date) -> str:
    """The code that an Educator ID without one means."""
    return str(POLICY.value("purpose.default", as_of=as_of))


def purpose_of(reason: str, as_of: date) -> str:
    """The code that a submission's reason (2.037 RFP) means; empty where it means none of them for certain."""
    spoken = " ".join(reason.upper().split())
    found: dict[str, str] = POLICY.value("purpose.reasons", as_of=as_of)
    return next((purpose for words, purpose in found.items() if words in spoken), "")


def activities(as_of: date) -> dict[str, Activity]:
    """What a person can be about to do, in the order in which it is offered."""
    found: dict[str, dict[str, Any]] = POLICY.value("activities", as_of=as_of)
    return {name: Activity(name, one["purpose"], one["title"], one["about"]) for name, one in found.items()}


def terms(day: date) -> Terms:
    """What deciding a check needs on a day."""
    by_name = POLICY.value("name_check", as_of=day)
    return Terms(
        months=POLICY.value("clearance.months", as_of=day),
        days_apart=POLICY.value("clearance.days_apart", as_of=day),
        day=day,
        reminders=tuple(sorted(POLICY.value("clearance.reminders", as_of=day), reverse=True)),
        by_name={Bureau(name): Rule(one["code"], one["days"]) for name, one in by_name.items()},
    )


def held_share(as_of: date) -> float:
    """The share of clean answers held for a person's look, from 0 to 1."""
    return float(POLICY.value("held.share", as_of=as_of))


def usual_answer_days(as_of: date) -> int:
    """Within how many days an answer usually comes."""
    return int(POLICY.value("usual.answer_days", as_of=as_of))


def usual_review_days(as_of: date) -> int:
    """Within how many days a person has usually looked."""
    return int(POLICY.value("usual.review_days", as_of=as_of))


def price(as_of: date) -> str:
    """What the prints cost at the vendor, as people write it."""
    return str(POLICY.value("vendor.price", as_of=as_of))


def portal(as_of: date) -> str:
    """Where one registers for the prints."""
    return str(POLICY.value("vendor.portal", as_of=as_of))


def notice_edition(as_of: date) -> str:
    """Which wording of the notice of 28 CFR 50.12 is shown."""
    return str(POLICY.value("notice.edition", as_of=as_of))
