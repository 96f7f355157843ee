"""What everybody can open."""

import secrets
from typing import Final

from tests.browser.cast.desks import Cast
from tests.browser.scenes.scene import Scene, fills, presses
from tests.browser.steps import PASSWORD, try_to_log_in
from tests.browser.walker import Walker
from tests.flow import people
from tests.visitor import Visitor
from tests.waiting import wait_until

NO_TOKEN: Final = "A" * 43
CONFIRM: Final = "/register/confirm/{token}"
RESET: Final = "/reset/{token}"
CONTACT: Final = "/ecs/contact/confirm/{token}"


async def _fails_often(walker: Walker) -> None:
    username = f"nobody.{secrets.token_hex(4)}"
    for _ in range(5):
        await try_to_log_in(walker, username, "not the password")
        await walker.is_told(
            "That username and password do not match. Check both and try again; capital letters count in the password."
        )
    await try_to_log_in(walker, username, "not the password")


def _confirmation(cast: Cast, *, confirmed: bool) -> str:
    visitor, username, email = people.newcomer(cast.system)
    people.register(visitor, username, email)
    link = people.link_in(people.letter(cast.system, email, "confirm"), "/register/confirm/")
    if confirmed:
        visitor.open(link).fill("Password", PASSWORD).press("Confirm")
    return link


def _taken_address(cast: Cast) -> str:
    """The link of a registration whose address another one has confirmed meanwhile."""
    visitor, username, email = people.newcomer(cast.system)
    people.register(visitor, f"{username}.b", email)
    link = people.link_in(people.letter(cast.system, email, "confirm"), "/register/confirm/")
    other = Visitor(cast.system.origin)
    people.register(other, username, email)

    def links() -> set[str]:
        letters = people.letters(cast.system, email)
        return {people.link_in(one, "/register/confirm/") for one in letters} - {link}

    wait_until(links, 60)
    other.open(links().pop()).fill("Password", PASSWORD).press("Confirm")
    assert other.heading == "Login", other.text
    return link


def _reset(cast: Cast) -> str:
    member = cast.nobody
    # A newer link ends the older ones.
    before = sum("password" in one["subject"] for one in people.letters(cast.system, member.email))
    Visitor(cast.system.origin).open("/forgot").choose("My password").fill("E-mail address", member.email).press("Send")
    return people.link_in(people.letter(cast.system, member.email, "password", beyond=before), "/reset/")


def _new_contact(cast: Cast) -> str:
    address = f"{secrets.token_hex(4)}@example.edu"
    cast.moving.browser.open("/ecs/profile").fill("E-mail address", address).press("Save")
    return people.link_in(people.letter(cast.system, address, "confirm"), "/ecs/contact/confirm/")


SCENES: Final = (
    Scene("start", "/", "The four steps"),
    Scene("help", "/help", "Talk to us"),
    Scene("privacy", "/privacy", "What we never do"),
    Scene("accessibility", "/accessibility", "What you can expect"),
    Scene("login", "/login", "Forgot Username/Password?"),
    Scene("login-ended", "/login", "Your session has ended.", "/login?ended=1&next=%2Fecs%2Fprofile"),
    Scene("login-empty", "/login", "Enter your username.", act=presses("Login"), status=422),
    Scene(
        "login-wrong",
        "/login",
        "do not match",
        act=fills("Login", {"Username": "nobody.at.all", "Password": PASSWORD}),
        status=422,
    ),
    Scene("login-wait", "/login", "too many failed tries", act=_fails_often, status=429),
    Scene("logged-off", "/login", "You are logged off.", "/applications", "leaving", presses("Log off")),
    Scene("register", "/register", "Registered before?"),
    Scene("register-errors", "/register", "Enter your legal first name.", act=presses("Create User"), status=422),
    Scene("register-done", "/register/done", "We have written to", who="registering"),
    Scene(
        "register-done-address",
        "/register/done",
        "Enter a complete e-mail address",
        who="registering",
        act=fills("Correct the address", {"Correct e-mail address": "somewhere"}),
        status=422,
    ),
    Scene("register-done-unknown", "/register/done", "We cannot see a registration in this browser"),
    Scene("register-confirm", CONFIRM, 'press "Confirm"', lambda cast: _confirmation(cast, confirmed=False)),
    Scene(
        "register-confirm-wrong",
        CONFIRM,
        "not the password that was chosen",
        lambda cast: _confirmation(cast, confirmed=False),
        act=fills("Confirm", {"Password": "not what was chosen"}),
        status=422,
    ),
    Scene("register-confirmed", CONFIRM, "is ready", lambda cast: _confirmation(cast, confirmed=True)),
    Scene("register-confirm-over", CONFIRM, "is good for 24 hours", f"/register/confirm/{NO_TOKEN}", status=404),
    Scene(
        "register-address-in-use",
        CONFIRM,
        "belongs to another account of yours",
        _taken_address,
        act=fills("Confirm", {"Password": PASSWORD}),
        status=409,
    ),
    Scene("forgot", "/forgot", "What did you forget?"),
    Scene("forgot-errors", "/forgot", "Choose what you forgot.", act=presses("Send"), status=422),
    Scene("forgot-username-sent", "/forgot", "we have sent its username there", "/forgot?sent=username"),
    Scene("forgot-password-sent", "/forgot", "The link is good for 30 minutes", "/forgot?sent=password"),
    Scene("reset", RESET, "Everybody who is signed in to it will be logged off.", _reset),
    Scene(
        "reset-errors",
        RESET,
        "A password has at least 15 characters.",
        _reset,
        act=fills("Change password", {"New password": "short"}),
        status=422,
    ),
    Scene("reset-over", RESET, "is good for 30 minutes, and once", f"/reset/{NO_TOKEN}", status=404),
    Scene("contact-confirm", CONTACT, "Confirm that this address is yours.", _new_contact),
    Scene("contact-gone", CONTACT, "It was used already", f"/ecs/contact/confirm/{NO_TOKEN}", status=404),
    Scene("contact-confirmed", "/ecs/contact/confirmed", "We told the old one about the change."),
)
