"""Login, "Log off", and the answer to the warning before a session ends."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.identity import sentences
from services.identity.actions import login, registration, sessions
from services.identity.actions.login import Refusal, Refused, Unconfirmed
from services.identity.pages.asking import (
    LOGIN_RATE,
    ReadsPublic,
    WritesPublic,
    WritesSignedIn,
    now,
    sessions_changed,
    sessions_ended,
    unhurried,
)
from services.identity.pages.registration import forget_registration, remember
from services.identity.parts import parts
from shared import audit, ssn
from shared.refusals import AFTER_LOGIN
from shared.text import Text, text
from shared.web import Page, local_path

router = APIRouter()


@router.get("/login")
async def show(page: ReadsPublic) -> Response:
    """The form; somebody who is signed in already goes on."""
    destination = local_path(page.request.query_params.get("next", ""))
    if page.caller is not None:
        return page.redirect(destination)
    return page.render("login.html", next=destination, why=_why(page, destination))


@router.post("/login")
async def log_in(page: WritesPublic) -> Response:
    """Check name and password, and begin a new session."""
    name, password = page.form.line("username"), page.form.get("password", "")
    missing: dict[str, Text | str] = {}
    if not name:
        missing["username"] = text("Enter your username.")
    if not password:
        missing["password"] = text("Enter your password.")
    if missing:
        return _again(page, missing)
    await page.limit("login", LOGIN_RATE)
    passwords = parts(page.request).passwords
    async with page.service.database.transaction() as session:
        begun = await login.begin(session, parts(page.request).index, name, now())
    if isinstance(begun, Refusal):
        return _refused(page, begun)
    checked = await unhurried(page, begun.counter, login.check(passwords, begun, password))
    found = await login.finish(page.db, passwords, begun, checked, password, now())
    if isinstance(found, Unconfirmed):
        return await _not_confirmed(page, found)
    if isinstance(found, Refusal):
        return _refused(page, found)
    page.start_session(found.token)
    response = forget_registration(page, page.redirect(local_path(page.form.get("next", ""))))
    return await _end(page, response, _session(page))


@router.post("/logoff")
async def log_off(page: WritesPublic) -> Response:
    """End the session. Somebody whose session has ended already is told the same."""
    before = _session(page)
    if page.caller is not None:
        subject = f"account:{page.me.account_id}"
        await audit.record(page.db, action="logoff.done", subject=subject, actor=page.me)
    page.caller = None  # what is said next is said to a visitor
    page.end_session()
    page.flash(text("You are logged off."))
    return await _end(page, page.redirect("/login"), before)


@router.post("/session/extend")
async def extend(page: WritesSignedIn) -> Response:
    """ "Stay signed in"."""
    caller = await sessions.resolve(page.db, page.me.session_hash, now())
    if caller is None:
        page.deny(403)
    page.caller = caller
    if "json" in page.request.headers.get("accept", ""):
        response: Response = JSONResponse({"idle_seconds": page.idle_seconds})
    else:
        response = page.redirect(local_path(page.form.get("next", "")))
    return await sessions_changed(page, response, [caller.session_hash])


def _why(page: Page, destination: str) -> Text | None:
    """Why somebody sees the form who did not ask for it."""
    if "ended" in page.request.query_params:
        return text("Your session has ended. Log in again to go on where you were.")
    return None if destination == AFTER_LOGIN else text("Log in to open that page.")


def _refused(page: Page, refusal: Refusal) -> Response:
    if refusal.why is Refused.WAIT:
        seconds = str(max(1, round(refusal.wait.total_seconds())))
        return _again(page, {"": sentences.wait(refusal.wait)}, 429, {"Retry-After": seconds})
    sentence = {
        Refused.WRONG: sentences.NOT_KNOWN,
        Refused.LOCKED: sentences.LOCKED,
        Refused.CLOSED: sentences.CLOSED,
    }[refusal.why]
    return _again(page, {"": sentence})


def _again(
    page: Page, errors: dict[str, Text | str], status: int = 422, headers: dict[str, str] | None = None
) -> Response:
    return page.render(
        "login.html",
        status=status,
        errors=errors,
        form={"username": ssn.covered(page.form.line("username"))},
        headers=headers,
        next=local_path(page.form.get("next", "")),
        why=None,
    )


async def _not_confirmed(page: Page, found: Unconfirmed) -> Response:
    """The password was right: say what is missing, and write again."""
    pending = found.registration
    token = await registration.new_browser(page.db, pending)
    await registration.send_again(page.db, pending, now())
    page.flash(text("Your e-mail address is not confirmed yet. We have sent the letter again."), "info")
    return remember(page, page.redirect("/register/done"), token)


def _session(page: Page) -> str | None:
    """The hash of the session that this browser had, if it had one."""
    return None if page.caller is None else page.me.session_hash


async def _end(page: Page, response: Response, session_hash: str | None) -> Response:
    if session_hash is None:
        return response
    await sessions.end(page.db, session_hash)
    return await sessions_ended(page, response, [session_hash])
