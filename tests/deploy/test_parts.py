"""The parts from packages: they keep what they were given, and nothing of them outlives whoever started them."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from deploy.local.parts import Mailroom, Postgres, Valkey
from deploy.local.process import Failed
from tests.conftest import FAST, OwnParts
from tests.containers import engine_answers
from tests.databases import DatabaseMaker
from tests.ports import free_port

OUTER = """
import sys, time
from pathlib import Path
from deploy.local.parts import Postgres, Valkey
home, database, cache = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
parts = [Postgres(home, database), Valkey(home, cache)]
for part in parts:
    part.start()
print(*(part.pid for part in parts), flush=True)
time.sleep(600)
"""


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_was_committed_survives_a_killed_database(own_parts: OwnParts) -> None:
    postgres = own_parts.postgres()
    url = postgres.database("educator")
    await _value(url, "CREATE TABLE kept AS SELECT 7 AS number")
    postgres.kill()
    postgres.start()
    assert await _value(url, "SELECT number FROM kept") == 7


async def test_a_service_cannot_reach_another_services_database(own_parts: OwnParts) -> None:
    postgres = own_parts.postgres()
    own, other = postgres.database("educator"), postgres.database("notifier")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _value(own.rsplit("/", 1)[0] + "/notifier", "SELECT 1")
    assert await _value(other, "SELECT 1") == 1


async def test_a_database_refuses_a_wrong_password(own_parts: OwnParts) -> None:
    postgres = own_parts.postgres()
    postgres.database("educator")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _value(f"postgresql://educator:wrong@127.0.0.1:{postgres.port}/educator", "SELECT 1")


async def test_a_fresh_database_has_the_tables_of_its_service(fresh_database: DatabaseMaker) -> None:
    assert await _value(fresh_database("identity"), "SELECT to_regclass('outbox')::text") == "outbox"
    assert await _value(fresh_database(), "SELECT to_regclass('outbox')::text") is None


def test_a_frozen_part_answers_again_when_thawed(own_parts: OwnParts) -> None:
    valkey = own_parts.valkey()
    client = Redis(port=valkey.port, socket_timeout=0.3, retry=Retry(NoBackoff(), 0))
    valkey.freeze()
    with pytest.raises(RedisTimeoutError):
        client.ping()
    valkey.thaw()
    client.close()
    with Redis(port=valkey.port, socket_timeout=5) as again:
        assert again.ping()


def test_nothing_outlives_a_starter_that_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", OUTER, tmp_path, str(free_port()), str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert starter.stdout is not None
    with starter.stdout:
        pids = [int(pid) for pid in starter.stdout.readline().split()]
    processes = [psutil.Process(pid) for pid in pids]
    processes += [child for process in processes for child in process.children(recursive=True)]
    assert len(processes) > 2
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path, own_parts: OwnParts) -> None:
    taken = own_parts.valkey().port
    with pytest.raises(Failed, match=f"Port {taken}.*taken.*ECS_PORT"):
        Valkey(tmp_path, taken).start()


def test_data_of_another_postgresql_is_refused_and_left_alone(tmp_path: Path) -> None:
    part = Postgres(tmp_path, free_port(), **FAST)
    part.start()
    part.stop()
    (part.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Failed, match=r"written by PostgreSQL 12.*ECS_HOME"):
        part.start()
    assert (part.data / "base").is_dir()


def test_a_cluster_that_was_only_half_made_is_made_again(tmp_path: Path) -> None:
    part = Postgres(tmp_path, free_port(), **FAST)
    (part.data.with_name("data.new") / "base").mkdir(parents=True)
    part.start()
    assert asyncio.run(_value(part.url, "SELECT 1")) == 1
    part.kill()


def test_letters_survive_a_restart_of_the_mailroom(own_parts: OwnParts) -> None:
    mailroom: Mailroom = own_parts.mailroom()
    first = mailroom.pid
    mailroom.stop()
    mailroom.start()
    assert mailroom.pid != first


def test_an_engine_that_is_named_and_away_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ECS_TEST_PARTS", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert not engine_answers.__wrapped__()
    gc.collect()  # a socket that nobody closed is an error
