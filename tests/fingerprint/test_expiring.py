"""What the calendar brings is said once, whatever crashes, repeats or stands still."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.fingerprint import expiring
from services.fingerprint.actions import checks, due
from services.fingerprint.rules.check import State
from shared import audit
from shared.events import Bureau, ClearanceEnded, FingerprintCleared
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench

CLEARED_ON = date(2026, 9, 1)
UNTIL = date(2027, 9, 1)
Clock = Callable[[date], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the day on which checks are decided."""

    def to(day: date) -> None:
        for module in (checks, expiring):
            monkeypatch.setattr(module, "local_day", lambda moment: day)

    to(CLEARED_ON)
    return to


def moment(day: date) -> datetime:
    return datetime.combine(day, time(18), UTC)


async def cleared(bench: Bench, day: date = CLEARED_ON) -> str:
    """Somebody whom both bureaus cleared on a day."""
    educator = an_educator()
    await bench.know(educator)
    await prints(bench, educator, day, STATE, FBI)
    return educator


async def prints(bench: Bench, educator: str, day: date, *bureaus: str, found: str = "N") -> None:
    for origin in bureaus:
        stamp = f"{day:%Y%m%d}140501Z"
        content = answer(origin, f"2301-{educator}", found=found, dated=f"{day:%Y%m%d}", stamped=stamp)
        await bench.take(content, at=moment(day))


async def calendar(bench: Bench, educator: str) -> list[str]:
    """What was said of it, but that answers came."""
    return [topic for topic in await bench.topics(educator) if topic != "ResultReceived"]


async def pass_days(bench: Bench, clock: Clock, *days: date) -> None:
    for day in days:
        clock(day)
        await expiring.once(bench.database, bench.vault)
        assert await expiring.once(bench.database, bench.vault) == 0


async def test_a_year_of_days_has_two_reminders_and_an_end(bench: Bench, clock: Clock) -> None:
    educator = await cleared(bench)
    await pass_days(bench, clock, *(UNTIL + timedelta(day) for day in range(-62, 5)))
    _, _, first, *others = await bench.said(educator)
    assert isinstance(first, FingerprintCleared)
    assert [(one.topic, getattr(one, "days_left", None)) for one in others] == [
        ("ClearanceExpiring", 60),
        ("ClearanceExpiring", 30),
        ("ClearanceEnded", None),
    ]
    ended = others[-1]
    assert isinstance(ended, ClearanceEnded)
    assert (ended.reason, ended.ended_on) == ("expired", date(2027, 9, 2))
    assert (await bench.standing(educator)).state is State.EXPIRED


async def test_on_its_last_day_a_clearance_is_still_one(bench: Bench, clock: Clock) -> None:
    educator = await cleared(bench)
    await pass_days(bench, clock, UNTIL)
    assert (await bench.standing(educator)).state is State.CLEARED
    assert "ClearanceEnded" not in await bench.topics(educator)


@pytest.mark.parametrize(
    ("back_on", "expected"),
    [
        (UNTIL - timedelta(45), ["ClearanceExpiring"]),
        (UNTIL - timedelta(3), ["ClearanceExpiring"]),
        (UNTIL + timedelta(40), ["ClearanceEnded"]),
    ],
)
async def test_after_a_standstill_one_letter_goes_out(
    bench: Bench, clock: Clock, back_on: date, expected: list[str]
) -> None:
    educator = await cleared(bench)
    await pass_days(bench, clock, back_on)
    assert (await calendar(bench, educator))[1:] == expected


async def test_whoever_was_printed_again_in_time_has_no_reminder_of_the_old_clearance(
    bench: Bench, clock: Clock
) -> None:
    educator = await cleared(bench)
    again = UNTIL - timedelta(70)
    clock(again)
    await prints(bench, educator, again, STATE, FBI)
    await pass_days(bench, clock, UNTIL - timedelta(60), UNTIL - timedelta(30), UNTIL + timedelta(1))
    assert await calendar(bench, educator) == ["FingerprintCleared", "FingerprintCleared"]


async def test_a_crash_says_nothing_and_the_next_turn_says_it_once(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    educator = await cleared(bench)
    with monkeypatch.context() as crashing:

        async def crash(*_: object, **__: object) -> None:
            raise ValueError

        crashing.setattr(audit, "record_all", crash)
        clock(UNTIL + timedelta(1))
        assert await expiring.once(bench.database, bench.vault) == 0
    assert await calendar(bench, educator) == ["FingerprintCleared"]
    await pass_days(bench, clock, UNTIL + timedelta(1))
    assert await calendar(bench, educator) == ["FingerprintCleared", "ClearanceEnded"]


async def test_a_check_that_cannot_be_decided_holds_up_no_other(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "AT_ONCE", 2)
    educators = [await cleared(bench) for _ in range(5)]
    broken = educators[2]
    await bench.do("UPDATE answers SET sealed = '\\x00' WHERE educator_id = :id", id=broken)
    clock(UNTIL + timedelta(1))
    assert await expiring.once(bench.database, bench.vault) == 4
    for one in educators:
        assert ("ClearanceEnded" in await bench.topics(one)) is (one != broken)
    assert await bench.one("SELECT count(*) FROM checks WHERE due_on IS NOT NULL") == 1


async def test_what_is_due_is_found_by_the_index(bench: Bench) -> None:
    await bench.do(
        "INSERT INTO checks (educator_id, purpose, version, basis, standing, said_reprints, due_on)"
        " SELECT lpad(n::text, 8, '0'), '2301', 0, '[]', '{}', '[]', date '2027-01-01' + n % 300"
        " FROM generate_series(1, 20000) AS n"
    )
    await bench.do("ANALYZE checks")
    async with bench.database.reading() as session:
        found, place = await due.checks(session, date(2027, 1, 1), due.START, 10)
        plan = await bench.rows(
            "EXPLAIN SELECT due_on, educator_id, purpose FROM checks WHERE due_on <= date '2027-01-01'"
            " AND (due_on, educator_id, purpose) > (date '0001-01-01', '', '')"
            " ORDER BY due_on, educator_id, purpose LIMIT 100"
        )
    assert len(found) == 10
    assert place == (date(2027, 1, 1), *found[-1])
    assert "ix_checks_due" in str(plan)
    assert "Seq Scan" not in str(plan)


async def test_a_correction_after_the_end_says_nothing_of_the_clearance_that_is_over(
    bench: Bench, clock: Clock
) -> None:
    educator = an_educator()
    await bench.know(educator)
    await prints(bench, educator, CLEARED_ON, STATE)
    first = answer(FBI, f"2301-{educator}", tcn="E2026X", stamped="20260901140501Z")
    await bench.take(first, at=moment(CLEARED_ON))
    await pass_days(bench, clock, UNTIL + timedelta(1))
    for found, stamp in (("N", "20261001140501Z"), ("I", "20261002140501Z"), ("N", "20261003140501Z")):
        again = answer(FBI, f"2301-{educator}", tcn="E2026X", found=found, stamped=stamp)
        await bench.take(again, at=moment(UNTIL + timedelta(2)))
    await bench.name(educator, "Jordan", "Smith", "Rivera", sequence=9)
    async with bench.database.transaction() as session:
        await checks.due(session, bench.vault, educator)
    assert await calendar(bench, educator) == ["FingerprintCleared", "ClearanceEnded"]
    assert (await bench.standing(educator)).state is State.EXPIRED


async def test_name_checks_that_were_not_asked_for_in_time_end_in_new_prints(bench: Bench, clock: Clock) -> None:
    educator = an_educator()
    await bench.know(educator)
    for day in (CLEARED_ON, CLEARED_ON + timedelta(5)):
        clock(day)
        content = answer(FBI, f"2301-{educator}", kind="ERRT", dated=f"{day:%Y%m%d}", stamped=f"{day:%Y%m%d}140501Z")
        await bench.take(content, at=moment(day))
    assert await calendar(bench, educator) == ["ReprintRequested", "PrintsRejectedTwice"]
    standing = await bench.standing(educator)
    (check,) = standing.name_checks
    assert (standing.state, check.bureau, check.by) == (State.BY_NAME, Bureau.FBI, date(2026, 12, 5))
    await pass_days(bench, clock, date(2026, 12, 5))
    assert (await calendar(bench, educator))[2:] == []
    await pass_days(bench, clock, date(2026, 12, 6))
    assert (await calendar(bench, educator))[2:] == ["ReprintRequested"]
