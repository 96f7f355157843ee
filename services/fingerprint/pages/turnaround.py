"""`/staff/results/turnaround`: how long things take, week by week, as a chart with its table."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint.actions import turnaround
from services.fingerprint.pages.charts import chart
from services.fingerprint.pages.filters import STAFF
from shared.policy import today
from shared.web import Page, reads

router = APIRouter()
Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]


@router.get("/staff/results/turnaround")
async def show(page: Shown) -> Response:
    """The last half year."""
    weeks = await turnaround.weeks(page.db, today())
    past = weeks[::-1]
    names = [week.name for week in past]
    return page.render(
        "turnaround.html",
        weeks=weeks,
        measured_at=await turnaround.measured_at(page.db),
        fewest=turnaround.FEWEST,
        answered=chart(names, [one.answered_half for one in past], [one.answered_most for one in past]),
        cleared=chart(names, [one.cleared_half for one in past], [one.cleared_most for one in past]),
    )
