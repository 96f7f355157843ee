"""Where staff upload, and what becomes of it, in a test's hands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from services.fingerprint import sources, undone
from services.fingerprint.actions import batches, undoing, uploads
from services.fingerprint.actions.uploads import Checked
from services.fingerprint.bundles import Limits
from services.fingerprint.sources import Rule, Source
from tests.fingerprint.bundling import a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.spooling import Box, a_box


@dataclass
class Somebody:
    """Who acts."""

    account_id: UUID
    username: str = "dana.analyst"


DANA = Somebody(uuid4())


@dataclass
class Desk:
    """Where staff upload."""

    box: Box
    source: Source

    @property
    def bench(self) -> Bench:
        return self.box.bench

    async def keep(self, content: bytes, largest: int = 1_000_000) -> UUID:
        return await uploads.keep(self.source, in_pieces(content), largest)

    async def check(self, content: bytes, name: str = "all.zip") -> Checked:
        upload_id = await self.keep(content)
        async with self.bench.database.reading() as session:
            return await uploads.check(session, self.bench.vault, self.source, upload_id, name, Limits())

    async def receive(self, upload_id: UUID, name: str = "all.zip") -> str:
        """Staff say that it is to be taken in; the state of its batch."""
        async with self.bench.database.transaction() as session:
            batch = await uploads.receive(session, self.bench.vault, self.source, upload_id, name, DANA)
            return batch.state

    async def taken(self, *contents: bytes) -> UUID:
        """An upload of these answers is taken in; its batch."""
        upload_id = await self.keep(a_zip({f"{number}.eft": one for number, one in enumerate(contents)}))
        await self.receive(upload_id)
        await self.box.after(1)
        return upload_id

    async def ask(self, batch_id: UUID) -> None:
        """Staff want a batch undone."""
        async with self.bench.database.transaction() as session:
            await undoing.ask(session, batch_id, DANA, "sent by mistake")

    async def undo(self, batch_id: UUID) -> int:
        """A batch is undone: how many answers of it count no more."""
        await self.ask(batch_id)
        assert await undone.once(self.bench.database, self.bench.vault)
        return int(await self.bench.one("SELECT answers FROM undoings WHERE batch_id = :id", id=batch_id))

    async def refusal(self, batch_id: UUID) -> str:
        """Why a batch cannot be undone."""
        await self.ask(batch_id)
        assert await undone.once(self.bench.database, self.bench.vault)
        refused = "SELECT count(*) FROM audit WHERE action = 'batch.undo_refused' AND reason = 'sent by mistake'"
        assert await self.bench.one(refused) > 0
        assert await self.bench.one("SELECT state FROM batches WHERE id = :id", id=batch_id) == batches.DONE
        return str(
            undoing.REFUSALS[await self.bench.one("SELECT refused FROM undoings WHERE batch_id = :id", id=batch_id)]
        )


def a_desk(bench: Bench, folder: Path) -> Desk:
    """A desk whose uploads lie in this folder."""
    source = sources.uploads(folder)
    return Desk(a_box(bench, folder, source, rule=Rule.RENAMED), source)


async def in_pieces(content: bytes) -> AsyncIterator[bytes]:
    """As a browser sends it."""
    for start in range(0, len(content), 100):
        yield content[start : start + 100]
