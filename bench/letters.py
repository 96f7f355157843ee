"""Letters against a bare aiosmtplib loop: `make bench ARGS=letters`.

The same letters to the same mail server (aiosmtpd, which takes all and keeps none), in one run, in interleaved pairs,
over one connection each:

- ours: N letters that are due, claimed from PostgreSQL, put together (text and HTML of their blocks), sent, and each
  marked as sent before the next batch is claimed;
- bare: the same N messages, ready as bytes, handed over by `sendmail()` in a loop.

Ratios count, not rates: machines differ.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiosmtplib
from sqlalchemy import text

from deploy.local.process import free_port
from services.notifier.letters import Told, write
from services.notifier.letters.rendering import as_html, as_text
from services.notifier.mail import message
from services.notifier.sender import Sender
from services.notifier.settings import Settings
from shared import keys as key_files
from shared.db import Database
from shared.keys import Keys
from shared.sealed import Opener

ROOT: Final = Path(__file__).resolve().parent.parent
LEAST_RATIO: Final = 0.60
ORIGIN: Final = "http://localhost:8080"
SENDER: Final = "Educator Certification <no-reply@ecs.example>"
DETAILS: Final = {"purpose": "2301", "cleared_on": "2026-08-04", "valid_until": "2027-08-04"}

_FILL: Final = text("""
INSERT INTO letters (id, kind, occurred_at, address, details, language, subject, body, state)
SELECT gen_random_uuid(), 'cleared', now(), 'robin' || n || '@example.edu', '{}', 'en', :subject,
    CAST(:body AS jsonb), 'ready'
FROM generate_series(1, :count) n
""")
_LEFT: Final = text("SELECT count(*) FROM letters WHERE state <> 'sent'")


async def compare(postgres: str, count: int, pairs: int) -> bool:
    """Print what was found; whether it holds."""
    database = Database(postgres)
    with tempfile.TemporaryDirectory(prefix="ecs-bench-keys-") as folder, _sink() as port:
        key_files.create_all(Path(folder))
        sender = Sender(database, _settings(port, postgres), Opener(Keys(Path(folder), "notifier")))
        ratios = []
        await _ours(database, sender, count // 10)
        await _bare(port, count // 10)
        for pair in range(pairs):
            bare, ours = await _bare(port, count), await _ours(database, sender, count)
            ratios.append(bare / ours)
            print(f"pair {pair + 1}: bare {count / bare:,.0f}/s, ours {count / ours:,.0f}/s, ratio {bare / ours:.2f}")
    await database.dispose()
    ratio = statistics.median(ratios)
    print(f"letters: median ratio {ratio:.2f} of a bare aiosmtplib loop (at least {LEAST_RATIO})")
    return ratio >= LEAST_RATIO


@contextmanager
def _sink() -> Iterator[int]:
    """The mail server in a process of its own: its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.wait()


def _settings(port: int, postgres: str) -> Settings:
    return Settings.model_construct(smtp=f"smtp://127.0.0.1:{port}", postgres=postgres, origin=ORIGIN)


def _letter() -> tuple[str, list[dict[str, object]]]:
    told = Told(today=datetime.now(UTC).date(), language="en", first_name="Robin", last_name="Example", details=DETAILS)
    written = write("cleared", told, ORIGIN)
    return written.subject, written.body


async def _ours(database: Database, sender: Sender, count: int) -> float:
    """Seconds until every letter is marked as sent."""
    subject, body = _letter()
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM letters"))
        await session.execute(_FILL, {"subject": subject, "body": json.dumps(body), "count": count})
    began = time.perf_counter()
    while await sender.look():
        pass
    took = time.perf_counter() - began
    async with database.reading() as session:
        assert await session.scalar(_LEFT) == 0
    return took


async def _bare(port: int, count: int) -> float:
    """Seconds for the loop, its messages made beforehand."""
    subject, body = _letter()
    words, html = as_text(body), as_html(subject, body, "en")
    now = datetime.now(UTC)
    ready = [
        message(uuid4(), sender=SENDER, to=to, subject=subject, language="en", text=words, html=html, now=now)
        for to in (f"robin{number}@example.edu" for number in range(1, count + 1))
    ]
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port)
    await client.connect()
    began = time.perf_counter()
    for number, content in enumerate(ready, 1):
        await client.sendmail("no-reply@ecs.example", f"robin{number}@example.edu", content)
    took = time.perf_counter() - began
    await client.quit()
    return took
