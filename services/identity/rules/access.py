"""Roles: which are given at once, which an administrator decides, which name an institution."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from shared.events import Role

SELF_SERVED: Final = frozenset({Role.EDUCATOR})
BOUND: Final = frozenset({Role.PROGRAM, Role.DISTRICT})
STAFF: Final = frozenset({Role.ANALYST, Role.ADJUDICATOR, Role.ADMINISTRATOR})
# Who may read criminal history. Every account that can needs a second factor (CJIS Security Policy 5.9.4, IA-2); until
# there is one, the role exists in a demonstration only.
READS_HISTORY: Final = frozenset({Role.ADJUDICATOR})


class RequestProblem(StrEnum):
    """Why a role cannot be asked for."""

    ROLE = "role"
    INSTITUTION = "institution"
    HELD = "held"


class DecisionProblem(StrEnum):
    """Why an administrator cannot decide this."""

    OWN = "own"
    ALIKE = "alike"
    REASON = "reason"


def roles_to_ask_for(*, demonstration: bool) -> tuple[Role, ...]:
    """The roles that a person may ask an administrator for."""
    return tuple(role for role in Role if role not in SELF_SERVED and (demonstration or role not in READS_HISTORY))


def request_problem(
    role: Role | None,
    institution: str,
    *,
    held: Collection[tuple[Role, str | None]],
    known: Mapping[Role, Mapping[str, str]],
    demonstration: bool,
) -> RequestProblem | None:
    """Why this role cannot be asked for, None where it can.

    Args:
        institution: its code; empty for a role that is bound to none.
        held: the roles that the person has already.
        known: for each bound role, the institutions it can be held for, code -> name.
    """
    if role is None or role not in roles_to_ask_for(demonstration=demonstration):
        return RequestProblem.ROLE
    if role in BOUND and institution not in known[role]:
        return RequestProblem.INSTITUTION
    if (role, institution if role in BOUND else None) in held:
        return RequestProblem.HELD
    return None


def approval_needs_reason(role: Role) -> bool:
    """Whether giving this role, which opens other people's records, must be accounted for in words."""
    return role in STAFF


def decision_problem(*, own: bool, reason: str, reason_needed: bool, alike: bool = False) -> DecisionProblem | None:
    """Why an administrator cannot decide, None where they can.

    Nobody decides about their own account, nor about one that bears their name or address: it may be theirs, too.
    """
    if own:
        return DecisionProblem.OWN
    if alike:
        return DecisionProblem.ALIKE
    if reason_needed and not reason.strip():
        return DecisionProblem.REASON
    return None
