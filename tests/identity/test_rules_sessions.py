"""A session ends when its person is idle, and after twelve hours in any case."""

from datetime import UTC, datetime, timedelta

import pytest

from services.identity.rules import sessions
from shared.events import Role

NOON = datetime(2026, 8, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize("roles", [[], [Role.EDUCATOR]])
def test_an_educator_may_be_idle_for_twenty_minutes(roles: list[Role]) -> None:
    assert sessions.ends_at(NOON, NOON, roles) == NOON + timedelta(minutes=20)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EDUCATOR])
def test_every_other_role_may_be_idle_for_fifteen(role: Role) -> None:
    assert sessions.ends_at(NOON, NOON, [Role.EDUCATOR, role]) == NOON + timedelta(minutes=15)


def test_nothing_extends_a_session_beyond_twelve_hours() -> None:
    touched = NOON + timedelta(hours=11, minutes=59)
    assert sessions.ends_at(NOON, touched, [Role.EDUCATOR]) == NOON + timedelta(hours=12)
