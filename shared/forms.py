"""What a browser sends: bounded, decoded strictly, refused where it cannot be text.

Starlette's own reader replaces what is not UTF-8 and keeps NUL, which PostgreSQL then refuses with an error; here such
a form is answered with 422 before anything happens.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request

LARGEST_FORM: Final = 64 * 1024  # bytes
MOST_FIELDS: Final = 200

_ALLOWED_CONTROLS: Final = frozenset("\t\n")
_NUMBER: Final = re.compile(r"[0-9]{1,4}")


class BadForm(Exception):
    """The body is not a form that one of our pages could have sent."""


class FormTooLarge(Exception):
    """The body is longer than any of our pages would send."""


class Form(Mapping[str, str]):
    """The fields as sent, NFC-normalized; of a repeated name the last value counts."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._last = dict(pairs)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def all(self, name: str) -> list[str]:
        """Every value of a name, as a group of checkboxes sends them."""
        return [value for key, value in self._pairs if key == name]

    def line(self, name: str) -> str:
        """A one-line answer without the blanks around it; empty where it was not sent."""
        return " ".join(self.get(name, "").split())

    def day(self, name: str) -> date | None:
        """What the kit's `memorable_date` sent as `<name>_month`, `_day`, `_year`; None where that is no date."""
        parts = [self.line(f"{name}_{part}") for part in ("year", "month", "day")]
        if not all(_NUMBER.fullmatch(part) for part in parts):
            return None
        year, month, day = map(int, parts)
        try:
            return date(year, month, day)
        except ValueError:
            return None


EMPTY: Final = Form([])


async def read(request: Request, largest: int, most_files: int) -> tuple[Form, Mapping[str, UploadFile]]:
    """The form and the files of a POST.

    Args:
        request: whose body has not been read yet.
        largest: bytes the whole body may have.
        most_files: files that may come with it; with 0 only a plain form is taken.

    Raises:
        BadForm: undecodable, too many fields, or another kind of body.
        FormTooLarge: past `largest`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return parse(await _bounded(request, largest)), {}
    if kind == "multipart/form-data" and most_files:
        return await _multipart(request, largest, most_files)
    if kind == "" and request.headers.get("content-length", "0") == "0":
        return EMPTY, {}
    raise BadForm


def parse(body: bytes) -> Form:
    """A urlencoded form.

    Raises:
        BadForm: not UTF-8, control characters, or too many fields.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS, separator="&"
        )
    except ValueError:  # UnicodeDecodeError is one
        raise BadForm from None
    return Form([(_clean(name), _clean(value)) for name, value in pairs])


def _clean(value: str) -> str:
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if not value.isprintable() and any(
        unicodedata.category(c) in ("Cc", "Cs") and c not in _ALLOWED_CONTROLS for c in value
    ):
        raise BadForm
    return value


async def _bounded(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise FormTooLarge
    return bytes(body)


async def _multipart(request: Request, largest: int, most_files: int) -> tuple[Form, Mapping[str, UploadFile]]:
    length = request.headers.get("content-length")
    if length is None:
        raise BadForm  # every browser says how much it sends
    if int(length) > largest:
        raise FormTooLarge
    try:
        sent = await request.form(max_files=most_files, max_fields=MOST_FIELDS, max_part_size=largest)
        fields = [(_clean(name), _clean(value)) for name, value in sent.multi_items() if isinstance(value, str)]
    except (StarletteHTTPException, UnicodeDecodeError):
        raise BadForm from None
    return Form(fields), {name: file for name, file in sent.multi_items() if isinstance(file, UploadFile)}
