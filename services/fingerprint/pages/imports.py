"""`/staff/imports`: what came in, archive by archive and day by day, and what could not be read of it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint.actions import importers, ledger, undoing
from services.fingerprint.actions.ledger import Shown as Listed
from services.fingerprint.pages import filters
from services.fingerprint.pages.filters import STAFF
from services.fingerprint.reasons import SENTENCES, TROUBLES
from services.fingerprint.rules.damage import damages
from shared.text import Text, text, translate
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]
Sent = Annotated[Page, Depends(writes(*STAFF), scope="function")]

STATES: Final[Mapping[str, Text]] = {
    "running": text("Running"),
    "done": text("Done"),
    "quarantined": text("Could not be read"),
    "duplicate": text("Came before"),
    "undoing": text("Being undone"),
    "undone": text("Undone"),
}
TAGS: Final[Mapping[str, str]] = {
    "running": "waiting",
    "done": "done",
    "quarantined": "act",
    "duplicate": "ended",
    "undoing": "waiting",
    "undone": "ended",
}
KINDS: Final[Mapping[str, Text]] = {
    "zip": text("Archive (.zip)"),
    "tar": text("Archive (.tar)"),
    "upload": text("Upload"),
}
_NOT_DONE: Final = text("Only an import that has been taken in to its end can be undone. Nothing was done.")
_COLUMNS: Final = (
    text("File"),
    text("Received"),
    text("Code"),
    text("What is wrong"),
    text("Record"),
    text("Field"),
    text("Byte"),
)
_FIELDS: Final = ("source", "state", "since", "until")


@router.get("/staff/imports")
async def show(page: Shown) -> Response:
    """Archives and uploads, then single files by day."""
    asked = page.request.query_params
    known = await ledger.sources(page.db)
    sources = dict.fromkeys((*known, "upload"))
    wanted, errors = filters.wanted(asked, sources, STATES, {})
    before = filters.day(asked, "before", {})
    number = filters.number_of(page)
    if errors:
        count, rows, days = 0, list[Listed](), ledger.Days()
    else:
        count = await ledger.count_batches(page.db, wanted)
        number = min(number, filters.last_of(count, ledger.AT_ONCE))
        rows = await ledger.batches(page.db, wanted, number)
        days = await ledger.days(page.db, wanted, known, before)
    uploaded = [one.row.id for one in rows if one.row.account_id]
    return page.render(
        "imports.html",
        status=422 if errors else 200,
        errors=errors,
        form=filters.typed(asked, _FIELDS),
        rows=rows,
        count=count,
        number=number,
        last=filters.last_of(count, ledger.AT_ONCE),
        days=days,
        older=f"?{filters.query({**asked, 'before': str(days.older)}, (*_FIELDS, 'before'))}" if days.older else "",
        before=before,
        query=filters.query(asked, _FIELDS),
        filtered=wanted != ledger.Wanted(),
        sources=[(one, one) for one in sources],
        states=STATES,
        tags=TAGS,
        kinds=KINDS,
        troubles=[
            (source, text(TROUBLES.get(code, code)), times) for source, code, times in await importers.troubles(page.db)
        ],
        by=await ledger.uploaded_by(page.db, uploaded) if uploaded else {},
    )


@router.get("/staff/imports/{batch_id}")
async def show_one(batch_id: UUID, page: Shown) -> Response:
    """One archive or upload: how far it is, and what could not be read of it."""
    return await _render_one(page, batch_id)


@router.get("/staff/imports/{batch_id}/errors.csv")
async def errors_as_csv(batch_id: UUID, page: Shown) -> Response:
    """What could not be read of it, for any spreadsheet."""
    if await ledger.batch(page.db, batch_id) is None:
        page.deny(404)
    files = await ledger.damaged_of(page.db, batch_id)
    if len(files) > ledger.MOST_EXPORTED:
        page.deny(422, text("More than {most} files could not be read: ask the sender.", most=ledger.MOST_EXPORTED))
    rows = [
        [number(file.member), file.received_at, one.code, one.sentence, one.record, one.field, one.offset]
        for file in files
        for one in damages(file.errors, in_full=filters.reads_all(page))
    ]
    await ledger.exported(page.db, f"batch:{batch_id}", {}, len(rows), page.me)
    titles = [translate(column, page.language) for column in _COLUMNS]
    return await asyncio.to_thread(filters.as_file, "import-errors", titles, rows)


@router.post("/staff/imports/{batch_id}/undo")
async def undo(batch_id: UUID, page: Sent) -> Response:
    """ "Undo this import"."""
    errors: dict[str, Text] = {}
    reason = filters.reason(page, "reason", errors)
    if errors:
        return await _render_one(page, batch_id, 422, errors, page.form)
    if await ledger.batch(page.db, batch_id) is None:
        page.deny(404)
    try:
        await undoing.ask(page.db, batch_id, page.me, reason)
    except undoing.NotDone:
        return await _render_one(page, batch_id, 409, {"": _NOT_DONE}, page.form)
    return page.redirect(f"/staff/imports/{batch_id}")


async def _render_one(
    page: Page,
    batch_id: UUID,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    """The page of one archive or upload."""
    found = await ledger.batch(page.db, batch_id)
    if found is None:
        page.deny(404, text("There is no such import."))
    last = filters.last_of(found.counts.quarantined, ledger.AT_ONCE)
    at = min(filters.number_of(page), last)
    files = await ledger.damaged_of(page.db, batch_id, at)
    by = await ledger.uploaded_by(page.db, [batch_id]) if found.row.account_id else {}
    return page.render(
        "import_one.html",
        status=status,
        errors=errors,
        form=form,
        one=found,
        row=found.row,
        counts=found.counts,
        why=text(SENTENCES[found.row.reason]) if found.row.reason in SENTENCES else "",
        files=[(file, number(file.member), damages(file.errors, in_full=filters.reads_all(page))) for file in files],
        number=at,
        last=last,
        by=by.get(batch_id, ""),
        asked=await undoing.asked(page.db, batch_id),
        refusals=undoing.REFUSALS,
        in_full=filters.reads_all(page),
        states=STATES,
        tags=TAGS,
        kinds=KINDS,
        say=text,
    )


def number(member: int | None) -> int | None:
    """A file's place in its batch, as people count."""
    return None if member is None else member + 1
