"""`/staff/cases`: identity cases, for administrators."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.educator.actions import cases, decisions
from services.educator.actions.cases import Opened, Sight
from services.educator.actions.decisions import AddressUnknown, Deciding, NotOne, OwnCase, Stale
from services.educator.rules import cases as rules
from services.educator.rules.cases import Decision
from services.educator.rules.reading import Reading
from services.educator.vault import vault_of
from shared import educator_id
from shared.attention import Attention
from shared.db import Session
from shared.events import Role
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(Role.ADMINISTRATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.ADMINISTRATOR), scope="function")]

PER_PAGE = 25
_FURTHEST = 10_000


async def attention(session: Session) -> Sequence[Attention]:
    """What waits for an administrator, for the staff's first page."""
    count = await cases.waiting_for_staff(session)
    return [Attention(text("Identity cases to decide"), count, "/staff/cases", frozenset({Role.ADMINISTRATOR}))]


@router.get("/staff/cases")
async def queue(page: Shown) -> Response:
    """The open cases, oldest first; or the ended ones, newest first."""
    asked = page.request.query_params
    ended = asked.get("show") == "ended"
    typed = asked.get("page", "1")
    number = min(max(int(typed), 1), _FURTHEST) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    found, count = await cases.queue(page.db, ended=ended, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
    return page.render(
        "cases.html",
        cases=[(case, cases.turn(case)) for case in found],
        ended=ended,
        number=number,
        last=max(1, -(-count // PER_PAGE)),
        count=count,
    )


@router.get("/staff/cases/{case_id}")
async def show(case_id: UUID, page: Shown) -> Response:
    """One case, side by side with the records that may be the same person's."""
    return _render(page, _found(page, await cases.sight(page.db, case_id)))


@router.get("/staff/cases/{case_id}/values")
async def values_address(case_id: UUID, page: Shown) -> Response:
    """What was shown there is gone; the address leads back to the case."""
    return page.redirect(f"/staff/cases/{case_id}")


@router.post("/staff/cases/{case_id}/values")
async def open_values(case_id: UUID, page: Sent) -> Response:
    """Show last four digits and birth dates once, for a stated reason. Not a redirect: they lie nowhere in between."""
    seen = _found(page, await cases.sight(page.db, case_id))
    if seen.case.ended_at is not None:
        return page.redirect(f"/staff/cases/{case_id}")
    reading = Reading(page.form)
    purpose = reading.take("why", rules.purpose, "")
    if reading.errors:
        return _render(page, seen, 422, reading.errors, {"why": page.form.get("why", "")})
    opened = await cases.open_values(page.db, vault_of(page.service.keys), page.me, seen, purpose)
    return _render(page, seen, opened=opened)


@router.post("/staff/cases/{case_id}")
async def decide(case_id: UUID, page: Sent) -> Response:
    """Carry out what the administrator decided."""
    reading = Reading(page.form)
    decision = reading.take("decision", rules.decision, Decision.DOCUMENTS)
    reason = reading.take("reason", rules.reason, "")
    typed = {field: page.form.get(field, "") for field in ("decision", "record", "reason")}
    if reading.errors:
        return _render(page, _found(page, await cases.sight(page.db, case_id)), 422, reading.errors, typed)
    version = page.form.get("version", "")
    deciding = Deciding(
        decision=decision,
        reason=reason,
        record=page.form.get("record", ""),
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        mark=page.form.get("mark", ""),
    )
    try:
        await decisions.decide(
            page.db, vault_of(page.service.keys), page.service.keys, page.me, case_id, deciding, datetime.now(UTC)
        )
    except NotOne:
        errors = {"record": text("Select the record that this decision is about.")}
        return _render(page, _found(page, await cases.sight(page.db, case_id)), 422, errors, typed)
    except Stale:
        return _render(page, _found(page, await cases.sight(page.db, case_id)), 409, {"": _STALE}, typed)
    except OwnCase:
        page.deny(403, _OWN)
    except AddressUnknown:
        return _render(page, _found(page, await cases.sight(page.db, case_id)), 409, {"": _ADDRESS_UNKNOWN}, typed)
    page.flash(_SAID[decision])
    return page.redirect(f"/staff/cases/{case_id}")


_STALE = text(
    "This case, or a record beside it, has changed since you opened it. Nothing was done. It stands below as it is now."
)
_ADDRESS_UNKNOWN = text(
    "The e-mail address of this account has not reached us yet, so letters about the record would go to the wrong"
    " person. Nothing was done. Try again in a few minutes."
)
_OWN = text("Your own account is part of this case. Another administrator must look at it.")
_SAID: dict[Decision, Text] = {
    Decision.SAME_PERSON: text("The case is ended. The second account will be closed, and its owner is written to."),
    Decision.RECORD_MOVED: text(
        "The case is ended. The record belongs to the second account now. Both are written to."
    ),
    Decision.DOCUMENTS: text("The person is asked for documents. The case stays open."),
    Decision.PERSON_MADE: text("The case is ended. The account has a record of its own, and its owner is written to."),
}


def _found(page: Page, seen: Sight | None) -> Sight:
    """The case, where it is there and somebody else's: an own one would tell whose a number is that was typed."""
    if seen is None:
        page.deny(404)
    if page.me.account_id in (seen.case.account_id, *(record.account_id for record in seen.records)):
        page.deny(403, _OWN)
    return seen


def _ways(seen: Sight) -> list[tuple[str, Text, Text]]:
    """The decisions that make sense beside these records."""
    about_records = [
        (
            Decision.SAME_PERSON.value,
            text("Same person"),
            text("One person with two usernames. The second account is closed; its letter names the first username."),
        ),
        (
            Decision.RECORD_MOVED.value,
            text("Give the record to the second account"),
            text(
                "The record, with its fingerprint results and certificates, belongs to the person behind the second"
                " account. The first account loses it. Name, birth date and e-mail address become those of the second."
            ),
        ),
    ]
    always = [
        (
            Decision.DOCUMENTS.value,
            text("Ask for documents"),
            text(
                "The person reads what you write below. Say which documents, and where to bring or send them. The case"
                " stays open."
            ),
        ),
        (
            Decision.PERSON_MADE.value,
            text("No SSN: make the person"),
            text("The account gets a record of its own, without a number."),
        ),
    ]
    return (about_records if seen.records else []) + always


def _choices(seen: Sight) -> list[tuple[str, Text, Text]]:
    """The records to choose from."""
    return [
        (
            record.educator_id,
            text(
                "{id}, {first} {last}",
                id=educator_id.shown(record.educator_id),
                first=record.name.first,
                last=record.name.last,
            ),
            text("held by {username}", username=record.username or _UNKNOWN),
        )
        for record in seen.records
    ]


_UNKNOWN = text("a username not known here yet")


def _render(
    page: Page,
    seen: Sight,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
    opened: Sequence[Opened] = (),
) -> Response:
    if form is None:
        form = {"record": seen.records[0].educator_id} if len(seen.records) == 1 else {}
    return page.render(
        "case.html",
        status=status,
        errors=errors,
        form=form,
        case=seen.case,
        turn=seen.turn,
        records=seen.records,
        others=seen.others,
        mark=seen.mark,
        ways=_ways(seen),
        choices=_choices(seen),
        unknown=_UNKNOWN,
        opened={value.whose: value for value in opened},
        headings=[
            # a space that does not break
            text("Record {id}", id=educator_id.shown(record.educator_id).replace(" ", "\u00a0"))
            for record in seen.records
        ],
        ended_record=educator_id.shown(seen.case.end_record_id) if seen.case.end_record_id else "",
    )
