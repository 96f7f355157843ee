"""Prints that a bureau could not read twice: what staff see and do, and what the educator is told."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from services.fingerprint import expiring
from shared.events import Role
from shared.policy import today
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site

STAFF = "/staff/namechecks"


async def rejected(bench: Bench, educator: str, day: date, *, origin: str = FBI, code: str = "L0008") -> None:
    """The prints of a submission could not be used."""
    note = f"{code} - The quality is too low."
    stamped = f"{day:%Y%m%d}140501Z"
    content = answer(origin, f"2301-{educator}", kind="ERRT", note=note, dated=f"{day:%Y%m%d}", stamped=stamped)
    await bench.take(content, at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=18))


async def twice(bench: Bench, ago: int = 3, **more: str) -> str:
    """An educator whose prints were rejected twice, the last time some days ago."""
    educator = an_educator()
    await bench.know(educator)
    for days in (ago + 10, ago):
        await rejected(bench, educator, today() - timedelta(days), **more)
    return educator


def one_of(educator: str, bureau: str = "fbi") -> str:
    return f"{STAFF}/{educator}/2301/{bureau}"


async def test_staff_see_both_numbers_and_the_last_day_and_say_that_they_asked(bench: Bench, site: Site) -> None:
    educator = await twice(bench)
    clerk = site.sign_in(Role.ANALYST).open(STAFF)
    by = today() - timedelta(3) + timedelta(90)
    assert by.isoformat() in clerk.text
    assert "Overdue" not in clerk.text
    clerk.open(one_of(educator))
    rows = await bench.rows("SELECT standing FROM checks WHERE educator_id = :id", id=educator)
    for _, submission, number in rows[0]["standing"]["name_checks"][0]["rejected"]:
        assert submission in clerk.text
        assert number in clerk.text
    clerk.press("Requested")
    assert clerk.status == 422
    clerk.fill("Note", "By e-mail to the FBI, November 24.").press("Requested")
    assert "is noted as requested" in clerk.text
    assert "Nothing waits for you here" in clerk.text
    assert by.isoformat() in clerk.open(f"{STAFF}?show=requested").text
    assert "By e-mail to the FBI" in clerk.open(one_of(educator)).text
    clerk.fill("Reason", "It was another person.").press("Undo")
    assert "to be requested again" in clerk.text
    said = [row["action"] for row in await bench.rows("SELECT action FROM audit WHERE action LIKE 'name_check%'")]
    assert said == ["name_check.requested", "name_check.request_undone"]


async def test_a_social_security_number_is_refused_in_the_note(bench: Bench, site: Site) -> None:
    educator = await twice(bench)
    clerk = site.sign_in(Role.ANALYST).open(one_of(educator))
    clerk.fill("Note", "SSN 123-45-6789").press("Requested")
    assert clerk.status == 422
    assert await bench.one("SELECT name_checks FROM checks WHERE educator_id = :id", id=educator) == []


async def test_the_first_deadline_stands_first_and_one_that_has_passed_is_marked(bench: Bench, site: Site) -> None:
    late, soon, early = [await twice(bench, ago) for ago in (100, 80, 2)]
    text = site.sign_in(Role.ADMINISTRATOR).open(STAFF).text
    places = [text.index(f"{one[:4]} {one[4:]}") for one in (late, soon, early)]
    assert places == sorted(places)
    assert text.count("Overdue") == 1
    assert await bench.topics(late) == ["ResultReceived", "ReprintRequested"] * 2


async def test_what_was_opened_must_still_be_so(bench: Bench, site: Site) -> None:
    educator = await twice(bench)
    clerk, other = site.sign_in(Role.ANALYST), site.sign_in(Role.ANALYST)
    clerk.open(one_of(educator))
    other.open(one_of(educator)).fill("Note", "Asked.").press("Requested")
    clerk.fill("Note", "Asked.").press("Requested")
    assert clerk.status == 409
    third = await twice(bench)
    clerk.open(one_of(third))
    await rejected(bench, third, today())
    clerk.fill("Note", "Asked.").press("Requested")
    assert clerk.status == 409


async def test_a_readable_answer_ends_it(bench: Bench, site: Site) -> None:
    educator = await twice(bench)
    clerk = site.sign_in(Role.ANALYST).open(one_of(educator))
    await bench.take(answer(FBI, f"2301-{educator}", stamped=f"{today():%Y%m%d}235959Z", dated=f"{today():%Y%m%d}"))
    clerk.fill("Note", "Asked.").press("Requested")
    assert clerk.status == 404
    assert "Nothing waits for you here" in clerk.open(STAFF).text


async def test_nobody_handles_their_own(bench: Bench, site: Site) -> None:
    educator = await twice(bench)
    account = uuid4()
    await bench.identify(educator, account, sequence=9)
    clerk = site.sign_in(Role.ANALYST, account_id=account).open(one_of(educator))
    clerk.fill("Note", "Asked.").press("Requested")
    assert clerk.status == 403


async def test_an_address_that_names_nothing_is_not_found(site: Site) -> None:
    clerk = site.sign_in(Role.ANALYST)
    assert clerk.open(one_of("04172298")).status == 404
    assert clerk.open(one_of("04172298", "moon")).status in {404, 422}


async def test_the_educator_is_told_calmly_and_need_do_nothing(bench: Bench, site: Site) -> None:
    educator = an_educator()
    person = site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator))
    await rejected(bench, educator, today() - timedelta(13))
    assert "You need to act" in person.open("/ecs/fingerprints").text
    await rejected(bench, educator, today() - timedelta(3))
    text = person.open("/ecs/fingerprints").text
    assert "The FBI could not read your fingerprints twice" in text
    assert "You do not need to do anything" in text
    assert "You need to act" not in text
    clerk = site.sign_in(Role.ANALYST).open(one_of(educator))
    clerk.fill("Note", "Asked.").press("Requested")
    assert "The department has asked for a check by name" in person.open("/ecs/fingerprints").text


async def test_without_the_code_or_after_the_last_day_the_educator_is_printed_again(bench: Bench, site: Site) -> None:
    for educator in (await twice(bench, code="L0117"), await twice(bench, ago=100)):
        account = await bench.identify(educator, sequence=9)
        person = site.sign_in(Role.EDUCATOR, account_id=account).open("/ecs/fingerprints")
        assert "a check by name is not possible" in person.text
        assert f"2301-{educator}" in person.text
        assert "Check by name" not in person.text


async def test_a_request_noted_late_or_undone_changes_what_the_educator_is_told(bench: Bench, site: Site) -> None:
    educator = await twice(bench, ago=100)
    clerk = site.sign_in(Role.ANALYST).open(one_of(educator))
    assert "The last day has passed" in clerk.text
    clerk.fill("Note", "Asked in time.").press("Requested")
    await expiring.once(bench.database, bench.vault)
    assert (await bench.topics(educator))[-1] == "PrintsRejectedTwice"
    clerk.open(one_of(educator)).fill("Reason", "Not asked.").press("Undo")
    await expiring.once(bench.database, bench.vault)
    assert (await bench.topics(educator))[-1] == "ReprintRequested"
    said = len(await bench.topics(educator))
    await expiring.once(bench.database, bench.vault)
    assert len(await bench.topics(educator)) == said


async def test_the_state_is_asked_by_name_too(bench: Bench, site: Site) -> None:
    educator = await twice(bench, origin=STATE, code="L0117")
    text = site.sign_in(Role.ADJUDICATOR).open(one_of(educator, "state")).text
    assert "Last day for the request" in text
