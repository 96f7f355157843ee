"""An answer finds its educator by the submission that it answers, whichever of the two comes first."""

from itertools import permutations

import pytest

from services.fingerprint import awaited
from services.fingerprint.actions import submissions
from services.fingerprint.rules.addressing import How, Why
from services.fingerprint.rules.check import State
from services.fingerprint.rules.tying import Match
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, submission
from tests.fingerprint.conftest import Bench

SSN = "512847309"


async def _ask(bench: Bench, *matches: Match) -> None:
    """Educator says whose numbers stand in what is to be asked, and what follows from that is done."""
    async with bench.database.transaction() as session:
        questions = await submissions.take_up(session, bench.vault, 10)
        await submissions.settle(session, [(question, matches) for question in questions])
    while await awaited.once(bench.database, bench.vault):
        pass


async def test_an_answer_without_a_case_number_is_matched_by_its_submission(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(submission("T1", SSN))
    await bench.take(answer(STATE, tcr="T1", oca="2300-99"))
    assert await bench.one("SELECT why FROM answers WHERE place = 'unmatched'") == Why.BAD_NUMBER
    assert await bench.one("SELECT why FROM answers WHERE place = 'kept'") == Why.SUBMISSION
    await _ask(bench, Match(educator, born=True))
    assert await bench.rows("SELECT educator_id, how FROM answers WHERE place = 'matched'") == [
        {"educator_id": educator, "how": How.SUBMISSION}
    ]
    assert await bench.topics(educator) == ["ResultReceived"]
    assert (await bench.standing(educator)).state is State.ONE_IN


@pytest.mark.parametrize("order", list(permutations(["copy", "asked", "state", "fbi"])))
async def test_every_order_of_copy_answers_and_tie_ends_alike(bench: Bench, order: tuple[str, ...]) -> None:
    educator = an_educator()
    await bench.know(educator)
    for step in (*order, "asked"):
        match step:
            case "copy":
                await bench.take(submission("T1", SSN))
            case "asked":
                await _ask(bench, Match(educator, born=True))
            case "state":
                await bench.take(answer(STATE, tcr="T1"))
            case _:
                await bench.take(answer(FBI, tcr="T1"))
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_a_submission_of_somebody_else_takes_the_answer_away_until_a_person_has_looked(bench: Bench) -> None:
    one, other = an_educator(), an_educator()
    await bench.know(one)
    await bench.know(other)
    await bench.take_all((answer(STATE, one), "a"), (answer(FBI, one, tcr="T9"), "b"))
    assert (await bench.standing(one)).state is State.CLEARED
    await bench.take(submission("T9", SSN))
    await _ask(bench, Match(other, born=True))
    assert await bench.rows("SELECT why, educator_id FROM answers WHERE place = 'unmatched'") == [
        {"why": Why.TWO_PEOPLE, "educator_id": None}
    ]
    assert (await bench.standing(one)).state is State.ONE_IN
    assert await bench.topics(one) == ["ResultReceived", "ResultReceived", "FingerprintCleared", "ClearanceEnded"]
    assert await bench.topics(other) == []
    key = "SELECT count(*) FROM answers a JOIN files f ON f.id = a.file_id JOIN data_keys k ON k.id = f.key_id"
    assert await bench.one(f"{key} WHERE k.educator_id IS NULL AND a.place = 'unmatched'") == 1


async def test_what_a_person_did_with_an_answer_stays_whatever_its_submission_says_later(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, tcr="T5"))
    await bench.do("UPDATE answers SET place = 'set_aside'")
    await bench.take(submission("T5", SSN))
    await _ask(bench, Match(educator, born=True))
    assert await bench.one("SELECT place FROM answers WHERE origin = :state", state=STATE) == "set_aside"
    assert await bench.one("SELECT count(*) FROM second_looks") == 0


async def test_a_submission_whose_birth_date_does_not_fit_clears_nobody(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take_all((submission("T7", SSN), "copy"), (answer(STATE, educator, tcr="T7"), "state"))
    await _ask(bench, Match(educator, born=False))
    assert await bench.one("SELECT why FROM answers WHERE place = 'unmatched'") == Why.TWO_PEOPLE
    assert (await bench.standing(educator)).state is State.NOTHING_YET
