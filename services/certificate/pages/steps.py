"""`/ecs/apply/{code}/{step}`: the questions of a form, one page each, and what is signed. Each page saves the draft.

A page's script sends what is typed while it is typed (`keep=1`): the same fields to the same address, answered with
the draft's new version as JSON.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from services.certificate.actions import drafts, names
from services.certificate.actions.drafts import Overtaken
from services.certificate.pages.answers import summary
from services.certificate.pages.draft import CHANGED, Begun, begun, lead_to_start, now, version
from services.certificate.rules import filling
from services.certificate.tables import Draft
from shared.events import Role
from shared.text import Text, text, translate
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]
Errors = Mapping[str, Text]

_QUESTIONS: Final = {
    "route": text("How do you qualify?"),
    "institution": text("Which institution prepared you?"),
    "program": text("Which kind of program did you finish?"),
    "areas": text("Which content areas and grades do you apply for?"),
    "conduct": text("Questions about your conduct"),
}


@router.get("/ecs/apply/{code}/{step}")
async def ask(page: Shown, code: str, step: str) -> Response:
    """A page of the form, with what the draft has of it."""
    found = await _begun(page, code, step)
    return _question(page, found, step) if isinstance(found, Begun) else found


@router.post("/ecs/apply/{code}/{step}")
async def answer(page: Sent, code: str, step: str) -> Response:
    """Save, and on to the next page; or back to "Check your answers", where one of them is changed."""
    found = await _begun(page, code, step)
    if not isinstance(found, Begun):
        return found
    if step in found.paper.statements:
        return await _sign(page, found, step)
    value = filling.typed(page.form, page.form.all(step), step, found.paper)
    errors = filling.not_kept(step, value)
    if errors:
        return _refused(page, found, step, errors)
    try:
        seen = await _save(page, found, filling.answered(found.draft.answers, step, value))
    except Overtaken as overtaken:
        return _told(page, found, step, overtaken.draft)
    errors = filling.problems(step, value, found.paper)
    if page.form.get("keep"):
        return _kept(page, seen)
    if errors:
        return _question(page, found, step, errors=errors, status=422, typed=_typed(page, seen))
    return _on(page, found, step)


async def _sign(page: Page, found: Begun, code: str) -> Response:
    legal_name = await names.of_educator(page.db, found.educator_id)
    signed, errors = filling.sign(page.form, code, found.paper, page.language, legal_name)
    if errors:
        return _question(page, found, code, errors=errors, status=422, typed=_typed(page, version(page)))
    answers = found.draft.answers
    try:
        await _save(page, found, {**answers, "signed": {**answers.get("signed", {}), code: signed}})
    except Overtaken as overtaken:
        return _told(page, found, code, overtaken.draft)
    return _on(page, found, code)


async def _begun(page: Page, code: str, step: str) -> Begun | Response:
    found = await begun(page, code)
    if isinstance(found, Begun) and step not in found.paper.steps:
        page.deny(404)
    return found


async def _save(page: Page, found: Begun, answers: Mapping[str, Any]) -> int:
    return await drafts.save(page.db, found.educator_id, found.code, version(page), answers, now())


def _on(page: Page, found: Begun, step: str) -> Response:
    changing = page.form.get("back") == filling.CHECK
    return page.redirect(found.href(filling.CHECK if changing else found.paper.after(step)))


def _told(page: Page, found: Begun, step: str, draft: Draft | None) -> Response:
    """The page with what was typed beside what was saved elsewhere meanwhile."""
    if page.form.get("keep"):
        return JSONResponse({"said": translate(CHANGED, page.language)}, 409)
    if draft is None:
        return lead_to_start(page, found)
    return _question(
        page, found, step, errors={"": CHANGED}, status=409, typed=_typed(page, draft.version), elsewhere=draft.answers
    )


def _typed(page: Page, seen: int) -> dict[str, Any]:
    return {**page.form, "areas": page.form.all("areas"), "version": seen}


def _refused(page: Page, found: Begun, step: str, errors: Errors) -> Response:
    """The page with what was typed and why nothing of it was saved."""
    if page.form.get("keep"):
        return JSONResponse({"said": translate(next(iter(errors.values())), page.language)}, 422)
    return _question(page, found, step, errors=errors, status=422, typed=_typed(page, version(page)))


def _kept(page: Page, seen: int) -> Response:
    said = translate(text("Saved in your draft."), page.language)
    return JSONResponse({"version": seen, "idle_seconds": page.idle_seconds, "said": said})


def _question(
    page: Page,
    found: Begun,
    step: str,
    *,
    errors: Errors | None = None,
    status: int = 200,
    typed: Mapping[str, Any] | None = None,
    elsewhere: Mapping[str, Any] | None = None,
) -> Response:
    back = filling.CHECK if filling.CHECK in (page.request.query_params.get("back"), page.form.get("back")) else ""
    at = found.paper.steps.index(step)
    values: dict[str, Any] = {}
    if step in found.paper.statements:
        title, statement = found.paper.statements[step]
        values = {"wording": filling.wording(statement, page.language), "edition": statement.edition}
        question: Text = text(title)
    else:
        question = _QUESTIONS[step]
    return page.render(
        "apply_step.html",
        status=status,
        errors=errors,
        form=typed or {**_stored(found, step), "version": found.draft.version},
        apply=found,
        step=step,
        question=question,
        number=at + 1,
        last=len(found.paper.steps) + 1,
        back=back,
        previous=found.href(filling.CHECK if back else found.paper.steps[at - 1] if at else ""),
        elsewhere=summary(elsewhere, found.paper, step) if elsewhere is not None else None,
        most_words=filling.MOST_WORDS,
        most_name=filling.MOST_NAME,
        **values,
    )


def _stored(found: Begun, step: str) -> dict[str, Any]:
    """What the fields of a page show of the draft. What is signed is never filled in: it is signed again."""
    value = found.draft.answers.get(step)
    if step != "conduct":
        return {} if value is None else {step: value}
    return {
        name: words
        for code, one in (value or {}).items()
        for name, words in ((f"conduct_{code}", one["answer"]), (f"explanation_{code}", one["explanation"]))
    }
