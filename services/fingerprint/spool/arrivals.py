"""Files that were read, and members of bundles, as the ledger takes them in."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from services.fingerprint import regulations
from services.fingerprint.actions.entering import Arrival
from services.fingerprint.actions.members import digest_of, said_by
from services.fingerprint.bundles import Member
from services.fingerprint.ebts import Unreadable
from services.fingerprint.messages import Message
from services.fingerprint.sources import Source
from services.fingerprint.spool.files import streamed
from services.fingerprint.spool.groups import Loose
from shared.events import Bureau
from shared.policy import local_day


def arrived(source: Source, files: Sequence[Loose]) -> list[Arrival]:
    """Files that were read."""
    now = datetime.now(UTC)
    bureau_of = _bureaus(source, now)
    return [
        Arrival(
            name=one.held.name,
            received_at=now,
            digest=one.reading.digest,
            message=one.message,
            content=one.reading.content,
            chunks=partial(streamed, one.held.path, one.reading.sight) if one.reading.content is None else None,
            source=source.name,
            bureau=bureau_of(one.message),
            codes=source.purposes,
            claim=one.held.claim,
        )
        for one in files
    ]


def unpacked(source: Source, batch_id: UUID, members: Sequence[Member]) -> list[Arrival]:
    """Members of a batch."""
    now = datetime.now(UTC)
    bureau_of = _bureaus(source, now)
    found: list[Arrival] = []
    for member in members:
        message = said_by(member)
        found.append(
            Arrival(
                name=member.name,
                received_at=now,
                digest=digest_of(member),
                message=message,
                content=member.content,
                chunks=member.pieces,
                source=source.name,
                bureau=bureau_of(message),
                codes=source.purposes,
                batch_id=batch_id,
                member=member.number,
            )
        )
    return found


def _bureaus(source: Source, moment: datetime) -> Callable[[Message | Unreadable], Bureau | None]:
    """Who an origin is: by the source, else by the policy of that day."""
    day = local_day(moment)
    known: dict[str, Bureau | None] = {}

    def bureau_of(message: Message | Unreadable) -> Bureau | None:
        if isinstance(message, Unreadable):
            return None
        origin = message.origin
        if origin not in known:
            known[origin] = source.bureaus.get(origin) or regulations.bureau(origin, day)
        return known[origin]

    return bureau_of
