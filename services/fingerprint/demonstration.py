"""Results for invented people, as the bureaus would send them. Pure: bytes by file name, and facts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from services.fingerprint import regulations
from services.fingerprint.ebts import write
from shared import educator_id as educator_ids
from shared.events import FingerprintCleared
from shared.policy import last_day, local_day

FBI: Final = "WVIAFIS0Z"
STATE: Final = "MOMHP0000"
OURS: Final = "MO920000Z"
PURPOSE: Final = "2301"
# A right Educator ID so high that no demonstration gives it to anybody.
NOBODY: Final = educator_ids.make(9_999_001)
# Whose state and FBI answers come at the start, with nothing in them, and for which purpose.
CHECKED: Final = {"finley.grant": "2301", "harper.quinn": "2301"}
# Who was cleared in a past that this system never saw: for which purpose, and how many months ago.
LONG_AGO: Final = {"kendall.ross": ("2301", 8), "logan.wells": ("2300", 26), "morgan.shaw": ("2301", 50)}
_FACTS: Final = UUID("0f5ad3c1-6d0e-5c8e-8a53-7a4f0cbd6b1e")

_RAP_SHEET: Final = """\
INVENTED RECORD - DEMONSTRATION ONLY - NO SUCH PERSON

ARREST    2011-06-18   EXAMPLE CITY POLICE DEPARTMENT
CHARGE    STEALING UNDER $500, MISDEMEANOR
COURT     EXAMPLE COUNTY CIRCUIT COURT, CASE 11EX-CR00418
RESULT    SUSPENDED IMPOSITION OF SENTENCE, COMPLETED 2012-06-20

END OF RECORD"""
_TOO_POOR: Final = (
    "L0008 - The quality of the characteristics is too low to be used. Candidate(s) were found. Please resubmit a new"
    " set of fingerprints for comparison to the candidate(s)."
)


@dataclass(frozen=True)
class ResultFile:
    """A file to drop into the spool folder, and what happens then."""

    name: str
    content: bytes
    about: str


def files(people: Sequence[Mapping[str, Any]], day: date) -> Iterator[ResultFile]:
    """The files for the demonstration people who have an Educator ID.

    Args:
        people: each with `username`, `name` and, where there is one, `educator_id`.
        day: the day on which the bureaus answer.
    """
    named = _named(people)

    def answer(username: str, origin: str, step: int, **what: str) -> bytes:
        number, name = named[username]
        return _answer(day, origin, f"{PURPOSE}-{number}", _written(name), f"{number}{step:03d}", step, **what)

    if "jordan.rivera" in named:
        yield ResultFile(
            "jordan-rivera-1-state-no-record.eft",
            answer("jordan.rivera", STATE, 1, found="N"),
            "Jordan sees that the state answered and that the FBI is next.",
        )
        yield ResultFile(
            "jordan-rivera-2-fbi-no-record.eft",
            answer("jordan.rivera", FBI, 2, found="N"),
            'Jordan is "Cleared", and a letter says so.',
        )
    if "casey.morgan" in named:
        yield ResultFile(
            "casey-morgan-1-state-no-record.eft",
            answer("casey.morgan", STATE, 1, found="N"),
            "Casey sees that the state answered.",
        )
        yield ResultFile(
            "casey-morgan-2-fbi-identification.eft",
            answer("casey.morgan", FBI, 2, found="I", rap_sheet=_RAP_SHEET),
            'Casey sees "Being checked" and no more; an adjudicator finds the case under Review list.',
        )
    if "taylor.brooks" in named:
        yield ResultFile(
            "taylor-brooks-1-fbi-unreadable.eft",
            answer("taylor.brooks", FBI, 1, note=_TOO_POOR),
            'Taylor sees "You need to act" and gets a letter: print again, free of charge.',
        )
        yield ResultFile(
            "taylor-brooks-2-fbi-reprint-no-record.eft",
            answer("taylor.brooks", FBI, 2, found="N"),
            "The new prints can be read: nothing is left for Taylor to do.",
        )
        yield ResultFile(
            "taylor-brooks-3-state-no-record.eft",
            answer("taylor.brooks", STATE, 3, found="N"),
            'Taylor is "Cleared".',
        )
    yield ResultFile(
        "nobody-1-fbi-unknown-educator.eft",
        _answer(day, FBI, f"{PURPOSE}-{NOBODY}", "DOE,ALEX", "00000000801", 1, found="N"),
        "Nobody has this Educator ID: it waits under Unmatched results.",
    )
    yield ResultFile(
        "nobody-2-state-without-number.eft",
        _answer(day, STATE, "", "DOE,SAM", "00000000802", 2, found="N"),
        "It carries no case number: it is under Unmatched results until staff assign it.",
    )


def checked(people: Sequence[Mapping[str, Any]], day: date) -> Iterator[tuple[str, ResultFile]]:
    """Educator ID and file of those whose results come at the start."""
    for username, (number, name) in _named(people).items():
        if purpose := CHECKED.get(username):
            for step, (origin, bureau) in enumerate(((STATE, "state"), (FBI, "fbi")), start=1):
                told = _answer(
                    day, origin, f"{purpose}-{number}", _written(name), f"{number}{step:03d}", step, found="N"
                )
                yield number, ResultFile(f"{username.replace('.', '-')}-{step}-{bureau}.eft", told, "")


def long_ago(people: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[FingerprintCleared]:
    """What would have been said of those who were cleared long ago: the same facts however often it is asked."""
    for username, (number, _) in _named(people).items():
        if username in LONG_AGO:
            purpose, months = LONG_AGO[username]
            day = last_day(local_day(now), -months)
            yield FingerprintCleared(
                event_id=uuid5(_FACTS, f"{number} {purpose}"),
                occurred_at=datetime.combine(day, now.timetz()),
                subject_id=number,
                sequence=0,
                purpose=purpose,
                cleared_on=day,
                valid_until=last_day(day, regulations.terms(day).months),
            )


def _named(people: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Educator ID and name of those who have a record, by username."""
    return {one["username"]: (one["educator_id"], str(one["name"])) for one in people if one.get("educator_id")}


def guide(found: Sequence[ResultFile]) -> str:
    """What each file does, for people."""
    lines = [
        "Result files for the demonstration. Copy one into the folder spool/incoming (see the README) and watch.",
        "Use them in the order of their numbers, or in any other: the end is the same.",
        "",
    ]
    lines += [f"{one.name}\n    {one.about}" for one in found]
    return "\n".join(lines) + "\n"


def _answer(
    day: date,
    origin: str,
    oca: str,
    name: str,
    number: str,
    step: int,
    *,
    found: str = "",
    rap_sheet: str = "",
    note: str = "",
) -> bytes:
    """One answer; `found` of an SRE, `note` of an ERRT."""
    header = {
        4: "ERRT" if note else "SRE",
        5: f"{day:%Y%m%d}",
        6: "6",
        7: OURS,
        8: origin,
        9: f"E{day:%Y}{number:0>15}",
        10: f"MODESE{number:0>14}",
        11: "00.00",
        12: "00.00",
        13: "NORAM\x1fEBTS 10.0",
        14: f"{day:%Y%m%d}{step:02d}0000Z",
    }
    text = {9: oca, 18: "" if note else name, 59: found, 60: note, 73: OURS, 75: rap_sheet}
    return write(header, [{field: value for field, value in text.items() if value}])


def _written(name: str) -> str:
    """`Jordan Rivera` as 2.018 has it."""
    *given, last = name.upper().split()
    return f"{last},{' '.join(given)}"
