"""Writes and sends letters, for as long as the service runs.

Woken by the database when something may be due, else looking once a second. One letter at a time over one connection;
no transaction is open while the mail server is spoken to. What became of letters is written down while the next ones
are handed over, several in one transaction: a sender that is killed leaves a few letters sent and not marked, which
then go out once more with the same Message-ID.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final, TypeVar

import asyncpg
from prometheus_client import Counter

from services.notifier.actions import delivery, officials, post, writing
from services.notifier.actions.delivery import Claimed, Ended
from services.notifier.letters import rendering
from services.notifier.mail import Away, Later, Mail, Refused, message
from services.notifier.rules.patience import Patience
from services.notifier.settings import Settings
from shared import faults, policy
from shared.db import Database
from shared.sealed import Opener, Unopenable
from shared.service import Service

NET: Final = 1.0  # seconds between looks when nobody wakes us
BATCH: Final = 100
# Seconds: one letter may take the first; no further one is begun after the second. Together they are within the hold.
DELIVERY: Final = 60.0
BEGIN: Final = 25.0
UPKEEP: Final = 5.0
GATHER: Final = 0.05  # how long what became of a letter waits for that of others
# While the mail server or the database is away, the pause grows from the first to the longest, in seconds.
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0

LETTERS: Final = Counter("ecs_letters_ended_total", "Letters that were sent, failed or expired.", ["kind", "state"])
ATTEMPTS: Final = Counter("ecs_letter_attempts_total", "Letters handed to the mail server, repeats included.")

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


async def send_letters(service: Service) -> None:
    """The loop of the service."""
    settings = service.settings
    assert isinstance(settings, Settings)  # noqa: S101 - tells the type
    await Sender(service.database, settings, Opener(service.keys)).run()


class Sender:
    """One sender; as many may run as the service has processes."""

    def __init__(self, database: Database, settings: Settings, opener: Opener) -> None:
        self._database = database
        self._settings = settings
        self._opener = opener
        self._pen = writing.Pen(opener, settings.origin)
        self._mail = Mail(settings.smtp)
        self._patience = Patience(
            timedelta(seconds=settings.mail_first_pause),
            timedelta(seconds=settings.mail_longest_pause),
            timedelta(seconds=settings.mail_give_up_after),
        )
        self._ended: list[Ended] = []  # not written down yet
        self._marking: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._bell = asyncio.Event()
        self._away_pause = FIRST_PAUSE
        self._not_before = 0.0
        self._upkeep_at = 0.0

    async def run(self) -> None:
        """Until cancelled; a letter that is being handed over then is finished first."""
        pause = FIRST_PAUSE
        try:
            async with self._listening():
                while True:
                    self._bell.clear()
                    try:
                        busy = await self.look()
                        pause = FIRST_PAUSE
                    except Exception as error:
                        if not faults.is_of_the_world(error):
                            raise
                        _log.warning("the sender pauses", extra={"error": type(error).__name__, "seconds": pause})
                        await asyncio.sleep(pause)
                        pause = min(pause * 2, LONGEST_PAUSE)
                        continue
                    if not busy:
                        await self._rung()
        finally:
            await self._mail.close()

    async def look(self) -> bool:
        """Write and send what is due; True if there may be more at once."""
        await self._marked()  # what a database that was away did not take
        async with self._database.transaction() as session:
            await writing.close_expired(session)
            looked_at = await writing.write_waiting(session, self._pen, policy.today())
            if monotonic() >= self._upkeep_at:
                await writing.adopt(session)
                await writing.forget_orphans(session)
                await officials.forget(session)
                self._upkeep_at = monotonic() + UPKEEP
        sent = await self._send() if monotonic() >= self._not_before else 0
        return looked_at == writing.BATCH or sent == BATCH

    async def _send(self) -> int:
        async with self._database.reading() as session:
            if not await delivery.any_due(session):
                return 0
        try:
            await self._mail.ready()
        except Away as away:
            self._server_is_away(away)
            return 0
        async with self._database.transaction() as session:
            letters = await delivery.claim(session, BATCH)
        begin_until = monotonic() + BEGIN
        left = list(letters)
        try:
            while left and monotonic() < begin_until:
                if not await _finished(self._deliver(left.pop(0))):
                    return 0
        finally:
            if left:
                await self._release(left)
            await _finished(self._marked())
        return len(letters)

    async def _deliver(self, letter: Claimed) -> bool:
        """Send one letter and mark it; False if the server went away."""
        now = datetime.now(UTC)
        if letter.expires_at is not None and letter.expires_at <= now:
            self._end(letter, "expired")
            return True
        if letter.address is None:
            await self._later(letter, self._patience.pause(letter.attempts))
            return True
        try:
            content = self._message(letter, letter.address, now)
        except Unopenable:
            self._end(letter, "failed")
            return True
        except Refused as refused:
            self._end(letter, "failed", refused.reply)
            return True
        except Exception as error:
            # A slip of ours with one letter holds up no other; staff see that it is under way for too long.
            _log.error(
                "a letter cannot be put together",
                extra={"letter": str(letter.id), "kind": letter.kind, "error": type(error).__name__},
            )
            await self._later(letter, self._patience.pause(letter.attempts))
            return True
        return await self._hand_over(letter, letter.address, content, now)

    async def _hand_over(self, letter: Claimed, to: str, content: bytes, now: datetime) -> bool:
        try:
            async with asyncio.timeout(DELIVERY):
                await self._mail.ready()
                ATTEMPTS.inc()
                await self._mail.send(content, sender=self._settings.mail_from, to=to)
        except Later as later:
            if self._patience.is_over(letter.deferred_since, now):
                self._end(letter, "failed", later.reply)
            else:
                await self._later(letter, self._patience.pause(letter.attempts), reply=later.reply, deferred=True)
        except Refused as refused:
            self._end(letter, "failed", refused.reply)
        except (Away, TimeoutError) as away:
            self._mail.drop()
            self._server_is_away(away)
            await self._later(letter, self._patience.pause(letter.attempts))
            return False
        else:
            self._away_pause = FIRST_PAUSE
            self._end(letter, "sent")
        return True

    def _message(self, letter: Claimed, to: str, now: datetime) -> bytes:
        link = self._opener.open(letter.sealed).get("link") if letter.sealed else None
        body = rendering.with_link(letter.body, link)
        return message(
            letter.id,
            sender=self._settings.mail_from,
            to=to,
            subject=letter.subject,
            language=letter.language,
            text=rendering.as_text(body),
            html=rendering.as_html(letter.subject, body, letter.language),
            now=now,
        )

    def _server_is_away(self, away: Away | TimeoutError) -> None:
        _log.warning(
            "the mail server is away", extra={"error": str(away) or "TimeoutError", "seconds": self._away_pause}
        )
        self._not_before = monotonic() + self._away_pause
        self._away_pause = min(self._away_pause * 2, LONGEST_PAUSE)

    def _end(self, letter: Claimed, state: str, reply: int | None = None) -> None:
        """What became of it; written down soon, beside what comes next."""
        self._ended.append(Ended(letter, state, reply))
        if self._marking is None or self._marking.done():
            self._hurry.clear()
            self._marking = asyncio.create_task(self._mark())

    async def _mark(self) -> None:
        while self._ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    await self._hurry.wait()
            ended = list(self._ended)
            async with self._database.transaction() as session:
                await delivery.end(session, ended)
            del self._ended[: len(ended)]
            for letter, state, reply in ended:
                LETTERS.labels(letter.kind, state).inc()
                _log.info(
                    "letter ended",
                    extra={
                        "letter": str(letter.id),
                        "kind": letter.kind,
                        "state": state,
                        "reply": reply,
                        "attempts": letter.attempts,
                    },
                )

    async def _marked(self) -> None:
        """Until everything that ended is written down."""
        self._hurry.set()
        marking, self._marking = self._marking, None
        if marking is not None:
            await marking
        await self._mark()

    async def _later(
        self, letter: Claimed, pause: timedelta, *, reply: int | None = None, deferred: bool = False
    ) -> None:
        async with self._database.transaction() as session:
            await delivery.later(session, letter, pause, reply=reply, deferred=deferred)

    async def _release(self, letters: list[Claimed]) -> None:
        async with self._database.transaction() as session:
            for letter in letters:
                await delivery.release(session, letter)

    # --- being woken ---

    async def _rung(self) -> None:
        try:
            async with asyncio.timeout(NET):
                await self._bell.wait()
        except TimeoutError:
            return

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        ears = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            ears.cancel()
            await asyncio.wait([ears])

    async def _listen(self) -> None:
        """Keep an ear on the database; while there is none, the look once a second has to do."""
        while True:
            try:
                async with self._database.alone() as connection:
                    await connection.add_listener(post.CHANNEL, self._ring)
                    while True:
                        await asyncio.sleep(NET)
                        await connection.execute("SELECT 1")
            except Exception as error:
                if not faults.is_of_the_world(error) and not isinstance(
                    error, asyncpg.PostgresError | asyncpg.InterfaceError
                ):
                    raise
                await asyncio.sleep(NET)

    def _ring(self, *_: Any) -> None:
        self._bell.set()


async def _finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Do it to its end, even if we are cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
