"""Who may be meant by an answer that matches nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from services.fingerprint.rules.candidates import Candidate, Clues, Possible, Reason, numbers, ranked
from services.fingerprint.rules.naming import Name, Said
from shared import educator_id

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
ME, FRIEND, THIRD = (educator_id.make(number) for number in (417229, 800100, 800200))


def person(number: str, first: str = "Jordan", last: str = "Rivera", *former: str) -> Possible:
    names = [Said(Name(first, "", last), NOW, 5), *(Said(Name(first, "", one), NOW) for one in former)]
    return Possible(number, tuple(names))


def reasons(clues: Clues, *possible: Possible) -> dict[str, tuple[Reason, ...]]:
    return {one.educator_id: one.reasons for one in ranked(clues, possible)}


def clues(oca: str = "", name: str = "RIVERA,JORDAN") -> Clues:
    return Clues(oca, name, NOW)


def test_one_mistake_of_typing_leads_to_numbers_with_a_right_check_digit() -> None:
    for number in (ME, FRIEND, THIRD):
        for place in range(8):
            wrong = number[:place] + str((int(number[place]) + 3) % 10) + number[place + 1 :]
            assert numbers(wrong)[number] is Reason.ONE_DIGIT
            assert numbers(f"2301-{wrong}") == numbers(wrong)
        for place in range(7):
            if number[place] == number[place + 1]:
                continue
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            assert numbers(swapped)[number] is Reason.SWAPPED
        assert numbers(number)[number] is Reason.CASE_NUMBER
    assert all(map(educator_id.is_valid, numbers("12345678")))


@pytest.mark.parametrize("oca", ["", "1234567", "123456789", "512-34-5678", "A4172298", "2301-2300-04172298"])
def test_what_has_another_form_leads_to_nobody(oca: str) -> None:
    assert numbers(oca) == {}


def test_names_present_former_and_of_somebody_else_are_told_apart() -> None:
    assert reasons(clues(), person(ME)) == {ME: (Reason.NAME,)}
    assert reasons(clues(), person(ME, "Jordan", "Smith", "Rivera")) == {ME: (Reason.FORMER_NAME,)}
    assert reasons(clues(ME), person(ME, "Kim")) == {ME: (Reason.CASE_NUMBER, Reason.OTHER_NAME)}
    assert reasons(clues(ME, name=""), person(ME)) == {ME: (Reason.CASE_NUMBER,)}


def test_whom_more_speaks_against_than_for_is_no_candidate() -> None:
    wrong = ME[:-1] + str((int(ME[-1]) + 1) % 10)
    assert reasons(clues(wrong), person(ME)) == {ME: (Reason.ONE_DIGIT, Reason.NAME)}
    assert reasons(clues(wrong), person(ME, "Kim")) == {}
    assert reasons(clues(), person(ME, "Kim")) == {}
    assert reasons(clues(name=""), person(ME)) == {}


def test_a_friends_receipt_ranks_below_a_mistyped_number() -> None:
    swapped = ME[:2] + ME[3] + ME[2] + ME[4:]
    friend = Possible(FRIEND, person(FRIEND, "Kim", "Lee").names, typed_at=NOW)
    found = ranked(clues(swapped), [friend, person(ME)])
    assert [one.educator_id for one in found] == [ME, FRIEND]
    assert found[0] == Candidate(ME, "Jordan Rivera", (Reason.SWAPPED, Reason.NAME))
    assert found[1].reasons == (Reason.TYPED, Reason.OTHER_NAME)


def test_of_two_with_one_name_the_one_who_asked_lately_for_this_code_comes_first() -> None:
    lately = Possible(ME, person(ME).names, asked_at=NOW - timedelta(days=9), purpose="2301")
    before = Possible(FRIEND, person(FRIEND).names, asked_at=NOW - timedelta(days=60), purpose="2301")
    found = ranked(clues(), [person(THIRD), before, lately])
    assert [(one.educator_id, one.days) for one in found] == [(ME, 9), (FRIEND, 60), (THIRD, None)]


def test_only_the_code_that_the_answer_has_counts_and_only_before_it() -> None:
    asked = Possible(ME, person(ME).names, asked_at=NOW - timedelta(days=9), purpose="2300")
    assert reasons(clues("2301-12345678"), asked) == {ME: (Reason.NAME,)}
    assert reasons(clues("2300-12345678"), asked) == {ME: (Reason.NAME, Reason.ASKED)}
    later = Possible(ME, person(ME).names, asked_at=NOW + timedelta(days=2), purpose="2300")
    assert reasons(clues(), later) == {ME: (Reason.NAME,)}
    long_ago = Possible(ME, person(ME).names, asked_at=NOW - timedelta(days=500), purpose="2300")
    assert reasons(clues(), long_ago) == {ME: (Reason.NAME,)}


def test_a_number_in_the_submission_weighs_most() -> None:
    submitted = Possible(ME, person(ME).names, submission=True)
    typed = Possible(FRIEND, person(FRIEND).names, typed_at=NOW)
    assert [one.educator_id for one in ranked(clues(), [typed, submitted])] == [ME, FRIEND]
