"""How long things take, by the week: from the prints to both answers, and from both answers to cleared.

What is measured, for the checks whose second answer came in a week (Monday to Sunday, the state's days):

- *answered*: days from the prints to the day on which the second bureau's usable answer came. The prints' day is the
  one in the copy of the submission (2.038), where we have one that is tied to the educator; else the day of the first
  answer, which is a lower bound.
- *cleared*: days from that day to the day on which the check was cleared, of those that are cleared. Those that a
  person looked at and those that nobody had to are one number: how many of which there are is nobody's to know but
  adjudicators', so no count stands beside it.

All of it comes from the standing, which everybody may see; nothing sealed is opened. What fewer than `FEWEST` share is
not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select, text

from services.fingerprint import tables
from shared.db import Session
from shared.policy import local_day, time_zone

FEWEST: Final = 5
SHOWN: Final = 26
# Answers, corrections and decisions come late: so many weeks are measured anew, older ones stay as they were.
OPEN: Final = 13
WEEK: Final = timedelta(days=7)

_MEASURE: Final = text("""
WITH there AS (
    SELECT DISTINCT educator_id, purpose FROM answers
    WHERE received_at >= :begins AND received_at < :ends AND place = 'matched'
), dated AS (
    SELECT c.educator_id, c.purpose, CAST(c.standing ->> 'cleared_on' AS date) AS cleared_on,
        (SELECT CAST(min(step ->> 0) AS date) FROM jsonb_array_elements(c.standing -> 'steps') AS step) AS first_on,
        (SELECT CAST(max(first) AS date) FROM (
            SELECT min(step ->> 0) AS first FROM jsonb_array_elements(c.standing -> 'steps') AS step
            WHERE CAST(step ->> 2 AS boolean) GROUP BY step ->> 1
        ) AS of_bureau HAVING count(*) = 2) AS both_on
    FROM there JOIN checks c USING (educator_id, purpose)
), measured AS (
    SELECT cleared_on - both_on AS cleared, both_on - coalesce((
        SELECT max(s.printed_on) FROM answers a JOIN submissions s ON s.tcn = a.tcr
        WHERE a.educator_id = dated.educator_id AND a.purpose = dated.purpose AND a.tcr <> ''
            AND s.educator_id = dated.educator_id AND s.printed_on <= dated.both_on
    ), first_on) AS answered
    FROM dated
    WHERE both_on >= CAST(:week AS date) AND both_on < CAST(:week AS date) + 7
)
INSERT INTO turnaround_weeks
    (week, measured_at, answered, answered_half, answered_most, cleared_half, cleared_most)
SELECT CAST(:week AS date), now(), count(answered),
    CASE WHEN count(answered) >= :fewest THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY answered) END,
    CASE WHEN count(answered) >= :fewest THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY answered) END,
    CASE WHEN count(cleared) >= :fewest THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY cleared) END,
    CASE WHEN count(cleared) >= :fewest THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY cleared) END
FROM measured
ON CONFLICT (week) DO UPDATE SET measured_at = excluded.measured_at, answered = excluded.answered,
    answered_half = excluded.answered_half, answered_most = excluded.answered_most,
    cleared_half = excluded.cleared_half, cleared_most = excluded.cleared_most
""")
_FIRST: Final = text("SELECT min(received_at) FROM answers")
_KNOWN: Final = text("SELECT week FROM turnaround_weeks")


@dataclass(frozen=True, slots=True)
class Week:
    """One week's numbers, in days; None where too few share them."""

    monday: date
    answered: int
    answered_half: float | None
    answered_most: float | None
    cleared_half: float | None
    cleared_most: float | None

    @property
    def name(self) -> str:
        """As ISO 8601 names it."""
        return f"{self.monday:%G}-W{self.monday:%V}"


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


async def due(session: Session, today: date) -> list[date]:
    """The weeks to be measured now, the newest first: those that may still change, and older ones never measured."""
    first = await session.scalar(_FIRST)
    if first is None:
        return []
    known = set((await session.scalars(_KNOWN)).all())
    this, oldest = monday_of(today), monday_of(local_day(first))
    weeks = [this - WEEK * number for number in range((this - oldest).days // 7 + 1)]
    return [week for week in weeks if week not in known or this - week < WEEK * OPEN]


async def measure(session: Session, week: date) -> None:
    """Measure one week."""
    begins = datetime.combine(week, time(), time_zone())
    ends = datetime.combine(week + WEEK, time(), time_zone())
    await session.execute(_MEASURE, {"week": week, "begins": begins, "ends": ends, "fewest": FEWEST})


async def weeks(session: Session, today: date) -> list[Week]:
    """The last weeks, the newest first, back to the first one with a measure."""
    this = monday_of(today)
    oldest = this - WEEK * (SHOWN - 1)
    table = tables.TurnaroundWeek
    rows: Sequence[tables.TurnaroundWeek] = (
        await session.scalars(select(table).where(table.week >= oldest, table.week <= this))
    ).all()
    found = {row.week: row for row in rows}
    count = (this - min(found, default=this)) // WEEK + 1
    return [_week(this - WEEK * number, found.get(this - WEEK * number)) for number in range(count)]


async def measured_at(session: Session) -> datetime | None:
    """When the newest week was measured last."""
    table = tables.TurnaroundWeek
    return await session.scalar(select(table.measured_at).order_by(table.week.desc()).limit(1))


def _week(monday: date, row: tables.TurnaroundWeek | None) -> Week:
    if row is None:
        return Week(monday, 0, None, None, None, None)
    return Week(monday, row.answered, row.answered_half, row.answered_most, row.cleared_half, row.cleared_most)
