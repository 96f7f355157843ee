"""`/ecs` and `/ecs/identify`: connecting an account with its record, once, and where that stands."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.educator import state
from services.educator.actions import accounts, cases, identification
from services.educator.actions.identification import Claim, Standing
from services.educator.rules import births, names, ssn
from services.educator.rules.names import LegalName
from services.educator.rules.reading import Refused
from services.educator.tables import KnownAccount
from services.educator.vault import vault_of
from shared import policy
from shared.events import Role
from shared.text import Text, clock, text
from shared.web import SIGNED_IN, Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]

# The longest thing that comes back from a part of a date or a name; an SSN typed in the wrong field never does.
_LONGEST_DATE_PART = 4


@router.get("/ecs")
async def enter(page: Annotated[Page, Depends(reads(SIGNED_IN), scope="function")]) -> Response:
    """To the profile, to the questions, or to how the case stands; without access, to where it is requested."""
    if not page.me.has(Role.EDUCATOR):
        page.flash(text("You need educator access for that page. Request it here first."), "info")
        return page.redirect("/applications")
    standing = await identification.standing(page.db, page.me.account_id)
    if standing.educator_id:
        return page.redirect("/ecs/profile")
    if standing.may_identify:
        return page.redirect("/ecs/identify")
    return await _case(page, standing)


async def _case(page: Page, standing: Standing) -> Response:
    assert standing.case is not None  # noqa: S101 - neither a record nor free to identify
    if standing.closed:
        return page.render("closed.html")
    now = datetime.now(UTC)
    usual = await cases.usual_days(page.db, now, state.terms(policy.local_day(now)).usual_days)
    return page.render("waiting.html", case=standing.case, turn=cases.turn(standing.case), usual_days=usual)


@router.get("/ecs/identify")
async def ask(page: Shown) -> Response:
    """Ask for the number and the birth date; for the name too, where identity's word on it has not arrived."""
    standing = await identification.standing(page.db, page.me.account_id)
    if not standing.may_identify:
        return page.redirect("/ecs")
    return page.render(
        "identify.html",
        ask_name=await accounts.known(page.db, page.me.account_id) is None,
        lost=standing.lost,
        wait_until=None,
    )


@router.post("/ecs/identify")
async def submit(page: Sent) -> Response:
    """Connect the account, or open a case."""
    now, me = datetime.now(UTC), page.me
    terms = state.terms(policy.local_day(now))
    standing = await identification.standing(page.db, me.account_id)
    if not standing.may_identify:
        return page.redirect("/ecs")
    account = await accounts.known(page.db, me.account_id)
    shown: dict[str, Any] = {"ask_name": account is None, "lost": standing.lost, "form": _typed(page)}
    if page.form.line("ssn"):
        wait_until = await identification.count_attempt(
            page.db, me.account_id, most=terms.attempts, window=terms.attempts_window, now=now
        )
        if wait_until is not None:
            wait = max(1, int((wait_until - now).total_seconds()))
            return page.render(
                "identify.html",
                status=429,
                errors={
                    "": text(
                        "You have tried many times. To protect your record, please try again after {time}.",
                        time=clock(wait_until, page.language),
                    )
                },
                headers={"Retry-After": str(wait)},
                wait_until=wait_until,
                **shown,
            )
    claim, errors = _claim(page, account, now, terms)
    if claim is None:
        return page.render("identify.html", status=422, errors=errors, wait_until=None, **shown)
    await identification.identify(page.db, vault_of(page.service.keys), me, claim, now)
    standing = await identification.standing(page.db, me.account_id)
    if standing.educator_id:
        page.flash(text("Your username is connected with your record. Please check your profile."))
        return page.redirect("/ecs/profile")
    return page.redirect("/ecs")


def _claim(
    page: Page, account: KnownAccount | None, now: datetime, terms: state.Terms
) -> tuple[Claim | None, dict[str, Text]]:
    """What the person says, or what is wrong with it."""
    errors: dict[str, Text] = {}
    number, birth_date = None, None
    without = bool(page.form.get("no_ssn"))
    if without and page.form.line("ssn"):
        errors["ssn"] = text(
            "You entered a number and also said that you do not have an SSN. Enter the number again, or leave it empty."
        )
    elif not without:
        try:
            number = ssn.read(page.form.get("ssn", ""))
        except Refused as refused:
            errors["ssn"] = refused.sentence
    try:
        birth_date = births.read(
            *(page.form.get(f"birth_date_{part}", "") for part in ("month", "day", "year")),
            today=policy.local_day(now),
            youngest=terms.youngest_years,
            oldest=terms.oldest_years,
        )
    except Refused as refused:
        errors["birth_date"] = refused.sentence
    if account is not None:
        name = LegalName(account.first_name, "", account.last_name)
    else:
        name, wrong = names.read(page.form)
        errors |= wrong
    if errors or birth_date is None:
        return None, errors
    return Claim(number, birth_date, name), {}


def _typed(page: Page) -> dict[str, str]:
    """What comes back into the form: never the number, nor anything else that could hold it."""
    parts = {f"birth_date_{part}": page.form.line(f"birth_date_{part}") for part in ("month", "day", "year")}
    back = {field: typed for field, typed in parts.items() if len(typed) <= _LONGEST_DATE_PART}
    for field in ("first_name", "last_name"):
        typed = page.form.line(field)
        if not any(character.isdigit() for character in typed):
            back[field] = typed
    if page.form.get("no_ssn"):
        back["no_ssn"] = "yes"
    return back


@router.post("/ecs/identify/documents")
async def documents(page: Sent) -> Response:
    """The person has sent what staff asked for."""
    await identification.documents_sent(page.db, page.me, datetime.now(UTC))
    return page.redirect("/ecs")
