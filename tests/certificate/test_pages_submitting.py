"""Submitting: one application however it is submitted, nothing unseen, and nothing of anybody else's."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from services.certificate import regulations
from services.certificate.rules.classes import MISSOURI, Rulebook
from services.certificate.rules.deeds import Return, Withdraw
from shared.auth import Grant
from shared.events import ApplicationReceived, EducatorIdentified, Role
from shared.policy import Holding, Policy, load, today
from tests.certificate.applying import APPLY, IPC, SIGNING, fill_substitute, send
from tests.certificate.conftest import Bench, days, professional, substitute
from tests.certificate.portal import Portal


async def test_a_draft_changed_elsewhere_is_not_submitted_unseen(portal: Portal, bench: Bench, robin: str) -> None:
    page = await fill_substitute(portal, robin)
    seen = page.value("version")
    await send(portal, robin, f"{APPLY}/route", route="training")
    answer = await portal.post(f"{APPLY}/check", robin, {"version": seen})
    assert answer.status == 409
    assert await bench.said() == []


async def test_submitting_twice_makes_one_application(portal: Portal, bench: Bench, robin: str) -> None:
    page = await fill_substitute(portal, robin)
    sent = {"version": page.value("version")}
    first = await portal.post(f"{APPLY}/check", robin, sent)
    second = await portal.post(f"{APPLY}/check", robin, sent)
    application = first.to.removesuffix("/received")
    assert second.to == application
    assert len([one for one in await bench.said() if isinstance(one, ApplicationReceived)]) == 1
    for path in (APPLY, f"{APPLY}/route", f"{APPLY}/check", f"{APPLY}/delete"):
        assert (await portal.get(path, robin)).to == application


async def test_whoever_has_no_clearance_is_led_from_the_receipt_to_the_code_for_the_vendor(
    portal: Portal, robin: str
) -> None:
    page = await fill_substitute(portal, robin)
    sent = await portal.post(f"{APPLY}/check", robin, {"version": page.value("version")})
    receipt = await portal.get(sent.to, robin)
    assert "How to book, and the code to give: Fingerprint Information" in receipt.text


async def test_begun_nowhere_a_page_of_the_form_leads_to_the_first(portal: Portal, robin: str) -> None:
    for path in ("route", "check", "delete"):
        assert (await portal.get(f"{APPLY}/{path}", robin)).to == APPLY
        assert (await portal.post(f"{APPLY}/{path}", robin, {"version": "1"})).to == APPLY


async def test_a_draft_of_one_class_is_none_of_another(portal: Portal, robin: str) -> None:
    await portal.post(IPC, robin)
    assert (await portal.get(f"{APPLY}/route", robin)).to == APPLY
    assert (await portal.get(f"{IPC}/route", robin)).status == 404


@pytest.mark.parametrize("path", ["/ecs/apply/pilot", "/ecs/apply/pilot/route", "/ecs/apply/pilot/check"])
async def test_a_class_that_nobody_can_apply_for_is_not_there(portal: Portal, robin: str, path: str) -> None:
    assert (await portal.get(path, robin)).status == 404
    assert (await portal.post(path, robin)).status == 404


async def test_an_account_without_a_record_is_led_to_connecting_it(portal: Portal) -> None:
    stranger = portal.sign_in(uuid4(), "stranger")
    for path in (APPLY, f"{APPLY}/route", f"{APPLY}/check"):
        assert (await portal.get(path, stranger)).to == "/ecs"
        assert (await portal.post(path, stranger)).to == "/ecs"


async def test_a_draft_is_its_educators_alone(portal: Portal, bench: Bench, robin: str) -> None:
    await fill_substitute(portal, robin)
    other = uuid4()
    await bench.hear(EducatorIdentified, "93200019", account_id=other)
    stranger = portal.sign_in(other, "stranger")
    assert (await portal.get(f"{APPLY}/check", stranger)).to == APPLY
    assert "Start now" in (await portal.get(APPLY, stranger)).text


async def test_nobody_but_an_educator_applies(portal: Portal) -> None:
    analyst = portal.sign_in(uuid4(), "avery", Grant(role=Role.ANALYST))
    assert (await portal.get(APPLY, analyst)).status == 403
    assert (await portal.post(APPLY, analyst)).status == 403


async def test_a_draft_is_deleted_once_that_was_asked_and_not_if_it_changed(
    portal: Portal, bench: Bench, robin: str
) -> None:
    await portal.post(APPLY, robin)
    asked = await portal.get(f"{APPLY}/delete", robin)
    assert asked.heading == "Delete this draft?"
    await send(portal, robin, f"{APPLY}/route", route="hours")
    told = await portal.post(f"{APPLY}/delete", robin, {"version": asked.value("version")})
    assert told.status == 409
    assert (await send(portal, robin, f"{APPLY}/delete")).to == "/ecs/applications"
    async with bench.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM drafts")) == 0


async def test_a_returned_application_is_corrected_signed_and_sent_again_under_its_number(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("ipc", professional(conduct={"charged": "A trial."}), today())
    await bench.act(found, bench.official, Return("The program named is not yours."), today())
    home = f"/ecs/applications/{found.row.id}"
    assert (await portal.get(IPC, robin)).to == home
    page = await portal.get(home, robin)
    assert "The program named is not yours." in page.text
    assert "Correct and submit again" in page.text
    assert (await portal.post(f"{home}/correct", robin)).to == f"{IPC}/check"
    check = await portal.get(f"{IPC}/check", robin)
    assert "A trial." in check.text
    assert "Your institution returned it The program named is not yours." in check.text
    assert set(check.links) >= {"Sign: The sworn statement.", "Sign: The release of educational information."}
    await send(portal, robin, f"{IPC}/program", program="master")
    assert "Go on correcting it" in (await portal.get(home, robin)).links
    await send(portal, robin, f"{IPC}/sworn", **SIGNING)
    await send(portal, robin, f"{IPC}/release", **SIGNING)
    assert (await send(portal, robin, f"{IPC}/check")).to == f"{home}/received"
    again = await bench.find(found, today())
    assert (again.case.submission.program, again.standing.move) == ("master", "institution")
    assert again.row.number == found.row.number
    assert (await portal.post(f"{home}/correct", robin)).to == home


async def test_the_correction_of_what_was_withdrawn_meanwhile_becomes_no_new_application_unseen(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("ipc", professional(), today())
    await bench.act(found, bench.official, Return("The program named is not yours."), today())
    await portal.post(f"/ecs/applications/{found.row.id}/correct", robin)
    await send(portal, robin, f"{IPC}/sworn", **SIGNING)
    await send(portal, robin, f"{IPC}/release", **SIGNING)
    check = await portal.get(f"{IPC}/check", robin)
    sent = {"version": check.value("version"), "corrects": check.value("corrects")}
    assert sent["corrects"] == str(found.row.id)
    await bench.act(found, bench.robin, Withdraw(), today())
    answer = await portal.post(f"{IPC}/check", robin, sent)
    assert answer.status == 409
    assert answer.problems[0].startswith("The application that you were correcting has ended meanwhile")
    assert [type(fact) for fact in await bench.said()].count(ApplicationReceived) == 1
    # Whoever wants that after all presses the button that stands there now.
    assert (await send(portal, robin, f"{IPC}/check")).to.endswith("/received")


async def test_a_returned_application_is_corrected_also_after_its_class_has_ended(
    portal: Portal, bench: Bench, robin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await bench.submit("ipc", professional(), today() - days(1))
    await bench.act(found, bench.official, Return("The program named is not yours."), today())
    holdings = dict(load(MISSOURI).holdings)
    over = Holding.model_validate({"from": today(), "value": None, "citation": "Repealed."})
    holdings["classes.ipc.class"] += (over,)
    monkeypatch.setattr(regulations, "BOOK", Rulebook(Policy(holdings)))
    home = f"/ecs/applications/{found.row.id}"
    assert (await portal.post(f"{home}/correct", robin)).to == f"{IPC}/check"
    await send(portal, robin, f"{IPC}/program", program="master")
    await send(portal, robin, f"{IPC}/sworn", **SIGNING)
    await send(portal, robin, f"{IPC}/release", **SIGNING)
    assert (await send(portal, robin, f"{IPC}/check")).to == f"{home}/received"


async def test_an_open_application_cannot_be_begun_again(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(), today())
    assert (await portal.post(APPLY, robin)).to == f"/ecs/applications/{found.row.id}"
