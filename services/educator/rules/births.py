"""The date of birth as three answers: month, day and year."""

from datetime import date

from services.educator.rules.reading import Refused
from shared.text import text


def read(month: str, day: str, year: str, *, today: date, youngest: int, oldest: int) -> date:
    """The date of birth.

    Args:
        month: 1 to 12.
        day: day of the month.
        year: four digits.
        today: the state's day.
        youngest: the least age, in years, at which somebody can have a record.
        oldest: the greatest age, in years, that is believed.

    Raises:
        Refused: the sentence says which part to look at.
    """
    parts = [part.strip() for part in (month, day, year)]
    if not all(parts):
        raise Refused(text("Enter your date of birth: month, day and year."))
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise Refused(text("Enter the day and the year of your date of birth in digits."))
    if len(parts[2]) != 4:
        raise Refused(text("Enter the year of your date of birth with 4 digits, for example 1999."))
    try:
        born = date(int(parts[2]), int(parts[0]), int(parts[1]))
    except ValueError:
        raise Refused(text("There is no such day. Check the month, day and year of your date of birth.")) from None
    if born > today:
        raise Refused(text("This date lies in the future. Check the year of your date of birth."))
    if not youngest <= age(born, today) <= oldest:
        raise Refused(text("Check the year of your date of birth."))
    return born


def age(born: date, today: date) -> int:
    """Whole years lived."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
