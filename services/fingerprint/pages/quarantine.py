"""`/staff/quarantine`: the files that could not be read, what is wrong with each, and reading one again."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint.actions import ledger, rereading
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.pages import filters
from services.fingerprint.pages.filters import STAFF
from services.fingerprint.pages.imports import number
from services.fingerprint.reasons import SENTENCES
from services.fingerprint.rules.damage import damages
from services.fingerprint.tables import File
from services.fingerprint.vault import vault_of
from shared.text import Text, text, translate
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]
Sent = Annotated[Page, Depends(writes(*STAFF), scope="function")]

_COLUMNS: Final = (
    text("Received"),
    text("Source"),
    text("Import"),
    text("File"),
    text("Code"),
    text("What is wrong"),
    text("Record"),
    text("Field"),
    text("Byte"),
)
_FIELDS: Final = ("source", "code", "since", "until")
_GONE: Final = text("This file is no longer here: it was read, or sent again whole.")


@router.get("/staff/quarantine")
async def show(page: Shown) -> Response:
    """The list, the newest first."""
    asked = page.request.query_params
    wanted, errors, sources = await _wanted(page)
    count = 0 if errors else await ledger.count_damaged(page.db, wanted)
    at = min(filters.number_of(page), filters.last_of(count, ledger.AT_ONCE))
    files = [] if errors else await ledger.damaged(page.db, wanted, at)
    return page.render(
        "quarantine.html",
        status=422 if errors else 200,
        errors=errors,
        form=filters.typed(asked, _FIELDS),
        files=[(file, damages(file.errors, in_full=filters.reads_all(page))) for file in files],
        count=count,
        number=at,
        last=filters.last_of(count, ledger.AT_ONCE),
        query=filters.query(asked, _FIELDS),
        filtered=wanted != ledger.Wanted(),
        sources=[(one, one) for one in sources],
        codes=[(code, text(sentence)) for code, sentence in SENTENCES.items()],
        in_full=filters.reads_all(page),
        say=text,
    )


@router.get("/staff/quarantine/export.csv")
async def as_csv(page: Shown) -> Response:
    """The list as it is filtered, for any spreadsheet."""
    wanted, errors, _ = await _wanted(page)
    files = [] if errors else await ledger.all_damaged(page.db, wanted)
    if errors or len(files) > ledger.MOST_EXPORTED:
        page.deny(422, text("Narrow the list first: at most {most} files go into one.", most=ledger.MOST_EXPORTED))
    rows = [
        [
            file.received_at,
            file.source,
            str(file.batch_id or ""),
            number(file.member),
            one.code,
            one.sentence,
            one.record,
            one.field,
            one.offset,
        ]
        for file in files
        for one in damages(file.errors, in_full=filters.reads_all(page))
    ]
    await ledger.exported(page.db, "quarantine", wanted.written(), len(rows), page.me)
    titles = [translate(column, page.language) for column in _COLUMNS]
    return await asyncio.to_thread(filters.as_file, "unreadable-files", titles, rows)


@router.get("/staff/quarantine/{file_id}")
async def show_one(file_id: UUID, page: Shown) -> Response:
    """One file, and all that is wrong with it."""
    return _render(page, await _found(page, file_id))


@router.post("/staff/quarantine/{file_id}")
async def read_again(file_id: UUID, page: Sent) -> Response:
    """ "Read again"."""
    errors: dict[str, Text] = {}
    reason = filters.reason(page, "reason", errors)
    if errors:
        return _render(page, await _found(page, file_id), 422, errors, page.form)
    try:
        outcome = await rereading.read_again(
            page.db,
            vault_of(page.service.keys),
            file_id,
            page.me,
            reason,
            sources=filters.settings_of(page).every_source(),
        )
    except rereading.NotRead:
        page.deny(409, text("There is nothing to read again. Ask the sender for the file."))
    if outcome is None:
        page.deny(409 if await page.db.get(File, file_id) else 404, _GONE)
    if outcome is Outcome.QUARANTINED:
        page.flash(text("It was read again and is still damaged. Ask the sender for the file."), "warning")
        return page.redirect(f"/staff/quarantine/{file_id}")
    page.flash(text("The file is read. Its answer went where it belongs."))
    return page.redirect("/staff/quarantine")


async def _wanted(page: Page) -> tuple[ledger.Wanted, dict[str, Text], list[str]]:
    sources = list(dict.fromkeys((*await ledger.sources(page.db), "upload")))
    wanted, errors = filters.wanted(page.request.query_params, dict.fromkeys(sources), {}, SENTENCES)
    return wanted, errors, sources


async def _found(page: Page, file_id: UUID) -> File:
    file = await ledger.one_damaged(page.db, file_id)
    if file is None:
        page.deny(404, _GONE)
    return file


def _render(
    page: Page,
    file: File,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    return page.render(
        "quarantine_one.html",
        status=status,
        errors=errors,
        form=form,
        file=file,
        place=number(file.member),
        damages=damages(file.errors, in_full=filters.reads_all(page)),
        in_full=filters.reads_all(page),
        readable=file.reason in rereading.READABLE,
        say=text,
    )
