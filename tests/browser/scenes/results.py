"""What staff see of the results that came in."""

import io
import secrets
import zipfile
from typing import Final

from tests.browser.cast.desks import Cast
from tests.browser.scenes.scene import Scene, presses
from tests.flow import result_files

IMPORT: Final = "/staff/imports/{batch_id}"
UPLOAD: Final = "/staff/imports/upload"
CHECK: Final = "/staff/imports/upload/{upload_id}"
FILE: Final = "/staff/quarantine/{file_id}"
SEARCH: Final = "/staff/results/search"


def _archive(*files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for number, content in enumerate(files):
            packed.writestr(f"{number}.eft", content)
    return written.getvalue()


def _uploaded(cast: Cast, content: bytes) -> str:
    """The page of an upload that was checked."""
    desk = cast.analyst.browser.open(UPLOAD)
    csrf = desk.tree.xpath("//main//input[@name='csrf']")[0].get("value")
    sent = desk.send("POST", UPLOAD, data={"csrf": csrf}, files={"file": ("results.zip", content)})
    return str(sent.headers["location"])


def _checked(cast: Cast) -> str:
    # bytes that came before would be a duplicate, and not damaged
    damaged = f"no transaction {secrets.token_hex(8)}".encode()
    return _uploaded(cast, _archive(result_files.answer("fbi", name="PACKED,PAT", oca=""), damaged))


def _imported(cast: Cast) -> str:
    """The page of an import that has ended, with a file that could not be read."""
    desk = cast.analyst.browser.open(_checked(cast)).press("Import")
    return desk.until(desk.path, lambda page: "Undo this import" in page.text, 30).path


def _undone(cast: Cast) -> str:
    """The page of an import that was undone."""
    desk = cast.analyst.browser.open(_imported(cast)).fill("Reason", "Sent by mistake").press("Undo this import")
    return desk.until(desk.path, lambda page: "no more. Reason: Sent by mistake" in page.text, 30).path


def _damaged(cast: Cast) -> str:
    return cast.analyst.browser.open(_imported(cast)).links["Open"]


SCENES: Final = (
    Scene("imports", "/staff/imports", "Single files by day", who="analyst", needs=("unmatched",)),
    Scene("imports-wrong-day", "/staff/imports", "Enter a date", "/staff/imports?since=x", "administrator", status=422),
    Scene("import", IMPORT, "Undo this import", _imported, "analyst"),
    Scene("import-no-reason", IMPORT, "Write the reason", _imported, "analyst", presses("Undo this import"), 422),
    Scene("import-undone", IMPORT, "had this import undone", _undone, "analyst"),
    Scene("upload", UPLOAD, "It is checked first", who="analyst"),
    Scene("upload-nothing", UPLOAD, "Choose the file", "", "adjudicator", presses("Check"), 422),
    Scene("upload-check", CHECK, "Nothing is imported yet", _checked, "analyst"),
    Scene(
        "upload-refused", CHECK, "cannot be imported", lambda cast: _uploaded(cast, b"PK\x03\x04 cut"), "administrator"
    ),
    Scene("quarantine", "/staff/quarantine", "the newest first", who="analyst", needs=("unreadable_file",)),
    Scene("quarantine-one", FILE, "Read again", _damaged, "adjudicator"),
    Scene("quarantine-no-reason", FILE, "Write the reason", _damaged, "analyst", presses("Read again"), 422),
    Scene("results-search", SEARCH, "Each search is recorded", who="analyst"),
    Scene("results-search-ssn", SEARCH, "never by Social", f"{SEARCH}?q=512-34-5678", "analyst", status=422),
    Scene(
        "results-search-found",
        SEARCH,
        "Where it is",
        lambda cast: f"{SEARCH}?q={cast.checked.educator_id}",
        "adjudicator",
    ),
    Scene("turnaround", "/staff/results/turnaround", "Up to half a year", who="analyst"),
)
