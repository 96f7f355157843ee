"""What the state decides about identification and contact, from `policy/`; read once, when the service starts."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from shared import policy

POLICY: Final = policy.load(Path(__file__).parent / "policy" / policy.STATE)


@dataclass(frozen=True)
class Terms:
    """The values that hold on a day."""

    attempts: int
    attempts_window: timedelta
    youngest_years: int
    oldest_years: int
    usual_days: int
    link_lifetime: timedelta


def terms(day: date) -> Terms:
    """What holds on a day."""

    def value(key: str) -> int:
        return int(POLICY.value(key, as_of=day))

    return Terms(
        attempts=value("identification.attempts"),
        attempts_window=timedelta(minutes=value("identification.attempts_window_minutes")),
        youngest_years=value("identification.youngest_years"),
        oldest_years=value("identification.oldest_years"),
        usual_days=value("identity_case.usual_days"),
        link_lifetime=timedelta(hours=value("contact.link_hours")),
    )
