"""When the name in an answer contradicts the educator's."""

from datetime import UTC, datetime

import pytest

from services.fingerprint.rules.naming import Name, Said, contradicts, given_before, is_foreign, present

JANE = Name("Jane", "Quinn", "Tester")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TESTER,JANE Q", JANE),
        ("TESTER,JANE", JANE),
        ("TESTER, JANE QUINN", JANE),
        ("TESTER,J", JANE),
        ("TESTER JR,JANE", JANE),
        ("O'NEIL,MARY ANN", Name("Maryann", "", "O’Neil")),
        ("ONEIL,MARYANN", Name("Mary", "Ann", "O'Neil")),
        ("GARCIA LOPEZ,JOSE", Name("José", "", "García-López")),
        ("GARCIALOPEZ,JOSE LUIS", Name("José Luis", "", "García López")),
        ("WOLFESCHLEGELSTEINHAUSENBERGER", Name("Hubert", "", "Wolfeschlegelsteinhausenbergerdorff")),
        ("WOLFESCHLEGELSTEINHAUSEN,HUBER", Name("Hubert", "", "Wolfeschlegelsteinhausen")),
        ("MONONYM,", Name("", "", "Mononym")),
    ],
)
def test_the_same_name_written_otherwise_does_not_contradict(written: str, name: Name) -> None:
    assert not contradicts(written, [name])


@pytest.mark.parametrize(
    "written",
    [
        "TESTER,JOHN",
        "TESTERS,JANE",
        "JANE,TESTER",
        "TEST,JANE",
        "TESTER",
        "",
        ",",
        "TESTER,",
        "TESTER,JANET",
        "TESTER,QUINN",
    ],
)
def test_another_name_contradicts(written: str) -> None:
    assert contradicts(written, [JANE])


def test_a_former_name_counts() -> None:
    assert not contradicts("MAIDEN,JANE", [JANE, Name("Jane", "", "Maiden")])


def test_without_a_known_name_everything_contradicts() -> None:
    assert contradicts("TESTER,JANE", [])


MARRIED, MAIDEN = Name("Jane", "", "Tester"), Name("Jane", "", "Maiden")
MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (2, 3, 4))


def test_only_names_given_by_the_time_of_the_answer_count() -> None:
    names = [Said(MARRIED, MONDAY), Said(MAIDEN, WEDNESDAY)]
    assert given_before(TUESDAY, names) == [MARRIED]
    assert given_before(WEDNESDAY, names) == [MARRIED, MAIDEN]


def test_an_answer_older_than_the_record_is_held_against_the_first_names() -> None:
    assert given_before(MONDAY, [Said(MARRIED, TUESDAY), Said(MAIDEN, TUESDAY)]) == [MARRIED, MAIDEN]
    assert given_before(MONDAY, [Said(MARRIED, TUESDAY), Said(MAIDEN, WEDNESDAY)]) == [MARRIED]
    assert given_before(MONDAY, []) == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("MAIDEN,JANE", JANE),
        ("MAIDEN,JANE QUINN", JANE),
        ("TESTER,JOHN", JANE),
        ("TESTER,J", JANE),
        ("TESTER", JANE),
        ("ONEIL,MARYANN", Name("Mary", "Ann", "Other")),
        ("OTHER,MARY ANN", Name("Maryann", "", "O’Neil")),
        ("WOLFESCHLEGELSTEINHAUSENBERGER", Name("Hubert", "", "Wolfeschlegelsteinhausenbergerdorff")),
        ("MONONYM,", Name("", "", "Mononym")),
    ],
)
def test_a_name_of_which_the_first_or_the_last_is_the_present_one_is_not_foreign(written: str, name: Name) -> None:
    assert not is_foreign(written, name)


@pytest.mark.parametrize("written", ["FRIEND,ANN", "FRIEND,J", "JANE,TESTER", "FRIEND,QUINN", "FRIEND", ",", ""])
def test_a_name_that_shares_neither_is_foreign(written: str) -> None:
    assert is_foreign(written, JANE)


def test_a_name_cut_down_to_an_initial_is_shared_by_too_many() -> None:
    assert is_foreign("FRIEND,JANE", Name("J", "", "Own"))


def test_the_present_name_is_the_one_given_last() -> None:
    names = [Said(MARRIED, MONDAY, 9), Said(MAIDEN, TUESDAY, 3), Said(JANE, WEDNESDAY)]
    assert present(names) == names[0]
    assert present([]) is None
