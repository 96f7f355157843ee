"""What staff do with answers that match nobody, and adjudicators with cases."""

import re
from uuid import uuid4

import pytest

from services.fingerprint import awaited
from services.fingerprint.actions import rotating
from services.fingerprint.rules.check import State
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site


async def test_an_answer_without_number_is_assigned_and_then_looked_at(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI))
    staff = site.sign_in(Role.ANALYST, username="sam.analyst").open("/staff/unmatched")
    assert "No case number was given at the vendor" in staff.text
    staff.follow("Open").press("Assign")
    assert staff.status == 422
    staff.fill("Educator ID", educator).choose("Practicum, student teaching or substitute")
    assert staff.fill("Reason", "SSN 512-34-5678 on the receipt").press("Assign").status == 422
    staff.fill("Reason", "The vendor's receipt shows it").press("Assign")
    assert staff.status == 200
    assert "The answer is assigned" in staff.text
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    rows = await bench.rows("SELECT actor_name, reason FROM audit WHERE action = 'answer.assigned'")
    assert rows == [{"actor_name": "sam.analyst", "reason": "The vendor's receipt shows it"}]


async def test_an_assignment_is_undone(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI))
    staff = site.sign_in(Role.ADMINISTRATOR).open("/staff/unmatched").follow("Open")
    staff.fill("Educator ID", educator).choose("Initial certificate").fill("Reason", "seen").press("Assign")
    assert (await bench.standing(educator, "2300")).state is State.ONE_IN
    staff.follow("Undo").fill("Reason", "it was another person").press("Undo")
    assert "Undone" in staff.text
    assert (await bench.standing(educator, "2300")).state is State.NOTHING_YET
    assert await bench.rows("SELECT place, by_hand FROM answers") == [{"place": "unmatched", "by_hand": False}]
    (key,) = await bench.rows(
        "SELECT k.educator_id FROM data_keys k JOIN files f ON f.key_id = k.id JOIN answers a ON a.file_id = f.id"
    )
    assert key["educator_id"] is None


async def test_who_assigned_an_answer_does_not_decide_about_it_too(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI))
    one, other = site.sign_in(Role.ADJUDICATOR), site.sign_in(Role.ADJUDICATOR)
    one.open("/staff/unmatched").follow("Open").fill("Educator ID", educator)
    one.choose("Practicum, student teaching or substitute").fill("Reason", "seen").press("Assign")
    for adjudicator in (one, other):
        adjudicator.open("/staff/review").follow("Open").fill("Purpose", "Decide").press("Open the case")
    assert "Another adjudicator must decide about it" in one.text
    assert not {"Clear", "Do not clear"} & set(one.buttons)
    version = other.tree.xpath("//input[@name='version']")[0].get("value")
    csrf = one.tree.xpath("//input[@name='csrf']")[0].get("value")
    for decision in ("clear", "not_clear"):
        fields = {"csrf": csrf, "version": version, "decision": decision, "reason": "Fine"}
        assert one.send("POST", one.path, fields=fields).status == 403
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    assert other.fill("Reason", "Fine").press("Clear").status == 200
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_nobody_handles_an_answer_of_their_own(bench: Bench, site: Site) -> None:
    mine, somebody = an_educator(), an_educator()
    account = await bench.know(mine)
    await bench.know(somebody)
    await bench.take(answer(FBI))
    own = site.sign_in(Role.ANALYST, Role.EDUCATOR, account_id=account)
    own.open("/staff/unmatched").follow("Open").fill("Educator ID", mine)
    own.choose("Initial certificate").fill("Reason", "seen").press("Assign")
    assert own.status == 422
    assert "Somebody else must assign the answer" in own.text
    other = site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open").fill("Educator ID", mine)
    other.choose("Initial certificate").fill("Reason", "seen").press("Assign")
    own.open("/staff/unmatched").follow("Undo").fill("Reason", "not mine").press("Undo")
    assert own.status == 403
    assert "Somebody else must handle it" in own.text
    assert (await bench.standing(mine, "2300")).state is State.ONE_IN
    other.open("/staff/unmatched").follow("Undo").fill("Reason", "not theirs").press("Undo")
    assert (await bench.standing(mine, "2300")).state is State.NOTHING_YET


async def test_nobody_gives_a_correction_of_their_own_answer_to_another(bench: Bench, site: Site) -> None:
    mine, somebody = an_educator(), an_educator()
    account = await bench.know(mine)
    await bench.know(somebody)
    await bench.take(answer(STATE, mine, tcn="T8"))
    await bench.take(answer(STATE, "", tcn="T8", found="I", stamped="20260905000000Z"))
    own = site.sign_in(Role.ANALYST, Role.EDUCATOR, account_id=account)
    own.open("/staff/unmatched").follow("Open").fill("Educator ID", somebody)
    assert own.choose("Initial certificate").fill("Reason", "seen").press("Assign").status == 403
    own.open("/staff/unmatched").follow("Open")
    assert own.fill("Reason for setting it aside", "It has no number").press("Set aside").status == 403


async def test_an_answer_is_set_aside_and_taken_back(bench: Bench, site: Site) -> None:
    await bench.take(answer(FBI))
    staff = site.sign_in(Role.ADJUDICATOR).open("/staff/unmatched").follow("Open")
    staff.press("Set aside")
    assert staff.status == 422
    staff.fill("Reason for setting it aside", "A test by the vendor").press("Set aside")
    assert await bench.one("SELECT place FROM answers") == "set_aside"
    staff.follow("Undo").fill("Reason", "It was not").press("Undo")
    assert await bench.one("SELECT place FROM answers") == "unmatched"


async def test_a_correction_is_not_set_aside_unread(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, tcn="T7"))
    await bench.take(answer(FBI, "", tcn="T7", found="I", stamped="20260905000000Z"))
    assert (await bench.standing(educator)).state is State.ONE_IN
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open")
    staff.fill("Reason for setting it aside", "It has no number").press("Set aside")
    assert staff.status == 409
    assert (await bench.standing(educator)).state is State.ONE_IN


async def test_a_notice_with_the_number_of_an_answer_does_not_show_when_that_is_set_aside(
    bench: Bench, site: Site
) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(notice(educator, tcn="T7"))
    await bench.take(answer(FBI, "", tcn="T7"))
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open")
    staff.fill("Reason for setting it aside", "It has no number").press("Set aside")
    assert staff.status == 200
    assert await bench.rows("SELECT place FROM answers ORDER BY place") == [
        {"place": "matched"},
        {"place": "set_aside"},
    ]


async def test_an_answer_that_found_its_place_is_not_assigned_again(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI))
    one, other = site.sign_in(Role.ANALYST), site.sign_in(Role.ANALYST)
    for staff in (one, other):
        staff.open("/staff/unmatched").follow("Open").fill("Educator ID", educator)
        staff.choose("Initial certificate").fill("Reason", "seen")
    assert one.press("Assign").status == 200
    assert other.press("Assign").status == 409


@pytest.mark.parametrize("typed", ["", "12345678", "0417 229", "abc"])
async def test_a_wrong_educator_id_is_said(bench: Bench, site: Site, typed: str) -> None:
    await bench.take(answer(FBI))
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open").fill("Educator ID", typed)
    assert staff.press("Assign").status == 422
    assert "eight digits" in staff.text


async def test_an_ssn_typed_as_case_number_is_never_shown(bench: Bench, site: Site) -> None:
    await bench.take(answer(FBI, "123-45-6789"))
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched")
    staff.follow("Open")
    assert not any(b"6789" in seen.body for seen in staff.seen)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADJUDICATOR])
async def test_nobody_but_adjudicators_reaches_a_case(bench: Bench, site: Site, role: Role) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, found="I"))
    case = await bench.one("SELECT id FROM reviews")
    person = site.sign_in(role)
    for path in ("/staff/review", f"/staff/review/{case}"):
        assert person.send("GET", path).status == 403
    assert person.send("POST", f"/staff/review/{case}", fields={"decision": "clear"}).status == 403


async def _a_case(bench: Bench, rap_sheet: str = "ONE ARREST IN 2011") -> str:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, found="I", rap_sheet=rap_sheet, tcn=f"C{educator}"))
    return educator


async def test_a_case_opens_after_its_purpose_is_stated_and_every_look_is_recorded(bench: Bench, site: Site) -> None:
    educator = await _a_case(bench)
    adjudicator = site.sign_in(Role.ADJUDICATOR, username="ada.adjudicator").open("/staff/review")
    adjudicator.follow("Open")
    assert "ONE ARREST" not in adjudicator.text
    adjudicator.press("Open the case")
    assert adjudicator.status == 422
    adjudicator.fill("Purpose", "Decide about 512-34-5678").press("Open the case")
    assert adjudicator.status == 422
    adjudicator.fill("Purpose", "Decide the check").press("Open the case")
    assert "ONE ARREST IN 2011" in adjudicator.text
    adjudicator.open(adjudicator.path)
    rows = await bench.rows(
        "SELECT action, actor_name, subject, reason FROM audit WHERE actor_name <> 'system' ORDER BY id"
    )
    look = {"actor_name": "ada.adjudicator", "subject": f"educator:{educator}", "reason": "Decide the check"}
    assert rows == [{"action": action, **look} for action in ("review.opened", *["criminal_history.read"] * 2)]


async def test_another_session_states_its_own_purpose(bench: Bench, site: Site) -> None:
    await _a_case(bench)
    account = uuid4()
    site.sign_in(Role.ADJUDICATOR, account_id=account).open("/staff/review").follow("Open").fill(
        "Purpose", "Decide"
    ).press("Open the case")
    again = site.sign_in(Role.ADJUDICATOR, account_id=account).open("/staff/review").follow("Open")
    assert "ONE ARREST" not in again.text


async def test_clear_clears_and_says_so_once(bench: Bench, site: Site) -> None:
    educator = await _a_case(bench)
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Decide").press("Open the case").press("Clear")
    assert adjudicator.status == 422
    adjudicator.fill("Reason", "Old, minor, disclosed").press("Clear")
    assert "Your decision is kept" in adjudicator.text
    assert (await bench.topics(educator))[-1] == "FingerprintCleared"
    assert (await bench.standing(educator)).state is State.CLEARED
    trail = str(await bench.rows("SELECT * FROM audit"))
    assert "disclosed" not in trail
    assert "No case is open" in adjudicator.text


async def test_do_not_clear_denies_nothing_and_ends_a_clearance_said_before(bench: Bench, site: Site) -> None:
    educator = an_educator()
    account = await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator))
    await bench.take(answer(FBI, educator, found="I", dated="20261001", stamped="20261001000000Z"))
    assert (await bench.standing(educator)).state is State.CLEARED
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Decide").press("Open the case").fill("Reason", "Grave").press("Do not clear")
    assert (await bench.topics(educator))[-1] == "ClearanceEnded"
    person = site.sign_in(Role.EDUCATOR, account_id=account).open("/ecs/fingerprints")
    assert "Being checked" in person.text
    assert await bench.one("SELECT count(*) FROM reviews WHERE closed_at IS NULL") == 0


async def test_what_was_decided_is_read_again_with_a_purpose_and_without_the_answers(bench: Bench, site: Site) -> None:
    await _a_case(bench)
    first = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    first.fill("Purpose", "Decide").press("Open the case").fill("Reason", "Grave").press("Do not clear")
    other = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Closed cases").follow("Open")
    assert "This case is closed" in other.text
    assert "Grave" not in other.text
    other.fill("Purpose", "The educator calls").press("Open the case")
    assert re.search(r"\S+ did not clear it on .*: Grave", other.text)
    assert "ONE ARREST" not in other.text
    assert "Do not clear" not in other.text
    trail = await bench.rows("SELECT action FROM audit WHERE reason = 'The educator calls' ORDER BY id")
    assert trail == [{"action": "review.opened"}, {"action": "criminal_history.read"}]


async def test_a_decision_on_what_has_changed_is_refused(bench: Bench, site: Site) -> None:
    educator = await _a_case(bench)
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Decide").press("Open the case").fill("Reason", "Fine")
    await bench.take(answer(FBI, educator, found="I", tcn=f"C{educator}", stamped="20260902000000Z"))
    assert adjudicator.press("Clear").status == 409
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    assert await bench.one("SELECT count(*) FROM rulings") == 0


async def test_a_case_is_decided_once(bench: Bench, site: Site) -> None:
    educator = await _a_case(bench)
    both = [site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open") for _ in range(2)]
    for one in both:
        one.fill("Purpose", "Decide").press("Open the case").fill("Reason", "Fine")
    assert [one.press("Clear").status for one in both] == [200, 409]
    assert (await bench.topics(educator)).count("FingerprintCleared") == 1


async def test_nobody_decides_their_own_case(bench: Bench, site: Site) -> None:
    educator = an_educator()
    account = await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, found="I"))
    own = site.sign_in(Role.ADJUDICATOR, Role.EDUCATOR, account_id=account).open("/staff/review").follow("Open")
    assert own.status == 403


async def test_a_notice_that_belongs_to_nobody_is_read_and_closed(bench: Bench, site: Site) -> None:
    await bench.take(notice(an_educator()))
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Find out whose it is").press("Open the case")
    assert "RBN" in adjudicator.text
    adjudicator.fill("Reason", "Nobody of ours").press("Close")
    assert "No case is open" in adjudicator.text
    again = adjudicator.follow("Closed cases").follow("Open")
    assert "Nobody of ours" in again.text


async def test_what_was_written_of_a_message_is_not_for_whom_it_is_about_and_goes_with_their_key(
    bench: Bench, site: Site
) -> None:
    educator = an_educator()
    await bench.take(notice(educator))
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Find out whose it is").press("Open the case").fill("Reason", "A note").press("Close")
    case = adjudicator.follow("Closed cases").follow("Open").path
    account = await bench.know(educator)
    await awaited.once(bench.database, bench.vault)
    own = site.sign_in(Role.ADJUDICATOR, Role.EDUCATOR, account_id=account)
    assert own.open(case).status == 403
    assert "A note" in adjudicator.open(case).text
    async with bench.database.transaction() as session:
        await rotating.destroy(session, educator, None, "Order of the court")
    assert "There is nothing to read" in adjudicator.open(case).text


@pytest.mark.parametrize("path", ["/staff/unmatched/", "/staff/review/"])
async def test_an_unknown_case_is_not_found(bench: Bench, site: Site, path: str) -> None:
    assert site.sign_in(Role.ADJUDICATOR).send("GET", f"{path}{uuid4()}").status == 404
