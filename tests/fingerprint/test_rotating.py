"""Keys change while results come in: a run may stop anywhere, and the same bytes stay one file throughout."""

import asyncio
import secrets
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary
from sqlalchemy.exc import IntegrityError

from services.fingerprint import tables
from services.fingerprint.actions import archive, checks, results, reviews, rotating
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.rules.check import State
from services.fingerprint.vault import Destroyed, Vault
from shared.auth import Caller
from shared.events import Role
from shared.keys import KeyRing, MissingKey
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, image_of_type_4, submission
from tests.fingerprint.conftest import KEY, Bench, arrival
from tests.fingerprint.office import Office
from tests.fingerprint.site import Site

SECOND = secrets.token_bytes(32)
OLD = Vault(KeyRing({1: KEY}))
BOTH = Vault(KeyRing({1: KEY, 2: SECOND}))
NEW = Vault(KeyRing({2: SECOND}))
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def rotate(bench: Bench, steps: int = 1000, limit: int = 2) -> None:
    """As `ecsctl results rotate-keys` does, stopped after so many steps."""
    async with bench.database.transaction() as session:
        await rotating.begin(session, BOTH)
    for _ in range(steps):
        async with bench.database.transaction() as session:
            if not await rotating.wrap_again(session, BOTH, limit):
                break
    for _ in range(steps):
        async with bench.database.transaction() as session:
            if await rotating.mark_again(session, BOTH, limit) is None:
                break


async def renew(bench: Bench, steps: int = 1000, limit: int = 2) -> None:
    """As `ecsctl results renew-keys --all` does."""
    async with bench.database.transaction() as session:
        await rotating.start_renewal(session, "test")
    for what in rotating.RENEWED:
        for _ in range(steps):
            async with bench.database.transaction() as session:
                if await rotating.renew_next(session, bench.vault, what, limit) is None:
                    break


@pytest.fixture
async def filled(bench: Bench) -> Bench:
    """Two persons, one of them cleared by a ruling; answers of nobody, a submission, a damaged file."""
    bench.vault = OLD
    for n in range(2):
        educator = an_educator()
        await bench.know(educator)
        await bench.take(answer(STATE, educator))
        await bench.take(answer(FBI, educator, found="I" if n else "N", rap_sheet="LINE\n" * 3000 if n else ""))
    await bench.take(answer(FBI))
    await bench.take(answer(FBI)[:90])
    await bench.take(image_of_type_4())
    return bench


async def test_after_a_rotation_nothing_needs_the_old_version(filled: Bench) -> None:
    before = await filled.every_content()
    await rotate(filled)
    async with filled.database.reading() as session:
        assert await rotating.left(session, BOTH) == rotating.Left(0, marked=True)
    filled.vault = NEW
    assert await filled.every_content() == before
    for content in before:
        assert await filled.take(content) is Outcome.DUPLICATE


async def test_after_a_rotation_a_submission_is_found_by_its_name_as_before(office: Office) -> None:
    """Nobody's submission is asked about again at once when somebody of that name is heard of."""
    office.vault = office.bench.vault = OLD
    before = await office.feed(submission("T1", "512345678", name="RIVERA,JORDAN"))
    async with office.bench.database.transaction() as session:
        await rotating.begin(session, BOTH)
    office.vault = office.bench.vault = BOTH
    meanwhile = await office.feed(submission("T2", "512345679", name="LEE,KIM"))
    await office.ask()
    await rotate(office.bench)
    office.vault = office.bench.vault = NEW
    await office.known("512345678")
    await office.known("512345679", first="Kim", last="Lee")
    assert await office.ask() == 2
    assert [await office.state(one) for one in (before, meanwhile)] == ["tied", "tied"]


async def test_a_run_that_was_stopped_goes_on_where_it_stopped(filled: Bench) -> None:
    await rotate(filled, steps=1)
    (stands,) = await filled.rows("SELECT after, done FROM rotations WHERE what = 'marks'")
    assert not stands["done"]
    await rotate(filled, steps=1)
    assert await filled.one("SELECT after FROM rotations WHERE what = 'marks'") > stands["after"]
    async with filled.database.reading() as session:
        assert (await rotating.left(session, BOTH)).marked is False
    await rotate(filled)
    filled.vault = NEW
    assert len(await filled.every_content()) == 7


@pytest.mark.parametrize("steps", [0, 1, 2, 1000])
async def test_at_every_point_of_a_run_the_same_bytes_are_one_file(filled: Bench, steps: int) -> None:
    contents = await filled.every_content()
    await rotate(filled, steps=steps)
    filled.vault = BOTH
    new = answer(FBI)
    assert await filled.take(new) is Outcome.READ
    for content in (*contents, new):
        assert await filled.take(content) is Outcome.DUPLICATE
    await rotate(filled)
    filled.vault = NEW
    for content in (*contents, new):
        assert await filled.take(content) is Outcome.DUPLICATE


async def test_a_rotation_waits_for_importers_that_mark_under_the_old_version(bench: Bench) -> None:
    content = answer(FBI)
    async with bench.database.transaction() as session:
        await results.take(session, BOTH, [arrival(content)], 0.0)
        beginning = asyncio.create_task(rotate(bench))
        async with asyncio.timeout(60):
            while not await bench.rows(_WAITING):  # noqa: ASYNC110 - another connection is waited for
                await asyncio.sleep(0.01)
    await beginning
    bench.vault = NEW
    assert await bench.take(content) is Outcome.DUPLICATE


async def test_an_importer_without_the_new_version_takes_nothing_in(bench: Bench) -> None:
    await rotate(bench)
    bench.vault = OLD
    with pytest.raises(MissingKey):
        await bench.take(answer(FBI))


async def test_a_renewed_key_opens_everything_and_the_old_one_nothing(filled: Bench) -> None:
    before = await filled.every_content()
    await ruled(filled)
    sealed = await filled.rows("SELECT sealed FROM pieces ORDER BY file_id, number")
    keys = {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    await renew(filled)
    assert await filled.every_content() == before
    assert not keys & {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    now = await filled.rows("SELECT sealed FROM pieces ORDER BY file_id, number")
    assert [len(row["sealed"]) for row in now] == [len(row["sealed"]) for row in sealed]
    assert not {row["sealed"] for row in sealed} & {row["sealed"] for row in now}
    for row in await filled.rows("SELECT educator_id FROM checks"):
        async with filled.database.transaction() as session:
            await checks.due(session, filled.vault, row["educator_id"])


async def test_a_renewal_that_was_stopped_goes_on(filled: Bench) -> None:
    before = {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    await renew(filled, steps=1, limit=1)
    kept = before & {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    assert 0 < len(kept) < len(before)
    await renew(filled)
    assert not before & {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    after = {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}
    await renew(filled)
    assert not after & {row["id"] for row in await filled.rows("SELECT id FROM data_keys")}, "another pass is begun"


async def test_who_read_the_old_key_cannot_commit_what_it_sealed(filled: Bench) -> None:
    educator = await filled.one("SELECT min(educator_id) FROM answers")
    nobodys = await filled.one("SELECT id FROM answers WHERE educator_id IS NULL AND bureau IS NOT NULL")

    async def hand_over() -> None:
        async with filled.database.transaction() as session:
            key = await archive.key_of_person(session, filled.vault, educator)
            async with filled.database.transaction() as other:
                assert await rotating.renew_person(other, filled.vault, educator, None, "lost")
            answer = await session.get_one(tables.Answer, nobodys)
            await archive.hand_over(session, filled.vault, [(answer, key)])

    with pytest.raises(IntegrityError, match="fk_files_key_id"):
        await hand_over()
    assert len(await filled.every_content()) == 7


async def test_everything_that_is_sealed_is_renewed() -> None:
    """Another sealed column needs its line in `rotating._SEALED`."""
    sealed = {
        f"{table.name}.{column.name}"
        for table in tables.Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        and table.name not in {"inbox", "outbox", "parked", "data_keys"}
        and "mark" not in column.name
    }
    put = {str(statement) for _, statement in rotating._SEALED}
    put |= {str(rotating._PUT_PIECE), str(rotating._PUT_RULING)}
    covered = {f"{one.split()[1]}.{one.split()[3]}" for one in put}
    assert sealed == covered


async def test_a_destroyed_history_is_gone_and_what_was_said_of_it_stays(bench: Bench, site: Site) -> None:
    educator = an_educator()
    account = await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, found="I", rap_sheet="SECRET"))
    await ruled(bench)
    cleared = await bench.standing(educator)
    assert cleared.state is State.CLEARED
    async with bench.database.transaction() as session:
        assert await rotating.destroy(session, educator, None, "Order of the court")
    with pytest.raises(Destroyed):
        await bench.every_content()
    assert await bench.one("SELECT count(*) FROM data_keys WHERE educator_id = :id", id=educator) == 0
    await bench.name(educator, "Kim", "Other", sequence=9)
    async with bench.database.transaction() as session:
        await checks.due(session, bench.vault, educator)
    assert await bench.standing(educator) == cleared
    assert "ClearanceEnded" not in await bench.topics(educator)
    for role, path in ((Role.ANALYST, f"/staff/results/search?q={educator}"), (Role.ANALYST, "/staff/unmatched")):
        assert site.sign_in(role).open(path).status == 200
    assert "no longer readable" in site.sign_in(Role.ANALYST).open(f"/staff/results/search?q={educator}").text
    assert site.sign_in(Role.EDUCATOR, account_id=account).open("/ecs/fingerprints").status == 200
    assert site.sign_in(Role.ADJUDICATOR).open("/staff/review").status == 200
    (row,) = await bench.rows("SELECT actor_name, reason FROM audit WHERE action = 'key.destroyed'")
    assert row == {"actor_name": "system", "reason": "Order of the court"}


async def test_what_comes_after_counts_by_itself(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    async with bench.database.transaction() as session:
        await rotating.destroy(session, educator, None, "Mistake")
    await bench.take(answer(FBI, educator))
    assert (await bench.standing(educator)).state is State.ONE_IN
    await bench.take(answer(STATE, educator))
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_there_is_nothing_to_destroy_of_nobody(bench: Bench) -> None:
    async with bench.database.transaction() as session:
        assert not await rotating.destroy(session, an_educator(), None, "x")
        assert not await rotating.renew_person(session, bench.vault, an_educator(), None, "x")


async def ruled(bench: Bench) -> None:
    """An adjudicator clears every open case."""
    caller = Caller(account_id=UUID(int=7), username="ari", roles=(), session_hash="x", idle_ends_at=None)
    for row in await bench.rows("SELECT id FROM reviews WHERE closed_at IS NULL AND educator_id IS NOT NULL"):
        async with bench.database.transaction() as session:
            review = await session.get_one(tables.Review, row["id"])
            opened = await reviews.look(session, bench.vault, review, caller, "test")
            await reviews.rule(session, bench.vault, review, caller, version=opened.version, clear=True, reason="Fine")
