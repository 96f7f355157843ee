"""Whatever the mail server does, a letter is sent, or ends in sight of staff; and never more than once for one try."""

from typing import Any

import pytest

from services.notifier.mail import message_id
from tests.notifier import people
from tests.notifier.conftest import House


async def one_letter(house: House) -> Any:
    [reminder] = [f for f in people.every_fact(house) if f.topic == "UsernameReminderRequested"]
    await house.hears(people.registered(), reminder)
    return await house.letter()


async def test_one_connection_carries_all_letters(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    await house.post()
    assert len(house.mail.received) == len(await house.letters()) > 10
    assert house.mail.connections == 1


async def test_a_later_makes_the_pause_grow_and_the_letter_arrives(house: House) -> None:
    await one_letter(house)
    house.mail.answers = ["451 later", "451 later"]
    pauses = []
    for _ in range(2):
        await house.sender().look()
        [row] = await house.rows("SELECT *, due_at - now() AS pause FROM letters")
        assert (row.state, row.reply) == ("ready", 451)
        pauses.append(row.pause.total_seconds())
        await house.due_now()
    assert 25 < pauses[0] <= 30 < 55 < pauses[1] <= 60
    await house.sender().look()
    letter = await house.letter()
    assert (letter.state, letter.attempts) == ("sent", 3)


async def test_later_for_ever_ends_as_failed(house: House) -> None:
    await one_letter(house)
    house.mail.always = "450 mailbox busy"
    await house.sender().look()
    await house.do("UPDATE letters SET due_at = now(), deferred_since = now() - interval '3 days'")
    await house.sender().look()
    letter = await house.letter()
    assert (letter.state, letter.reply, house.mail.received) == ("failed", 450, [])


async def test_two_hours_of_later_then_a_refusal_ends_as_failed(house: House) -> None:
    await one_letter(house)
    house.mail.always = "451 later"
    await house.sender().look()
    await house.do("UPDATE letters SET due_at = now(), deferred_since = now() - interval '2 hours'")
    house.mail.always = "550 no such person"
    await house.sender().look()
    letter = await house.letter()
    assert (letter.state, letter.reply, letter.attempts) == ("failed", 550, 2)


async def test_a_refused_recipient_fails_at_once_and_the_next_letter_goes(house: House) -> None:
    house.mail.refused = {"robin.example@example.edu": "550 no such person"}
    facts = [f for f in people.every_fact(house) if f.topic in ("UsernameReminderRequested", "IdentityCaseOpened")]
    await house.hears(*people.known(), *facts)
    await house.sender().look()
    states = {(row.account_id, row.state) for row in await house.letters()}
    assert states == {(people.ROBIN, "failed"), (people.KIM, "sent")}


@pytest.mark.parametrize("name", ["Robin\r\nBcc: everybody@example.edu", "Zoë Ñandú"])
async def test_a_name_cannot_add_headers(house: House, name: str) -> None:
    [reminder] = [f for f in people.every_fact(house) if f.topic == "UsernameReminderRequested"]
    await house.hears(people.registered(first_name=name), reminder)
    await house.sender().look()
    [message] = house.mail.received
    assert message["Bcc"] is None
    assert house.mail.to == ["robin.example@example.edu"]


async def test_an_address_that_cannot_stand_in_a_letter_fails_alone(house: House) -> None:
    facts = [f for f in people.every_fact(house) if f.topic in ("UsernameReminderRequested", "IdentityCaseOpened")]
    await house.hears(*people.known(), people.registered(sequence=9, email="a\r\nb@example.edu"), *facts)
    await house.sender().look()
    states = {(row.account_id, row.state) for row in await house.letters()}
    assert states == {(people.ROBIN, "failed"), (people.KIM, "sent")}


async def test_a_cut_after_data_costs_at_most_one_extra_copy_with_the_same_id(house: House) -> None:
    letter = await one_letter(house)
    house.mail.answers = ["drop"]
    await house.sender().look()
    assert (await house.letter()).state == "ready"
    await house.due_now()
    await house.sender().look()
    kept = await house.letter()
    assert (kept.state, kept.attempts) == ("sent", 2)
    assert house.mail.ids() == [message_id(letter.id, house.settings.mail_from)] * 2


async def test_a_cut_before_the_letter_is_taken_costs_none(house: House) -> None:
    await one_letter(house)
    house.mail.answers = ["cut"]
    await house.sender().look()
    await house.due_now()
    await house.sender().look()
    assert (await house.letter()).state == "sent"
    assert len(house.mail.received) == 1


async def test_after_a_cut_the_letters_behind_it_are_free_again_and_not_counted(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    house.mail.answers = ["", "drop"]
    await house.sender().look()
    letters = await house.rows("SELECT attempts, state, due_at <= now() AS due FROM letters")
    assert sorted((row.attempts, row.state) for row in letters)[-2:] == [(1, "ready"), (1, "sent")]
    assert sum(row.due and row.attempts == 0 for row in letters) == len(letters) - 2


async def test_a_server_that_is_gone_counts_no_attempt_and_loses_nothing(house: House) -> None:
    await one_letter(house)
    house.mail.stop()
    sender = house.sender()
    for _ in range(3):
        await sender.look()
    letter = await house.letter()
    assert (letter.state, letter.attempts, letter.deferred_since) == ("ready", 0, None)
    house.mail.start()
    await house.sender().look()
    assert (await house.letter()).state == "sent"


async def test_a_kept_connection_that_died_is_replaced_before_a_letter_is_risked(house: House) -> None:
    await one_letter(house)
    sender = house.sender()
    await sender.look()
    house.mail.stop()
    house.mail.start()
    [reminder] = [f for f in people.every_fact(house) if f.topic == "UsernameReminderRequested"]
    await house.hears(reminder)
    await sender.look()
    if {row.state for row in await house.letters()} != {"sent"}:  # the server's goodbye had not reached us yet
        await house.due_now()
        await house.sender().look()
    assert len(house.mail.received) == 2
    assert {row.state for row in await house.letters()} == {"sent"}


async def test_two_senders_never_send_the_same_letter(house: House) -> None:
    import asyncio

    await house.hears(*people.known(), *people.every_fact(house))
    await asyncio.gather(*(house.sender().look() for _ in range(4)))
    await house.post()
    assert len(set(house.mail.ids())) == len(house.mail.ids()) == len(await house.letters())


async def test_a_sender_that_lost_its_hold_marks_nothing(house: House) -> None:
    from services.notifier.actions import delivery

    await one_letter(house)
    sender = house.sender()
    house.mail.stop()
    await sender.look()
    async with house.database.transaction() as session:
        [slow] = await delivery.claim(session, 1)
    await house.due_now()
    async with house.database.transaction() as session:
        [successor] = await delivery.claim(session, 1)
    async with house.database.transaction() as session:
        await delivery.end(session, [delivery.Ended(slow, "failed", None)])
    assert (await house.letter()).state == "ready"
    async with house.database.transaction() as session:
        await delivery.end(session, [delivery.Ended(successor, "sent", None)])
    assert (await house.letter()).state == "sent"


async def test_what_became_of_letters_is_kept_until_the_database_takes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.notifier.actions import delivery

    await one_letter(house)
    sender = house.sender()

    async def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(delivery, "end", away)
        with pytest.raises(ConnectionError):
            await sender.look()
    assert (await house.letter()).state == "ready"
    await sender.look()
    assert (await house.letter()).state == "sent"
    assert len(house.mail.ids()) == 1


async def test_a_server_that_refuses_the_sender_fails_no_letter(house: House) -> None:
    await one_letter(house)
    house.mail.refuses_sender = True
    await house.sender().look()
    assert (await house.letter()).state == "ready"
    house.mail.refuses_sender = False
    await house.due_now()
    await house.post()
    assert (await house.letter()).state == "sent"
