"""The Certificate Status page of a signed-in educator against the smallest bare FastAPI page: `make bench ARGS=pages`.

- ours: the certificate service as it runs (session from the cache, permission, CSRF, security headers, translation,
  SQLAlchemy, the whole page with its menu), one process;
- bare: one asyncpg select of the same rows and the least template that shows them, one process (`bench.bare_page`).

- ours with a hundred times as many people on hand: the same service on another database.

The same visitors, 16 connections, one after the other in rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx
import redis
from sqlalchemy import text

from deploy.local.parts import Kafka, Valkey
from deploy.local.process import free_port
from shared import educator_id as educator_ids
from shared import keys as key_files
from shared import topics
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.db import Database
from shared.events import Role

ROOT: Final = Path(__file__).resolve().parent.parent
LEAST_RATIO: Final = 0.35
MOST_GROWTH: Final = 1.2
FEW, MANY = 1_000, 100_000
VISITORS: Final = 50
CONNECTIONS: Final = 16
PORT: Final = 8080  # of the origin; nothing listens there

_PEOPLE: Final = text("""
WITH people AS (
    SELECT id, account FROM unnest(CAST(:ids AS text[]), CAST(:accounts AS uuid[])) AS t (id, account)
), known AS (
    INSERT INTO educators (educator_id, account_id, identified_at, sequence)
    SELECT id, account, now(), 1 FROM people
), applied AS (
    INSERT INTO applications (id, educator_id, class_code, received_on, version, state, move, since, due_on, held,
        ended_on)
    SELECT gen_random_uuid(), id, 'substitute', day, 2, 'issued', 'nobody', day, day + 90, false, day
    FROM people, unnest(ARRAY[DATE '2017-08-01', DATE '2021-08-01', DATE '2025-08-01']) AS day
    RETURNING id, educator_id, received_on
)
INSERT INTO certificates (id, application_id, educator_id, class_code, classification, areas, effective_on, expires_on)
SELECT gen_random_uuid(), id, educator_id, 'substitute', 'Content Substitute', '[]', received_on,
    received_on + interval '4 years'
FROM applied
""")


async def compare(few: str, many: str, kafka: Kafka, valkey: Valkey, seconds: float, rounds: int) -> bool:
    """Print what was found; whether it holds. `few` and `many`: databases with certificate's tables, empty."""
    await topics.create(kafka.bootstrap)
    people = await _people(few, FEW)
    crowd = await _people(many, MANY)
    cache = redis.Redis.from_url(valkey.url)
    with tempfile.TemporaryDirectory(prefix="ecs-bench-") as folder, browsers() as visitors:
        key_files.create_all(Path(folder))
        with _serving(few, many, kafka, valkey, Path(folder)) as (small, large, bare):
            ratios, growths = [], []
            for number in range(rounds + 1):
                least = rate(visitors, bare, [_unasked(one) for one, _ in some(people)], seconds)
                ours = rate(visitors, small, [signed_in(cache, who) for _, who in some(people)], seconds)
                crowded = rate(visitors, large, [signed_in(cache, who) for _, who in some(crowd)], seconds)
                if number:  # the first round warms all
                    ratios.append(ours / least)
                    growths.append(ours / crowded)
                    print(f"round {number}: bare {least:,.0f}/s, ours {ours:,.0f}/s,", end=" ")
                    print(f"with {MANY:,} people {crowded:,.0f}/s, ratio {ours / least:.2f}")
    ratio, growth = statistics.median(ratios), statistics.median(growths)
    print(f"Certificate Status: median ratio {ratio:.2f} of a bare page (at least {LEAST_RATIO})")
    print(f"  with {MANY:,} educators and {3 * MANY:,} certificates it takes {growth:.2f} times as long", end=" ")
    print(f"as with {FEW:,} (at most {MOST_GROWTH})")
    return ratio >= LEAST_RATIO and growth <= MOST_GROWTH


def some(people: list[tuple[str, UUID]]) -> list[tuple[str, UUID]]:
    return people[:: len(people) // VISITORS]


async def _people(postgres: str, count: int) -> list[tuple[str, UUID]]:
    """Educator IDs and accounts of so many people, each with three certificates."""
    database = Database(postgres)
    people = [(educator_ids.make(number), uuid4()) for number in range(1, count + 1)]
    for start in range(0, count, 10_000):
        some = people[start : start + 10_000]
        async with database.transaction() as session:
            await session.execute(_PEOPLE, {"ids": [one for one, _ in some], "accounts": [who for _, who in some]})
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE"))
    await database.dispose()
    return people


def _unasked(educator_id: str) -> str:
    return f"GET /{educator_id} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def signed_in(cache: "redis.Redis", account: UUID) -> str:
    """A session in the cache, as identity puts it there, and a browser's request with its cookie."""
    token = (account.hex * 2)[:43]
    caller = Caller(
        account_id=account,
        username="robin",
        roles=(Grant(role=Role.EDUCATOR),),
        session_hash=session_hash(token),
        idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
    )
    cache.set(f"session:{session_hash(token)}", caller.model_dump_json(), ex=60)
    return (
        f"GET /ecs/certificates HTTP/1.1\r\nHost: localhost:{PORT}\r\n"
        f"Cookie: {session_cookie(PORT)}={token}\r\nAccept: text/html\r\nAccept-Language: en\r\n\r\n"
    )


def rate(visitors: subprocess.Popen[str], port: int, heads: list[str], seconds: float) -> float:
    assert visitors.stdin
    assert visitors.stdout
    told = {"port": port, "requests": heads, "seconds": seconds, "connections": CONNECTIONS}
    visitors.stdin.write(json.dumps(told) + "\n")
    visitors.stdin.flush()
    answer = visitors.stdout.readline()
    if not answer:
        raise SystemExit("the visitors gave up: a page was not answered with 200")
    return float(json.loads(answer)["rate"])


@contextmanager
def browsers() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.visitors"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _serving(few: str, many: str, kafka: Kafka, valkey: Valkey, home: Path) -> Iterator[tuple[int, int, int]]:
    """The service on each database, and the bare page, each in a process: their ports."""
    environment = {
        **os.environ,
        "ECS_KAFKA": kafka.bootstrap,
        "ECS_REDIS": valkey.url,
        "ECS_KEYS": str(home),
        "ECS_LOG": str(home),
        "ECS_PORT": str(PORT),
        "ECS_ORIGIN": f"http://localhost:{PORT}",
        "ECS_URL_IDENTITY": "http://127.0.0.1:9",
        "BENCH_POSTGRES": few,
    }
    small, large, bare = free_port(), free_port(), free_port()
    processes = []
    try:
        for app, port, postgres in (
            ("services.certificate.main:app", small, few),
            ("services.certificate.main:app", large, many),
            ("bench.bare_page:app", bare, few),
        ):
            command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning"]
            told = {**environment, "ECS_POSTGRES_CERTIFICATE": postgres}
            processes.append(subprocess.Popen([*command, "--no-access-log"], cwd=ROOT, env=told))
        for port, path in ((small, "/health/live"), (large, "/health/live"), (bare, "/00000000")):
            answers(f"http://127.0.0.1:{port}{path}", processes)
        yield small, large, bare
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def answers(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait until it answers.

    Raises:
        SystemExit: a process ended instead.
    """
    while all(process.poll() is None for process in processes):
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}: its program ended")
