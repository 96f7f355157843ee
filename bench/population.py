"""Invented people with results, as fingerprint keeps them, by COPY: to have many on hand without taking them all in."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.fingerprint import standing
from services.fingerprint.ebts import write
from services.fingerprint.rules.check import Standing, State, Step
from services.fingerprint.vault import SMALLEST, Vault
from shared import educator_id
from shared.copying import copy
from shared.db import Database, Session
from shared.events import Bureau
from shared.policy import last_day, local_day

SEED: Final = 2026
BUREAUS: Final = {"MOMHP0000": Bureau.STATE, "WVIAFIS0Z": Bureau.FBI}
_FIRST: Final = ("Jordan", "Zoë", "Pat", "Robin", "María José", "Kim", "Alex", "Sam", "Noor", "Lee")
_LAST: Final = ("Rivera", "O'Brien", "Smith-Jones", "Muñoz", "Example", "Tester", "van der Berg", "Nguyen", "Garcia")
_AT_ONCE: Final = 20_000


def ids(first: int, count: int) -> Iterator[str]:
    """Educator IDs, the same in every run."""
    return (educator_id.make(first + number) for number in range(count))


def name_of(number: str) -> tuple[str, str]:
    """A person's first and last name, drawn by their number."""
    drawn = random.Random(number)
    return drawn.choice(_FIRST), drawn.choice(_LAST) + drawn.choice("abcdefghij")


def account_of(number: str) -> UUID:
    """Whose account it is."""
    return UUID(int=int(number))


def answers_about(numbers: list[str], seed: int = SEED) -> list[bytes]:
    """Both bureaus' answers about each of these people, no record, in an order that mixes them."""
    drawn = random.Random(seed)
    found = [answer_of(origin, number) for number in numbers for origin in BUREAUS]
    drawn.shuffle(found)
    return found


def answer_of(origin: str, number: str) -> bytes:
    """A bureau's answer about somebody: no record."""
    first, last = name_of(number)
    header = {4: "SRE", 5: "20260901", 6: "6", 7: "MO920000Z", 8: origin, 9: f"E{number:>019}"}
    header |= {10: f"MODESE{number:>014}", 11: "00.00", 12: "00.00", 13: "NORAM\x1fEBTS 10.0", 14: "20260901140501Z"}
    return write(header, [{9: f"2301-{number}", 18: f"{last.upper()},{first.upper()}"[:30], 59: "N", 73: "MO920000Z"}])


async def settle(database: Database, numbers: list[str]) -> None:
    """Make these people known by account and name."""
    at = datetime.now(UTC) - timedelta(days=90)
    async with database.transaction() as session:
        await _begin(session)
        await copy(
            session,
            "persons",
            ("educator_id", "account_id", "identified_at", "sequence"),
            ((number, account_of(number), at, 1) for number in numbers),
        )
        await copy(
            session,
            "known_names",
            ("educator_id", "first_name", "middle_name", "last_name", "sequence", "said_at"),
            ((number, *_named(number), 2, at) for number in numbers),
        )


async def have_on_hand(database: Database, vault: Vault, numbers: list[str]) -> None:
    """Two results of each of these people, whose checks are done. What is sealed is of the right size, and empty."""
    at = datetime.now(UTC) - timedelta(days=30)
    key, kept = vault.new_key()
    piece, evidence = vault.seal(key, "", b""), vault.seal(key, "", b"", SMALLEST // 8)
    done = _done(at)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        both = [(number, origin) for number in some for origin in BUREAUS]
        async with database.transaction() as session:
            await _begin(session)
            await copy(
                session,
                "data_keys",
                ("id", "educator_id", "version", "wrapped"),
                ((_id(1, number), number, kept.version, kept.wrapped) for number in some),
            )
            await copy(
                session,
                "files",
                ("id", "received_at", "state", "mark", "reason", "field", "errors", "source", "key_id"),
                ((_id(2, n, o), at, "read", _mark(n, o), "", "", "[]", "spool", _id(1, n)) for n, o in both),
            )
            await copy(session, "pieces", ("file_id", "number", "sealed"), ((_id(2, n, o), 0, piece) for n, o in both))
            await copy(
                session,
                "answers",
                (
                    *("id", "file_id", "received_at", "origin", "bureau", "tcn", "place", "why"),
                    *("educator_id", "purpose", "by_hand", "claimed_id", "claimed_purpose", "sealed"),
                ),
                (
                    (
                        *(_id(3, n, o), _id(2, n, o), at, o, BUREAUS[o], f"H{n}", "matched", ""),
                        *(n, "2301", False, n, "2301", evidence),
                    )
                    for n, o in both
                ),
            )
            await copy(
                session,
                "checks",
                ("educator_id", "purpose", *done),
                ((number, "2301", *done.values()) for number in some),
            )
    async with database.reading() as session:
        await session.execute(text("ANALYZE"))


def _done(at: datetime) -> dict[str, Any]:
    day = local_day(at)
    until = last_day(day, 12)
    steps = tuple(Step(day, bureau, readable=True) for bureau in Bureau)
    shown = Standing(State.CLEARED, day, steps, (), day, until)
    return {
        "version": 2,
        "basis": "[]",
        "standing": _json(standing.written(shown)),
        "said_cleared_on": day,
        "said_valid_until": until,
        "said_reprints": "[]",
    }


def _json(value: Any) -> str:
    return json.dumps(value)


def _named(number: str) -> tuple[str, str, str]:
    first, last = name_of(number)
    return first, "", last


def _id(kind: int, number: str, origin: str = "") -> UUID:
    return UUID(int=kind << 96 | random.Random(number + origin).getrandbits(64) << 24 | int(number) & 0xFFFFFF)


def _mark(number: str, origin: str) -> bytes:
    return random.Random(origin + number).randbytes(32)


async def _begin(session: Session) -> None:
    await session.execute(text("SELECT 1"))
