"""What people see of fingerprint, in the browser."""

from collections.abc import Sequence

from fastapi import APIRouter

from services.fingerprint.actions import importers, name_checks, reviews, unmatched
from services.fingerprint.pages import (
    by_name,
    educators,
    imports,
    quarantine,
    reviewing,
    searching,
    staff,
    turnaround,
    uploading,
)
from services.fingerprint.pages.filters import STAFF
from shared.attention import Attention
from shared.db import Session
from shared.events import Role
from shared.policy import today
from shared.text import text

router = APIRouter(include_in_schema=False)
# Uploading before imports: its paths stand among theirs.
for part in (educators, staff, uploading, imports, quarantine, turnaround, searching, reviewing, by_name):
    router.include_router(part.router)


async def attention(session: Session) -> Sequence[Attention]:
    """What waits for staff. How many cases are under review, only adjudicators are told."""
    return [
        Attention(
            text("Fingerprint answers that wait or match nobody"),
            await unmatched.count(session),
            "/staff/unmatched",
            frozenset(STAFF),
        ),
        Attention(
            text("Result files that could not be read"),
            await unmatched.count_quarantined(session),
            "/staff/quarantine",
            frozenset(STAFF),
        ),
        Attention(
            text("Folders of results in which something is wrong"),
            len(await importers.troubles(session)),
            "/staff/imports",
            frozenset(STAFF),
        ),
        Attention(
            text("Name checks to request"),
            await name_checks.count(session, today()),
            "/staff/namechecks",
            frozenset(STAFF),
        ),
        Attention(
            text("Fingerprint checks to review"),
            await reviews.count(session),
            "/staff/review",
            frozenset({Role.ADJUDICATOR}),
        ),
    ]
