""" "User Applications": the way to each application, and to the roles one lacks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from services.identity import sentences
from services.identity.actions import access, sessions
from services.identity.actions.access import Standing
from services.identity.pages.asking import (
    ReadsSignedIn,
    WritesSignedIn,
    now,
    sessions_changed,
)
from services.identity.rules import access as rules
from services.identity.rules.access import RequestProblem
from services.identity.tables import Account
from shared import policy
from shared.events import Role
from shared.text import Text, text
from shared.web import Page

router = APIRouter()


@dataclass(frozen=True)
class Shown:
    """A role as its person sees it: never a bare state, always what happened and who acts next."""

    role: Text
    institution: str
    kind: str
    state: Text
    since: datetime
    next: Text


_WAITING: Final = text("An administrator decides. You will get an e-mail; there is nothing for you to do.")
_STATES: Final = {
    "granted": ("done", text("Granted")),
    "waiting": ("waiting", text("Waiting for an administrator")),
    "refused": ("ended", text("Refused")),
}


@router.get("/applications")
async def show(page: ReadsSignedIn) -> Response:
    """What the person may use, and what they asked for."""
    standings = await access.standings(page.db, page.me.account_id)
    granted = {standing.role for standing in standings if standing.state == "granted"}
    return page.render(
        "applications.html",
        educator=Role.EDUCATOR in granted,
        waiting=any(one.role is Role.EDUCATOR and one.state == "waiting" for one in standings),
        staff=bool(granted & rules.STAFF),
        program=Role.PROGRAM in granted,
        others=[_shown(one) for one in standings if (one.role, one.state) != (Role.EDUCATOR, "granted")],
        requested=page.request.query_params.get("requested", ""),
    )


@router.get("/applications/ecs/request")
async def show_request(page: ReadsSignedIn) -> Response:
    """The summary before "Submit"."""
    if page.me.has(Role.EDUCATOR):
        return page.redirect("/applications")
    account = await page.db.get(Account, page.me.account_id)
    return page.render("request_educator.html", account=account)


@router.post("/applications/ecs/request")
async def request_educator(page: WritesSignedIn) -> Response:
    """Educator access is given at once; asked for twice, it is given once."""
    given = await access.serve_self(page.db, page.me.account_id, Role.EDUCATOR, page.me, now())
    hashes = await sessions.of_account(page.db, page.me.account_id)
    response = page.redirect(f"/applications?requested={'educator' if given else 'role'}")
    return await sessions_changed(page, response, hashes)


@router.get("/applications/ecs/role")
async def show_role(page: ReadsSignedIn) -> Response:
    """Officials and staff say which role they need."""
    return _role_form(page, {}, {})


@router.post("/applications/ecs/role")
async def ask_for_role(page: WritesSignedIn) -> Response:
    """Ask an administrator for a role."""
    typed = {name: page.form.line(name) for name in ("role", "program", "district")}
    role = Role(typed["role"]) if typed["role"] in set(Role) else None
    institution = typed[role] if role in rules.BOUND else ""
    standings = await access.standings(page.db, page.me.account_id)
    held = [(one.role, one.institution) for one in standings if one.state == "granted"]
    problem = rules.request_problem(role, institution, held=held, known=_known(), demonstration=page.demo)
    if role is None or problem is not None:
        return _role_form(page, typed, _errors(role, problem or RequestProblem.ROLE))
    await access.ask(page.db, page.me.account_id, role, institution or None, now())
    return page.redirect("/applications?requested=role")


def institution_name(code: str | None) -> str:
    """What an institution or district is called."""
    if code is None:
        return ""
    return next((names[code] for names in _known().values() if code in names), code)


def _shown(standing: Standing) -> Shown:
    kind, state = _STATES[standing.state]
    if standing.state == "waiting":
        after = _WAITING
    elif standing.state == "refused":
        after = text('The administrator wrote: "{reason}" You may ask again.', reason=standing.reason)
    elif standing.role in rules.STAFF:
        after = text("Your pages are under Certification office, above.")
    elif standing.role is Role.PROGRAM:
        after = text("Your pages are under Program work log, above.")
    else:
        after = text("Nothing is asked of you now. Pages for district officials are not part of this version yet.")
    name = institution_name(standing.institution)
    return Shown(sentences.ROLE[standing.role], name, kind, state, standing.since, after)


def _known() -> dict[Role, dict[str, str]]:
    today = policy.today()
    return {Role.PROGRAM: policy.institutions(today), Role.DISTRICT: policy.districts(today)}


def _errors(role: Role | None, problem: RequestProblem) -> dict[str, Text | str]:
    if problem is RequestProblem.INSTITUTION and role is not None:
        return {str(role): sentences.INSTITUTION[role]}
    field, sentence = sentences.REQUEST[problem]
    return {field: sentence}


def _role_form(page: Page, typed: dict[str, str], errors: dict[str, Text | str]) -> Response:
    roles = rules.roles_to_ask_for(demonstration=page.demo)
    known = _known()
    return page.render(
        "request_role.html",
        status=422 if errors else 200,
        errors=errors,
        form=typed,
        roles=[(str(role), sentences.ROLE[role], sentences.ABOUT_ROLE[role]) for role in roles],
        programs=sorted(known[Role.PROGRAM].items(), key=lambda item: item[1]),
        districts=sorted(known[Role.DISTRICT].items(), key=lambda item: item[1]),
    )
