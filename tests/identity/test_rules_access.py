"""Which roles may be asked for, and who may decide."""

import pytest

from services.identity.rules import access
from services.identity.rules.access import DecisionProblem, RequestProblem
from shared.events import Role

KNOWN = {Role.PROGRAM: {"esu": "Example State University"}, Role.DISTRICT: {"048078": "Example District"}}


def ask(
    role: Role | None, institution: str = "", held: tuple[tuple[Role, str | None], ...] = (), demonstration: bool = True
) -> RequestProblem | None:
    return access.request_problem(role, institution, held=held, known=KNOWN, demonstration=demonstration)


def test_educator_access_is_never_asked_of_an_administrator() -> None:
    assert ask(Role.EDUCATOR) is RequestProblem.ROLE
    assert Role.EDUCATOR not in access.roles_to_ask_for(demonstration=True)


def test_an_adjudicator_can_only_be_asked_for_in_a_demonstration() -> None:
    assert ask(Role.ADJUDICATOR, demonstration=True) is None
    assert ask(Role.ADJUDICATOR, demonstration=False) is RequestProblem.ROLE


@pytest.mark.parametrize("role", [Role.PROGRAM, Role.DISTRICT])
@pytest.mark.parametrize("institution", ["", "nowhere"])
def test_officials_name_an_institution_that_is_known(role: Role, institution: str) -> None:
    assert ask(role, institution) is RequestProblem.INSTITUTION


def test_a_district_is_no_program() -> None:
    assert ask(Role.PROGRAM, "048078") is RequestProblem.INSTITUTION
    assert ask(Role.PROGRAM, "esu") is None


def test_what_one_has_is_not_asked_for_again_but_another_institution_is() -> None:
    known = {**KNOWN, Role.PROGRAM: {"esu": "Example State University", "esc": "Example College"}}
    held = ((Role.PROGRAM, "esu"),)
    assert (
        access.request_problem(Role.PROGRAM, "esu", held=held, known=known, demonstration=True) is RequestProblem.HELD
    )
    assert access.request_problem(Role.PROGRAM, "esc", held=held, known=known, demonstration=True) is None


def test_nobody_decides_about_their_own_account() -> None:
    assert access.decision_problem(own=True, reason="because", reason_needed=True) is DecisionProblem.OWN


def test_a_refusal_needs_a_reason_an_approval_does_not() -> None:
    assert access.decision_problem(own=False, reason="  ", reason_needed=True) is DecisionProblem.REASON
    assert access.decision_problem(own=False, reason="", reason_needed=False) is None
