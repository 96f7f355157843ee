"""What an EBTS transaction means to a state education department. Pure.

SRE answers a search, ERRT says that the prints could not be used, RBN is a Rap Back notice, NFUF a submission of which
a copy may be fed in. In an answer the origin (1.008 ORI) is the bureau and the destination ours; in a submission the
reverse. Every other type is kept for a person: of it only the header is asked for.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from services.fingerprint.ebts import DEFAULT_LIMITS, Limits, Record, Unreadable, survey

CNT, TOT, DAT, DAI, ORI, TCN, TCR, GMT = 3, 4, 5, 7, 8, 9, 10, 14
RET, OCA, UCN, SID, SOC, NAM, POB, DOB, SEX, RAC, HAI = 5, 9, 14, 15, 16, 18, 20, 22, 24, 25, 32
RFP, DPR, SRF, MSG, CRI, ERS = 37, 38, 59, 60, 73, 75
RBXD, RBNI, RBSI, RBUD = 2015, 2041, 2048, 2064

_KIND: Final = re.compile(r"[A-Z][A-Z0-9]{2,15}")
_ORI: Final = re.compile(r"[A-Z0-9]{9}")
_NUMBER: Final = re.compile(r"[!-~](?:[ -~]{0,38}[!-~])?")
_MOMENT: Final = re.compile(r"[0-9]{8}(?:[01][0-9]|2[0-3])[0-9]{4}Z")
_DAY: Final = re.compile(r"[0-9]{8}")
_SSN: Final = re.compile(r"[0-9]{9}")
_REJECT_CODE: Final = re.compile(r"\b[A-Z][0-9]{4}\b")
_LETTER: Final = re.compile(r"[A-Za-z]")
# From the day of a message others are counted, which must be days of the calendar as well.
_LAST_DAY: Final = date(8999, 12, 31)
# What a submission holds where a person has no Social Security Number.
_NO_SSN: Final = "000000000"


class Kind(StrEnum):
    """How the system treats a message."""

    ANSWER = "answer"
    UNREADABLE = "unreadable"
    NOTICE = "notice"
    SUBMISSION = "submission"
    OTHER = "other"


# A Rap Back notice tells of a record by being there, and a message that no machine reads may: whoever may not read
# criminal history is not told that there is one.
FOR_ADJUDICATORS: Final = frozenset({Kind.NOTICE, Kind.OTHER})


class Finding(StrEnum):
    """What an answer says (2.059 SRF). Criminal history: never outside the compartment."""

    NO_RECORD = "no_record"
    RECORD = "record"
    EXCEPTION = "exception"


_KINDS: Final = {"SRE": Kind.ANSWER, "ERRT": Kind.UNREADABLE, "RBN": Kind.NOTICE, "NFUF": Kind.SUBMISSION}
_REQUIRED: Final[dict[Kind, tuple[int, ...]]] = {
    Kind.ANSWER: (NAM, SRF, CRI),
    Kind.UNREADABLE: (MSG,),
    Kind.NOTICE: (NAM, DOB, UCN, CRI, RBNI, RBSI, RBXD),
    Kind.SUBMISSION: (RET, NAM, POB, DOB, SEX, RAC, HAI, RFP, DPR, CRI),
    Kind.OTHER: (),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What only a Rap Back notice says.

    Attributes:
        number: 2.2041, the notice's own.
        subscription: 2.2048.
        expires_on: 2.2015, when the subscription ends.
        born_on: 2.022; None where the day is not one of the calendar, which is how an unknown one is written.
    """

    number: str
    subscription: str
    expires_on: date
    born_on: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """What only a submission says.

    Attributes:
        ssns: 2.016, each nine digits; a person may have given none or several.
        born_on: 2.022; None where the day is not one of the calendar, which is how an unknown one is written.
        reason: 2.037, why the prints were taken, in the words of the law.
        printed_on: 2.038.
        retained: 2.005, whether the bureau keeps the prints.
    """

    ssns: tuple[str, ...] = field(repr=False)
    born_on: date | None = field(repr=False)
    reason: str
    printed_on: date
    retained: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One transaction, typed.

    Attributes:
        type_of_transaction: 1.004 as written.
        origin: 1.008, the bureau in an answer.
        destination: 1.007, the bureau in a submission; may be empty.
        tcn: 1.009, this message's own number.
        tcr: 1.010, in an answer the number of the submission; may be empty.
        dated: 1.005.
        stamped: 1.014 in UTC, where present.
        oca: 2.009, our case number; may be empty.
        name: 2.018, `SURNAME,GIVEN MIDDLE`; a check, never a key.
        ucn: 2.014, the FBI's number of a person; may be empty.
        sid: 2.015, the state's number of a person; may be empty.
        finding: of an answer only.
        reject_codes: of an unreadable one, as `L0008`.
        notes: 2.060, each message's text.
        rap_sheet: 2.075.
        subscriber: the Educator ID that we put into a Rap Back subscription's user data (2.2064), unchecked.
        notice: of a notice only.
        submission: of a submission only.
    """

    kind: Kind
    type_of_transaction: str
    origin: str
    destination: str
    tcn: str
    tcr: str
    dated: date
    stamped: datetime | None
    oca: str
    name: str = field(repr=False)
    ucn: str = field(repr=False)
    sid: str = field(repr=False)
    finding: Finding | None = field(repr=False)
    reject_codes: tuple[str, ...]
    notes: tuple[str, ...] = field(repr=False)
    rap_sheet: str = field(repr=False)
    subscriber: str
    notice: Notice | None
    submission: Submission | None


def understand(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Message:
    """The message in these bytes.

    Raises:
        Unreadable: not a transaction, or one that lacks what its kind must have; with all that is wrong.
    """
    found = survey(data, limits)
    errors = list(found.errors)
    if found.header is None:
        raise Unreadable.of(errors)
    message = _message(_Asked(found.header, errors), found.texts, errors)
    if errors:
        raise Unreadable.of(errors)
    return message


class _Asked:
    """A record that is asked for its fields. What is wrong is added to the errors; the answer then means nothing."""

    __slots__ = ("_errors", "_offsets", "record")

    def __init__(self, record: Record, errors: list[Unreadable]) -> None:
        self.record = record
        self._errors = errors
        self._offsets: dict[int, int] = {}

    def refuse(self, code: str, number: int) -> None:
        record = self.record
        self._offsets = self._offsets or record.offsets()
        self._errors.append(Unreadable(code, record.name(number), self._offsets.get(number, record.start)))

    def required(self, number: int) -> str:
        found = self.record.text(number)
        if not found:
            self.refuse("missing", number)
        return found

    def matching(self, number: int, form: re.Pattern[str]) -> str:
        """A field that must be there and have this form."""
        found = self.record.text(number)
        if form.fullmatch(found):
            return found
        self.refuse("value" if found else "missing", number)
        return ""

    def day(self, number: int, last: date = date.max) -> date:
        """A field that must hold a day of the calendar, none after `last`."""
        found = self.matching(number, _DAY)
        if found and (day := _day(found)) and day <= last:
            return day
        if found:
            self.refuse("value", number)
        return date.min

    def moment(self, number: int) -> datetime | None:
        """A field that may hold a moment in UTC."""
        if not self.record.text(number) or not (found := self.matching(number, _MOMENT)):
            return None
        try:
            return datetime.fromisoformat(f"{found[:8]}T{found[8:]}")
        except ValueError:
            self.refuse("value", number)
            return None


def _message(header: _Asked, texts: tuple[Record, ...], errors: list[Unreadable]) -> Message:
    type_of_transaction = header.matching(TOT, _KIND)
    kind = _KINDS.get(type_of_transaction, Kind.OTHER)
    if kind is not Kind.OTHER and len(texts) != 1 and not errors:
        header.refuse("count", CNT)
    # Where a record of text could not be made out, that is already said; it is not asked for its fields as well.
    read = texts[0] if texts else Record(2, {}, "", b"", 0, 0)
    text = _Asked(read, errors if texts else [])
    for number in _REQUIRED[kind]:
        text.required(number)
    notes = tuple(" ".join(items).strip() for items in read.repeats(MSG))
    rap_sheet = read.text(ERS)
    return Message(
        kind=kind,
        type_of_transaction=type_of_transaction,
        # Elsewhere in the world an agency is not named by nine letters.
        origin=header.matching(ORI, _NUMBER if kind is Kind.OTHER else _ORI),
        destination=header.matching(DAI, _NUMBER) if header.record.text(DAI) else "",
        tcn=header.matching(TCN, _NUMBER),
        tcr=header.matching(TCR, _NUMBER) if header.record.text(TCR) else "",
        dated=header.day(DAT, _LAST_DAY),
        stamped=header.moment(GMT),
        oca=read.text(OCA),
        name=read.text(NAM),
        ucn=read.text(UCN),
        sid=read.text(SID),
        finding=_finding(text, rap_sheet) if kind is Kind.ANSWER else None,
        reject_codes=tuple(dict.fromkeys(code for note in notes for code in _REJECT_CODE.findall(note))),
        notes=notes,
        rap_sheet=rap_sheet,
        subscriber=_subscriber(read),
        notice=_notice(text) if kind is Kind.NOTICE else None,
        submission=_submission(text) if kind is Kind.SUBMISSION else None,
    )


def _finding(text: _Asked, rap_sheet: str) -> Finding:
    """N and I mean what they say; any other letter, and an N that comes with a rap sheet, is for a person to read."""
    letter = text.record.text(SRF)
    if letter and not _LETTER.fullmatch(letter):
        text.refuse("value", SRF)
    if letter == "I":
        return Finding.RECORD
    return Finding.NO_RECORD if letter == "N" and not rap_sheet else Finding.EXCEPTION


def _notice(text: _Asked) -> Notice:
    record = text.record
    expires_on = text.day(RBXD) if record.text(RBXD) else date.min
    return Notice(record.text(RBNI), record.text(RBSI), expires_on, _born(text))


def _submission(text: _Asked) -> Submission:
    record = text.record
    ssns = tuple(items[0].strip() for items in record.repeats(SOC))
    if not all(_SSN.fullmatch(ssn) for ssn in ssns if ssn):
        text.refuse("value", SOC)
    return Submission(
        ssns=tuple(ssn for ssn in ssns if ssn not in ("", _NO_SSN)),
        born_on=_born(text),
        reason=record.text(RFP),
        printed_on=text.day(DPR) if record.text(DPR) else date.min,
        retained=record.text(RET) == "Y",
    )


def _born(text: _Asked) -> date | None:
    """A birth date; that it is missing is noticed elsewhere."""
    return _day(text.matching(DOB, _DAY)) if text.record.text(DOB) else None


def _subscriber(text: Record) -> str:
    pairs = text.repeats(RBUD)
    return next((pair[1].strip() for pair in pairs if len(pair) > 1 and pair[0].strip().upper() == "EDUCATOR ID"), "")


def _day(found: str) -> date | None:
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        return None
