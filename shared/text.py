"""Sentences for people: marked for translation where they are written, translated where they are shown.

In templates a constant sentence is `_("Save")` or `_("Signed in as {name}", name=...)`, a count
`_n("{n} letter", "{n} letters", n)`. In Python, where nobody knows the reader's language yet, the same sentences are
`text(...)` and `plural(...)`; a template shows them with `{{ error|tr }}`. Placeholders are names in braces, and a
sentence is plain text: markup comes in as an escaped value, so that no translation can break a page.

Dates are written as people write them; moments are shown in the state's time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import NullTranslations, find, translation
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time

from shared import policy

LOCALES: Final = Path(__file__).parent / "pages" / "locale"
DOMAIN: Final = "messages"
DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True)
class Text:
    """A sentence that is translated when it is shown. `str()` gives the English, for logs and tests."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    many: str = ""  # the plural form; `values["n"]` chooses

    def __str__(self) -> str:
        return self.translated(NullTranslations())

    def translated(self, translations: NullTranslations) -> str:
        """The sentence in that language, its values filled in; a value may be a Text or a day itself."""
        if self.many:
            sentence = translations.ngettext(self.message, self.many, self.values["n"])
        else:
            sentence = translations.gettext(self.message)
        if not self.values:
            return sentence
        return sentence.format_map({name: _spoken(value, translations) for name, value in self.values.items()})


def _spoken(value: Any, translations: NullTranslations) -> Any:
    """A value inside a sentence: a sentence and a day are in its language, all else is as it is."""
    if isinstance(value, Text):
        return value.translated(translations)
    if isinstance(value, date):
        return long_date(value, translations.info().get("language", DEFAULT_LANGUAGE))
    return value


def text(message: str, /, **values: Any) -> Text:
    """Mark a sentence: `text("Try again in {minutes} minutes.", minutes=3)`."""
    return Text(message, values)


def plural(one: str, many: str, /, n: int, **values: Any) -> Text:
    """Mark a sentence with a count: `plural("{n} letter", "{n} letters", n=3)`."""
    return Text(one, {"n": n, **values}, many)


@cache
def languages() -> frozenset[str]:
    """The languages people can choose: English and every catalogue that is compiled."""
    return frozenset({DEFAULT_LANGUAGE, *(path.parent.parent.name for path in LOCALES.glob(f"*/*/{DOMAIN}.mo"))})


@cache
def language_name(code: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What a language (BCP 47) is called in another: "en" is "English"."""
    return Locale.parse(code, sep="-").get_display_name(language) or code


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; sentences that are not in it stay English."""
    if find(DOMAIN, str(LOCALES), [language]) is None:
        return NullTranslations()
    return translation(DOMAIN, str(LOCALES), [language])


def translate(sentence: Text | str, language: str = DEFAULT_LANGUAGE) -> str:
    """A sentence in a language; a plain `str` (a name, a number) stays as it is."""
    return sentence.translated(translations(language)) if isinstance(sentence, Text) else sentence


@cache
def zone() -> ZoneInfo:
    """The state's time zone."""
    return policy.time_zone()


@lru_cache(maxsize=4096)
def long_date(day: date, language: str = DEFAULT_LANGUAGE) -> str:
    """A day as people write it: "August 4, 2025". A moment gives its day in the state."""
    if isinstance(day, datetime):
        day = day.astimezone(zone()).date()
    return format_date(day, format="long", locale=language)


@lru_cache(maxsize=4096)
def long_moment(moment: datetime, language: str = DEFAULT_LANGUAGE) -> str:
    """A moment in the state's time: "August 4, 2025 at 3:42 PM"."""
    spoken = text("{day} at {time}", day=long_date(moment, language), time=clock(moment, language))
    return translate(spoken, language)


@lru_cache(maxsize=4096)
def clock(moment: datetime, language: str = DEFAULT_LANGUAGE) -> str:
    """The time of day in the state: "3:42 PM"."""
    # CLDR puts a narrow no-break space before AM and PM; people search and copy with a plain one.
    spoken = format_time(moment.astimezone(zone()), "short", zone(), language)
    return spoken.replace("\N{NARROW NO-BREAK SPACE}", " ")


def iso_date(day: date) -> str:
    """A day for tables that staff sort and export: "2025-08-04"."""
    return (day.astimezone(zone()).date() if isinstance(day, datetime) else day).isoformat()
