"""What educator answers to fingerprint: whose Social Security Number stands in a submission."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.educator.actions.comparing import Comparison, compare
from services.educator.vault import vault_of
from shared.auth import InternalCall, called_by
from shared.limits import seconds
from shared.service import Service

router = APIRouter(include_in_schema=False)
Fingerprint = Annotated[InternalCall, Depends(called_by("fingerprint"))]

AT_ONCE: Final = 500
NUMBERS: Final = 10
# Whoever stole fingerprint's key could try numbers: so many, in calls of `AT_ONCE`, and each stands in the trail.
RATE: Final = "60/minute"


class Submission(BaseModel):
    """One submission. What it holds is in no text that is made of it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: UUID
    numbers: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9]{9}$")], ...], Field(min_length=1, max_length=NUMBERS, repr=False)
    ]
    born_on: date | None = Field(repr=False)


class Asked(BaseModel):
    """The submissions of one call."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    submissions: Annotated[tuple[Submission, ...], Field(min_length=1, max_length=AT_ONCE)]


class Found(BaseModel):
    """An educator who has one of a submission's numbers, and whether its birth date is theirs."""

    educator_id: str
    born: bool


class Answered(BaseModel):
    """For each submission, in the order asked, the educators who have one of its numbers."""

    matches: list[list[Found]]


@router.post("/internal/numbers/compare")
async def compare_numbers(request: Request, call: Fingerprint, asked: Asked) -> Answered:
    """Whose numbers stand in these submissions.

    Raises:
        HTTPException: 429 where more is asked than results can come.
    """
    service: Service = request.app.state.service
    if not await request.app.state.web.limits.allows("educator.numbers", RATE, call.service):
        raise HTTPException(429, headers={"Retry-After": str(seconds(RATE))})
    comparisons = [Comparison(one.id, one.numbers, one.born_on) for one in asked.submissions]
    async with service.database.transaction() as session:
        found = await compare(session, vault_of(service.keys), comparisons)
    return Answered(matches=[[Found(educator_id=m.educator_id, born=m.born) for m in matches] for matches in found])
