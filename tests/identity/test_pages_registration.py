"""Registering in a browser: what it says, and that it says the same whether or not an address is known."""

import re
import secrets
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text

from deploy.local.parts import Valkey
from shared.events import EmailConfirmationRequested, Event
from shared.text import long_moment
from tests.identity.conftest import PASSWORD, Site
from tests.visitor import Answer, Visitor
from tests.waiting import wait_until

REGISTER = "Create User"


def _somebody() -> str:
    return f"robin.{secrets.token_hex(4)}"


def _answered(visitor: Visitor, username: str, email: str, password: str = PASSWORD) -> Visitor:
    visitor.open("/register")
    visitor.fill("Legal first name", "Robin").fill("Legal last name", "Ashby").fill("E-mail address", email)
    return visitor.fill("Username", username).fill("Password", password)


async def _letters(site: Site, username: str) -> list[Event]:
    """The confirmation letters of a username, once their errand is run."""
    await site.house.errands_are_run()
    return [
        fact
        for fact in await site.house.said()
        if isinstance(fact, EmailConfirmationRequested) and site.house.opened(fact)["username"] == username
    ]


def _masked(answer: Answer) -> str:
    """An answer without what is random, tokens and the request's number, nor moments and what they do to its length."""
    said = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers.items())) + "\n"
    said += answer.body.decode()
    said = re.sub(r"[0-9a-f]{64}|[A-Za-z0-9_-]{43}", "TOKEN", said)
    said = re.sub(r"[A-Z][a-z]+ \d{1,2}, \d{4} at \d{1,2}:\d\d [AP]M", "MOMENT", said)
    return re.sub(r"(?m)^(date|x-request-id|content-length): .*$", r"\1:", said)


async def test_the_whole_way_from_the_form_to_the_first_login(site: Site) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    assert visitor.path == "/register/done"
    assert name in visitor.text
    assert "r•••@example.edu" in visitor.text
    assert f"{name}@example.edu" not in visitor.text
    assert visitor.links["Return to DESE Login page"] == "/login"
    (letter,) = await _letters(site, name)
    link = site.house.opened(letter)["link"]
    reader = site.visitor()  # the letter may be opened on another device
    assert reader.open(link).buttons == ["Confirm", "Start over"]
    assert "Your e-mail address is not confirmed yet" in site.logged_in(name).text
    reader.open(link).fill("Password", PASSWORD).press("Confirm")
    assert (reader.path, reader.heading) == ("/login", "Login")
    assert "confirmed" in reader.text
    reader.fill("Username", name).fill("Password", PASSWORD).press("Login")
    assert (reader.path, reader.heading) == ("/applications", "User Applications")


async def test_who_logs_in_before_confirming_is_told_until_when_the_new_letter_is_good(site: Site) -> None:
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (first,) = await _letters(site, name)
    async with site.house.database.transaction() as session:
        await session.execute(
            text("UPDATE registrations SET expires_at = expires_at - interval '20 hours' WHERE username = :name"),
            {"name": name},
        )
    visitor = site.logged_in(name)
    again = (await _letters(site, name))[-1]
    assert isinstance(again, EmailConfirmationRequested)
    assert again.event_id != first.event_id
    assert f"It is good until {long_moment(again.expires_at)}." in visitor.text


async def test_opening_the_link_changes_nothing_however_often(site: Site) -> None:
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, name)
    scanner = site.visitor()
    for method in ("GET", "HEAD", "GET"):
        scanner.send(method, site.house.opened(letter)["link"])
    found = await site.house.rows("SELECT account_id FROM usernames WHERE name_key = :name", name=name)
    assert [row["account_id"] for row in found] == [None]


async def test_known_and_unknown_addresses_get_the_same_bytes(site: Site) -> None:
    known = f"{_somebody()}@example.edu"
    await site.house.account(_somebody(), email=known)
    answers = []
    for email in (known, known.replace("robin", "rabin")):
        visitor = site.visitor()
        name = f"robin.{secrets.token_hex(4)}"
        _answered(visitor, name, email).press(REGISTER)
        post, page = visitor.seen[-2:]
        assert (post.status, page.status) == (303, 200)
        answers.append((_masked(post), _masked(page).replace(name, "NAME")))
    assert answers[0] == answers[1]


async def test_a_known_address_is_written_to_and_its_registration_makes_no_account(site: Site) -> None:
    known, name = f"{_somebody()}@example.edu", _somebody()
    account_id = await site.house.account(_somebody(), email=known)
    _answered(site.visitor(), name, known).press(REGISTER)
    assert await _letters(site, name) == []
    said = await site.house.said()
    assert any(fact.topic == "RegistrationRepeated" and fact.subject_id == str(account_id) for fact in said)


async def test_a_taken_username_is_answered_with_a_free_one_filled_in(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = _answered(site.visitor(), name.upper(), f"{_somebody()}@example.edu").press(REGISTER)
    assert visitor.status == 422
    assert "That username is taken" in visitor.text
    suggested = visitor.value("Username")
    assert suggested.startswith(("robin.ashby", "r.ashby"))
    assert visitor.value("Legal first name") == "Robin"
    assert visitor.fill("Password", PASSWORD).press(REGISTER).path == "/register/done"


async def test_a_username_is_suggested_before_a_password_is_typed(site: Site) -> None:
    visitor = site.visitor().open("/register")
    visitor.fill("Legal first name", "Zoë").fill("Legal last name", "Quill").press("Suggest a free username")
    assert visitor.status == 200
    assert visitor.value("Username") == "zoe.quill"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("Legal first name", "", "Enter your legal first name."),
        ("Legal last name", "Smith, Jr.", "letters, spaces, hyphens, apostrophes and periods"),
        ("E-mail address", "nowhere", "Enter a complete e-mail address"),
        ("Username", "a b", "A username is made of letters and digits"),
        ("Password", "short", "at least 15 characters"),
        ("Password", "passwordpassword", "tried first"),
        ("Password", "robin ashby 2026", "your own name"),
        ("Password", "k" * 20 + "q7!" * 90, "at most 256 characters"),
    ],
)
async def test_a_wrong_answer_is_named_and_the_others_stay(site: Site, field: str, value: str, sentence: str) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, f"{name}@example.edu").fill(field, value).press(REGISTER)
    assert visitor.status == 422
    assert sentence in visitor.text
    if field != "Username":
        assert visitor.value("Username") == name
    assert PASSWORD.encode() not in visitor.seen[-1].body
    assert await site.house.rows("SELECT 1 FROM usernames WHERE name_key = :name", name=name) == []


async def test_a_number_typed_as_username_is_refused_and_does_not_come_back(site: Site) -> None:
    visitor = _answered(site.visitor(), "512-34-5678", f"{_somebody()}@example.edu").press(REGISTER)
    assert visitor.status == 422
    assert "A username cannot be nine digits" in visitor.text
    assert b"512-34-5678" not in visitor.seen[-1].body
    visitor.fill("Legal first name", "").fill("Username", "512345678").press("Suggest a free username")
    assert b"512345678" not in visitor.seen[-1].body


async def test_the_form_sent_twice_is_one_registration(site: Site) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, f"{name}@example.edu")
    form = visitor.seen[-1]
    again = site.visitor()
    again.cookies.update(visitor.cookies)
    again.seen.append(form)
    again.tree, again.typed = visitor.tree, dict(visitor.typed)
    assert visitor.press(REGISTER).path == "/register/done"
    assert again.press(REGISTER).path == "/register/done"
    assert len(await _letters(site, name)) == 1


async def test_the_address_is_corrected_on_the_spot(site: Site) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, "wrong@example.edu").press(REGISTER)
    assert [site.house.opened(letter)["email"] for letter in await _letters(site, name)] == ["wrong@example.edu"]
    assert visitor.fill("Correct e-mail address", "no").press("Correct the address").status == 422
    visitor.fill("Correct e-mail address", f"{name}@example.org").press("Correct the address")
    assert visitor.path == "/register/done"
    assert "r•••@example.org" in visitor.text
    letters = await _letters(site, name)
    assert site.house.opened(letters[-1])["email"] == f"{name}@example.org"
    assert site.visitor().open(site.house.opened(letters[0])["link"]).status == 404


async def test_letters_asked_for_again_count_as_registrations_do(site: Site, valkey: Valkey) -> None:
    visitor = _answered(site.visitor(), name := _somebody(), f"{name}@example.edu").press(REGISTER)
    redis: Any = Redis.from_url(valkey.url)

    def tries() -> int:
        return sum(int(redis.get(key)) for key in redis.keys("*identity.register*"))

    before = tries()
    visitor.press("Send again")
    visitor.fill("Correct e-mail address", f"other.{name}@example.edu").press("Correct the address")
    assert tries() == before + 2


async def test_another_browser_cannot_see_or_change_a_registration(site: Site) -> None:
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    stranger = site.visitor().open("/register/done")
    assert name not in stranger.text
    assert "Send again" not in stranger.buttons
    stranger.open("/register")
    csrf = stranger.tree.xpath("//input[@name='csrf']")[0].get("value")
    sent = stranger.send("POST", "/register/address", fields={"csrf": csrf, "email": "stranger@example.edu"})
    assert sent.status == 303
    assert all(site.house.opened(letter)["email"] == f"{name}@example.edu" for letter in await _letters(site, name))


async def test_after_confirming_the_message_says_so(site: Site) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, name)
    link = site.house.opened(letter)["link"]
    site.visitor().open(link).fill("Password", PASSWORD).press("Confirm")
    wait_until(lambda: "confirmed" in visitor.open("/register/done").heading, 60, lambda: visitor.text)
    assert "confirmed" in site.visitor().open(link).heading


async def test_the_finder_answers_as_forgot_does(site: Site) -> None:
    visitor = site.visitor().open("/register")
    assert visitor.text.index("Registered before?") < visitor.text.index("Legal first name")
    visitor.fill("Address used before", "nobody@example.edu").press("Find my account")
    assert visitor.path == "/forgot?sent=username"


async def test_the_next_person_at_a_shared_computer_begins_a_registration_of_their_own(site: Site) -> None:
    first, second = _somebody(), _somebody()
    visitor = _answered(site.visitor(), first, f"{first}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, first)
    _answered(visitor, second, f"{second}@example.edu").press(REGISTER)
    assert second in visitor.text
    assert first not in visitor.text
    site.visitor().open(site.house.opened(letter)["link"]).fill("Password", PASSWORD).press("Confirm")
    assert site.logged_in(first).path == "/applications"


async def test_registering_again_with_the_same_answers_in_one_browser_is_the_same_registration(site: Site) -> None:
    name = _somebody()
    visitor = _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    other = "seven quiet lamps by the river"
    assert _answered(visitor, name, f"{name}@example.edu", other).press(REGISTER).path == "/register/done"
    (letter,) = await _letters(site, name)
    site.visitor().open(site.house.opened(letter)["link"]).fill("Password", other).press("Confirm")
    assert site.logged_in(name, other).path == "/applications"


async def test_whoever_has_the_letter_but_not_the_password_makes_no_account(site: Site) -> None:
    """Somebody registers with my address and their password: pressing "Confirm" must not give them an account."""
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, name)
    reader = site.visitor().open(site.house.opened(letter)["link"])
    assert "If you did not register, do nothing" in reader.text
    for typed, sentence in (("", "Enter the password that you chose."), ("not what was chosen", "If you did not")):
        reader.fill("Password", typed).press("Confirm")
        assert (reader.status, reader.heading) == (422, "Confirm your e-mail address")
        assert sentence in reader.text
    found = await site.house.rows("SELECT account_id FROM usernames WHERE name_key = :name", name=name)
    assert [row["account_id"] for row in found] == [None]
    assert reader.fill("Password", PASSWORD).press("Confirm").path == "/login"


async def test_passwords_tried_at_the_letters_link_wait_as_those_tried_at_login_do(site: Site) -> None:
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, name)
    reader = site.visitor().open(site.house.opened(letter)["link"])
    for _ in range(3):
        assert reader.fill("Password", "not what was chosen").press("Confirm").status == 422
    for _ in range(2):
        assert site.logged_in(name, "not what was chosen").status == 422
    assert reader.fill("Password", PASSWORD).press("Confirm").status == 429
    assert "Wait" in reader.text


async def test_start_over_ends_the_registration_and_gives_its_username_back(site: Site) -> None:
    name = _somebody()
    _answered(site.visitor(), name, f"{name}@example.edu").press(REGISTER)
    (letter,) = await _letters(site, name)
    link = site.house.opened(letter)["link"]
    reader = site.visitor().open(link).press("Start over")
    assert (reader.path, reader.status) == ("/register", 200)
    assert "its username is free" in reader.text
    assert site.visitor().open(link).status == 404
    assert _answered(reader, name, f"{name}@example.edu").press(REGISTER).path == "/register/done"
