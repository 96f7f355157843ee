"""How long results take, by the week in which both answers were there."""

from datetime import UTC, date, datetime, timedelta

from services.fingerprint.actions import turnaround
from services.fingerprint.metering import weigh
from shared.events import Role
from shared.policy import today
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site


def monday() -> datetime:
    """Noon of this week's Monday."""
    day = turnaround.monday_of(today())
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


async def checked(bench: Bench, days: int, at: datetime, *, printed: int | None = None, found: str = "N") -> str:
    """Somebody whose state answer came so many days before the FBI's, which came `at` a moment."""
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator), at=at - timedelta(days=days))
    await bench.take(answer(FBI, educator, found=found), at=at)
    return educator


async def measured(bench: Bench) -> dict[date, turnaround.Week]:
    await weigh(bench.database)
    async with bench.database.reading() as session:
        return {week.monday: week for week in await turnaround.weeks(session, today())}


async def test_half_and_nine_of_ten_of_a_week(bench: Bench) -> None:
    for days in (1, 2, 3, 4, 5):
        await checked(bench, days, monday())
    await checked(bench, 9, monday() - timedelta(days=7))
    week = (await measured(bench))[monday().date()]
    assert week.answered == 5
    assert week.answered_half == 3
    assert week.answered_most == 4.6
    assert (week.cleared_half, week.cleared_most) == (0, 0)


async def test_what_few_share_is_not_told(bench: Bench) -> None:
    for days in (1, 2, 3, 4):
        await checked(bench, days, monday())
    week = (await measured(bench))[monday().date()]
    assert week.answered == 4
    assert week.answered_half is None
    assert week.answered_most is None
    assert week.cleared_half is None


async def test_those_that_are_not_cleared_are_counted_nowhere_beside_those_that_are(bench: Bench) -> None:
    for days in (1, 2, 3, 4, 5):
        await checked(bench, days, monday())
    plain = (await measured(bench))[monday().date()]
    await checked(bench, 3, monday(), found="I")
    week = (await measured(bench))[monday().date()]
    assert (week.cleared_half, week.cleared_most) == (plain.cleared_half, plain.cleared_most)
    assert week.answered == 6


async def test_the_prints_day_counts_where_the_submission_is_known(bench: Bench) -> None:
    for days in (1, 1, 1, 1, 1):
        educator = await checked(bench, days, monday())
        await bench.do("UPDATE answers SET tcr = tcn, destination = 'MO920000Z' WHERE educator_id = :id", id=educator)
        await bench.do(
            "INSERT INTO submissions (file_id, origin, tcn, received_at, state, educator_id, possible, purpose, tries,"
            " next_try_at, printed_on) SELECT file_id, destination, tcr, received_at, 'tied', educator_id, '{}', '', 1,"
            " now(), :day FROM answers WHERE educator_id = :id AND bureau = 'fbi'",
            id=educator,
            day=monday().date() - timedelta(days=8),
        )
    assert (await measured(bench))[monday().date()].answered_half == 8


async def test_the_page_shows_a_chart_and_the_same_as_a_table(bench: Bench, site: Site) -> None:
    staff = site.sign_in(Role.ANALYST).open("/staff/results/turnaround")
    assert "No week has enough results yet." in staff.text
    for days in (1, 2, 3, 4, 5):
        await checked(bench, days, monday())
    await weigh(bench.database)
    staff.open("/staff/results/turnaround")
    assert len(staff.tree.xpath("//main//*[name()='svg' and @role='img']")) == 2
    cells = [cell.text_content().strip() for cell in staff.tree.xpath("//tbody/tr[1]/td")]
    assert cells == ["5", "3.0", "4.6", "0.0", "0.0"]
    assert len(staff.tree.xpath("//tbody/tr")) == 2, "since the week of the first answer"
    assert "style" not in {name for element in staff.tree.xpath("//main//*") for name in element.attrib}
