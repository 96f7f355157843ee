"""The Educator ID: eight digits that name one educator everywhere, the last a check digit.

The check digit is ISO 7064 MOD 11,10: it finds every single wrong digit and nearly every swap of neighbours, so an ID
mistyped at the fingerprint vendor (EBTS 2.009 OCA) is noticed instead of naming somebody else.
"""

SIZE = 8
# How many IDs exist: seven free digits.
CAPACITY = 10 ** (SIZE - 1)


def check_digit(digits: str) -> str:
    """The ISO 7064 MOD 11,10 check digit for a run of decimal digits."""
    product = 10
    for digit in digits:
        product = (((int(digit) + product) % 10 or 10) * 2) % 11
    return str((11 - product) % 10)


def make(number: int) -> str:
    """The Educator ID that carries `number`.

    Raises:
        ValueError: the number is negative or has more than seven digits.
    """
    if not 0 <= number < CAPACITY:
        raise ValueError(f"an Educator ID carries a number from 0 to {CAPACITY - 1}")
    digits = f"{number:0{SIZE - 1}d}"
    return digits + check_digit(digits)


def is_valid(educator_id: str) -> bool:
    """Whether this is eight ASCII digits with the right check digit."""
    return (
        len(educator_id) == SIZE
        and educator_id.isascii()
        and educator_id.isdigit()
        and check_digit(educator_id[:-1]) == educator_id[-1]
    )


def parse(typed: str) -> str | None:
    """The Educator ID a person meant, spaces and dashes allowed; None where the check digit or the length is wrong."""
    digits = typed.replace(" ", "").replace("-", "").replace("\u00a0", "")
    return digits if is_valid(digits) else None


def shown(educator_id: str) -> str:
    """The way people read it aloud: `0417 2298`."""
    return f"{educator_id[:4]} {educator_id[4:]}"
