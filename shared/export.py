"""A list as a file of comma-separated values. Cells are words, never formulas."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Final

CSV: Final = "text/csv; charset=utf-8"

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection; ASVS 5.0 V1.2.10), also in the
# wide forms that it reads as the plain ones.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | date | int | None


def harmless(cell: Cell) -> str:
    """A cell's words; dates and moments as ISO 8601; what could begin a formula stands behind an apostrophe."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    words = "" if cell is None else str(cell)
    return f"'{words}" if words.startswith(_STARTS) else words


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """RFC 4180, with the mark by which Excel knows UTF-8."""
    written = StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")
