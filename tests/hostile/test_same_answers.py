"""Whoever asks from outside learns of no account: login, "Forgot" and "Register" answer known and unknown alike.

Compared are whole answers, headers and bodies to the byte, without what differs between any two: tokens of forms, the
date, what was typed oneself. (That as much work is done for both is held by counting statements and hashes, in
tests/identity, and by time in bench/.)
"""

import re
from typing import Any, Final

import pytest

from deploy.local.system import System
from shared.events import Role
from tests.flow import hearing, people
from tests.hostile import effects
from tests.hostile.crowd import Member, account, demonstration, staff
from tests.visitor import Answer, Visitor

_NEVER: Final = ("nobody.{}", "nobody.{}@example.edu")


def masked(answer: Answer, *typed: str) -> tuple[Any, ...]:
    """An answer without what differs between any two."""
    body = answer.body.decode()
    for one in sorted(typed, key=len, reverse=True):
        body = body.replace(one, "TYPED")
    body = re.sub(r'(name="(csrf|attempt)" value=)"[^"]*"', r"\1TOKEN", body)
    body = re.sub(r"\d{1,2}:\d\d\s(AM|PM)", "TIME", body)
    headers = []
    for name, value in answer.headers.multi_items():
        if name == "set-cookie":
            cookie, _, rest = value.partition("=")
            headers.append((name, cookie, len(rest.partition(";")[0]), rest.partition(";")[2]))
        elif name not in ("date", "content-length"):
            headers.append((name, value, 0, ""))
    return answer.status, sorted(headers), body


def mark(member: Member) -> str:
    """The part of a newcomer's username that is theirs."""
    return member.username.removeprefix("robin.")


@pytest.fixture
def known(system: System) -> Member:
    """Somebody with an account."""
    return account(system)


@pytest.fixture
def pending(system: System) -> tuple[str, str]:
    """The username and address of somebody who has not confirmed yet."""
    visitor, username, email = people.newcomer(system)
    people.register(visitor, username, email)
    people.letter(system, email, "confirm")
    return username, email


def sent(system: System, path: str, **answers: str) -> list[Answer]:
    """A form filled in by a fresh browser: the answer, and the page it leads to."""
    visitor = Visitor(system.origin).open(path)
    fields = effects.form(visitor, path, **answers)
    answer = visitor.send("POST", path, fields=fields)
    after = [visitor.send("GET", answer.headers["location"])] if answer.status == 303 else []
    return [answer, *after]


@pytest.mark.parametrize("what", ["username", "password"])
def test_forgot_answers_alike(system: System, known: Member, pending: tuple[str, str], what: str) -> None:
    unknown = f"nobody.{mark(known)}"
    typed = [known.email, pending[1], f"{unknown}@example.edu", known.email.upper(), f"+{known.email}"]
    if what == "password":
        typed += [known.username, pending[0], unknown]
    answers = [[masked(one, value) for one in sent(system, "/forgot", what=what, email=value)] for value in typed]
    assert answers[0][0][0] == 303
    assert all(answer == answers[0] for answer in answers)
    about = "username" if what == "username" else "password"
    people.letter(system, known.email, about)
    assert people.letters(system, f"{unknown}@example.edu") == []


def test_register_answers_alike_for_known_and_unknown_addresses(
    system: System, known: Member, pending: tuple[str, str]
) -> None:
    answers, letters = [], []
    for email in (known.email, pending[1], f"nobody.{mark(known)}@example.edu", known.email.upper()):
        _, username, _ = people.newcomer(system)
        answer = sent(
            system,
            "/register",
            first_name="Robin",
            last_name="Example",
            email=email,
            username=username,
            password=people.PASSWORD,
            language="en",
        )
        masks = (email, username, f"{email[0]}•••", f"{email[0].lower()}•••")
        answers.append([masked(one, *masks) for one in answer])
        letters.append(email)
    assert answers[0][0][0] == 303
    assert all(answer == answers[0] for answer in answers)
    people.letter(system, letters[0], "already")
    people.letter(system, letters[2], "confirm")


def test_login_answers_alike_however_often(system: System, known: Member, pending: tuple[str, str]) -> None:
    """By username and by address, known, unconfirmed and unknown; also when the delays have begun."""
    unknown = f"nobody.{mark(known)}"
    names = (known.username, pending[0], unknown, known.email, pending[1], f"{unknown}@example.edu")
    for wrong in ("wrong password", "another wrong password", "delayed"):
        if wrong == "delayed":
            make_wait(system)
        answers = [masked(sent(system, "/login", username=name, password=wrong)[0], name) for name in names]
        assert answers[0][0] == (429 if wrong == "delayed" else 422)
        # the seconds left run on between two of them
        assert all(_without_seconds(answer) == _without_seconds(answers[0]) for answer in answers)


def make_wait(system: System) -> None:
    """As if everybody who failed just now had failed ten times: whoever is slow here must not outwait two seconds."""
    query = "UPDATE failures SET failures = 10, last_failed_at = now() WHERE last_failed_at > now() - interval '2 min'"
    hearing.rows(system, "identity", query)


def _without_seconds(answer: tuple[Any, ...]) -> tuple[Any, ...]:
    status, headers, body = answer
    return status, [one for one in headers if one[0] != "retry-after"], re.sub(r"\d+ (second|minute)s?", "SOON", body)


def test_a_lock_shows_to_nobody_without_the_password(system: System) -> None:
    """Those who read criminal history are locked; a stranger sees the same as for any name."""
    member = staff(system, Role.ADJUDICATOR, demonstration(system, "administrator"))
    unknown = f"nobody.{mark(member)}"
    for number in range(6):
        if number == 5:
            make_wait(system)
        one, other = (
            masked(sent(system, "/login", username=name, password=f"wrong password {number}")[0], name)
            for name in (member.username, unknown)
        )
        assert _without_seconds(one) == _without_seconds(other)
    (row,) = hearing.rows(system, "identity", "SELECT locked_at FROM accounts WHERE username = $1", member.username)
    assert row["locked_at"] is not None
    assert member.browser.send("GET", "/staff/review").status == 303, "a lock ends every session"


def test_what_is_asked_of_a_link_of_nobody_is_answered_alike(system: System) -> None:
    answers = [
        masked(Visitor(system.origin).send("GET", f"/reset/{token}"), token)
        for token in ("A" * 43, "B" * 43, "a-word", "x" * 500)
    ]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
