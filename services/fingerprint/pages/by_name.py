"""`/staff/namechecks`: prints that a bureau could not read twice; staff ask it for a check by name, in time."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from services.fingerprint import regulations
from services.fingerprint.actions import name_checks, people
from services.fingerprint.actions.name_checks import Overtaken, Wanted
from services.fingerprint.pages import filters
from services.fingerprint.pages.staff import Sent, Shown
from services.fingerprint.rules.by_name import Stage
from shared.events import Bureau
from shared.policy import purposes, today
from shared.text import Text, text
from shared.web import Page

router = APIRouter()
Whose = Annotated[str, Path(pattern=r"^\d{8}$")]
Purpose = Annotated[str, Path(pattern=r"^\d{4}$")]

AT_ONCE: Final = 50
_CHANGED: Final = text(
    "This check by name is not what you opened any more: somebody else did it, or an answer came. Nothing was done. Go"
    " back to the list to see what is left."
)
_OWN: Final = text("These are your own prints. Somebody else must ask for the check by name.")
_GONE: Final = text("There is no such check by name any more: an answer that could be read has come, or never was one.")


@router.get("/staff/namechecks")
async def show(page: Shown) -> Response:
    """Those to ask for, the first deadline first; or those that were asked for."""
    asked = page.request.query_params.get("show") == "requested"
    stages = {Stage.REQUESTED} if asked else {Stage.OPEN, Stage.OVERDUE}
    found = await name_checks.listed(page.db, today(), stages)
    last = filters.last_of(len(found), AT_ONCE)
    number = min(filters.number_of(page), last)
    return page.render(
        "name_checks.html",
        checks=found[(number - 1) * AT_ONCE : number * AT_ONCE],
        count=len(found),
        asked=asked,
        number=number,
        last=last,
        titles=_titles(),
    )


@router.get("/staff/namechecks/{educator_id}/{purpose}/{bureau}")
async def show_one(educator_id: Whose, purpose: Purpose, bureau: Bureau, page: Shown) -> Response:
    """What a request names, and that it was made."""
    return _render(page, await _found(page, educator_id, purpose, bureau))


@router.post("/staff/namechecks/{educator_id}/{purpose}/{bureau}/request")
async def request(educator_id: Whose, purpose: Purpose, bureau: Bureau, page: Sent) -> Response:
    """ "Requested": staff asked the bureau."""
    wanted = await _found(page, educator_id, purpose, bureau)
    errors: dict[str, Text] = {}
    missing = text("Write how and when you asked, so that others can follow it up.")
    note = filters.reason(page, "note", errors, missing)
    await _may(page, wanted)
    if errors:
        return _render(page, wanted, 422, errors, page.form)
    try:
        await name_checks.request(page.db, wanted, today(), note, page.me)
    except Overtaken:
        page.deny(409, _CHANGED)
    page.flash(text("The check by name for Educator ID {id} is noted as requested.", id=wanted.shown_id))
    return page.redirect("/staff/namechecks")


@router.post("/staff/namechecks/{educator_id}/{purpose}/{bureau}/undo")
async def undo(educator_id: Whose, purpose: Purpose, bureau: Bureau, page: Sent) -> Response:
    """ "Undo": the bureau was not asked after all."""
    wanted = await _found(page, educator_id, purpose, bureau)
    errors: dict[str, Text] = {}
    reason = filters.reason(page, "undo_reason", errors)
    await _may(page, wanted)
    if errors:
        return _render(page, wanted, 422, errors, page.form)
    try:
        await name_checks.undo(page.db, wanted, today(), reason, page.me)
    except Overtaken:
        page.deny(409, _CHANGED)
    page.flash(text("Undone. The check by name for Educator ID {id} is to be requested again.", id=wanted.shown_id))
    return page.redirect("/staff/namechecks")


async def _found(page: Page, educator_id: str, purpose: str, bureau: Bureau) -> Wanted:
    wanted = await name_checks.one(page.db, educator_id, purpose, bureau, today())
    if wanted is None:
        page.deny(404, _GONE)
    return wanted


async def _may(page: Page, wanted: Wanted) -> None:
    """What is posted is about what was seen, and nobody handles their own."""
    if wanted.educator_id == await people.educator_of(page.db, page.me.account_id):
        page.deny(403, _OWN)
    if page.form.line("seen") != wanted.seen:
        page.deny(409, _CHANGED)


def _render(
    page: Page,
    wanted: Wanted,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    rule = regulations.terms(today()).by_name.get(wanted.check.bureau)
    return page.render(
        "name_check.html",
        status=status,
        errors=errors,
        form=form,
        wanted=wanted,
        code=rule.code if rule else "",
        days=rule.days if rule else 0,
        titles=_titles(),
    )


def _titles() -> dict[str, Text]:
    return {code: text(title) for code, title in purposes(today()).items()}
