"""What identity answers to the other services: whose session this is."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from services.identity.actions import sessions
from services.identity.rules.access import READS_HISTORY
from shared.auth import RESOLVE_PATH, Caller, InternalCall, called_by
from shared.db import Session
from shared.service import Service

router = APIRouter(include_in_schema=False)

Others = Annotated[InternalCall, Depends(called_by("educator", "fingerprint", "certificate", "notifier"))]


class Asked(BaseModel):
    """The session somebody asks about."""

    model_config = ConfigDict(extra="forbid")

    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@router.post(RESOLVE_PATH)
async def resolve(request: Request, call: Others, asked: Asked) -> Caller:
    """Whose session this is; asking keeps it from going idle.

    Raises:
        HTTPException: 404 where it has ended or never was.
    """
    service: Service = request.app.state.service
    async with service.database.transaction() as session:
        caller = await whose(session, asked.hash, demonstration=service.settings.demo)
    if caller is None:
        raise HTTPException(404)
    return caller


async def whose(session: Session, session_hash: str, *, demonstration: bool) -> Caller | None:
    """The caller of a session. Outside a demonstration nobody reads criminal history with a password alone
    (CJIS Security Policy 5.9.4, IA-2): the start refuses such accounts, and here their role does not count."""
    caller = await sessions.resolve(session, session_hash, datetime.now(UTC))
    if caller is None or demonstration:
        return caller
    return caller.model_copy(
        update={"roles": tuple(grant for grant in caller.roles if grant.role not in READS_HISTORY)}
    )
