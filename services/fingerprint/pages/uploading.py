"""`/staff/imports/upload`: a file or archive, a look at what importing it would do, and then the import itself.

What a person calls a file may hold a name, so nothing but its ending is kept of that.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.responses import Response

from services.fingerprint.actions import uploads
from services.fingerprint.actions.uploads import Checked
from services.fingerprint.pages.filters import STAFF, settings_of
from services.fingerprint.reasons import SENTENCES
from services.fingerprint.vault import PIECE, vault_of
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
# Bytes of the whole form: what the gateway lets through. Larger archives go through the spool.
LARGEST: Final = 12_000_000
ENDINGS: Final = (".zip", ".tar.gz", ".tgz", ".tar")

Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]
Sent = Annotated[Page, Depends(writes(*STAFF), scope="function")]
Uploaded = Annotated[Page, Depends(writes(*STAFF, largest=LARGEST, files=1), scope="function")]

_NO_FILE: Final = text("Choose the file or archive to upload.")
_GONE: Final = text(
    "This upload is no longer here: it was imported, discarded, or an hour has passed. Upload it again."
)


@router.get("/staff/imports/upload")
async def show(page: Shown) -> Response:
    """The form."""
    await asyncio.to_thread(uploads.drop_old, settings_of(page).uploads)
    return page.render("upload.html")


@router.post("/staff/imports/upload")
async def keep(page: Uploaded) -> Response:
    """ "Check": the bytes are kept for an hour, and nothing is imported yet."""
    file = page.files.get("file")
    if file is None or not file.filename:
        return page.render("upload.html", status=422, errors={"file": _NO_FILE})
    upload_id = await uploads.keep(settings_of(page).uploads, _pieces(file), LARGEST)
    ending = next((one for one in ENDINGS if file.filename.lower().endswith(one)), "")
    return page.redirect(f"/staff/imports/upload/{upload_id}" + (f"?ending={ending}" if ending else ""))


@router.get("/staff/imports/upload/{upload_id}")
async def check(upload_id: UUID, page: Shown) -> Response:
    """What would happen."""
    settings = settings_of(page)
    ending = _ending(page.request.query_params.get("ending", ""))
    try:
        found = await uploads.check(
            page.db, vault_of(page.service.keys), settings.uploads, upload_id, f"upload{ending}", settings.bundle_limits
        )
    except FileNotFoundError:
        page.deny(404, _GONE)
    await uploads.checked(page.db, upload_id, found, page.me)
    return page.render(
        "upload_check.html",
        upload_id=upload_id,
        ending=ending,
        found=found,
        damaged=sum(found.wrong.values()),
        wrong=[(_said(code), times) for code, times in found.wrong.most_common()],
        refused=_said(found.refused) if found.refused else "",
        worth=_is_worth_it(found),
    )


@router.post("/staff/imports/upload/{upload_id}")
async def receive(upload_id: UUID, page: Sent) -> Response:
    """ "Import", or "Do not import"."""
    source = settings_of(page).uploads
    if page.form.get("decision") != "import":
        if not await uploads.discard(source, upload_id):
            page.deny(404, _GONE)
        page.flash(text("Nothing was imported. The upload is removed."))
        return page.redirect("/staff/imports")
    name = f"upload{_ending(page.form.get('ending', ''))}"
    try:
        batch = await uploads.receive(page.db, vault_of(page.service.keys), source, upload_id, name, page.me)
    except FileNotFoundError:
        page.deny(404, _GONE)
    return page.redirect(f"/staff/imports/{batch.id}")


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


def _ending(given: str) -> str:
    return given if given in ENDINGS else ""


def _said(code: str) -> Text:
    return text(SENTENCES.get(code, code))


def _is_worth_it(found: Checked) -> bool:
    """Whether importing it would do more than note that it came."""
    return not found.refused and found.there is None and found.members > 0
