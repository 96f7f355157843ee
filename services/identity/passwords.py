"""Hashes passwords with argon2id, a few at a time (OWASP: 19 MiB, 2 passes, 1 lane; 56 a second on one core).

A hash is work that anybody can ask for without an account. So the threads are few and the queue before them is bounded:
who finds it full is asked to come back in a minute, and everything else goes on.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.rules import passwords as rules

THREADS: Final = 2
# About two seconds of work: longer than anybody waits for a page.
MOST_WAITING: Final = 100

T = TypeVar("T")


class Busy(Exception):
    """More people log in at this moment than the machine can hash for."""


@dataclass(frozen=True)
class Verdict:
    """Whether a password is right; `new_hash` where the parameters have changed since it was hashed."""

    right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords off the event loop."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = most_waiting
        # Nobody knows the password of this hash; it is what an unknown username is checked against.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The hash to keep.

        Raises:
            Busy: the queue is full.
        """
        return await self._run(lambda: self._hasher.hash(rules.written(password)))

    async def check(self, kept: str | None, password: str) -> Verdict:
        """Whether this is the password of the hash. None costs the same work and is never right.

        Raises:
            Busy: the queue is full.
        """
        return await self._run(lambda: self._check(kept, password))

    async def problem(self, password: str, *, own: Iterable[str]) -> rules.PasswordProblem | None:
        """Why this password cannot be chosen, None where it can.

        Raises:
            Busy: the queue is full.
        """
        return await self._run(lambda: rules.problem(password, own=own))

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, kept: str | None, password: str) -> Verdict:
        # A password beyond the bound was never kept; hashing it whole would be work without end.
        typed = rules.written(password[: rules.MAX_LENGTH + 1])
        try:
            self._hasher.verify(kept or self._nobody, typed)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if kept is None:
            return Verdict(False)
        return Verdict(True, self._hasher.hash(typed) if self._hasher.check_needs_rehash(kept) else None)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._places <= 0:
            raise Busy
        self._places -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._places += 1
