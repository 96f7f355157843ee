"""A file goes in, the right facts come out, once."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.fingerprint import awaited
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.rules.addressing import Why
from services.fingerprint.rules.check import State
from services.fingerprint.vault import Vault
from shared.events import Bureau, FingerprintCleared, Role
from shared.keys import KeyRing
from shared.policy import last_day, local_day
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, image_of_type_4, notice
from tests.fingerprint.conftest import KEY, Bench
from tests.fingerprint.site import Site

TODAY = local_day(datetime.now(UTC))
_PLACE = "SELECT place FROM answers"


async def test_both_clean_answers_clear_once(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, f"2301-{educator}"))
    one_in = await bench.standing(educator)
    assert (one_in.state, one_in.waits_for) == (State.ONE_IN, Bureau.FBI)
    await bench.take(answer(FBI, educator))
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]
    cleared = (await bench.said(educator))[-1]
    assert isinstance(cleared, FingerprintCleared)
    assert (cleared.purpose, cleared.cleared_on, cleared.valid_until) == ("2301", TODAY, last_day(TODAY, 12))
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_the_same_bytes_again_are_noted_and_change_nothing(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    content = answer(STATE, educator)
    assert await bench.take(content, "first.eft") is Outcome.READ
    assert await bench.take(content, "again.eft") is Outcome.DUPLICATE
    assert await bench.topics(educator) == ["ResultReceived"]
    assert await bench.rows("SELECT state FROM files ORDER BY state") == [{"state": "duplicate"}, {"state": "read"}]


async def test_a_damaged_file_is_kept_encrypted_with_its_reason(bench: Bench) -> None:
    content = answer(FBI, an_educator(), found="I", rap_sheet="SECRET HISTORY")
    assert await bench.take(content.replace(b"2.059:I", b"2.059:7")) is Outcome.QUARANTINED
    (file,) = await bench.rows("SELECT state, reason, field FROM files")
    assert file == {"state": "quarantined", "reason": "value", "field": "2.059"}
    (piece,) = await bench.rows("SELECT sealed FROM pieces")
    assert b"SECRET" not in piece["sealed"]


async def test_an_unknown_educator_waits_and_takes_effect_when_known(bench: Bench) -> None:
    educator = an_educator()
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, f"2301-{educator}"))
    assert await bench.rows(_PLACE) == [{"place": "waiting"}] * 2
    await bench.identify(educator)
    assert await awaited.once(bench.database, bench.vault) == 0
    await bench.name(educator)
    assert await awaited.once(bench.database, bench.vault) == 2
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]
    assert await awaited.once(bench.database, bench.vault) == 0


async def test_whoever_is_heard_of_is_looked_for_without_going_through_all_that_wait(bench: Bench) -> None:
    mine, others = an_educator(), an_educator()
    await bench.take(answer(STATE, others))
    await bench.take(answer(STATE, mine))
    await bench.identify(mine)
    assert await bench.rows("SELECT educator_id FROM due") == [{"educator_id": mine}]
    assert await awaited.once(bench.database, bench.vault, sweep=False) == 0
    await bench.name(mine)
    assert await awaited.once(bench.database, bench.vault, sweep=False) == 1
    assert await bench.topics(mine) == ["ResultReceived"]
    assert await bench.rows("SELECT educator_id FROM due") == []


async def test_an_answer_that_cannot_be_opened_holds_up_no_other_and_rests(bench: Bench) -> None:
    broken, sound = an_educator(), an_educator()
    await bench.take(answer(STATE, broken))
    await bench.do("UPDATE answers SET sealed = substr(sealed, 2)")
    await bench.take(answer(STATE, sound))
    await bench.know(broken)
    await bench.know(sound)
    resting: dict[UUID | str, float] = {}
    assert await awaited.once(bench.database, bench.vault, resting=resting) == 1
    assert await bench.topics(sound) == ["ResultReceived"]
    assert len(resting) == 1
    assert await awaited.once(bench.database, bench.vault, resting=resting) == 0
    assert await bench.one("SELECT count(*) FROM answers WHERE place = 'waiting'") == 1


@pytest.mark.parametrize(
    ("oca", "why"),
    [("", Why.NO_NUMBER), ("2301-04172299", Why.BAD_NUMBER), ("9999-04172298", Why.UNKNOWN_CODE)],
)
async def test_an_answer_without_a_right_number_matches_nobody(bench: Bench, oca: str, why: Why) -> None:
    await bench.take(answer(FBI, oca))
    assert await bench.rows("SELECT place, why FROM answers") == [{"place": "unmatched", "why": why}]


async def test_an_unknown_sender_is_in_sight_of_staff_and_a_submission_is_kept(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer("XX9999999", educator))
    await bench.take(image_of_type_4())
    found = {row["place"]: row["why"] for row in await bench.rows("SELECT place, why FROM answers")}
    assert found == {"unmatched": Why.UNKNOWN_SENDER, "kept": Why.SUBMISSION}
    assert await bench.topics(educator) == []


async def test_an_unreadable_answer_asks_once_for_new_prints(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator, kind="ERRT", stamped="20260901140501Z"))
    await bench.take(answer(STATE, educator))
    assert await bench.topics(educator) == ["ResultReceived", "ReprintRequested", "ResultReceived"]
    assert (await bench.standing(educator)).state is State.ACT
    await bench.take(answer(FBI, educator, stamped="20260908140501Z", dated="20260908"))
    assert (await bench.topics(educator))[3:] == ["ResultReceived", "FingerprintCleared"]


async def test_a_correction_ends_a_clearance_and_another_makes_a_new_one(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, tcn="T1"))
    await bench.take(answer(FBI, educator, tcn="T1", found="I", stamped="20260902000000Z"))
    await bench.take(answer(FBI, educator, tcn="T1", found="N", stamped="20260903000000Z"))
    said = [topic for topic in await bench.topics(educator) if topic != "ResultReceived"]
    assert said == ["FingerprintCleared", "ClearanceEnded", "FingerprintCleared"]
    assert await bench.one("SELECT count(*) FROM reviews WHERE closed_at IS NULL") == 0


async def test_a_correction_for_somebody_else_takes_the_answer_away(bench: Bench) -> None:
    one, other = an_educator(), an_educator()
    await bench.know(one)
    await bench.know(other)
    await bench.take(answer(STATE, one))
    await bench.take(answer(FBI, one, tcn="T2"))
    await bench.take(answer(FBI, other, tcn="T2", stamped="20260902000000Z"))
    assert (await bench.standing(one)).state is State.ONE_IN
    assert (await bench.standing(other)).state is State.ONE_IN
    assert (await bench.topics(one))[-1] == "ClearanceEnded"


async def test_every_order_of_files_and_facts_ends_alike(bench: Bench) -> None:
    """Answers, corrections, an unreadable one, and the two facts that make the educator known."""
    ends = set()
    for order in list(permutations(range(5)))[::5]:
        educator = an_educator()
        tcn = f"P{educator}"
        files = [
            answer(STATE, educator),
            answer(FBI, educator, tcn=tcn, found="I"),
            answer(FBI, educator, tcn=tcn, stamped="20260905000000Z"),
        ]
        for step in order:
            match step:
                case 3:
                    await bench.identify(educator)
                case 4:
                    await bench.name(educator)
                case _:
                    await bench.take(files[step])
            await awaited.once(bench.database, bench.vault)
        last = [topic for topic in await bench.topics(educator) if topic != "ResultReceived"]
        open_cases = await bench.one(
            "SELECT count(*) FROM reviews WHERE educator_id = :id AND closed_at IS NULL", id=educator
        )
        ends.add((await bench.standing(educator), last[-1], last.count("FingerprintCleared"), open_cases))
    assert len(ends) == 1


async def test_a_contradicting_name_goes_to_a_person_and_a_name_claimed_afterwards_changes_nothing(
    bench: Bench,
) -> None:
    educator = an_educator()
    await bench.know(educator, last="Rivera")
    await bench.take(answer(STATE, educator, name="RIVERA,JORDAN"))
    await bench.take(answer(FBI, educator, name="FRIEND,KIM"))
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    await bench.name(educator, "Kim", "Friend", sequence=3)
    await bench.name(educator, "Jordan", "Rivera", "Friend", sequence=4)
    assert await awaited.once(bench.database, bench.vault) == 1
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    assert "FingerprintCleared" not in await bench.topics(educator)


async def test_a_name_that_was_given_before_the_answer_counts_though_it_is_heard_after(bench: Bench) -> None:
    educator = an_educator()
    before = datetime.now(UTC)
    await bench.know(educator, last="Rivera")
    await bench.take(answer(STATE, educator, name="RIVERA,JORDAN"))
    await bench.take(answer(FBI, educator, name="MAIDEN,JORDAN"))
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    await bench.name(educator, "Jordan", "Rivera", "Maiden", sequence=3, at=before)
    assert await awaited.once(bench.database, bench.vault) == 1
    assert (await bench.standing(educator)).state is State.CLEARED
    assert (await bench.topics(educator))[-1] == "FingerprintCleared"


async def test_an_answer_that_came_before_the_record_is_held_against_its_first_name(bench: Bench) -> None:
    educator = an_educator()
    for bureau in (STATE, FBI):
        await bench.take(answer(bureau, educator, name="RIVERA,JORDAN"))
    await bench.know(educator)
    assert await awaited.once(bench.database, bench.vault) == 2
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_a_clearance_survives_a_change_of_name(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator))
    await bench.name(educator, "Jordan", "Brook", sequence=3)
    assert await awaited.once(bench.database, bench.vault) == 1
    assert (await bench.standing(educator)).state is State.CLEARED
    assert (await bench.topics(educator)).count("FingerprintCleared") == 1


async def _cleared_as_the_friend(bench: Bench) -> str:
    """Jordan Rivera takes Kim Friend's name, and Kim is printed for Jordan."""
    educator = an_educator()
    await bench.know(educator)
    await bench.name(educator, "Kim", "Friend", sequence=3)
    for bureau in (STATE, FBI):
        await bench.take(answer(bureau, educator, name="FRIEND,KIM"))
    assert (await bench.standing(educator)).state is State.CLEARED
    return educator


async def test_prints_of_a_friend_whose_name_was_taken_for_a_while_go_to_a_person(bench: Bench) -> None:
    educator = await _cleared_as_the_friend(bench)
    await bench.name(educator, "Kim", "Rivera", "Friend", sequence=4)
    await awaited.once(bench.database, bench.vault)
    assert (await bench.standing(educator)).state is State.CLEARED, "as after any marriage"
    await bench.name(educator, "Jordan", "Rivera", "Friend", sequence=5)
    assert await awaited.once(bench.database, bench.vault) == 1
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    assert (await bench.topics(educator))[-1] == "ClearanceEnded"
    assert await bench.one("SELECT count(*) FROM reviews WHERE educator_id = :id AND closed_at IS NULL", id=educator)


async def test_prints_of_whoever_held_a_record_before_it_was_given_to_another_go_to_a_person(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    for bureau in (STATE, FBI):
        await bench.take(answer(bureau, educator))
    await bench.identify(educator, sequence=3)
    await bench.name(educator, "Alex", "Morgan", "Rivera", sequence=4)
    await awaited.once(bench.database, bench.vault)
    assert (await bench.standing(educator)).state is State.BEING_CHECKED


async def test_what_an_adjudicator_cleared_before_the_name_was_changed_back_is_looked_at_again(
    bench: Bench, site: Site
) -> None:
    educator = await _cleared_as_the_friend(bench)
    await bench.take(notice(educator))
    adjudicator = site.sign_in(Role.ADJUDICATOR)

    def decide(button: str) -> None:
        adjudicator.open("/staff/review").follow("Open").fill("Purpose", "Decide").press("Open the case")
        adjudicator.fill("Reason", "Nothing in it").press(button)

    decide("Clear")
    await bench.name(educator, "Jordan", "Rivera", sequence=5)
    await awaited.once(bench.database, bench.vault)
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    decide("Clear")
    assert (await bench.standing(educator)).state is State.CLEARED
    assert (await bench.topics(educator))[-1] == "FingerprintCleared"


async def test_a_decision_made_in_sight_of_another_name_is_refused(bench: Bench, site: Site) -> None:
    educator = await _cleared_as_the_friend(bench)
    await bench.take(notice(educator))
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Decide").press("Open the case")
    assert "the present one first: Kim Friend" in adjudicator.text
    await bench.name(educator, "Jordan", "Rivera", sequence=5)
    assert adjudicator.fill("Reason", "Nothing in it").press("Clear").status == 409


async def test_a_record_and_the_answer_that_completes_the_pair_are_ordered_by_the_moment_they_came(
    bench: Bench,
) -> None:
    """Whatever importer was faster: the record came first and no clearance begins, or after it and it stands."""
    begin = datetime(2026, 9, 1, 15, tzinfo=UTC)
    for record_at, state in ((1, State.BEING_CHECKED), (3, State.CLEARED)):
        ends = set()
        for order in permutations(range(3)):
            educator = an_educator()
            await bench.know(educator)
            later = "20260902000000Z"
            arrivals = [
                (answer(STATE, educator), begin),
                (answer(FBI, educator, found="I", stamped=later), begin + timedelta(seconds=record_at)),
                (answer(FBI, educator), begin + timedelta(seconds=2)),
            ]
            for step in order:
                content, at = arrivals[step]
                await bench.take(content, at=at)
            ends.add(await bench.standing(educator))
        assert {end.state for end in ends} == {state}
        assert len(ends) == 1


async def test_a_notice_goes_to_adjudicators_alone(bench: Bench) -> None:
    known, unknown = an_educator(), an_educator()
    await bench.know(known)
    await bench.take(notice(known))
    await bench.take(notice(unknown))
    await bench.take(answer(FBI, kind="RBSCVL"))
    assert await bench.topics(known) == []
    assert await bench.one("SELECT count(*) FROM answers WHERE place IN ('waiting', 'unmatched')") == 0
    assert await bench.one("SELECT count(*) FROM reviews WHERE closed_at IS NULL") == 3
    await bench.know(unknown)
    assert await awaited.once(bench.database, bench.vault) == 1
    cases = await bench.rows("SELECT educator_id FROM reviews WHERE closed_at IS NULL AND educator_id IS NOT NULL")
    assert {row["educator_id"] for row in cases} == {known, unknown}


async def test_a_share_of_clean_answers_is_held_and_the_draw_is_stable(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator), held=0.0)
    await bench.take(answer(FBI, educator), held=1.0)
    assert (await bench.standing(educator)).state is State.BEING_CHECKED
    digests = [n.to_bytes(32) for n in range(4000)]
    drawn = [bench.vault.draw(digest) < 400 for digest in digests]
    assert drawn == [bench.vault.draw(digest) < 400 for digest in digests]
    assert 100 < sum(drawn) < 230


async def test_two_purposes_are_two_checks(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, f"2300-{educator}"))
    await bench.take(answer(FBI, f"2301-{educator}"))
    assert (await bench.standing(educator, "2300")).waits_for is Bureau.FBI
    assert (await bench.standing(educator, "2301")).waits_for is Bureau.STATE


async def test_what_a_person_has_is_sealed_with_the_persons_key(bench: Bench) -> None:
    educator = an_educator()
    await bench.take(answer(STATE, educator))
    (own,) = await bench.rows("SELECT id, educator_id FROM data_keys")
    assert own["educator_id"] is None
    await bench.know(educator)
    await awaited.once(bench.database, bench.vault)
    (persons,) = await bench.rows("SELECT id, educator_id FROM data_keys")
    assert persons["educator_id"] == educator
    assert persons["id"] != own["id"]


@pytest.mark.parametrize("sealed", ["SELECT sealed FROM pieces", "SELECT sealed FROM answers"])
async def test_a_record_is_no_longer_than_none_and_never_clear(bench: Bench, sealed: str) -> None:
    lengths: set[int] = set()
    for found, rap_sheet in (("N", ""), ("I", "UNITED STATES DEPARTMENT OF JUSTICE - SAMPLE LINE\n" * 60)):
        educator = an_educator()
        await bench.know(educator)
        await bench.take(answer(FBI, educator, found=found, rap_sheet=rap_sheet))
        rows = await bench.rows(sealed)
        assert not any(b"JUSTICE" in row["sealed"] for row in rows)
        lengths |= {len(row["sealed"]) for row in rows}
    assert len(lengths) == 1


async def test_a_decision_is_in_the_trail_without_what_it_is(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator, found="I"))
    (row,) = await bench.rows("SELECT actor_name, action, subject, new FROM audit")
    assert row == {
        "actor_name": "system",
        "action": "check.decided",
        "subject": f"educator:{educator}",
        "new": {"purpose": "2301", "answers": 1},
    }


async def test_the_same_bytes_are_known_after_a_key_version_is_added(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    content = answer(STATE, educator)
    await bench.take(content)
    before, bench.vault = bench.vault, Vault(KeyRing({1: KEY, 2: KEY[::-1]}))
    assert await bench.take(content) is Outcome.DUPLICATE
    later = answer(FBI, educator)
    await bench.take(later)
    bench.vault = before
    assert await bench.take(later) is Outcome.DUPLICATE
    bench.vault = Vault(KeyRing({1: KEY, 2: KEY[::-1]}))
    assert (await bench.standing(educator)).state is State.CLEARED
