"""Application Status and Certificate Status: what an educator reads of what is theirs, and what they can do there."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from services.certificate.actions.cases import Found
from services.certificate.rules.case import Deed
from services.certificate.rules.deeds import (
    Answer,
    Ask,
    Assign,
    Hold,
    Issue,
    Note,
    Pay,
    Recommend,
    Record,
    Return,
    Settle,
)
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State
from shared.educator_id import shown
from shared.events import (
    ApplicationClosed,
    Bureau,
    ClearanceEnded,
    EducatorIdentified,
    Event,
    FingerprintCleared,
    NameChanged,
    ResultReceived,
)
from shared.policy import today
from tests.certificate.applying import certificate, issued
from tests.certificate.conftest import ROBIN, Bench, days, professional, substitute
from tests.certificate.portal import Portal

DAY = today()


@pytest.fixture
async def stranger(portal: Portal, bench: Bench) -> str:
    other = uuid4()
    await bench.hear(EducatorIdentified, "93200019", account_id=other)
    return portal.sign_in(other, "stranger")


def home(found: Found) -> str:
    return f"/ecs/applications/{found.row.id}"


async def test_nothing_applied_for_says_so_and_how_to_apply(portal: Portal, robin: str) -> None:
    page = await portal.get("/ecs/applications", robin)
    assert "You have not applied for a certificate." in page.text
    assert page.links["Apply: Substitute"] == "/ecs/apply/substitute"


async def test_an_account_without_a_record_is_led_to_connecting_it(portal: Portal) -> None:
    unknown = portal.sign_in(uuid4())
    for path in ("/ecs/applications", "/ecs/certificates"):
        assert "Connect your record first" in (await portal.get(path, unknown)).text


async def test_the_list_says_whose_move_it_is_since_when_and_what_is_usual(
    portal: Portal, bench: Bench, robin: str
) -> None:
    await issued(bench, "substitute", 7)
    await bench.submit("substitute", substitute(), DAY)
    await bench.submit("ipc", professional(), DAY)
    page = await portal.get("/ecs/applications", robin)
    for words in (
        "Content Substitute A1000",
        "Something is missing You",
        "With your institution Your institution",
        "Half of the last 7 certificates of this kind were issued within 13 days of the application.",
        "Too few certificates of this kind were issued here",
    ):
        assert words in page.text


async def test_an_application_shows_each_requirement_and_why_it_is_not_met(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Record("transcript", "seen", "Official, by mail", 30), DAY)
    await bench.act(found, bench.analyst, Pay(50, "check 1001"), DAY)
    page = await portal.get(home(found), robin)
    for words in (
        "Missing You act next. It shows 30 semester hours; 36 are needed.",
        "What to do: Ask your college to send an official transcript to the department.",
        "5 CSR 20-400.220",
        "The department has seen: 36 semester hours from an accredited college or university",
        "$50 of the fee came",
        "Everything is due by",
    ):
        assert words in page.text


async def test_a_last_day_stands_there_only_while_something_is_wanting(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Record("transcript", "seen", "Official transcript", 36), DAY)
    await bench.hear(FingerprintCleared, purpose="2301", cleared_on=DAY, valid_until=DAY + days(300), day=DAY)
    assert "Everything is due by" in (await portal.get(home(found), robin)).text
    await bench.act(found, bench.analyst, Pay(50, "check 1001"), DAY)
    page = await portal.get(home(found), robin)
    assert ("Complete, ready to be decided" in page.text, "due by" in page.text) == (True, False)
    await bench.act(found, bench.analyst, Ask(("other",), "Which name?"), DAY)
    assert "Everything is due by" in (await portal.get(home(found), robin)).text


async def test_what_staff_tell_each_other_is_not_among_what_happened(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Assign(bench.analyst.account_id, "avery.analyst"), DAY)
    await bench.act(found, bench.analyst, Hold("Waiting for SECRET-HOLD"), DAY)
    await bench.act(found, bench.analyst, Note("SECRET-NOTE"), DAY)
    await bench.act(found, bench.analyst, Ask(("other",), "Which year?"), DAY)
    await bench.act(found, bench.analyst, Settle("SECRET-SETTLED"), DAY)
    page = await portal.get(home(found), robin)
    assert "The department closed its question" in page.text
    for secret in ("SECRET", "avery.analyst", "hold"):
        assert secret not in page.response.text


async def test_an_answer_sent_twice_is_one_and_the_second_finds_it_done(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Ask(("transcript",), "Which name is on it?"), DAY)
    sent = {"version": (await portal.get(home(found), robin)).value("version"), "answer": "Robin Sample."}
    for _ in range(3):
        answer = await portal.post(home(found), robin, sent)
        assert (answer.status, answer.to) == (303, home(found))
    assert [entry.deed for entry in (await bench.find(found, DAY)).case.entries].count(Deed.ANSWERED) == 1
    other = await portal.post(home(found), robin, sent | {"answer": "Another one."})
    assert other.status == 409


async def test_an_educator_reads_what_they_submitted_and_signed(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(conduct={"convicted": "In 2011 I was fined."}), DAY)
    read = " ".join((await portal.get(home(found), robin)).text.split())
    submitted = read.partition("What you submitted")[2].partition("What happened")[0]
    assert "36 or more semester hours" in submitted
    assert "In 2011 I was fined." in submitted
    signed = found.case.submission.signed
    assert signed
    assert submitted.count("Signed by ") == len(signed)
    assert all(" ".join(one["wording"].split()) in submitted for one in signed.values())
    none = await bench.submit("ipc", professional(), DAY)
    assert "You answered No to every question about conduct." in (await portal.get(home(none), robin)).text


async def test_withdrawing_twice_is_once_and_the_second_finds_it_done(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    for _ in range(2):
        answer = await portal.post(f"{home(found)}/withdraw", robin, {"version": "1"})
        assert (answer.status, answer.to) == (303, home(found))
    assert [type(fact) for fact in await bench.said()].count(ApplicationClosed) == 1
    await bench.act(await bench.submit("substitute", substitute(), DAY), bench.analyst, Note("Called."), DAY)
    assert (await portal.post(f"{home(found)}/withdraw", robin, {"version": "2"})).status == 409


async def test_what_staff_do_among_themselves_keeps_nobody_from_answering_or_withdrawing(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Ask(("transcript",), "Which name is on it?"), DAY)
    seen = {"version": (await portal.get(home(found), robin)).value("version")}
    await bench.act(found, bench.analyst, Note("She called."), DAY)
    await bench.act(found, bench.analyst, Hold("Until she answers."), DAY)
    for _ in range(2):
        sent = await portal.post(home(found), robin, seen | {"answer": "Robin Sample."})
        assert (sent.status, sent.to) == (303, home(found))
    assert [entry.deed for entry in (await bench.find(found, DAY)).case.entries].count(Deed.ANSWERED) == 1
    seen = {"version": (await portal.get(f"{home(found)}/withdraw", robin)).value("version")}
    await bench.act(found, bench.analyst, Note("She called again."), DAY)
    assert (await portal.post(f"{home(found)}/withdraw", robin, seen)).status == 303


async def test_an_answer_that_came_too_late_is_shown_to_whoever_wrote_it(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Ask(("transcript",), "Which name is on it?"), DAY)
    seen = {"version": (await portal.get(home(found), robin)).value("version")}
    await bench.act(found, bench.analyst, Settle("By telephone."), DAY)
    late = await portal.post(home(found), robin, seen | {"answer": "Robin Sample, and more."})
    assert late.status == 409
    assert "What you wrote was not sent" in late.text
    assert "Robin Sample, and more." in late.text
    assert "What you wrote was not sent" not in (await portal.get(home(found), robin)).text


async def test_whoever_has_a_returned_application_is_told_to_correct_it(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("ipc", professional(), DAY)
    await bench.act(found, bench.official, Return("An area is missing."), DAY)
    page = await portal.get(home(found), robin)
    assert "What to do: Correct your application, and submit it again." in page.text
    assert "What to do: Nothing. Your institution" not in page.text


async def test_a_question_is_answered_where_it_stands(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    await bench.act(found, bench.analyst, Ask(("transcript",), "Which name is on it?"), DAY)
    page = await portal.get(home(found), robin)
    assert "A transcript is missing, not official, or shows another name" in page.text
    assert "Which name is on it?" in page.text
    version = page.value("version")
    for words, problem in (
        (" ", "Write your answer."),
        ("\u200b\u2060.", "Write your answer."),
        ("512-34-5678", "Take the nine digits out of this text."),
        ("x" * 4001, "Shorten your answer to 4000 characters."),
    ):
        refused = await portal.post(home(found), robin, {"version": version, "answer": words})
        assert refused.status == 422
        assert refused.problems[0].startswith(problem)
    sent = await portal.post(home(found), robin, {"version": version, "answer": "Robin Sample."})
    assert sent.to == home(found)
    after = await portal.get(home(found), robin)
    assert "You answered" in after.text
    assert "Robin Sample." in after.text
    standing = (await bench.find(found, DAY)).standing
    assert (standing.state, standing.move) == (State.IN_REVIEW, Party.DEPARTMENT)
    again = await portal.post(home(found), robin, {"version": version, "answer": "Twice."})
    assert again.status == 409
    assert "Something happened to this application meanwhile" in again.problems[0]
    assert "Twice." not in [e.details.get("words") for e in (await bench.find(found, DAY)).case.entries]


async def test_withdrawing_is_asked_first_and_done_once(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    asked = await portal.get(f"{home(found)}/withdraw", robin)
    assert asked.heading == "Withdraw application A100001?"
    seen = {"version": asked.value("version")}
    assert (await portal.post(f"{home(found)}/withdraw", robin, seen)).to == home(found)
    assert (await portal.post(f"{home(found)}/withdraw", robin, seen)).to == home(found)
    assert [type(fact) for fact in await bench.said()].count(ApplicationClosed) == 1
    assert (await portal.get(f"{home(found)}/withdraw", robin)).to == home(found)
    ended = (await portal.get(home(found), robin)).text
    assert "It ended on" in ended
    assert "Was missing" in ended, "nobody has to do anything about it any more"
    assert "Missing" not in ended
    assert "Applications that have ended" in (await portal.get("/ecs/applications", robin)).text


async def test_withdrawing_what_changed_meanwhile_shows_it_as_it_is_now(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    seen = {"version": (await portal.get(f"{home(found)}/withdraw", robin)).value("version")}
    await bench.act(found, bench.analyst, Pay(50, "check 1001"), DAY)
    told = await portal.post(f"{home(found)}/withdraw", robin, seen)
    assert told.status == 409
    assert "$50 of the fee came" in told.text
    assert (await bench.find(found, DAY)).standing.open


@pytest.mark.parametrize("path", ["", "/received", "/withdraw"])
async def test_an_application_of_somebody_else_is_not_there(
    portal: Portal, bench: Bench, robin: str, stranger: str, path: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    assert (await portal.get(home(found) + path, robin)).status == 200
    assert (await portal.get(home(found) + path, stranger)).status == 404
    for unknown in (str(uuid4()), "1", "A100001"):
        assert (await portal.get(f"/ecs/applications/{unknown}{path}", robin)).status == 404


@pytest.mark.parametrize("path", ["", "/withdraw", "/correct"])
async def test_nothing_is_done_to_an_application_of_somebody_else(
    portal: Portal, bench: Bench, stranger: str, path: str
) -> None:
    found = await bench.submit("ipc", professional(), DAY)
    await bench.act(found, bench.official, Return("Another program."), DAY)
    before = (await bench.find(found, DAY)).case.version
    sent = {"version": str(before), "answer": "Mine."}
    assert (await portal.post(home(found) + path, stranger, sent)).status == 404
    assert (await bench.find(found, DAY)).case.version == before


async def test_an_application_is_not_corrected_before_it_was_returned(portal: Portal, bench: Bench, robin: str) -> None:
    found = await bench.submit("ipc", professional(), DAY)
    assert (await portal.post(f"{home(found)}/correct", robin)).to == home(found)
    async with bench.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM drafts")) == 0


async def test_each_step_of_a_professional_application_is_told_in_words(
    portal: Portal, bench: Bench, robin: str
) -> None:
    found = await bench.submit("ipc", professional(), DAY)
    await bench.act(found, bench.official, Recommend("bachelor", DAY - days(3)), DAY)
    await bench.act(found, bench.analyst, Record("degree", "not_accepted", "A copy", None, "It is a copy."), DAY)
    await bench.act(found, bench.analyst, Record("degree", "seen", "Official"), DAY)
    await bench.act(found, bench.analyst, Record("assessment", "seen", "Scores"), DAY)
    await bench.act(found, bench.analyst, Pay(35, "check 7"), DAY)
    await bench.act(found, bench.analyst, Ask(("other",), "Which year?"), DAY)
    await bench.act(found, bench.robin, Answer("2025."), DAY)
    await bench.hear(FingerprintCleared, day=DAY, purpose="2300", cleared_on=DAY, valid_until=DAY + days(300))
    await bench.act(found, bench.analyst, Issue(), DAY)
    page = await portal.get(home(found), robin)
    for words in (
        "You submitted it to River Bend Teachers College",
        "Your institution recommended you",
        "The department did not accept: A bachelor's degree",
        "It is a copy.",
        "The department asked you a question",
        "You answered",
        "Your certificate was issued",
        "Your certificate stands under Certificate Status",
    ):
        assert words in page.text
    assert "Withdraw" not in page.text
    certificates = await portal.get("/ecs/certificates", robin)
    for words in ("Initial Professional", "Mathematics, grades 9 to 12", "Valid", "You hold no certificate yet"):
        assert (words in certificates.text) is (words != "You hold no certificate yet")


async def test_certificate_status_tells_valid_from_expired_by_the_day(
    portal: Portal, bench: Bench, robin: str, stranger: str
) -> None:
    await certificate(bench, "ipc", DAY - days(100), DAY)
    await certificate(bench, "ipc", DAY - days(500), DAY - days(1))
    page = await portal.get("/ecs/certificates", robin)
    assert page.tree is not None
    rows = [" ".join(row.itertext()).split() for row in page.tree.xpath("//tbody/tr")]
    assert [("Valid" in row, "Expired" in row) for row in rows] == [(True, False), (False, True)]
    assert "You hold no certificate yet" in (await portal.get("/ecs/certificates", stranger)).text


async def test_certificate_status_says_whose_it_is(portal: Portal, bench: Bench, robin: str) -> None:
    assert f"Educator ID {shown(ROBIN)}" in (await portal.get("/ecs/certificates", robin)).text
    await bench.hear(NameChanged, first_name="Robin", last_name="Example")
    assert f"Robin Example , Educator ID {shown(ROBIN)}" in (await portal.get("/ecs/certificates", robin)).text


async def test_certificate_status_shows_what_is_open_with_what_is_issued(
    portal: Portal, bench: Bench, robin: str
) -> None:
    await bench.hear(FingerprintCleared, day=DAY, purpose="2301", cleared_on=date(2026, 7, 1), valid_until=DAY)
    found = await bench.submit("substitute", substitute(), DAY)
    page = await portal.get("/ecs/certificates", robin)
    assert "Content Substitute Something is missing" in page.text
    assert page.links["See the application"] == home(found)
    assert "valid for new applications until" in page.text


async def test_certificate_status_asks_the_database_once(portal: Portal, bench: Bench, robin: str) -> None:
    await certificate(bench, "ipc", DAY - days(100), DAY)
    await portal.get("/ecs/certificates", robin)
    asked: list[str] = []
    engine = portal.app.state.service.database.readers.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    await portal.get("/ecs/certificates", robin)
    assert len(asked) == 1


@pytest.mark.parametrize("said", [ResultReceived, ClearanceEnded])
async def test_nobody_is_told_to_be_printed_while_the_department_looks_at_the_answer(
    portal: Portal, bench: Bench, robin: str, said: type[Event]
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    assert "Have your fingerprints taken" in (await portal.get(home(found), robin)).text
    more = {"bureau": Bureau.FBI} if said is ResultReceived else {"ended_on": DAY}
    await bench.hear(said, day=DAY, purpose="2301", **more)
    page = await portal.get(home(found), robin)
    assert "Have your fingerprints taken" not in page.text
    assert page.links["Fingerprint Information"] == "/ecs/fingerprints"
    assert "Where it stands, and what to do: Fingerprint Information" in page.text
