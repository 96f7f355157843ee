"""A list as a file: CSV, or a workbook for Excel. Cells are words, never formulas."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Final

import xlsxwriter

from shared.export import CSV, Cell, as_csv, harmless

__all__ = ["CSV", "XLSX", "Cell", "as_csv", "as_xlsx", "harmless"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]], sheet: str) -> bytes:
    """A workbook of one sheet, the first line bold and in place while the others scroll."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "constant_memory": False}) as book:
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        page.set_column(0, len(columns) - 1, 18)
        heading = book.add_format({"bold": True})
        for column, title in enumerate(columns):
            page.write_string(0, column, title, heading)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                # write_string: whatever it looks like, it stays words
                page.write_string(line, column, harmless(cell))
    return written.getvalue()
