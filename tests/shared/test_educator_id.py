"""The Educator ID's check digit finds what people mistype."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import educator_id

numbers = st.integers(min_value=0, max_value=educator_id.CAPACITY - 1)


def test_the_example_of_the_screens_is_valid_and_read_in_two_groups() -> None:
    assert educator_id.make(417229) == "04172298"
    assert educator_id.shown("04172298") == "0417 2298"


@given(numbers)
def test_what_is_made_is_valid_and_can_be_typed_as_it_is_shown(number: int) -> None:
    made = educator_id.make(number)
    assert educator_id.is_valid(made)
    assert educator_id.parse(f" {educator_id.shown(made)} ") == made
    assert educator_id.parse(f"{made[:4]}-{made[4:]}") == made


@given(numbers, st.integers(0, 7), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(number: int, place: int, shift: int) -> None:
    made = educator_id.make(number)
    wrong = made[:place] + str((int(made[place]) + shift) % 10) + made[place + 1 :]
    assert not educator_id.is_valid(wrong)


@pytest.mark.parametrize("typed", ["", "1234567", "041722981", "0417229x", "０４１７２２９８", "٠٤١٧٢٢٩٨"])
def test_what_is_not_eight_plain_digits_is_refused(typed: str) -> None:
    assert educator_id.parse(typed) is None


@pytest.mark.parametrize("number", [-1, educator_id.CAPACITY])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="from 0 to"):
        educator_id.make(number)
