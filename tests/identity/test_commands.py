"""What operators type: the first administrator, and demonstration people that stay the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.identity.commands import admin, demo_people
from services.identity.rules import passwords as rules
from tests.databases import DatabaseMaker

ANSWERS = ["first.admin", "Alex", "Thornton", "alex@example.edu", "a river of quiet lamps", "a river of quiet lamps"]


@pytest.fixture
def settings(fresh_database: DatabaseMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "ECS_POSTGRES_IDENTITY": fresh_database("identity"),
        "ECS_KAFKA": "127.0.0.1:1",
        "ECS_REDIS": "redis://127.0.0.1:1/0",
        "ECS_HOME": str(tmp_path),
        "ECS_DEMO": "on",
    }.items():
        monkeypatch.setenv(name, value)


def _create(*answers: str) -> Result:
    return CliRunner().invoke(admin, ["create"], input="\n".join(answers) + "\n")


def _people(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(demo_people, list(arguments))
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


@pytest.mark.usefixtures("settings")
def test_the_first_administrator_is_made_by_answering_questions() -> None:
    result = _create(*ANSWERS)
    assert result.exit_code == 0, result.output
    assert "first.admin can log in" in result.output
    assert ANSWERS[-1] not in result.output


@pytest.mark.usefixtures("settings")
def test_a_second_with_the_same_name_or_address_is_refused_in_a_sentence() -> None:
    assert _create(*ANSWERS).exit_code == 0
    again = _create(*ANSWERS)
    assert again.exit_code == 1
    assert "has an account already" in again.output


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("place", "answer", "sentence"),
    [
        (0, "a", "at least 3 characters"),
        (1, "@", "first name"),
        (3, "nowhere", "complete e-mail address"),
        (4, "short", "at least 15 characters"),
        (4, "alexthornton2026", "your own name"),
    ],
)
def test_what_people_may_not_choose_an_administrator_may_not_either(place: int, answer: str, sentence: str) -> None:
    answers = list(ANSWERS)
    answers[place] = answer
    if place == 4:
        answers[5] = answer
    result = _create(*answers)
    assert result.exit_code == 1
    assert sentence in result.output


@pytest.mark.usefixtures("settings")
def test_demonstration_people_are_of_every_role_with_passwords_that_may_be_chosen() -> None:
    people = _people()
    assert {person["role"] for person in people} == {
        "educator",
        "analyst",
        "adjudicator",
        "administrator",
        "program",
        "district",
    }
    assert {person["username"] for person in people} >= {"jordan.rivera", "ari.adjudicator", "alex.admin"}
    assert all(person["institution"] for person in people if person["role"] in {"program", "district"})
    assert all(rules.problem(person["password"], own=[person["name"], person["email"]]) is None for person in people)


@pytest.mark.usefixtures("settings")
def test_run_again_with_what_is_known_nothing_changes_and_without_it_passwords_do(tmp_path: Path) -> None:
    first = _people()
    known = tmp_path / "demo.json"
    known.write_text(json.dumps(first))
    assert _people("--known", str(known)) == first
    third = _people()
    assert [person["username"] for person in third] == [person["username"] for person in first]
    assert all(one["password"] != other["password"] for one, other in zip(first, third, strict=True))


@pytest.mark.usefixtures("settings")
def test_a_file_that_is_no_such_list_is_refused_in_a_sentence(tmp_path: Path) -> None:
    known = tmp_path / "demo.json"
    known.write_text("[1, 2")
    result = CliRunner().invoke(demo_people, ["--known", str(known)])
    assert result.exit_code == 1
    assert "Leave it out" in result.output
