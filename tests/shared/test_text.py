"""Sentences for people: marked in Python, translated when shown; dates as people write them."""

from datetime import UTC, date, datetime
from gettext import NullTranslations

from shared.text import clock, iso_date, language_name, long_date, long_moment, plural, text, translate

AFTERNOON = datetime(2025, 8, 4, 20, 42, tzinfo=UTC)


class Loud(NullTranslations):
    """A language in which everything is shouted."""

    def gettext(self, message: str) -> str:
        return message.upper().replace("{N}", "{n}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def test_a_sentence_is_english_until_it_is_shown_in_another_language() -> None:
    sentence = text("Wait {n} minutes.", n=3)
    assert str(sentence) == "Wait 3 minutes."
    assert sentence.translated(Loud()) == "WAIT 3 MINUTES."


def test_a_count_chooses_its_form() -> None:
    assert [str(plural("{n} letter", "{n} letters", n=n)) for n in (0, 1, 2)] == ["0 letters", "1 letter", "2 letters"]


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    sentence = text("{n} left", n=plural("{n} day", "{n} days", n=2))
    assert sentence.translated(Loud()) == "2 DAYS LEFT"


def test_names_and_numbers_stay_as_they_are() -> None:
    assert translate("Jordan {n}") == "Jordan {n}"


def test_a_language_without_a_catalogue_is_answered_in_english() -> None:
    assert translate(text("Save"), "xx") == "Save"


def test_a_language_is_called_by_its_name() -> None:
    assert (language_name("en"), language_name("es"), language_name("en", "es")) == ("English", "Spanish", "inglés")


def test_dates_are_written_as_people_write_them() -> None:
    assert long_date(date(2025, 8, 4)) == "August 4, 2025"
    assert long_moment(AFTERNOON) == "August 4, 2025 at 3:42 PM"
    assert clock(AFTERNOON) == "3:42 PM"
    assert iso_date(date(2025, 8, 4)) == "2025-08-04"


def test_a_moment_falls_on_the_day_it_is_in_the_state() -> None:
    after_midnight_in_greenwich = datetime(2025, 8, 5, 3, 0, tzinfo=UTC)
    assert long_date(after_midnight_in_greenwich) == "August 4, 2025"
    assert iso_date(after_midnight_in_greenwich) == "2025-08-04"
