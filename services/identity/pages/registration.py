""" "Register": questions, "Create User", the confirmation message, and the link in the letter."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from services.identity import sentences, tokens
from services.identity.actions import login, registration
from services.identity.actions.registration import Answers, Confirmation
from services.identity.pages.asking import (
    LANGUAGE_NAMES,
    REGISTER_RATE,
    ReadsPublic,
    WritesPublic,
    now,
    unhurried,
)
from services.identity.parts import parts
from services.identity.rules import passwords, people, usernames
from services.identity.rules.people import Address
from services.identity.tables import Registration
from shared.text import Text, languages, text
from shared.web import Page

# How long a browser can come back to its registration; on a shared computer the next person comes soon. Whoever comes
# later logs in, and is brought here.
REMEMBERED_SECONDS: Final = 2 * 3600
_QUESTIONS: Final = ("first_name", "last_name", "email", "username", "language")

router = APIRouter()


@router.get("/register")
async def show(page: ReadsPublic) -> Response:
    """The finder and the questions."""
    return _form(page, {"language": page.language}, attempt=tokens.new())


@router.post("/register")
async def create_user(page: WritesPublic) -> Response:
    """ "Create User", or only a username to choose."""
    await page.limit("register", REGISTER_RATE)
    typed = {question: page.form.line(question) for question in _QUESTIONS}
    if "suggest" in page.form:
        return await _suggest(page, typed)
    errors, address = _wrong(page, typed)
    problem = await parts(page.request).passwords.problem(
        page.form.get("password", ""),
        own=[typed["first_name"], typed["last_name"], typed["username"], typed["email"]],
    )
    if problem is not None:
        errors["password"] = sentences.PASSWORD[problem]
    if not typed["username"] and "first_name" not in errors and "last_name" not in errors:
        await _fill_in(page, typed, errors, sentences.USERNAME_MISSING)
    if errors or not isinstance(address, Address):
        return _form(page, typed, errors=errors)
    password_hash = await parts(page.request).passwords.hash(page.form["password"])  # before the database is asked
    attempt = await _attempt_of(page, typed["username"], address)
    answers = Answers(
        first_name=people.name(typed["first_name"]),
        last_name=people.name(typed["last_name"]),
        address=address,
        username=typed["username"],
        language=typed["language"],
        password_hash=password_hash,
    )
    if await registration.register(page.db, attempt, answers, now()) is None:
        await _fill_in(page, typed, errors, sentences.USERNAME_TAKEN)
        return _form(page, typed, errors=errors)
    return remember(page, page.redirect("/register/done"), attempt)


@router.get("/register/done")
async def done(page: ReadsPublic) -> Response:
    """The confirmation message."""
    return await _message(page)


@router.post("/register/again")
async def send_again(page: WritesPublic) -> Response:
    """Write the letter again."""
    await page.limit("register", REGISTER_RATE)
    pending = await _pending(page)
    if pending is None:
        return page.redirect("/register/done")
    await registration.send_again(page.db, pending, now())
    page.flash(text("We have sent the letter again."))
    return page.redirect("/register/done")


@router.post("/register/address")
async def correct_address(page: WritesPublic) -> Response:
    """Write to another address instead."""
    await page.limit("register", REGISTER_RATE)
    pending = await _pending(page)
    if pending is None:
        return page.redirect("/register/done")
    address = people.address(page.form.line("email"), demonstration=page.demo)
    if not isinstance(address, Address):
        return await _message(page, errors={"email": sentences.ADDRESS[address]}, typed=page.form.line("email"))
    await registration.correct_address(page.db, pending, address, now())
    page.flash(text("We have sent the letter to the new address."))
    return page.redirect("/register/done")


@router.get("/register/confirm/{token}")
async def show_confirmation(page: ReadsPublic, token: str) -> Response:
    """The page of the link in the letter; it changes nothing, since mail scanners follow links."""
    return _confirmation(page, token, await registration.of_link(page.db, token, now()))


@router.post("/register/confirm/{token}")
async def confirm(page: WritesPublic, token: str) -> Response:
    """ "Confirm": the account is made for whoever has the letter and knows the password. Or "Start over"."""
    if "over" in page.form:
        return await _start_over(page, token)
    counter = b""
    async with page.service.database.transaction() as session:
        pending = await registration.of_link(session, token, now())
        known = pending is None or pending.account_id is not None
        if pending is not None and not known:
            if not page.form.get("password"):
                return _confirmation(page, token, pending, text("Enter the password that you chose."))
            counter = login.name_index(parts(page.request).index, pending.name_key)
            wait = await login.count_attempt(session, counter, now())
            if wait > timedelta(0):
                return _confirmation(page, token, pending, sentences.wait_here(wait), 429, ceil(wait.total_seconds()))
    proven = None
    if pending is not None and not known:
        checking = parts(page.request).passwords.check(pending.password_hash, page.form["password"])
        verdict = await unhurried(page, counter, checking)
        proven = pending.password_hash if verdict.right else None
    outcome = await registration.confirm(page.db, token, proven, now())
    if outcome is Confirmation.EXPIRED:
        return _confirmation(page, token, None)
    if outcome is Confirmation.WRONG:
        return _confirmation(page, token, pending, sentences.NOT_CHOSEN)
    if pending is not None and proven is not None:
        await login.forget_failures(page.db, parts(page.request).index, pending)
    if outcome is Confirmation.ADDRESS_IN_USE:
        return page.render("address_in_use.html", status=409)
    if outcome is Confirmation.DONE:
        page.flash(text("Your e-mail address is confirmed and your account is ready. Log in to go on."))
    else:
        page.flash(text("Your e-mail address was confirmed before. Log in to go on."), "info")
    return page.redirect("/login")


def remember(page: Page, response: Response, token: str) -> Response:
    """Let this browser, and no other, come back to its registration."""
    response.set_cookie(
        _cookie_name(page), token, max_age=REMEMBERED_SECONDS, path="/", secure=True, httponly=True, samesite="lax"
    )
    return response


def forget_registration(page: Page, response: Response) -> Response:
    """Nobody who uses this browser later sees whose registration was begun here."""
    if _cookie(page) is not None:
        response.delete_cookie(_cookie_name(page), path="/", secure=True, httponly=True, samesite="lax")
    return response


def _cookie_name(page: Page) -> str:
    return f"__Host-ecs-registration-{page.service.settings.port}"


def _cookie(page: Page) -> str | None:
    token = page.request.cookies.get(_cookie_name(page), "")
    return token if tokens.is_token(token) else None


def _attempt(page: Page) -> str:
    """The token of the form as it was sent, so that sending it twice is one registration."""
    token = page.form.get("attempt", "")
    return token if tokens.is_token(token) else tokens.new()


async def _attempt_of(page: Page, username: str, address: Address) -> str:
    """The token of this form, or of the registration that the same person began here before with another form."""
    mine = await _pending(page)
    same = mine is not None and mine.name_key == usernames.key(username) and mine.email_key == address.key
    return (_cookie(page) if same else None) or _attempt(page)


def _form(
    page: Page,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text | str] | None = None,
    attempt: str = "",
    suggested: bool = False,
) -> Response:
    names = sorted(languages() & LANGUAGE_NAMES.keys())
    if usernames.may_be_ssn(typed.get("username", "")):  # never comes back
        typed = {**typed, "username": ""}
    return page.render(
        "register.html",
        status=422 if errors else 200,
        errors=errors,
        form=typed,
        attempt=attempt or _attempt(page),
        suggested=suggested,
        languages=[(language, LANGUAGE_NAMES[language]) for language in names],
        least=passwords.MIN_LENGTH,
        most=passwords.MAX_LENGTH,
    )


def _wrong(page: Page, typed: Mapping[str, str]) -> tuple[dict[str, Text | str], Address | people.AddressProblem]:
    """What must be corrected, by field, in the order of the page; and the address where it is one."""
    errors: dict[str, Text | str] = {}
    if first := people.name_problem(typed["first_name"]):
        errors["first_name"] = sentences.FIRST_NAME[first]
    if last := people.name_problem(typed["last_name"]):
        errors["last_name"] = sentences.LAST_NAME[last]
    address = people.address(typed["email"], demonstration=page.demo)
    if not isinstance(address, Address):
        errors["email"] = sentences.ADDRESS[address]
    if name := usernames.problem(typed["username"]):
        errors["username"] = sentences.USERNAME[name]
    if typed["language"] not in languages():
        errors["language"] = text("Choose the language of your letters.")
    return errors, address


async def _suggest(page: Page, typed: dict[str, str]) -> Response:
    """Fill in a free username; for that the names are needed, and nothing else."""
    errors, _ = _wrong(page, typed)
    errors = {name: sentence for name, sentence in errors.items() if name in {"first_name", "last_name"}}
    if not errors:
        typed["username"] = await registration.suggest_username(page.db, typed["first_name"], typed["last_name"], now())
    return _form(page, typed, errors=errors, suggested=not errors)  # where the person goes on


async def _fill_in(page: Page, typed: dict[str, str], errors: dict[str, Text | str], sentence: str) -> None:
    free = await registration.suggest_username(page.db, typed["first_name"], typed["last_name"], now())
    typed["username"] = free
    errors["username"] = text(sentence, suggestion=free)


async def _start_over(page: Page, token: str) -> Response:
    """ "Start over": the registration ends, and its username is free for the next one."""
    if not await registration.give_up(page.db, token, now()):
        return _confirmation(page, token, await registration.of_link(page.db, token, now()))
    page.flash(text("That registration has ended and its username is free. You can register again."), "info")
    return page.redirect("/register")


def _confirmation(
    page: Page,
    token: str,
    pending: Registration | None,
    wrong: Text | None = None,
    status: int = 422,
    retry: int | None = None,
) -> Response:
    """The page of the link, with what was wrong with the password; or that the link is not good any more."""
    if pending is None:
        return page.render("link_over.html", status=404, purpose="confirm")
    return page.render(
        "confirm.html",
        status=status if wrong else 200,
        errors={"password": wrong} if wrong else None,
        headers={"Retry-After": str(retry)} if retry else None,
        username=pending.username,
        confirmed=pending.account_id is not None,
        token=token,
    )


async def _pending(page: Page) -> Registration | None:
    """This browser's registration, while it waits for its address to be confirmed."""
    found = await registration.of_browser(page.db, _cookie(page) or "")
    if found is None or found.account_id is not None or found.expires_at <= now():
        return None
    return found


async def _message(page: Page, errors: Mapping[str, Text | str] | None = None, typed: str = "") -> Response:
    found = await registration.of_browser(page.db, _cookie(page) or "")
    values: dict[str, Any] = {"username": "", "masked": "", "until": None, "state": "unknown"}
    if found is not None:
        state = "confirmed" if found.account_id else "waiting" if found.expires_at > now() else "over"
        masked = Address(found.email).masked
        values = {"username": found.username, "masked": masked, "until": found.expires_at, "state": state}
    return page.render(
        "register_done.html", status=422 if errors else 200, errors=errors, form={"email": typed}, **values
    )
