"""Whose a submission is."""

from datetime import UTC, datetime, timedelta

import pytest

from services.fingerprint.rules.naming import Name, Said
from services.fingerprint.rules.tying import LONGEST_PAUSE, Match, State, Tie, pause, tie

ME, TWIN = "04172298", "04172336"
NOW = datetime(2026, 9, 1, tzinfo=UTC)
NAMES = (Said(Name("Jordan", "Lee", "Rivera"), NOW - timedelta(days=300), 1),)
FITS = Match(ME, born=True)


def tied(
    *matches: Match, name: str = "RIVERA,JORDAN", claimed: str | None = None, names: tuple[Said, ...] = NAMES
) -> Tie:
    return tie(matches, name, claimed, names, NOW)


@pytest.mark.parametrize("claimed", [None, ME])
def test_number_birth_date_and_given_name_tie_it(claimed: str | None) -> None:
    assert tied(FITS, claimed=claimed) == Tie(State.TIED, ME)


def test_a_number_that_is_nobodys_ties_it_to_nobody() -> None:
    assert tied(claimed=ME) == Tie(State.NOBODY)


def test_another_birth_date_contradicts() -> None:
    assert tied(Match(ME, born=False)) == Tie(State.CONTRADICTION, possible=(ME,))


def test_numbers_of_two_people_contradict() -> None:
    assert tied(FITS, Match(TWIN, born=True)) == Tie(State.CONTRADICTION, possible=(ME, TWIN))


def test_a_case_number_of_somebody_else_contradicts() -> None:
    assert tied(FITS, claimed=TWIN) == Tie(State.CONTRADICTION, possible=(ME, TWIN))


def test_the_given_name_of_a_twin_contradicts() -> None:
    assert tied(FITS, name="RIVERA,JORDANA") == Tie(State.CONTRADICTION, possible=(ME,))


def test_a_marriage_does_not_contradict() -> None:
    assert tied(FITS, name="SMITH,JORDAN") == Tie(State.TIED, ME)


def test_a_name_taken_after_the_submission_came_does_not_make_it_fit() -> None:
    later = Said(Name("Jordana", "", "Rivera"), NOW + timedelta(days=1), 2)
    assert tied(FITS, name="RIVERA,JORDANA", names=(*NAMES, later)).state is State.CONTRADICTION


def test_it_waits_until_the_name_is_heard() -> None:
    assert tied(FITS, names=()) == Tie(State.UNTIED)


def test_pauses_grow_up_to_a_day() -> None:
    for state in (State.UNTIED, State.NOBODY):
        pauses = [pause(state, tries) for tries in range(40)]
        assert pauses == sorted(pauses)
        assert pauses[-1] == LONGEST_PAUSE
        assert pauses[0] * 2 == pauses[1]
