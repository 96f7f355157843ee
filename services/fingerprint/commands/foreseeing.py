"""What would become of files if they came now. Nothing is written, but that somebody looked."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

from services.fingerprint import bundles
from services.fingerprint.actions import following, results
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.bundles import Refused
from services.fingerprint.commands.running import Desk, Progress
from services.fingerprint.ebts import DEFAULT_LIMITS, Unreadable
from services.fingerprint.rules.damage import damages
from services.fingerprint.vault import digest_of
from shared import audit

MOST_ERRORS: Final = 100


@dataclass
class Foreseen:
    """How many would be read, came before, are damaged; `errors`: a line for each damaged one, up to a bound."""

    files: int = 0
    read: int = 0
    repeated: int = 0
    damaged: int = 0
    errors: list[str] = field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """For programs."""
        return dict(vars(self))

    def add_damaged(self, name: str, wrong: Unreadable) -> None:
        """One is damaged. A field is named as for staff: only where it does not tell of a record."""
        self.damaged += 1
        if len(self.errors) < MOST_ERRORS:
            (first,) = damages([(wrong.code, wrong.field, wrong.offset)], in_full=False)
            shown = "".join(one if one.isprintable() else "?" for one in name)  # whoever sent it chose it
            self.errors.append(f"{shown}: {first.sentence}{f' ({first.field})' if first.field else ''}")


async def foresee(desk: Desk, files: Sequence[Path], progress: Progress) -> Foreseen:
    """Read all of them, as an importer would, and look whether they are there already."""
    found = Foreseen()
    fresh: dict[bytes, int] = {}
    for path in files:
        for name, content, wrong in _contents(desk, path):
            found.files += 1
            progress(f"looked at {found.files}")
            message = Unreadable(wrong) if wrong else results.understood(content)
            if isinstance(message, Unreadable):
                found.add_damaged(name, message)
            else:
                digest = digest_of(content)
                fresh[digest] = fresh.get(digest, 0) + 1
    async with desk.database.reading() as session:
        began = await following.now(session)
        known = await following.of_files(session, desk.vault, list(fresh), began)
    for digest, times in fresh.items():
        new = digest not in known or known[digest].state == Outcome.QUARANTINED
        found.read += new
        found.repeated += times - new
    # As after the check of an upload: who knows all of an answer but its finding could look which came before.
    counts = {"files": found.files, "read": found.read, "repeated": found.repeated, "damaged": found.damaged}
    async with desk.database.transaction() as session:
        await audit.record(session, action="import.foreseen", actor=None, subject="imports", new=counts)
    progress.end()
    return found


def _contents(desk: Desk, path: Path) -> Iterator[tuple[str, bytes, str]]:
    """The name, the bytes and what is wrong, of a file or of each in an archive."""
    with path.open("rb") as file:
        head = file.read(bundles.HEAD)
        if not bundles.looks_like_one(path.name, head):
            size = os.fstat(file.fileno()).st_size
            if size > DEFAULT_LIMITS.submission:
                yield path.name, b"", "too_large"
            else:
                yield path.name, head + file.read(), ""
            return
        try:
            for member in bundles.opened(file.fileno(), desk.settings.bundle_limits, gettempdir()).members(0):
                content = member.content or b""
                wrong = member.wrong or ("too_large" if member.content is None else "")
                yield f"{path.name}: {member.name}", content, wrong
        except Refused as refused:
            yield path.name, b"", refused.code
