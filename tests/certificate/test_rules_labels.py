"""What the menu offers and what certificate's policy knows are the same classes."""

from datetime import date

import pytest

from services.certificate import regulations
from shared import policy


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2026, 8, 3), policy.today()], ids=str)
def test_the_menu_offers_each_class_that_can_be_applied_for_and_no_other(day: date) -> None:
    assert set(policy.applying(day)) == {kind.code for kind in regulations.BOOK.all(day)}
