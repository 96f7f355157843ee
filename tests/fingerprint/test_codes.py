"""A code that was none of ours, or another than asked for, is said with what to do; whatever the answer says."""

import pytest

from services.fingerprint.rules.check import Standing, State, Step
from services.fingerprint.rules.coding import Strange, came_since, lines_since, newest_of_each, other_than_asked
from shared.events import Bureau, Role
from shared.policy import today
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site

DAY = today()


def came(*days: int) -> Standing:
    return Standing(State.ONE_IN, steps=tuple(Step(DAY.replace(year=year), Bureau.FBI, True) for year in days))


def test_answers_since_the_code_was_asked_for_tell_whether_it_was_used() -> None:
    asked = DAY.replace(year=2025)
    assert came_since(asked, {}, []) == set()
    assert came_since(asked, {}, [("2301", came(2024))]) == set()
    assert came_since(asked, {}, [("2301", came(2024, 2025))]) == {"2301"}
    assert came_since(asked, {}, [("2301", came(2026)), ("2300", came(2025))]) == {"2301", "2300"}
    assert other_than_asked("2300", {"2301"}) == ("2301",)
    assert other_than_asked("2300", {"2301", "2300"}) == other_than_asked("2300", set()) == ()


def test_answers_of_the_same_day_that_came_before_the_code_was_asked_for_do_not_count() -> None:
    asked = DAY.replace(year=2025)
    before = lines_since(asked, [("2301", came(2024, 2025)), ("2300", came(2024))])
    assert before == {"2301": 1}
    assert came_since(asked, before, [("2301", came(2024, 2025)), ("2300", came(2024))]) == set()
    assert came_since(asked, before, [("2301", came(2024, 2025, 2025))]) == {"2301"}


def test_two_answers_with_one_strange_code_are_one_mistake() -> None:
    first, second = Strange(DAY, Bureau.FBI, "2399"), Strange(DAY, Bureau.STATE, "2399")
    other = Strange(DAY, Bureau.STATE, "1111")
    assert newest_of_each([second, first, other]) == newest_of_each([other, first, second]) == (second, other)


@pytest.mark.parametrize("more", [{"found": "N"}, {"found": "I", "rap_sheet": "SOMETHING"}, {"kind": "ERRT"}])
async def test_a_code_that_is_none_of_ours_is_said_to_the_educator(
    bench: Bench, site: Site, more: dict[str, str]
) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(STATE, f"2399-{educator}", **more))  # type: ignore[arg-type]
    text = person.open("/ecs/fingerprints").text
    assert "A result came with a code that is not the department's" in text
    assert "the code 2399" in text
    assert person.links["Get help"] == "/help"
    other = site.sign_in(Role.EDUCATOR, account_id=await bench.know(an_educator())).open("/ecs/fingerprints")
    assert "2399" not in other.text
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched")
    assert f"2399-{educator}" in staff.text


@pytest.mark.parametrize("more", [{"found": "N"}, {"found": "I", "rap_sheet": "SOMETHING"}, {"kind": "ERRT"}])
async def test_another_code_than_asked_for_is_said_to_the_educator(
    bench: Bench, site: Site, more: dict[str, str]
) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator)).open("/ecs/fingerprints")
    person.choose("My initial certificate").choose("I have read and understood this notice").press("Show my code")
    assert "another code" not in person.text
    await bench.take(answer(FBI, f"2301-{educator}", **more))  # type: ignore[arg-type]
    text = person.open("/ecs/fingerprints").text
    assert "Since you asked for the code 2300 (My initial certificate), results have come with the code 2301" in text
    assert "Enter the code 2300" in text
    await bench.take(answer(FBI, f"2300-{educator}", **more))  # type: ignore[arg-type]
    assert "another code than you asked for" not in person.open("/ecs/fingerprints").text


async def test_answers_of_the_same_morning_are_not_taken_for_the_code_asked_for_after_them(
    bench: Bench, site: Site
) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(FBI, f"2301-{educator}"))
    person.open("/ecs/fingerprints").follow("Get the code for new fingerprints")
    person.choose("My initial certificate").choose("I have read and understood this notice").press("Show my code")
    assert "Enter the code 2300" in person.text
    assert "another code than you asked for" not in person.text
    await bench.take(answer(STATE, f"2301-{educator}"))
    assert "another code than you asked for" in person.open("/ecs/fingerprints").text


async def test_a_notice_with_a_code_that_is_none_of_ours_is_for_adjudicators_alone(bench: Bench, site: Site) -> None:
    """That a Rap Back notice came at all tells of a record."""
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    more = {14: "000010NY1", 22: "19900102", 2015: "20310901", 2041: "N1", 2048: "S1"}
    await bench.take(answer(FBI, f"2399-{educator}", kind="RBN", more=more))
    assert await bench.one("SELECT place FROM answers") == "adjudicator"
    assert "2399" not in person.open("/ecs/fingerprints").text
    assert educator not in site.sign_in(Role.ANALYST).open("/staff/unmatched").text
