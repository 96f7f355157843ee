""" "Forgot Username/Password?", and the link in the letter."""

from fastapi import APIRouter
from starlette.responses import Response

from services.identity import sentences
from services.identity.actions import recovery, sessions
from services.identity.actions.errands import Kind
from services.identity.office import office
from services.identity.pages.asking import FORGOT_RATE, ReadsPublic, WritesPublic, now, sessions_ended
from services.identity.parts import parts
from services.identity.rules import passwords, people
from services.identity.tables import Account
from shared.policy import today
from shared.text import Text, text
from shared.web import Page

router = APIRouter()

_KINDS = {"username": Kind.REMIND, "password": Kind.RESET}


@router.get("/forgot")
async def show(page: ReadsPublic) -> Response:
    """The form, or what happens next once it was sent."""
    sent = page.request.query_params.get("sent", "")
    if sent in _KINDS:
        return page.render("forgot_sent.html", sent=sent, office=office(today()))
    what = page.request.query_params.get("what", "")
    return _forgot_form(page, {"what": what if what in _KINDS else ""})


@router.post("/forgot")
async def ask(page: WritesPublic) -> Response:
    """Ask for the letter. The answer, and the work, is the same whether or not there is such an account."""
    await page.limit("forgot", FORGOT_RATE)
    # The finder above "Register" has a field of its own, so that the two forms of that page do not mix.
    typed = page.form.line("email") or page.form.line("earlier")
    what = page.form.get("what", "")
    errors: dict[str, Text | str] = {}
    if what not in _KINDS:
        errors["what"] = text("Choose what you forgot.")
    if problem := _problem(page, typed, by_username=what == "password"):
        errors["email"] = problem
    if errors:
        return _forgot_form(page, {"what": what, "email": typed}, errors)
    await recovery.ask(page.db, _KINDS[what], typed, now())
    return page.redirect(f"/forgot?sent={what}")


@router.get("/reset/{token}")
async def show_reset(page: ReadsPublic, token: str) -> Response:
    """The page of the link in the letter; it changes nothing."""
    account = await recovery.of_link(page.db, token, now())
    if account is None:
        return page.render("link_over.html", status=404, purpose="reset")
    return _reset_form(page, account, token)


@router.post("/reset/{token}")
async def reset(page: WritesPublic, token: str) -> Response:
    """Set the new password; every session of the account ends."""
    async with page.service.database.reading() as session:  # no connection is held while the password is hashed
        account = await recovery.of_link(session, token, now())
    if account is None:
        return page.render("link_over.html", status=404, purpose="reset")
    password = page.form.get("password", "")
    problem = await parts(page.request).passwords.problem(
        password, own=[account.first_name, account.last_name, account.username, account.email]
    )
    if problem is not None:
        return _reset_form(page, account, token, {"password": sentences.PASSWORD[problem]})
    hashed = await parts(page.request).passwords.hash(password)
    done = await recovery.reset(page.db, token, hashed, parts(page.request).index, now())
    if done is None:
        return page.render("link_over.html", status=404, purpose="reset")
    ended = list(done.ended)
    if page.caller is not None:  # whoever was signed in here, in whatever account, signs in anew
        await sessions.end(page.db, page.me.session_hash)
        ended.append(page.me.session_hash)
        page.caller = None
        page.end_session()
    page.flash(text("Your password is changed. Log in as {username} with the new one.", username=done.username))
    return await sessions_ended(page, page.redirect("/login"), ended)


def _problem(page: Page, typed: str, *, by_username: bool) -> Text | None:
    if by_username and "@" not in typed:
        return None if typed else text("Enter your username or e-mail address.")
    found = people.address(typed, demonstration=page.demo)
    return None if isinstance(found, people.Address) else sentences.ADDRESS[found]


def _forgot_form(page: Page, typed: dict[str, str], errors: dict[str, Text | str] | None = None) -> Response:
    status = 422 if errors else 200
    return page.render("forgot.html", status=status, errors=errors, form=typed, office=office(today()))


def _reset_form(page: Page, account: Account, token: str, errors: dict[str, Text | str] | None = None) -> Response:
    return page.render(
        "reset.html",
        status=422 if errors else 200,
        errors=errors,
        username=account.username,
        token=token,
        least=passwords.MIN_LENGTH,
        most=passwords.MAX_LENGTH,
    )
