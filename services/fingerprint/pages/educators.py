"""`/ecs/fingerprints`: what to do before the prints, and what became of them after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint import regulations
from services.fingerprint.actions import checks, codes, name_checks, people, preparing
from services.fingerprint.actions import receipts as typed_numbers
from services.fingerprint.rules import receipts
from services.fingerprint.rules.by_name import Stage
from services.fingerprint.rules.check import Standing
from services.fingerprint.rules.coding import came_since, newest_of_each, other_than_asked
from shared import educator_id as educator_ids
from shared import ssn
from shared.events import Bureau, Role
from shared.policy import local_day, purposes, today
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]


@router.get("/ecs/fingerprints")
async def show(page: Shown) -> Response:
    """Fingerprint Information."""
    choosing = page.request.query_params.get("choose") == "1"
    return await _render(page, choosing=choosing)


@router.post("/ecs/fingerprints")
async def prepare(page: Sent) -> Response:
    """ "Show my code": the activity is chosen and the notice acknowledged, before any code is given."""
    day = today()
    activity = regulations.activities(day).get(page.form.line("activity"))
    errors: dict[str, Text] = {}
    if activity is None:
        errors["activity"] = text("Select what you are about to do.")
    if page.form.line("acknowledged") != "yes":
        errors["acknowledged"] = text("Read the notice and tick the box under it. Your code is shown after that.")
    if errors or activity is None:
        return await _render(page, choosing=True, status=422, errors=errors, form=page.form)
    educator_id = await people.educator_of(page.db, page.me.account_id)
    if educator_id is None:
        return page.redirect("/ecs/fingerprints")
    await preparing.prepare(page.db, educator_id, activity, regulations.notice_edition(day), page.me)
    return page.redirect("/ecs/fingerprints#code")


@router.post("/ecs/fingerprints/receipt")
async def note_receipt(page: Sent) -> Response:
    """ "Save the number": what stands on the vendor's receipt, by which staff find whose a result is."""
    typed = page.form.line("tcn")
    number = receipts.read(typed)
    if ssn.stands_in(typed):
        return await _render(page, choosing=False, status=422, errors={"tcn": ssn.REFUSAL}, form=page.form)
    if number is None:
        error = text("Enter the number as it stands on the receipt: 8 to 40 letters, digits and dashes.")
        return await _render(page, choosing=False, status=422, errors={"tcn": error}, form=page.form)
    educator_id = await people.educator_of(page.db, page.me.account_id)
    if educator_id is not None:
        await typed_numbers.add(page.db, educator_id, number, page.me)
        page.flash(text("The number from your receipt is saved."))
    return page.redirect("/ecs/fingerprints#code")


async def told(page: Page) -> dict[str, Any]:
    """What both the page and the profile's section tell."""
    day = today()
    educator_id = await people.educator_of(page.db, page.me.account_id)
    standings = await _standings(page, educator_id, day) if educator_id else []
    prepared = await preparing.prepared(page.db, educator_id) if educator_id else None
    plain = [(one.purpose, one.standing) for one in standings]
    asked = prepared
    came = came_since(local_day(asked.acknowledged_at), asked.before, plain) if asked else frozenset[str]()
    if prepared and prepared.purpose in came:  # prints were taken since the code was given: it has done its work
        prepared = None
    activities = regulations.activities(day)
    activity = activities.get(prepared.activity) if prepared else None
    asked_for = activities.get(asked.activity) if asked else None
    titles = purposes(day)
    strange = newest_of_each(await codes.strange(page.db, educator_id)) if educator_id else ()
    other = other_than_asked(asked.purpose, came) if asked else ()
    return {
        "educator_id": educator_ids.shown(educator_id) if educator_id else "",
        "receipts": await typed_numbers.of(page.db, educator_id) if educator_id and prepared else (),
        "checks": [(one.purpose, text(titles.get(one.purpose, one.purpose)), one) for one in standings],
        "strange": strange,
        "other": other,
        "asked": asked,
        "asked_title": text(asked_for.title) if asked_for else "",
        "prepared": prepared,
        "case_number": f"{prepared.purpose}-{educator_id}" if prepared else "",
        "activity": activity,
        "activity_title": text(activity.title) if activity else "",
        "today": day,
        "answer_days": regulations.usual_answer_days(day),
        "review_days": regulations.usual_review_days(day),
        "price": regulations.price(day),
        "portal": regulations.portal(day),
    }


@dataclass(frozen=True)
class Told:
    """A check as the page tells it.

    Attributes:
        standing: as of today.
        by_name: the bureaus that could not read two sets of prints, and how far a check by name is.
    """

    purpose: str
    standing: Standing
    by_name: Sequence[tuple[Bureau, Stage]]

    @property
    def asking(self) -> Sequence[tuple[Bureau, Stage]]:
        """The bureaus that are or will be asked by name: for these nobody is printed again."""
        return [(bureau, stage) for bureau, stage in self.by_name if stage in {Stage.OPEN, Stage.REQUESTED}]

    @property
    def twice(self) -> bool:
        """Whether new prints are needed because no bureau can be asked by name, or not any more."""
        return any(stage in {Stage.IMPOSSIBLE, Stage.OVERDUE} for _, stage in self.by_name)


async def _standings(page: Page, educator_id: str, day: date) -> list[Told]:
    requested = await name_checks.requested(page.db, educator_id)
    found = []
    for purpose, standing in await checks.standings(page.db, educator_id):
        asked = requested.get(purpose, frozenset())
        by_name = [(one.bureau, one.stage(asked, day)) for one in standing.name_checks]
        found.append(Told(purpose, standing.as_of(day, asked), by_name))
    return found


async def _render(
    page: Page,
    *,
    choosing: bool,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, Any] | None = None,
) -> Response:
    found = await told(page)
    activities = [
        (one.name, text(one.title), text(one.about) if one.about else "")
        for one in regulations.activities(found["today"]).values()
    ]
    if form is None and found["prepared"] is not None:
        form = {"activity": found["prepared"].activity}
    return page.render(
        "fingerprints.html", status=status, errors=errors, form=form, choosing=choosing, activities=activities, **found
    )
