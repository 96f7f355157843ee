"""What a cell of the table means: who comes, what must happen, and how to tell that it did."""

import re
from typing import Final

from shared.events import Role
from tests.access.table import TABLE, Row

VISITOR: Final = "visitor"  # not signed in
NOBODY: Final = "nobody"  # signed in, without any role
WHO: Final = (VISITOR, NOBODY, *(role.value for role in Role))
SOME_ID: Final = "5f0c2a9e-8d1b-4c57-9a43-0e6b7f1d2c38"

FOR_SERVICES: Final = [row for row in TABLE if any(who.startswith("service:") for who in row.who)]
FOR_PEOPLE: Final = [row for row in TABLE if row.who and row not in FOR_SERVICES]


def address(row: Row) -> str:
    """The row's path, for something that is nobody's."""
    return re.sub(r"\{\w+\}", SOME_ID, row.path)


def said(row: Row, who: str) -> str:
    """What the table says must happen: `in`, `login`, `request` (access is asked for first) or `forbidden`."""
    if "public" in row.who or who in row.who:
        return "in"
    if who == VISITOR:
        return "login"
    if "signed_in" in row.who:
        return "in"
    return "request" if who == NOBODY and "educator" in row.who else "forbidden"


def happened(row: Row, who: str, status: int, location: str, page: str) -> str:
    """What did happen, in the same words. What comes after the door is `in`: a stale form, a thing that is nobody's."""
    if status == 303 and location.startswith("/login?"):
        return "login"
    if status == 303 and location == "/ecs" and said(row, who) != "in":
        return "request"
    if status == 403 and "open for too long" not in page:
        return "forbidden"
    return "in"
