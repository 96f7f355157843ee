"""A standing is the same after it was kept; and one kept by an older version is read."""

import json
from datetime import date
from typing import Any

import pytest

from services.fingerprint import standing
from services.fingerprint.rules.by_name import NameCheck, Rejected
from services.fingerprint.rules.check import Standing, State, Step
from shared.events import Bureau

DAY = date(2026, 9, 1)
TWO = (Rejected(DAY, "M1", "E1"), Rejected(DAY, "M2", "E2"))
STEP = Step(DAY, Bureau.STATE, True)


@pytest.mark.parametrize(
    "kept",
    [
        Standing(State.NOTHING_YET),
        Standing(State.ONE_IN, DAY, (STEP,), waits_for=Bureau.FBI),
        Standing(State.ONE_IN, DAY, (STEP, Step(DAY, Bureau.FBI, True)), waits_for=Bureau.FBI, expired_on=DAY),
        Standing(State.EXPIRED, DAY, expired_on=DAY),
        Standing(State.ACT, DAY, reprint=(Bureau.FBI,), name_checks=(NameCheck(Bureau.FBI, TWO, None),)),
        Standing(State.BY_NAME, DAY, name_checks=(NameCheck(Bureau.STATE, TWO, DAY),)),
        Standing(State.CLEARED, DAY, cleared_on=DAY, valid_until=DAY),
    ],
)
def test_a_standing_is_the_same_after_it_was_kept(kept: Standing) -> None:
    assert standing.read(json.loads(json.dumps(standing.written(kept)))) == kept


def test_a_standing_kept_before_clearances_could_be_over_says_which_bureau_is_awaited() -> None:
    old: dict[str, Any] = {
        "state": "one_in",
        "since": "2026-09-01",
        "steps": [["2026-09-01", "state", True]],
        "reprint": [],
        "cleared_on": None,
        "valid_until": None,
    }
    assert standing.read(old).waits_for is Bureau.FBI
