"""`/staff/unmatched`: answers that wait or match nobody. Nothing here tells what an answer says."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint import regulations, tables
from services.fingerprint.actions import matching, people, unmatched
from services.fingerprint.pages import filters
from services.fingerprint.pages.filters import STAFF
from services.fingerprint.rules.addressing import Address, Why
from services.fingerprint.rules.candidates import Candidate, Reason
from services.fingerprint.vault import vault_of
from shared import educator_id as educator_ids
from shared.policy import purposes, today
from shared.text import Text, plural, text
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]
Sent = Annotated[Page, Depends(writes(*STAFF), scope="function")]

# Chosen in the list of candidates where it is none of them.
SOMEBODY_ELSE: Final = "other"
_WHY: Final[dict[str, Text]] = {
    Why.NOT_YET_KNOWN: text("Waits: nobody with this Educator ID has made a profile yet"),
    Why.NO_NUMBER: text("No case number was given at the vendor"),
    Why.BAD_NUMBER: text("The case number is not a right Educator ID"),
    Why.UNKNOWN_CODE: text("The four-digit code is not one of ours"),
    Why.UNKNOWN_SENDER: text("The sender is not a bureau that answers us"),
    Why.SUBMISSION: text("A copy of a submission, kept for later matching"),
    Why.TWO_PEOPLE: text("The numbers that it came with do not all name one and the same person"),
    "": text("Handled by hand"),
}
_REASONS: Final[dict[Reason, Text]] = {
    Reason.SUBMISSION: text("Their Social Security Number stands in the copy of the submission."),
    Reason.CASE_NUMBER: text("The case number is theirs."),
    Reason.TYPED: text("They entered this number (TCN) from a receipt. A friend's receipt would do, so ask."),
    Reason.SWAPPED: text("The case number is theirs when two neighboring digits are swapped."),
    Reason.ONE_DIGIT: text("The case number is theirs when one digit is changed."),
    Reason.NAME: text("The name in the answer is theirs."),
    Reason.FORMER_NAME: text("The name in the answer is one that they had before."),
    Reason.OTHER_NAME: text("The name in the answer is not theirs."),
}
_CHANGED: Final = text(
    "This answer has found its place since you opened it. Nothing was done. Go back to the list to see what is left."
)
_OWN: Final = text("This answer is about you. Somebody else must handle it.")
# Set aside, a correction of an answer would no longer hold against it, and nobody who may read it had read it.
_VERSION: Final = text(
    "The bureau sent this answer before, and that one is with an educator, so this one is not nobody's. Nothing was"
    " done. Assign it to the same educator: an adjudicator then looks at both."
)


@router.get("/staff/unmatched")
async def show(page: Shown) -> Response:
    """The list, and what was done by hand."""
    vault = vault_of(page.service.keys)
    count = await unmatched.count(page.db)
    last = filters.last_of(count, unmatched.AT_ONCE)
    number = min(filters.number_of(page), last)
    return page.render(
        "unmatched.html",
        answers=await unmatched.listed(page.db, vault, number),
        done=await unmatched.done(page.db, vault),
        damaged=await unmatched.count_quarantined(page.db),
        count=count,
        number=number,
        last=last,
        why=_WHY,
    )


@router.get("/staff/unmatched/{answer_id}")
async def show_one(answer_id: UUID, page: Shown) -> Response:
    """One answer, and what can be done with it."""
    return await _render(page, answer_id)


@router.post("/staff/unmatched/{answer_id}/assign")
async def assign(answer_id: UUID, page: Sent) -> Response:
    """ "Assign": this answer is that educator's."""
    day = today()
    errors: dict[str, Text] = {}
    chosen, typed = page.form.line("candidate").removeprefix(SOMEBODY_ELSE), page.form.line("educator_id")
    educator_id = educator_ids.parse(chosen or typed)
    purpose = page.form.line("purpose")
    own = await people.educator_of(page.db, page.me.account_id)
    if chosen and typed and educator_ids.parse(typed) != educator_id:
        errors["educator_id"] = text("You chose one person and entered the Educator ID of another. Leave one of them.")
    elif educator_id is None:
        errors["educator_id"] = text("Enter the eight digits of the Educator ID. Check for a mistyped digit.")
    elif educator_id == own:
        errors["educator_id"] = text("This is your own Educator ID. Somebody else must assign the answer.")
    elif not await people.known(page.db, educator_id):
        errors["educator_id"] = text("Nobody with this Educator ID has made a profile yet. Check the number.")
    if purpose not in purposes(day):
        errors["purpose"] = text("Select what the fingerprints are for.")
    reason = filters.reason(page, "reason", errors)
    if errors or educator_id is None:
        return await _render(page, answer_id, 422, errors, page.form)
    answer = await _open(page, answer_id)
    if answer.bureau is None or answer.why == Why.SUBMISSION:
        page.deny(409, _CHANGED)
    vault = vault_of(page.service.keys)
    await unmatched.assign(page.db, vault, answer, Address(educator_id, purpose), page.me, reason)
    page.flash(text("The answer is assigned to Educator ID {id}.", id=educator_ids.shown(educator_id)))
    return page.redirect("/staff/unmatched")


@router.post("/staff/unmatched/{answer_id}/aside")
async def put_aside(answer_id: UUID, page: Sent) -> Response:
    """ "Set aside": this answer is nobody's."""
    errors: dict[str, Text] = {}
    reason = filters.reason(page, "aside_reason", errors)
    if errors:
        return await _render(page, answer_id, 422, errors, page.form)
    answer = await _open(page, answer_id)
    vault = vault_of(page.service.keys)
    if await unmatched.is_version_of_matched(page.db, vault, answer):
        page.deny(409, _VERSION)
    await unmatched.put_aside(page.db, vault, answer, page.me, reason)
    page.flash(text("The answer is set aside."))
    return page.redirect("/staff/unmatched")


@router.post("/staff/unmatched/{answer_id}/undo")
async def undo(answer_id: UUID, page: Sent) -> Response:
    """ "Undo": the answer goes back to where it belongs by itself."""
    errors: dict[str, Text] = {}
    reason = filters.reason(page, "undo_reason", errors)
    if errors:
        return await _render(page, answer_id, 422, errors, page.form)
    answer = await matching.locked(page.db, answer_id)
    if answer is None:
        page.deny(404)
    await _not_own(page, answer)
    if not (answer.by_hand or answer.place == "set_aside"):
        page.deny(409, _CHANGED)
    await unmatched.undo(page.db, vault_of(page.service.keys), answer, page.me, reason)
    page.flash(text("Undone. The answer is where it would be if nobody had touched it."))
    return page.redirect("/staff/unmatched")


async def _render(
    page: Page,
    answer_id: UUID,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    found = await unmatched.one(page.db, vault_of(page.service.keys), answer_id)
    if found is None:
        page.deny(404, text("This answer is no longer in the list: it has found its educator, or never was here."))
    choices = [(code, text(title)) for code, title in purposes(today()).items()]
    return page.render(
        "unmatched_one.html",
        status=status,
        errors=errors,
        form=form or {"purpose": regulations.default_purpose(today()), "candidate": SOMEBODY_ELSE},
        answer=found,
        why=_WHY,
        purposes=choices,
        candidates=[_offered(one) for one in found.candidates],
        somebody_else=SOMEBODY_ELSE,
    )


def _offered(one: Candidate) -> tuple[str, str, Text]:
    """A choice of the list: Educator ID, what is shown of the person, and every reason."""
    sentences = [_asked(one.days) if reason is Reason.ASKED else _REASONS[reason] for reason in one.reasons]
    about = sentences[0]
    for sentence in sentences[1:]:
        about = text("{before} {next}", before=about, next=sentence)
    return one.educator_id, f"{educator_ids.shown(one.educator_id)}, {one.name}", about


def _asked(days: int | None) -> Text:
    if not days:
        return text("They asked for a code on the day on which the answer came.")
    return plural(
        "They asked for a code {n} day before the answer came.",
        "They asked for a code {n} days before the answer came.",
        n=days,
    )


async def _open(page: Page, answer_id: UUID) -> tables.Answer:
    """The answer, if it still waits for a person."""
    answer = await matching.locked(page.db, answer_id)
    if answer is None:
        page.deny(404)
    await _not_own(page, answer)
    if answer.place not in {"waiting", "unmatched"}:
        page.deny(409, _CHANGED)
    return answer


async def _not_own(page: Page, answer: tables.Answer) -> None:
    if await unmatched.concerns(page.db, answer, await people.educator_of(page.db, page.me.account_id)):
        page.deny(403, _OWN)
