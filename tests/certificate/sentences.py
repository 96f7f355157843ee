"""The sentences of the examples that certification staff write (`examples/README.md`), each with what it means."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from services.certificate.rules.case import Deed, Submission, Word
from services.certificate.rules.deeds import (
    Answer,
    Ask,
    Hold,
    Issue,
    Pay,
    Recommend,
    Record,
    Release,
    Return,
    Review,
    TakeBack,
    Withdraw,
)
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State, class_of
from services.certificate.rules.validity import Held, expires_on, unneeded
from shared.policy import last_day
from tests.certificate.story import NAME, NotUnderstood, Story, noon

CLASSES: Final = {
    "substitute": "substitute",
    "the substitute certificate": "substitute",
    "IPC": "ipc",
    "the IPC": "ipc",
}
STATES: Final = {
    "with the institution": State.AT_INSTITUTION,
    "returned": State.RETURNED,
    "question": State.QUESTION,
    "something is missing": State.INCOMPLETE,
    "in review": State.IN_REVIEW,
    "ready": State.READY,
    "withdrawn": State.WITHDRAWN,
    "closed": State.CLOSED,
    "issued": State.ISSUED,
}
Told = Callable[..., None]
_GIVEN: Final[list[tuple[re.Pattern[str], Told]]] = []
_THEN: Final[list[tuple[re.Pattern[str], Told]]] = []


def _given(pattern: str) -> Callable[[Told], Told]:
    return _understands(_GIVEN, pattern)


def _then(pattern: str) -> Callable[[Told], Told]:
    return _understands(_THEN, pattern)


def _understands(sentences: list[tuple[re.Pattern[str], Told]], pattern: str) -> Callable[[Told], Told]:
    def register(told: Told) -> Told:
        sentences.append((re.compile(pattern), told))
        return told

    return register


def _tell(sentences: list[tuple[re.Pattern[str], Told]], words: str, *told: Any) -> None:
    for pattern, meaning in sentences:
        if found := pattern.fullmatch(words):
            meaning(*told, *found.groups())
            return
    raise NotUnderstood(f"nobody understands {words!r}; examples/README.md says which sentences there are")


_YES: Final = r"(, with a Yes about conduct)?"


def _areas(story: Story, named: str, day: date) -> tuple[str, ...]:
    titles = {title: code for code, title in story.book.choices("areas", day).items()}
    if strange := [one for one in named.split("; ") if one not in titles]:
        raise NotUnderstood(f"the policy has no area {strange[0]!r}")
    return tuple(titles[one] for one in named.split("; "))


def _form(story: Story, route: str, areas: str | None, yes: str | None, day: date) -> Submission:
    signed = {"wording": "As shown.", "language": "en", "edition": "2020-01-01", "name": NAME}
    return Submission(
        route=route,
        institution="river-bend" if areas else None,
        program="bachelor" if areas else "",
        areas=_areas(story, areas, day) if areas else (),
        conduct={"charged": "What happened."} if yes else {},
        signed={"sworn": signed, "release": signed},
    )


@_given(rf"applies for the substitute certificate by (hours|training){_YES}")
def _(story: Story, day: date, route: str, yes: str | None) -> None:
    story.code = "substitute"
    story.submit(day, Deed.RECEIVED, _form(story, route, None, yes, day))


@_given(rf"applies for the IPC in (.+?){_YES}")
def _(story: Story, day: date, areas: str, yes: str | None) -> None:
    story.code = "ipc"
    story.submit(day, Deed.RECEIVED, _form(story, "", areas, yes, day))


@_given(rf"corrects the application(?: in (.+?))?{_YES}")
def _(story: Story, day: date, areas: str | None, yes: str | None) -> None:
    assert story.stands(day).state is State.RETURNED
    titles = story.book.choices("areas", day)
    same = "; ".join(titles[code] for code in story.case.submission.areas)
    story.submit(day, Deed.RESUBMITTED, _form(story, "", areas or same, yes, day))


@_given(r"the institution (recommends|returns it)")
def _(story: Story, day: date, what: str) -> None:
    recommends = Recommend("bachelor", date(2026, 5, 15))
    story.act(day, "the institution", recommends if what == "recommends" else Return("It names another program."))


@_given(r"the institution takes its recommendation back")
def _(story: Story, day: date) -> None:
    story.act(day, "the institution", TakeBack("It was another student."))


@_given(r"the (\w+) is (seen|not accepted)(?: for (.+?))?(?:, showing (\d+))?")
def _(story: Story, day: date, document: str, outcome: str, areas: str | None, amount: str | None) -> None:
    chosen = _areas(story, areas, day) if areas else story.case.submission.areas
    if outcome == "seen":
        record = Record(document, "seen", "By mail", int(amount) if amount else None, areas=chosen)
    else:
        record = Record(document, "not_accepted", "By mail", None, "It is a copy.", chosen)
    story.act(day, "Avery", record)


@_given(r"(\d+) dollars (come|go back)")
def _(story: Story, day: date, dollars: str, way: str) -> None:
    story.act(day, "Avery", Pay(int(dollars) if way == "come" else -int(dollars), "Check 1001"))


@_given(r"(Avery|Riley) asks")
def _(story: Story, day: date, who: str) -> None:
    story.act(day, who, Ask(("transcript",), "Where is it?"))


@_given(r"the educator answers")
def _(story: Story, day: date) -> None:
    story.act(day, "the educator", Answer("It is on its way."))


@_given(r"(Avery|Riley) finds the conduct (no obstacle|unsettled)")
def _(story: Story, day: date, who: str, how: str) -> None:
    story.act(day, who, Review(how == "no obstacle", "Read with the court's letter."))


@_given(r"(Avery|Riley) (puts it on hold|takes it up again)")
def _(story: Story, day: date, who: str, what: str) -> None:
    story.act(day, who, Hold("The college moves its archive.") if what == "puts it on hold" else Release())


@_given(r"a reminder goes out")
def _(story: Story, day: date) -> None:
    assert story.stands(day).remind is not None, f"no reminder is due on {day}"
    story.add(day, Deed.REMINDED, None, {})


@_given(r"it closes")
def _(story: Story, day: date) -> None:
    assert story.stands(day).overdue, f"it does not close on {day}"
    story.add(day, Deed.CLOSED, None, {})


@_given(r"the educator withdraws")
def _(story: Story, day: date) -> None:
    story.act(day, "the educator", Withdraw())


@_given(r"(Avery|Riley) issues")
def _(story: Story, day: date, who: str) -> None:
    story.act(day, who, Issue())


@_given(r"check (\d{4}) is cleared(?:, valid until (\d{4}-\d\d-\d\d))?")
def _(story: Story, day: date, purpose: str, until: str | None) -> None:
    last = date.fromisoformat(until) if until else last_day(day, 12)
    story.say(noon(day), Word.CLEARED, purpose, cleared_on=day, valid_until=last)


@_given(r"check (\d{4}) holds no longer(, later that day)?")
def _(story: Story, day: date, purpose: str, later: str | None) -> None:
    story.say(noon(day) + timedelta(hours=1 if later else 0), Word.ENDED, purpose, ended_on=day)


@_given(r"a bureau answers check (\d{4})")
def _(story: Story, day: date, purpose: str) -> None:
    story.say(noon(day), Word.ANSWERED, purpose)


@_given(r"the prints of check (\d{4}) cannot be read")
def _(story: Story, day: date, purpose: str) -> None:
    story.say(noon(day), Word.REPRINT, purpose)


@_given(r"another application is sent with a Yes about conduct")
def _(story: Story, day: date) -> None:
    story.admitted.append(noon(day))


@_given(r"a certificate is issued: (substitute|IPC), valid until (\d{4}-\d\d-\d\d)")
def _(story: Story, day: date, kind: str, until: str) -> None:
    story.held.append(Held(CLASSES[kind], day, date.fromisoformat(until)))


@_given(r"rule: (substitute|IPC) (\w+) needs (\d+)")
def _(story: Story, day: date, kind: str, need: str, amount: str) -> None:
    story.change(day, f"classes.{CLASSES[kind]}.needs.{need}", at_least=int(amount))


@_given(r"rule: (substitute|IPC) fee is (\d+) dollars")
def _(story: Story, day: date, kind: str, dollars: str) -> None:
    story.change(day, f"classes.{CLASSES[kind]}.needs.fee", dollars=int(dollars))


@_given(r"rule: (substitute|IPC) is valid (\d+) years")
def _(story: Story, day: date, kind: str, years: str) -> None:
    story.change(day, f"classes.{CLASSES[kind]}.years", value=int(years))


@_given(r"rule: (substitute|IPC) clearance counts (\d+) months")
def _(story: Story, day: date, kind: str, months: str) -> None:
    story.change(day, f"classes.{CLASSES[kind]}.needs.clearance", months=int(months))


@_given(r"rule: due in (\d+) days")
def _(story: Story, day: date, count: str) -> None:
    story.change(day, "due.reminders", value=[30])
    story.change(day, "due.days", value=int(count))


@_then("|".join(f"({words})" for words in STATES))
def _(story: Story, *found: str | None) -> None:
    [words] = [one for one in found if one]
    assert story.stands().state is STATES[words]


@_then(r"(?:the )?(educator|institution|department|nobody) acts next since (\d{4}-\d\d-\d\d)")
def _(story: Story, who: str, since: str) -> None:
    at = story.stands()
    assert (at.move, at.since) == (Party(who), date.fromisoformat(since))


@_then(r"([a-z ]+(?:, [a-z ]+)*) (met|waiting|missing)")
def _(story: Story, names: str, how: str) -> None:
    assert {name: story.requirement(name).state.value for name in names.split(", ")} == dict.fromkeys(
        names.split(", "), how
    )


@_then(r"([a-z ]+) says: (.+)")
def _(story: Story, name: str, why: str) -> None:
    assert str(story.requirement(name).why) == why


@_then(r"due on (\d{4}-\d\d-\d\d)")
def _(story: Story, day: str) -> None:
    assert story.stands().due_on == date.fromisoformat(day)


@_then(r"it (ends|does not end) now")
def _(story: Story, what: str) -> None:
    assert story.stands().overdue == (what == "ends")


@_then(r"(a|no) reminder is due")
def _(story: Story, what: str) -> None:
    assert (story.stands().remind is not None) == (what == "a")


@_then(r"(Avery|Riley) may (?:issue|not issue: (.+))")
def _(story: Story, who: str, why: str | None) -> None:
    assert story.refused(who, Issue(), story.as_of) == why


@_then(r"issued now it is valid until (\d{4}-\d\d-\d\d)")
def _(story: Story, day: str) -> None:
    assert expires_on(class_of(story.book, story.case), story.held, story.as_of) == date.fromisoformat(day)


@_then(r"a substitute certificate is (not )?unnecessary")
def _(story: Story, needed: str | None) -> None:
    kind = story.book.find("substitute", story.as_of)
    assert kind is not None
    assert (unneeded(kind, story.held, story.as_of) is None) == bool(needed)


def given(story: Story, day: date, words: str) -> None:
    """Something that happened.

    Raises:
        NotUnderstood: nobody understands it.
    """
    _tell(_GIVEN, words, story, day)


def then(story: Story, words: str) -> None:
    """Something that holds.

    Raises:
        NotUnderstood: nobody understands it.
        AssertionError: it does not hold.
    """
    _tell(_THEN, words, story)
