"""No Social Security Number leaves the vault: planted ones are searched for in all that the system keeps or says.

Searched are every response to everybody, every log line, topic record, database dump, letter, cache entry, metric and
file, in every form that `tests.canaries` knows. The places that may never hold one are listed by `places`; a place that
is empty fails the test, since a search through nothing proves nothing.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from redis.asyncio import Redis

from deploy.local.system import SERVICES, System
from shared.events import BY_TOPIC
from shared.ssn import REFUSAL
from tests.canaries import found_in
from tests.flow import applying, hearing, people, result_files, working
from tests.visitor import Answer, Visitor


@dataclass(frozen=True)
class Planted:
    """Numbers that went in by every door there is, the browsers of all who looked afterwards, one username.

    `told_back`: refusals, which show what was typed to whoever typed it, once; everything else is searched.
    """

    numbers: list[str]
    everyone: list[Visitor]
    username: str
    told_back: list[Answer]


@pytest.fixture(scope="module")
def planted(system: System) -> Planted:
    """Planted, and looked at."""
    mine, theirs, second = people.new_ssn(), people.new_ssn(), people.new_ssn()
    robin, educator_id = people.become_educator(system, ssn=dashed(mine))
    kim, _ = people.become_educator(system, first="Kim", last="Other", ssn=theirs)

    # refused ones: with a letter in it, with a bad date, in a field it does not belong in, as a name, in an address
    visitor, username, email = people.newcomer(system)
    people.register(visitor, username, email)
    people.confirm(system, visitor, email)
    hearing.settle(system)
    people.log_in(visitor, username)
    people.request_access(visitor)
    people.identify(visitor, f"{second}7")
    people.identify(visitor, second, ("April", "31", "1999"))
    assert visitor.status == 422
    visitor.open(f"/ecs/identify?ssn={'0' * 3}")

    # a second account with Kim's number: a case, looked at and decided by an administrator
    people.identify(visitor, theirs)
    admin = people.demonstration(system, "administrator")
    admin.open("/staff/cases").follow(username)
    admin.fill("Why do you need to see them?", "Comparing two applications").press("Show")
    assert theirs[-4:] in admin.text
    robin.open("/ecs/profile")
    kim.open("/ecs/profile")

    for bureau in ("state", "fbi"):
        file = result_files.answer(bureau, oca=educator_id, name="EXAMPLE,ROBIN")
        result_files.drop(system.home.folder, file)
    robin.until("/ecs/fingerprints", lambda page: "Cleared" in page.text)
    adjudicator, devon = people.demonstration(system, "adjudicator"), people.demonstration(system, "devon.parks")
    typed, told_back = people.new_ssn(), list[Answer]()
    type_into_application(robin, devon, dashed(typed), told_back)
    analyst, official = people.demonstration(system, "analyst"), people.demonstration(system, "program")
    type_into_work(analyst, official, working.number(robin), dashed(typed), told_back)
    everyone = [robin, kim, visitor, admin, adjudicator, devon, analyst, official]
    for person in everyone:
        for path in (
            "/ecs/profile",
            "/ecs/messages",
            "/ecs/applications",
            "/ecs/apply/substitute",
            "/ecs/apply/substitute/check",
            "/ecs/certificates",
            "/staff",
            "/staff/cases",
            "/staff/unmatched",
            "/staff/mail",
            "/staff/review",
            "/staff/queue",
            "/program/worklog",
        ):
            person.open(path)
    return Planted([mine, theirs, second, typed], everyone, username, told_back)


def dashed(number: str) -> str:
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def refused(visitor: Visitor, told_back: list[Answer]) -> None:
    """What was sent is refused, with the reason."""
    assert visitor.status == 422, visitor.text
    assert str(REFUSAL) in visitor.text
    told_back.append(visitor.seen[-1])


def type_into_application(educator: Visitor, asked: Visitor, number: str, told_back: list[Answer]) -> None:
    """Try every field for free text of an application: explanation, signature, answer."""
    applying.begin_substitute(educator)
    applying.answer_conduct(educator, f"They looked me up under {number} then.")
    refused(educator, told_back)
    applying.answer_conduct(educator, "It was a parking fine that I paid late.")
    applying.sign(educator, f"Robin {number}")
    refused(educator, told_back)
    applying.sign(applying.sign(educator)).press("Submit to DESE")
    assert educator.heading == "Your application is submitted"
    asked.open("/ecs/applications").follow("Content Substitute")
    asked.fill("Your answer", f"My number is {number}.").press("Send your answer")
    refused(asked, told_back)


def type_into_work(analyst: Visitor, official: Visitor, application: str, number: str, told_back: list[Answer]) -> None:
    """Try every field for free text of those who work on applications."""
    words = f"It stands there under {number}."
    working.find(analyst, application)
    analyst.choose("Seen").fill("On what", words).press("Record")
    refused(analyst, told_back)
    analyst.choose("Not accepted").fill("On what", "A copy").fill("Why it is not accepted", words).press("Record")
    refused(analyst, told_back)
    analyst.fill("Amount in dollars", "50").fill("How it came", words).press("Record the fee")
    refused(analyst, told_back)
    analyst.choose("Something else").fill("Your question", words).press("Send the question")
    refused(analyst, told_back)
    analyst.choose("It is not settled").fill("Reason for your finding", words, within="Record the review").press(
        "Record the review"
    )
    refused(analyst, told_back)
    analyst.fill("Reason for the hold", words, within="Put on hold").press("Put on hold")
    refused(analyst, told_back)
    analyst.fill("Note", words).press("Keep the note")
    refused(analyst, told_back)
    official.open("/program/worklog").fill("Search", "Turner").press("Show")
    working.give_back(official, working.number(official), words)
    refused(official, told_back)


def responses(planted: Planted) -> Iterator[tuple[str, bytes]]:
    for person in planted.everyone:
        for answer in person.seen:
            if any(answer is one for one in planted.told_back):
                continue
            yield f"response {answer.method} {answer.url}", answer.body + repr(answer.headers.multi_items()).encode()


def files(system: System) -> Iterator[tuple[str, bytes]]:
    """Logs, spool, mail as it was received, metrics' and programs' own files; PostgreSQL and Kafka are read below."""
    for path in system.home.folder.rglob("*"):
        inside = path.relative_to(system.home.folder).parts[0]
        if path.is_file() and inside not in ("postgres", "kafka"):
            yield f"file {path.relative_to(system.home.folder)}", path.read_bytes()


async def rows(system: System) -> list[tuple[str, bytes]]:
    """Every row of every table of every database as text, and every value of bytes as it is."""
    found: list[tuple[str, bytes]] = []
    for service in SERVICES:
        url = system.environment(service)[f"ECS_POSTGRES_{service.upper()}"].replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            for row in await connection.fetch(f'SELECT * FROM "{table}"'):  # noqa: S608 - names from the catalogue
                raw = b"\n".join(value for value in row.values() if isinstance(value, bytes))
                found.append((f"row of {service}.{table}", repr(dict(row)).encode() + raw))
        await connection.close()
    return found


async def records(system: System) -> list[tuple[str, bytes]]:
    """Every record of every topic: key, value, headers."""
    assert system.kafka
    admin = AIOKafkaAdminClient(bootstrap_servers=system.kafka.bootstrap)
    await admin.start()
    described = await admin.describe_topics(sorted(BY_TOPIC))
    await admin.close()
    where = [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
    consumer = AIOKafkaConsumer(bootstrap_servers=system.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    found: list[tuple[str, bytes]] = []
    try:
        consumer.assign(where)
        await consumer.seek_to_beginning(*where)
        ends = await consumer.end_offsets(where)
        while any([await consumer.position(one) < ends[one] for one in where]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for one in batch:
                    parts = (one.key or b"", one.value or b"", *(value for _, value in one.headers))
                    found.append((f"record of {one.topic}", b"\n".join(parts)))
    finally:
        await consumer.stop()
    return found


async def cached(system: System) -> list[tuple[str, bytes]]:
    """Every entry of the cache."""
    assert system.valkey
    redis = Redis.from_url(system.valkey.url)
    found = [(f"cache {key!r}", await redis.dump(key) or b"") async for key in redis.scan_iter()]
    await redis.aclose()
    return found


def metrics(system: System) -> Iterator[tuple[str, bytes]]:
    for service, port in system.ports.services.items():
        yield f"metrics of {service}", httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).content


def test_no_planted_number_is_anywhere(system: System, planted: Planted) -> None:
    everywhere = {
        "responses": list(responses(planted)),
        "files": list(files(system)),
        "rows": asyncio.run(rows(system)),
        "records": asyncio.run(records(system)),
        "cache": asyncio.run(cached(system)),
        "metrics": list(metrics(system)),
    }
    assert all(everywhere.values()), f"nothing to search in {[name for name, found in everywhere.items() if not found]}"
    for kind in ("responses", "files", "rows", "records"):
        seen = any(planted.username.encode() in content for _, content in everywhere[kind])
        assert seen, f"the search of {kind} does not even find a username"
    hits = [
        f"{place}: {forms}"
        for found in everywhere.values()
        for place, content in found
        for number in planted.numbers
        if (forms := found_in(content, number))
    ]
    assert hits == []
