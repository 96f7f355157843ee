"""`/staff/concerned`: issued certificates whose clearance was withdrawn or has expired, found and filtered."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import concerned
from services.certificate.actions.concerned import Concerned, Kind, Wanted
from services.certificate.pages.queue import FURTHEST, LONGEST_SEARCH, READERS
from shared import ssn
from shared.policy import today
from shared.text import Text, text
from shared.web import Page, reads

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(*READERS), scope="function")]

_KINDS: Final[Mapping[Kind, Text]] = {"withdrawn": text("Withdrawn"), "expired": text("Expired")}
_FIELDS: Final = ("q", "kind", "class", "since", "until")


@router.get("/staff/concerned")
async def show(page: Shown) -> Response:
    """The list, those withdrawn first."""
    asked = page.request.query_params
    day, errors = today(), dict[str, Text]()
    wanted = _wanted(asked, errors)
    number = _number(asked.get("page", ""))
    rows, more = list[Concerned](), False
    if not errors:
        found, more = await concerned.listed(page.db, regulations.BOOK, wanted, day, number)
        rows = list(found)
    return page.render(
        "concerned.html",
        status=422 if errors else 200,
        errors=errors,
        # a field for a date shows nothing that is none
        form={name: "" if name in errors and name != "q" else asked.get(name, "") for name in _FIELDS},
        rows=rows,
        number=number,
        last=number + more,
        query=urlencode({name: asked[name] for name in _FIELDS if asked.get(name)}),
        filtered=wanted != Wanted(),
        kinds=_KINDS,
        classes=_classes(),
        longest=LONGEST_SEARCH,
    )


def _wanted(asked: Mapping[str, str], errors: dict[str, Text]) -> Wanted:
    words = " ".join(unicodedata.normalize("NFC", asked.get("q", "")).split())
    if ssn.stands_in(words):
        errors["q"] = text("Search by Educator ID, application number or last name; never by Social Security Number.")
    elif len(words) > LONGEST_SEARCH or not words.isprintable():
        errors["q"] = text("Search by Educator ID, application number or last name.")
    kind, code = asked.get("kind", ""), asked.get("class", "")
    return Wanted(
        kind=cast(Kind, kind) if kind in _KINDS else "",
        class_code=code if code in _classes() else "",
        since=_day(asked, "since", errors),
        until=_day(asked, "until", errors),
        words=words,
    )


def _day(asked: Mapping[str, str], field: str, errors: dict[str, Text]) -> date | None:
    typed = asked.get(field, "").strip()
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        errors[field] = text("Enter a date as year-month-day, for example 2026-08-31.")
        return None


def _classes() -> dict[str, str]:
    """Every class there ever was: old certificates are of old ones."""
    book, day = regulations.BOOK, today()
    return {code: kind.title if (kind := book.find(code, day)) else code for code in book.codes}


def _number(typed: str) -> int:
    return min(max(int(typed), 1), FURTHEST) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
