"""What tests of applying do again and again: send a page's form, fill in all of it, and what was issued before."""

from datetime import date
from typing import Final
from uuid import uuid4

from sqlalchemy import insert, text

from services.certificate.rules.case import Deed
from services.certificate.tables import Entry
from tests.certificate.conftest import ROBIN, Bench, at, professional, substitute
from tests.certificate.portal import Answer, Portal

APPLY: Final = "/ecs/apply/substitute"
IPC: Final = "/ecs/apply/ipc"
QUESTIONS: Final = ("convicted", "charged", "registry", "license", "employment")
ALL_NO: Final = {f"conduct_{code}": "no" for code in QUESTIONS}
SIGNING: Final = {"accepted": "yes", "name": "Robin Example", "language": "en", "edition": "2020-01-01"}


async def send(portal: Portal, token: str, path: str, **fields: str) -> Answer:
    """Open a page and send its form."""
    opened = await portal.get(path, token)
    assert opened.status == 200, (path, opened.to)
    action = path.partition("?")[0]
    assert opened.tree is not None
    hidden = opened.tree.xpath("//main//form[@action=$action]//input[@type='hidden']", action=action)
    return await portal.post(action, token, {**{one.get("name"): one.get("value") for one in hidden}, **fields})


async def fill_substitute(portal: Portal, token: str, **conduct: str) -> Answer:
    """From "Start now" to "Check your answers"."""
    assert (await portal.post(APPLY, token)).to == f"{APPLY}/route"
    assert (await send(portal, token, f"{APPLY}/route", route="hours")).to == f"{APPLY}/conduct"
    assert (await send(portal, token, f"{APPLY}/conduct", **{**ALL_NO, **conduct})).to == f"{APPLY}/sworn"
    assert (await send(portal, token, f"{APPLY}/sworn", **SIGNING)).to == f"{APPLY}/release"
    assert (await send(portal, token, f"{APPLY}/release", **SIGNING)).to == f"{APPLY}/check"
    return await portal.get(f"{APPLY}/check", token)


async def issued(bench: Bench, code: str, count: int, educator_id: str = "93200019") -> None:
    """Applications of somebody else that ended with a certificate, 10, 11, 12 ... days after they were received."""
    async with bench.database.transaction() as session:
        for number in range(count):
            await session.execute(
                text(
                    "INSERT INTO applications (id, educator_id, class_code, received_on, version, state, move, since,"
                    " due_on, ended_on, held) VALUES (:id, :educator, :code, date '2026-01-01', 2, 'issued',"
                    " 'nobody', date '2026-01-01', date '2026-04-01', date '2026-01-11' + CAST(:n AS integer), false)"
                ),
                {"id": uuid4(), "educator": educator_id, "code": code, "n": number},
            )


async def certificate(bench: Bench, code: str, first: date, last: date) -> None:
    """Robin holds a certificate."""
    application_id = uuid4()
    async with bench.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO applications (id, educator_id, class_code, received_on, version, state, move, since,"
                " due_on, ended_on, held) VALUES (:id, :educator, :code, :day, 1, 'issued', 'nobody', :day, :day,"
                " :day, false)"
            ),
            {"id": application_id, "educator": ROBIN, "code": code, "day": first},
        )
        form = professional() if code == "ipc" else substitute()
        await session.execute(
            insert(Entry).values(
                application_id=application_id,
                number=1,
                deed=Deed.RECEIVED,
                at=at(first),
                day=first,
                actor="robin.example",
                details={"submission": form.to_json()},
            )
        )
        await session.execute(
            text(
                "INSERT INTO certificates (id, application_id, educator_id, class_code, classification, areas,"
                " effective_on, expires_on) VALUES (:id, :application, :educator, :code, 'Initial Professional',"
                " '[\"Art\"]', :first, :last)"
            ),
            {
                "id": uuid4(),
                "application": application_id,
                "educator": ROBIN,
                "code": code,
                "first": first,
                "last": last,
            },
        )
