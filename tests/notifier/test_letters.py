"""Every fact that has a letter ends as a letter in the right box, in whatever order the topics arrive."""

import random
import re
from itertools import permutations
from typing import Any

import pytest
from lxml import html
from sqlalchemy import text

from services.notifier.actions import writing
from services.notifier.consumers import HAVE_LETTERS, consumers
from services.notifier.letters import KINDS
from services.notifier.tables import Base
from shared.events import AccessGranted, AccessRevoked, PasswordResetRequested, Role
from tests.notifier import people
from tests.notifier.conftest import House, numbered, soon


def texts(message: Any) -> tuple[str, str]:
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    return plain.get_content(), rich.get_content()


async def test_every_kind_goes_out_as_text_and_html_with_nothing_missing(house: House) -> None:
    facts = people.every_fact(house)
    assert {type(fact) for fact in facts} == set(HAVE_LETTERS)
    await house.hears(*people.known(), *facts)
    await house.hears(people.contact("robin@new.example", 90))
    await house.post()
    letters = await house.letters()
    assert {letter.kind for letter in letters} == set(KINDS)
    assert {letter.state for letter in letters} == {"sent"}
    assert len(house.mail.received) == len(letters)
    for message in house.mail.received:
        plain, rich = texts(message)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"] == "Educator Certification <no-reply@ecs.example>"
        assert message["Date"]
        for words in ("Hello", "573-555-0100", "You receive this e-mail because"):
            assert words in plain
            assert words in rich
        assert all(len(line) <= 90 for line in plain.splitlines())
        for tree in [html.document_fromstring(rich)]:
            assert not tree.xpath("//img|//script|//link|//style|//iframe")
            assert all(href.startswith("http://localhost:8080/") for href in tree.xpath("//a/@href"))
            assert "{" not in tree.text_content()


async def test_letters_about_an_account_greet_with_the_name_of_the_record_that_it_holds(house: House) -> None:
    reset = numbered(PasswordResetRequested.now(people.ROBIN, expires_at=soon(), sealed=house.sealed(link="x")), 9)
    await house.hears(*people.known(), people.named(9, "Robyn", "Rivera"), reset)
    await house.post()
    assert texts(house.mail.received[0])[0].startswith("Hello Robyn Rivera,")


async def test_letters_about_an_account_that_holds_no_record_any_more_greet_with_its_own_name(house: House) -> None:
    reset = numbered(PasswordResetRequested.now(people.ROBIN, expires_at=soon(), sealed=house.sealed(link="x")), 9)
    await house.hears(*people.known(), people.named(9, "Robyn", "Rivera"), people.identified(people.KIM, 10), reset)
    await house.post()
    assert texts(house.mail.received[0])[0].startswith("Hello Robin Example,")


async def test_a_role_that_is_taken_back_is_told_but_not_one_that_ends_with_its_account(house: House) -> None:
    ends = {"application": "ecs", "role": Role.PROGRAM, "institution": "river-bend"}
    gone = AccessRevoked.now(people.KIM, with_account=True, **ends)
    await house.hears(*people.known(), numbered(AccessRevoked.now(people.ROBIN, **ends), 9), numbered(gone, 9))
    await house.post()
    (letter,) = house.mail.received
    assert letter["Subject"] == "A role of your account was taken back"
    for words in ("Role: Program official", "Institution: River Bend Teachers College"):
        assert words in texts(letter)[0]


WHAT_APPLICATION_LETTERS_SAY = {
    "Your application A100001 was received": ("Initial Professional", "November 1, 2026"),
    "Your application A100001 is with your institution": ("River Bend Teachers College has your application now",),
    "Your institution recommended you": ("River Bend Teachers College recommended you",),
    "Your institution took back its recommendation for application A100001": (
        "River Bend Teachers College took its recommendation back",
        "> It was another student.",
        "It is their move",
    ),
    "Your institution returned your application A100001": ("> Name your minor, please.", "It is your move"),
    "We have seen a document for your application A100001": (
        "Requirement: A bachelor's degree",
        "Content area: Physics, grades 9 to 12",
    ),
    "A document for your application A100001 was not accepted": ("> The seal is missing.", "It is your move"),
    "We received a payment for your application A100001": ("A bachelor's degree",),
    "A payment for your application A100001 went back": (
        "> The check was not honoured.",
        "Requirement: The fee",
        "Amount: $20",
        "whether it has to be paid again",
    ),
    "We have read your explanation for application A100001": ("whatever came of it",),
    "We have a question about your application A100001": ("> Which college was it?", "It is your move"),
    "We have the answer to our question about application A100001": ("our move again",),
    "Your application A100001 is not complete yet": (
        "The last day: November 1, 2026",
        "What is missing:\n- A bachelor's degree\n- The fee",
    ),
    "You withdrew your application A100001": ("If it was not you",),
    "Your application A100001 was closed as incomplete": (
        "You can apply again",
        "What was missing:\n- A bachelor's degree",
    ),
    "An application that you began will be deleted": ("Kept until: November 1, 2026",),
    "An application that you began was deleted": ("begin again",),
    "Your certificate is issued": (
        "Effective date: August 3, 2026",
        "Expiration date: August 3, 2030",
        "- Mathematics, grades 9 to 12\n- Physics, grades 9 to 12",
        "http://localhost:8080/ecs/certificates",
    ),
}


async def test_letters_about_applications_say_what_happened_and_whose_move_it_is(house: House) -> None:
    await house.hears(*people.known(), *people.application_facts(house))
    await house.post()
    mine = {
        str(m["Subject"]): texts(m)[0]
        for m, to in zip(house.mail.received, house.mail.to, strict=True)
        if "robin" in to
    }
    assert set(mine) == set(WHAT_APPLICATION_LETTERS_SAY)
    for subject, sentences in WHAT_APPLICATION_LETTERS_SAY.items():
        for sentence in sentences:
            assert " ".join(sentence.split()) in " ".join(mine[subject].split()), subject
    leads = "http://localhost:8080/ecs/applications/44444444-4444-4444-8444-444444444444"
    assert all(leads in words for subject, words in mine.items() if "A100001" in subject)


async def test_an_application_for_an_institution_is_received_and_handed_on_in_two_letters_with_nothing_twice(
    house: House,
) -> None:
    received, requested = (
        next(f for f in people.application_facts(house) if f.topic == topic and getattr(f, "institution", None))
        for topic in ("ApplicationReceived", "RecommendationRequested")
    )
    await house.hears(*people.known(), received, requested)
    await house.post()
    bodies = {letter.kind: letter.body for letter in await house.letters()}
    said = {kind: {block["text"] for block in body if block["kind"] == "paragraph"} for kind, body in bodies.items()}
    assert said["application_received"] & said["recommendation_requested"] == {"Hello Robin Example,"}


async def test_links_lie_in_the_sent_letter_alone(house: House) -> None:
    await house.hears(
        people.registered(), *[f for f in people.every_fact(house) if isinstance(f, PasswordResetRequested)]
    )
    await house.post()
    plain, rich = texts(house.mail.received[0])
    assert people.ROBINS_LINK in plain
    assert people.ROBINS_LINK in rich
    letter = await house.letter()
    assert letter.sealed is None
    assert "reset/" not in str(tuple(letter))


async def test_letters_reach_the_right_boxes(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    await house.hears(people.contact("robin@new.example", 90))
    await house.post()
    boxes = dict(zip(house.mail.subjects(), house.mail.to, strict=True))
    assert boxes["Confirm your e-mail address"] == "new@example.edu"
    assert boxes["Confirm your new contact address"] == "next@home.example"
    assert boxes["Your contact address was changed"] == "robin@home.example"
    assert boxes["Your fingerprint check is cleared"] == "robin@new.example"
    assert boxes["Your password was changed"] == "robin.example@example.edu"
    assert boxes["Please use your other account"] == "kim.other@example.edu"
    closed = next(m for m in house.mail.received if m["Subject"] == "Please use your other account")
    assert "robin.example" in texts(closed)[0]


async def test_any_order_of_topics_and_any_number_of_repeats_ends_in_the_same_letters(house: House) -> None:
    facts = [*people.known(), *people.every_fact(house)]

    async def outcome() -> set[tuple[str, str]]:
        await house.post()
        sent = {(str(m["Message-ID"]), to) for m, to in zip(house.mail.received, house.mail.to, strict=True)}
        assert len(sent) == len(house.mail.received)
        house.mail.received.clear()
        house.mail.to.clear()
        await house.do("TRUNCATE letters, accounts, holders, names, contacts, officials, requests")
        return sent

    await house.hears(*facts)
    usual = await outcome()
    shuffle = random.Random(7)
    for _ in range(12):
        shuffle.shuffle(facts)
        for fact in (*facts, *facts[:5]):
            await house.hears(fact)
            if shuffle.random() < 0.3:
                await house.post()
        assert await outcome() == usual


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_when_a_record_moves_the_letter_to_its_former_address_is_read_by_its_former_holder(
    house: House, order: tuple[int, ...]
) -> None:
    robins = people.contact("robin.example@example.edu", 3)
    moved = [people.identified(people.KIM, 4), people.named(5, "Kim", "Other"), people.contact("kim@x.example", 6)]
    await house.hears(people.registered(), people.registered(people.KIM), people.identified(), people.named(), robins)
    for place in order:
        await house.hears(moved[place])
    await house.post()
    letter = await house.letter()
    assert (letter.kind, letter.address) == ("contact_changed", "robin.example@example.edu")
    assert letter.account_id == people.ROBIN


async def test_a_changed_address_that_nobody_signs_in_with_is_read_by_no_later_holder(house: House) -> None:
    await house.hears(*people.known(), people.identified(people.KIM, 4), people.contact("kim@x.example", 6))
    await house.post()
    assert (await house.letter()).account_id is None


async def test_a_changed_address_of_ones_own_is_read_by_oneself(house: House) -> None:
    await house.hears(*people.known(), people.contact("robin@new.example", 4))
    await house.post()
    assert (await house.letter()).account_id == people.ROBIN


WAYS_IN = {
    Role.EDUCATOR: "select Educator Certification System to connect",
    Role.ANALYST: "select Certification office",
    Role.PROGRAM: "select Program work log",
    Role.DISTRICT: "Log in to see your roles.",
}


@pytest.mark.parametrize(("role", "way"), WAYS_IN.items())
async def test_who_was_given_access_is_told_the_link_that_their_page_really_has(
    house: House, role: Role, way: str
) -> None:
    granted = AccessGranted.now(people.ROBIN, application="ecs", role=role, institution=None)
    await house.hears(people.registered(), numbered(granted, 9))
    await house.post()
    assert way in " ".join(texts(house.mail.received[0])[0].split())


@pytest.mark.parametrize("middle", ["a@x.example", "b@x.example"])
async def test_old_addresses_are_told_once_each_in_every_order(house: House, middle: str) -> None:
    words = ["a@x.example", middle, "a@x.example", "c@x.example"]
    facts = [people.contact(address, place) for place, address in enumerate(words, start=3)]
    told: set[tuple[str, ...]] = set()
    for order in permutations(facts):
        for fact in order:
            await house.hears(fact)
            await house.hears(fact)
        letters = await house.rows("SELECT address FROM letters WHERE kind = 'contact_changed'")
        told.add(tuple(sorted(row.address for row in letters)))
        await house.do("TRUNCATE letters, contacts")
    expected = ("a@x.example",) if middle == "a@x.example" else ("a@x.example", "a@x.example", "b@x.example")
    assert told == {expected}


async def test_a_letter_waits_until_its_recipient_is_known(house: House) -> None:
    cleared = next(f for f in people.every_fact(house) if f.topic == "FingerprintCleared")
    await house.hears(cleared)
    for fact in people.known()[2:]:
        await house.post()
        assert (await house.letter()).state == "waiting"
        await house.hears(fact)
    await house.post()
    assert (await house.letter()).state == "sent"


async def test_a_rebuild_makes_no_letter_and_tells_no_address(house: House) -> None:
    facts = [*people.known(), people.contact("robin@new.example", 90), *people.every_fact(house)]
    await house.hears(*facts, replaying=True)
    assert await house.letters() == []
    await house.hears(people.contact("robin@new.example", 91))
    assert await house.letters() == []
    await house.hears(people.contact("robin@last.example", 92))
    assert (await house.letter()).address == "robin@new.example"


async def test_a_letter_whose_link_is_over_is_closed_not_sent(house: House) -> None:
    late = next(f for f in people.every_fact(house) if isinstance(f, PasswordResetRequested))
    late = late.model_copy(update={"expires_at": late.occurred_at})
    await house.hears(people.registered(), numbered(late, 9))
    await house.post()
    letter = await house.letter()
    assert (letter.state, letter.sealed, house.mail.received) == ("expired", None, [])


async def test_a_confirmation_becomes_its_accounts_own_and_an_orphan_is_forgotten(house: House) -> None:
    [confirmation] = [f for f in people.every_fact(house) if f.topic == "EmailConfirmationRequested"]
    await house.hears(confirmation)
    await house.post()
    assert (await house.letter()).account_id is None
    await house.hears(people.registered(people.KIM, username="nova", email="other@example.edu"))
    await house.post()
    assert (await house.letter()).account_id is None
    await house.hears(people.registered(people.ROBIN, username="Nova", email="New@example.edu"))
    await house.post()
    assert (await house.letter()).account_id == people.ROBIN
    await house.do("UPDATE letters SET account_id = NULL, made_at = now() - interval '31 days'")
    await house.do("TRUNCATE accounts")
    await house.post()
    assert await house.letters() == []


async def test_the_migrated_database_is_the_one_the_code_describes(house: House) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import Connection

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_object": lambda _, name, kind, *rest: name != "alembic_version"},
        )
        return list(compare_metadata(context, Base.metadata))

    async with house.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_letter_that_cannot_be_written_holds_up_no_other(house: House) -> None:
    facts = [f for f in people.every_fact(house) if f.topic in ("AccessRefused", "PasswordChanged", "AccountLocked")]
    await house.hears(people.registered(), *facts)
    await house.do("UPDATE letters SET details = '{}' WHERE kind = 'access_refused'")
    await house.do("UPDATE letters SET sealed = 'not sealed for us' WHERE kind = 'account_locked'")
    await house.post()
    states = {row.kind: (row.state, row.attempts) for row in await house.letters()}
    assert states == {
        "access_refused": ("waiting", 1),
        "account_locked": ("failed", 0),
        "password_changed": ("sent", 1),
    }


async def test_a_letter_that_cannot_be_put_together_holds_up_no_other(house: House) -> None:
    facts = [f for f in people.every_fact(house) if f.topic in ("UsernameReminderRequested", "PasswordChanged")]
    await house.hears(people.registered(), *facts)
    house.mail.stop()
    await house.sender().look()
    await house.do("""UPDATE letters SET body = '[{"kind": "list"}]' WHERE kind = 'password_changed'""")
    house.mail.start()
    await house.post()
    states = {row.kind: row.state for row in await house.letters()}
    assert states == {"username_reminder": "sent", "password_changed": "ready"}


async def test_a_batch_of_addresses_holds_few_locks(house: House) -> None:
    facts = [people.contact("robin@home.example", 3).model_copy(update={"subject_id": f"{n:08}"}) for n in range(500)]
    async with house.database.transaction() as session:
        await consumers.handle(session, facts)
        held = await session.scalar(
            text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        )
    assert held is not None
    assert held <= 64


@pytest.mark.parametrize("statement", [writing._WAITING, writing._EXPIRE], ids=["write", "expire"])
async def test_the_next_letters_are_found_without_going_through_the_backlog(house: House, statement: Any) -> None:
    await house.do("""
        INSERT INTO accounts
        SELECT md5(n::text)::uuid, n::text, 'Robin', 'Example', n || '@example.edu', 'en', 1
        FROM generate_series(1, 3000) n
    """)
    await house.do("""
        INSERT INTO letters (id, kind, occurred_at, account_id, details, state, body)
        SELECT gen_random_uuid(), 'password_changed', now(), account_id, '{}', state, '[]'
        FROM accounts, unnest(ARRAY['waiting', 'ready']) AS state
    """)
    await house.do("ANALYZE")
    values = {"most": 20} if ":most" in statement.text else {}
    plan = str(await house.rows(f"EXPLAIN {statement.text}", **values))
    assert re.search(r"Index Scan using ix_letters_(waiting|expiring)", plan), plan
