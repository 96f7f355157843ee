"""What educators see, and that it tells nothing of records."""

from uuid import uuid4

from shared import educator_id as educator_ids
from shared.auth import service_token
from shared.events import Role
from shared.keys import Keys
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site


async def test_the_code_is_shown_after_the_notice_is_acknowledged(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    person.open("/ecs/fingerprints")
    assert person.heading == "Fingerprint Information"
    assert "28 CFR 50.12" in person.text
    assert "Code to give at the vendor" not in person.text
    person.choose("Work as a substitute teacher").press("Show my code")
    assert person.status == 422
    assert "tick the box" in person.text
    person.choose("I have read and understood this notice").press("Show my code")
    assert "Enter the code 2301" in person.text
    # To be copied: no line ends in the middle of it.
    assert person.tree.xpath("//li/strong[@class='ecs-whole']/text()") == [f"2301-{educator}"]
    person.follow("I am about to do something else")
    person.choose("My initial certificate").choose("I have read and understood this notice").press("Show my code")
    assert "Enter the code 2300" in person.text
    assert await bench.one("SELECT count(*) FROM audit WHERE action = 'notice.acknowledged'") == 2


async def test_without_a_record_the_page_says_where_to_connect_it(bench: Bench, site: Site) -> None:
    person = site.sign_in(Role.EDUCATOR, account_id=uuid4()).open("/ecs/fingerprints")
    assert "not connected yet" in person.text
    assert person.links["Connect your record"] == "/ecs"


async def test_the_page_tells_each_step_of_a_check(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(FBI, educator, kind="ERRT"))
    assert "You need to act" in person.open("/ecs/fingerprints").text
    assert "free of charge" in person.text
    await bench.take(answer(STATE, educator))
    assert "State result received" in person.open("/ecs/fingerprints").text
    await bench.take(answer(FBI, educator, dated="20260909", stamped="20260909000000Z"))
    assert "Cleared FBI and state background check cleared on" in person.open("/ecs/fingerprints").text
    assert "You need to act" not in person.text


async def test_one_answer_in_says_who_is_next(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(STATE, educator))
    text = person.open("/ecs/fingerprints").text
    assert "The FBI answers next" in text
    assert "Pending" not in text


async def test_an_expired_clearance_says_so(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator))
    async with bench.database.engine.begin() as connection:
        await connection.exec_driver_sql(
            """UPDATE checks SET standing = standing || '{"cleared_on": "2020-01-01", "valid_until": "2021-01-01"}'"""
        )
    assert "Expired" in person.open("/ecs/fingerprints").text


async def test_nobody_sees_another_persons_check(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    other = site.sign_in(Role.EDUCATOR, account_id=await bench.know(an_educator())).open("/ecs/fingerprints")
    assert "State result received" not in other.text
    assert educator_ids.shown(educator) not in other.text


async def test_the_profiles_section_comes_only_to_educator_with_a_token(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(STATE, educator))
    keys = Keys(site.service.keys.folder, "educator")
    path = "/_fragments/fingerprints"
    assert person.send("GET", path).status == 401
    token = service_token(keys, "fingerprint", site.caller(person))
    section = person.send("GET", path, headers={"Authorization": f"Bearer {token}"})
    assert section.status == 200
    assert b"State result received" in section.body
    assert b"<html" not in section.body
    nobody = service_token(keys, "fingerprint")
    assert person.send("GET", path, headers={"Authorization": f"Bearer {nobody}"}).status == 403


async def test_the_code_is_gone_once_its_prints_are_answered(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator)).open("/ecs/fingerprints")
    person.choose("Student teaching").choose("I have read and understood this notice").press("Show my code")
    assert f"2301-{educator}" in person.text
    await bench.take(answer(STATE, f"2300-{educator}"))
    assert f"2301-{educator}" in person.open("/ecs/fingerprints").text
    await bench.take(answer(STATE, educator))
    assert f"2301-{educator}" not in person.open("/ecs/fingerprints").text
    assert "Get the code for new fingerprints" in person.text


async def test_who_must_be_printed_again_gets_the_code_on_the_day_the_answer_came(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await bench.take(answer(FBI, educator, kind="ERRT"))
    person.open("/ecs/fingerprints").follow("Get the code for new fingerprints")
    person.choose("Student teaching").choose("I have read and understood this notice").press("Show my code")
    assert "Code to give at the vendor" in person.text
    await bench.take(answer(FBI, educator, dated="20260909", stamped="20260909000000Z"))
    assert "Code to give at the vendor" not in person.open("/ecs/fingerprints").text


async def test_a_record_that_moves_to_another_account_is_seen_there(bench: Bench, site: Site) -> None:
    educator = an_educator()
    first = await bench.know(educator)
    await bench.take(answer(STATE, educator))
    second = await bench.identify(educator, sequence=5)
    await bench.identify(educator, first, sequence=4)
    assert "State result" in site.sign_in(Role.EDUCATOR, account_id=second).open("/ecs/fingerprints").text
    assert "not connected" in site.sign_in(Role.EDUCATOR, account_id=first).open("/ecs/fingerprints").text
