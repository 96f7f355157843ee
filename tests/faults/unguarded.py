"""Guards of decisions and of single rows, switched off: who may do what, what is done once, what a past day knows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
from sqlalchemy import text

from services.certificate.actions import applications, cases
from services.certificate.rules import filling, refusals, requirements
from services.certificate.rules.case import Checks
from services.fingerprint.ebts import Limits, _Reading
from services.notifier.actions import officials, post
from shared import migrate
from shared.clock import Clock


def put(owner: Any, name: str, value: Any) -> None:
    """Put something in the place of a guard, which must be there."""
    assert hasattr(owner, name), name
    setattr(owner, name, value)


def databases_after(statement: str) -> None:
    """Every database of this run has had this done to it."""
    upgrade = migrate.upgrade

    async def weaken(url: str, folder: Path) -> None:
        await upgrade(url, folder)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    put(migrate, "upgrade", weaken)


def one_number_for_many() -> None:
    """No index keeps a Social Security Number with one person."""
    databases_after("DROP INDEX IF EXISTS uq_blind_index_ssn")


def two_certificates() -> None:
    """No key keeps an application with one certificate."""
    databases_after("ALTER TABLE IF EXISTS certificates DROP CONSTRAINT uq_certificates_application_id")


def no_lock_on_application() -> None:
    """Whoever changes an application does not hold it."""
    find = cases.find

    async def unlocked(*told: Any, **_: Any) -> Any:
        return await find(*told)

    put(cases, "find", unlocked)


def any_version() -> None:
    """What somebody saw before they acted does not count."""
    act = applications.act

    async def unseen(session: Any, office: Any, acting: Any, application_id: Any, _: int, doing: Any, now: Any) -> Any:
        found = await cases.find(session, office.book, application_id, now.date())
        assert found is not None
        return await act(session, office, acting, application_id, found.case.version, doing, now)

    put(applications, "act", unseen)


def no_rules() -> None:
    """Nothing is refused."""
    put(applications, "refusal", lambda *_: None)


def any_institution() -> None:
    """Officials act for every institution."""
    refusal = refusals.refusal

    def lenient(doing: Any, book: Any, case: Any, at: Any, acting: Any, *told: Any) -> Any:
        everywhere = frozenset({case.submission.institution or ""})
        return refusal(doing, book, case, at, replace(acting, institutions=everywhere), *told)

    put(applications, "refusal", lenient)


def one_person_for_both() -> None:
    """Whoever reviewed a Yes may issue."""
    refusal = refusals.refusal

    def lenient(doing: Any, book: Any, case: Any, at: Any, acting: Any, *told: Any) -> Any:
        return refusal(doing, book, case, at, replace(acting, account_id=uuid4()), *told)

    put(applications, "refusal", lenient)


def any_name_signs() -> None:
    """A statement is signed under whatever name."""
    put(filling, "holds_name", lambda typed, names: True)


def one_score_for_all() -> None:
    """What was recorded for one content area counts for each."""

    def counts(case: Any, recorded: Any) -> dict[str, Any]:
        return dict.fromkeys(case.submission.areas, recorded[-1])

    put(requirements, "_for_each_area", counts)


def unseen_facts() -> None:
    """Facts do not wait for an application that is being submitted."""

    async def no_hold(*_: Any) -> None:
        return

    put(cases, "hold", no_hold)


def past_knows_all() -> None:
    """A past day is decided with what was said later."""
    put(Checks, "until", lambda self, on: self)


def any_clock() -> None:
    """A host's clock is believed, whatever its database says."""
    put(Clock, "believed", True)


def officials_of_any_time() -> None:
    """Whoever ever was an official is written to."""
    put(officials, "acted", lambda *_: True)


def roles_beside_requests() -> None:
    """Roles and requests do not wait for each other."""
    put(officials, "_LOCK", text("SELECT 1"))


def letters_stay() -> None:
    """A letter that should never have been is not taken back."""

    async def keep(*_: Any) -> None:
        return

    put(post, "take_back", keep)


def boundless_reader() -> None:
    """The reader of results counts neither records nor fields nor repeats."""
    begin = _Reading.__init__

    def boundless(reading: _Reading, data: bytes, limits: Limits) -> None:
        begin(reading, data, replace(limits, records=10**9, fields=10**9, repeats=10**9))

    put(_Reading, "__init__", boundless)


def reader_looks_again() -> None:
    """For each thing that is wrong with a result, the reader goes through the file once more."""
    note = _Reading.note

    def noted(reading: _Reading, code: str, field: str = "", offset: int = 0) -> None:
        reading.data.count(b"\x1c")
        note(reading, code, field, offset)

    put(_Reading, "note", noted)


ALL: Final[dict[str, Callable[[], None]]] = {
    function.__name__: function
    for function in (
        one_number_for_many,
        two_certificates,
        no_lock_on_application,
        any_version,
        no_rules,
        any_institution,
        one_person_for_both,
        any_name_signs,
        one_score_for_all,
        unseen_facts,
        past_knows_all,
        any_clock,
        officials_of_any_time,
        roles_beside_requests,
        letters_stay,
        boundless_reader,
        reader_looks_again,
    )
}
