"""Applying: what is needed, one question a page, and a draft that lasts."""

from datetime import date

import pytest
from sqlalchemy import text

from services.certificate import regulations
from services.certificate.actions.usual import Usual
from services.certificate.pages.sentences import usual_now
from services.certificate.rules.standing import State
from shared import ssn
from shared.events import ApplicationReceived, NameChanged, RecommendationRequested
from shared.policy import today
from tests.certificate.applying import ALL_NO, APPLY, IPC, SIGNING, certificate, fill_substitute, issued, send
from tests.certificate.conftest import Bench
from tests.certificate.portal import Portal


async def test_the_first_page_says_what_is_needed_and_what_it_costs(portal: Portal, robin: str) -> None:
    page = await portal.get(APPLY, robin)
    assert page.heading == "Apply: Substitute"
    for words in (
        "$50",
        "36 semester hours from an accredited college or university",
        "20 clock hours of approved substitute training",
        "5 CSR 20-400.220",
        "Too few certificates of this kind were issued here to say how long it usually takes.",
        "Start now",
    ):
        assert words in page.text
    assert "You may not need this certificate" not in page.text


async def test_where_papers_and_the_fee_go_is_said_wherever_they_are_asked_for(
    portal: Portal, bench: Bench, robin: str
) -> None:
    says = f"Send papers and the fee to: {regulations.BOOK.terms(today()).send_to}"
    assert says in (await portal.get(APPLY, robin)).text
    page = await fill_substitute(portal, robin)
    sent = await portal.post(f"{APPLY}/check", robin, {"version": page.value("version")})
    application = sent.to.removesuffix("/received")
    for path in (sent.to, application):
        assert says in (await portal.get(path, robin)).text
    page = await portal.get(f"{application}/withdraw", robin)
    await portal.post(f"{application}/withdraw", robin, {"version": page.value("version")})
    assert says not in (await portal.get(application, robin)).text


async def test_how_long_it_usually_takes_is_counted_from_our_own_last_ones(
    portal: Portal, bench: Bench, robin: str
) -> None:
    await issued(bench, "substitute", 5)
    page = await portal.get(APPLY, robin)
    assert "Half of the last 5 certificates of this kind were issued within 12 days of the application." in page.text


@pytest.mark.parametrize(
    ("state", "usual", "says"),
    [
        (State.INCOMPLETE, Usual(5, 0), "5 certificates of this kind were issued on the day of the application."),
        (State.AT_INSTITUTION, Usual(5, 9, 0), "5 applications were answered by the institution on the day they came."),
    ],
)
def test_what_usually_takes_less_than_a_day_is_not_said_to_take_0_days(state: State, usual: Usual, says: str) -> None:
    assert str(usual_now(state, usual)) == f"Half of the last {says}"


async def test_a_valid_teaching_certificate_is_said_to_cover_a_substitute_one(
    portal: Portal, bench: Bench, robin: str
) -> None:
    await certificate(bench, "ipc", date(2026, 1, 5), date(2090, 1, 5))
    assert (
        "You hold a valid Initial Professional certificate until January 5, 2090"
        in (await portal.get(APPLY, robin)).text
    )
    assert "You may not need" not in (await portal.get(IPC, robin)).text


@pytest.mark.parametrize(
    ("code", "path", "says"),
    [
        (
            "substitute",
            APPLY,
            "a valid Content Substitute certificate until January 5, 2090. You can apply for another",
        ),
        ("ipc", IPC, "certificate until January 5, 2090. What you add to it now ends on that day too."),
    ],
)
async def test_who_has_a_valid_one_is_told_so_before_the_form(
    portal: Portal, bench: Bench, robin: str, code: str, path: str, says: str
) -> None:
    assert "You have one already" not in (await portal.get(path, robin)).text
    await certificate(bench, code, date(2026, 1, 5), date(2090, 1, 5))
    assert says in (await portal.get(path, robin)).text


async def test_where_to_go_for_fingerprints_is_said_once(portal: Portal, robin: str) -> None:
    assert (await portal.get(IPC, robin)).text.count("Fingerprint Information") == 1


async def test_an_expired_teaching_certificate_covers_nothing(portal: Portal, bench: Bench, robin: str) -> None:
    await certificate(bench, "ipc", date(2020, 1, 5), date(2024, 1, 5))
    assert "You may not need" not in (await portal.get(APPLY, robin)).text


async def test_a_substitute_application_goes_from_the_first_page_to_its_number(
    portal: Portal, bench: Bench, robin: str
) -> None:
    page = await fill_substitute(portal, robin, conduct_charged="yes", explanation_charged="A trial in June.")
    assert page.heading == "Check your answers"
    for words in ("36 or more semester hours", "A trial in June.", "Signed by Robin Example", "Submit to DESE"):
        assert words in page.text
    done = await send(portal, robin, f"{APPLY}/check")
    assert done.status == 303
    after = await portal.get(done.to, robin)
    assert after.heading == "Your application is submitted"
    assert "Application number A100001" in after.text
    assert "Who acts next You" in after.text
    (fact,) = [one for one in await bench.said() if isinstance(one, ApplicationReceived)]
    assert (fact.number, fact.institution) == ("A100001", None)
    assert "Go on with your draft" not in (await portal.get("/ecs/applications", robin)).text


async def test_what_was_signed_is_kept_word_for_word(portal: Portal, bench: Bench, robin: str) -> None:
    await fill_substitute(portal, robin)
    await send(portal, robin, f"{APPLY}/check")
    async with bench.database.reading() as session:
        (details,) = (await session.scalars(text("SELECT details FROM entries"))).all()
    signed = details["submission"]["signed"]
    assert signed["sworn"]["wording"].startswith("I swear, under the penalties for a false statement,")
    assert {key: signed["release"][key] for key in ("language", "edition", "name")} == {
        "language": "en",
        "edition": "2020-01-01",
        "name": "Robin Example",
    }


async def test_a_professional_application_goes_to_the_institution(portal: Portal, bench: Bench, robin: str) -> None:
    assert (await portal.post(IPC, robin)).to == f"{IPC}/institution"
    assert (await send(portal, robin, f"{IPC}/institution", institution="river-bend")).to == f"{IPC}/program"
    assert (await send(portal, robin, f"{IPC}/program", program="bachelor")).to == f"{IPC}/areas"
    opened = await portal.get(f"{IPC}/areas", robin)
    two = {"version": opened.value("version"), "areas": ["mathematics.9-12", "physics.9-12"]}
    assert (await portal.post(f"{IPC}/areas", robin, two)).to == f"{IPC}/conduct"
    await send(portal, robin, f"{IPC}/conduct", **ALL_NO)
    await send(portal, robin, f"{IPC}/sworn", **SIGNING)
    await send(portal, robin, f"{IPC}/release", **SIGNING)
    page = await portal.get(f"{IPC}/check", robin)
    for words in ("River Bend Teachers College", "Physics, grades 9 to 12", "Submit to Institution"):
        assert words in page.text
    after = await portal.get((await send(portal, robin, f"{IPC}/check")).to, robin)
    assert "Who acts next Your institution" in after.text
    (fact,) = [one for one in await bench.said() if isinstance(one, RecommendationRequested)]
    assert fact.institution == "river-bend"


async def test_a_draft_is_there_again_in_another_browser_where_it_was_left(portal: Portal, robin: str) -> None:
    await portal.post(APPLY, robin)
    await send(portal, robin, f"{APPLY}/route", route="training")
    page = await portal.get(APPLY, robin)
    assert page.links["Go on with your draft"] == f"{APPLY}/conduct"
    assert "Start now" not in page.text
    route = await portal.get(f"{APPLY}/route", robin)
    assert route.tree is not None
    assert route.tree.xpath("//input[@name='route'][@checked]/@value") == ["training"]
    assert "Apply: Substitute" in (await portal.get("/ecs/applications", robin)).text


async def test_starting_again_leaves_the_draft_as_it_is(portal: Portal, robin: str) -> None:
    await portal.post(APPLY, robin)
    await send(portal, robin, f"{APPLY}/route", route="training")
    assert (await portal.post(APPLY, robin)).to == f"{APPLY}/conduct"


async def test_what_is_typed_is_kept_before_it_is_complete(portal: Portal, robin: str) -> None:
    await portal.post(APPLY, robin)
    opened = await portal.get(f"{APPLY}/conduct", robin)
    typed = {"conduct_charged": "yes", "explanation_charged": "It was in", "keep": "1"}
    kept = await portal.post(f"{APPLY}/conduct", robin, {"version": opened.value("version"), **typed})
    assert kept.status == 200
    assert kept.response.json()["version"] == int(opened.value("version")) + 1
    again = await portal.get(f"{APPLY}/conduct", robin)
    assert again.tree is not None
    assert again.tree.xpath("//textarea[@name='explanation_charged']")[0].text_content().strip() == "It was in"


async def test_a_form_that_is_not_complete_names_what_is_missing_and_keeps_the_rest(portal: Portal, robin: str) -> None:
    await portal.post(APPLY, robin)
    answer = await send(
        portal, robin, f"{APPLY}/conduct", **{**ALL_NO, "conduct_license": "", "conduct_charged": "yes"}
    )
    assert answer.status == 422
    assert answer.problems == [
        "Explain your Yes to question 2: what happened, when and where.",
        "Answer question 4 with Yes or No.",
    ]
    again = await portal.get(f"{APPLY}/conduct", robin)
    assert again.tree is not None
    assert again.tree.xpath("//input[@name='conduct_registry'][@checked]/@value") == ["no"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("My number is 512-34-5678.", "Take the nine digits out of this text."),
        ("x" * 4001, "Shorten your explanation to 4000 characters."),
    ],
    ids=["number", "long"],
)
@pytest.mark.parametrize("keep", ["", "1"], ids=["sent", "kept"])
async def test_what_must_not_be_written_is_refused_and_not_kept(
    portal: Portal, bench: Bench, robin: str, words: str, sentence: str, keep: str
) -> None:
    await portal.post(APPLY, robin)
    typed = {**ALL_NO, "conduct_charged": "yes", "explanation_charged": words, "keep": keep}
    answer = await send(portal, robin, f"{APPLY}/conduct", **typed)
    if keep:
        assert sentence in answer.response.json()["said"]
    else:
        assert sentence in answer.problems[0]
    assert answer.status == 422
    async with bench.database.reading() as session:
        assert (await session.scalars(text("SELECT answers FROM drafts"))).all() == [{}]


@pytest.mark.parametrize("words", ["\u200b\u2060", ". . ."])
async def test_what_says_nothing_explains_nothing(portal: Portal, robin: str, words: str) -> None:
    await portal.post(APPLY, robin)
    typed = {**ALL_NO, "conduct_charged": "yes", "explanation_charged": words}
    answer = await send(portal, robin, f"{APPLY}/conduct", **typed)
    assert answer.problems == ["Explain your Yes to question 2: what happened, when and where."]


async def test_a_choice_that_is_not_offered_is_no_answer(portal: Portal, robin: str) -> None:
    await portal.post(IPC, robin)
    answer = await send(portal, robin, f"{IPC}/institution", institution="somewhere-else")
    assert (answer.status, answer.problems) == (422, ["Select the institution that prepared you."])


async def test_what_is_missing_cannot_be_submitted(portal: Portal, bench: Bench, robin: str) -> None:
    await portal.post(APPLY, robin)
    page = await portal.get(f"{APPLY}/check", robin)
    assert page.links["Choose how you qualify."] == f"{APPLY}/route?back=check"
    assert "Submit to DESE" not in page.text
    async with bench.database.reading() as session:
        version = await session.scalar(text("SELECT version FROM drafts"))
    answer = await portal.post(f"{APPLY}/check", robin, {"version": str(version)})
    assert (answer.status, answer.problems) == (422, ["Something is missing, so nothing was submitted. See below."])
    assert await bench.said() == []


async def test_changing_one_answer_leads_back_and_what_was_signed_must_be_signed_again(
    portal: Portal, robin: str
) -> None:
    await fill_substitute(portal, robin)
    assert (await send(portal, robin, f"{APPLY}/route?back=check", route="hours", back="check")).to == f"{APPLY}/check"
    assert "Submit to DESE" in (await portal.get(f"{APPLY}/check", robin)).text
    await send(portal, robin, f"{APPLY}/route?back=check", route="training", back="check")
    page = await portal.get(f"{APPLY}/check", robin)
    assert "Submit to DESE" not in page.text
    assert "Sign: The sworn statement." in page.links


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"accepted": ""}, 'Tick "I Accept" if you accept it. Without that the application cannot be submitted.'),
        ({"name": " "}, "Type your full name."),
        (
            {"name": "Robin Other"},
            "Sign with your legal name as it stands in your profile: Robin Example."
            " If it has changed, change it there first.",
        ),
        ({"name": "R" * 101}, "Shorten your name to 100 characters."),
        ({"name": "Robin 512-34-5678"}, str(ssn.REFUSAL)),
        (
            {"edition": "2019-01-01"},
            "The wording has changed since you opened this page. Read it, and sign what it says now.",
        ),
        ({"language": "es"}, "The wording has changed since you opened this page. Read it, and sign what it says now."),
    ],
    ids=["not accepted", "no name", "another name", "long", "number", "edition", "language"],
)
async def test_a_statement_is_signed_as_it_was_shown_or_not_at_all(
    portal: Portal, bench: Bench, robin: str, fields: dict[str, str], problem: str
) -> None:
    await bench.hear(NameChanged, first_name="Robin", last_name="Example")
    await portal.post(APPLY, robin)
    answer = await send(portal, robin, f"{APPLY}/sworn", **{**SIGNING, **fields})
    assert (answer.status, answer.problems) == (422, [problem])
    async with bench.database.reading() as session:
        assert (await session.scalars(text("SELECT answers FROM drafts"))).all() == [{}]


@pytest.mark.parametrize(
    ("first", "last", "typed"),
    [
        ("María José", "Muñoz-Díaz", "MARIA JOSE MUNOZ DIAZ"),
        ("Robin", "O'Example", "Robin Quinn O\N{RIGHT SINGLE QUOTATION MARK}Example, Jr."),
        ("Robin", "Example", "Example, Robin"),
        ("\N{CJK UNIFIED IDEOGRAPH-674E}", "\N{CJK UNIFIED IDEOGRAPH-5A1C}", "\u5a1c\u674e"),
    ],
    ids=["accents", "apostrophe", "last name first", "another script"],
)
async def test_a_name_may_be_signed_as_people_write_it(
    portal: Portal, bench: Bench, robin: str, first: str, last: str, typed: str
) -> None:
    await bench.hear(NameChanged, first_name=first, last_name=last)
    await portal.post(APPLY, robin)
    answer = await send(portal, robin, f"{APPLY}/sworn", **{**SIGNING, "name": typed})
    assert answer.status == 303


async def test_a_wording_that_changed_since_must_be_signed_anew(portal: Portal, bench: Bench, robin: str) -> None:
    await fill_substitute(portal, robin)
    async with bench.database.transaction() as session:
        await session.execute(
            text("UPDATE drafts SET answers = jsonb_set(answers, '{signed,sworn,edition}', '\"2019-01-01\"')")
        )
    page = await portal.get(f"{APPLY}/check", robin)
    changed = "The wording has changed since you signed. Sign again: The sworn statement."
    assert page.links[changed] == f"{APPLY}/sworn?back=check"
    async with bench.database.reading() as session:
        version = await session.scalar(text("SELECT version FROM drafts"))
    assert (await portal.post(f"{APPLY}/check", robin, {"version": str(version)})).status == 422


async def test_of_two_windows_on_one_draft_the_second_is_told(portal: Portal, bench: Bench, robin: str) -> None:
    await portal.post(APPLY, robin)
    seen = (await portal.get(f"{APPLY}/route", robin)).value("version")
    await send(portal, robin, f"{APPLY}/route", route="training")
    second = await portal.post(f"{APPLY}/route", robin, {"version": seen, "route": "hours"})
    assert second.status == 409
    assert "Saved in the other window How you qualify: I have a high-school diploma" in second.text
    assert second.tree is not None
    assert second.tree.xpath("//input[@name='route'][@checked]/@value") == ["hours"]
    kept = await portal.post(f"{APPLY}/route", robin, {"version": seen, "route": "hours", "keep": "1"})
    assert kept.status == 409
    async with bench.database.reading() as session:
        (answers,) = (await session.scalars(text("SELECT answers FROM drafts"))).all()
    assert answers["route"] == "training"
    again = await portal.post(f"{APPLY}/route", robin, {"version": second.value("version"), "route": "hours"})
    assert again.status == 303
