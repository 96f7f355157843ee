"""Everything that happened to an application, in words for staff and for officials; and what it says of conduct."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.certificate.actions.cases import Found
from services.certificate.rules.case import HANDS, Deed, Entry
from services.certificate.rules.classes import CertificateClass, Rulebook
from shared import policy
from shared.text import Text, text

# Words in which conduct may stand: only who works on applications reads them.
_CONFIDENTIAL: Final = frozenset({Deed.ASKED, Deed.ANSWERED, Deed.REVIEWED})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: what, by whom, when, and what was written."""

    label: Text
    at: datetime
    actor: str
    details: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """A conduct question that was answered Yes."""

    day: date
    number: str
    question: str
    explanation: str


def of_institutions(found: Found, institutions: Collection[str]) -> Iterator[Entry]:
    """What these institutions know of an application: their own part of it, and not what another one wrote."""
    with_them = False
    for entry in found.case.entries:
        if "submission" in entry.details:
            with_them = entry.details["submission"]["institution"] in institutions
        if with_them and entry.deed in HANDS:
            yield entry


class Dossier:
    """Tells entries of one application.

    Args:
        confidential: whether the reader may read words about conduct.
    """

    def __init__(self, book: Rulebook, found: Found, kind: CertificateClass, *, confidential: bool) -> None:
        day = found.case.received.day
        self._needs = {need.code: need for need in kind.needs}
        self._questions = book.choices("questions", day)
        self._programs = book.choices("programs", day)
        self._confidential = confidential

    def steps(self, entries: Iterable[Entry]) -> list[Step]:
        """These entries, in their order."""
        return [self._step(entry) for entry in entries]

    def _step(self, entry: Entry) -> Step:
        label, details = _SAY[entry.deed](self, entry.details, entry)
        if entry.deed in _CONFIDENTIAL and not self._confidential:
            details = (text("Only analysts read the words."),)
        return Step(label, entry.at, entry.actor, details)

    def sent(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """Submitted, or corrected and submitted again."""
        submission = entry.details["submission"]
        code = submission["institution"]
        to = text("the department") if code is None else policy.institutions(entry.day).get(code, code)
        if entry.deed is Deed.RECEIVED:
            return text("Submitted to {institution}", institution=to), ()
        return text("Corrected and submitted again to {institution}", institution=to), ()

    def recommended(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """By the institution."""
        program = self._programs.get(told["program"], told["program"])
        done = date.fromisoformat(told["completed_on"])
        return text("Recommended by the institution"), (
            text("{program}, completed on {day}.", program=program, day=done),
        )

    def document(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """Seen, or not accepted."""
        need = self._needs[told["requirement"]]
        rule, title = need.rule, need.named(told.get("areas", ()))
        details = [_quoted(told["basis"])]
        if told["outcome"] == "not_accepted":
            details.append(text("Reason: {reason}", reason=told["reason"]))
            return text("Not accepted: {title}", title=title), tuple(details)
        if rule.measure:
            details.append(text("{amount} {measure}", amount=told["amount"], measure=text(rule.measure)))
        return text("Seen: {title}", title=title), tuple(details)

    def paid(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """The fee, or a part of it; or that it went back."""
        if told["dollars"] < 0:
            label = text("${dollars} of the fee went back", dollars=-told["dollars"])
        else:
            label = text("${dollars} of the fee came", dollars=told["dollars"])
        return label, (_quoted(str(told["basis"])),)

    def asked(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """Staff asked."""
        why = [text(self._questions.get(code, code)) for code in told["codes"]]
        return text("Question to the educator"), (*why, _quoted(told["words"]))

    def reviewed(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """A person read the explanations."""
        label = text("Conduct reviewed: it does not stand in the way")
        if not told["fit"]:
            label = text("Conduct reviewed: not settled")
        return label, (_quoted(told["reason"]),)

    def assigned(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """Whose work it is."""
        return (text("Assigned to {name}", name=told["name"]) if told["to"] else text("Assigned to nobody")), ()

    def issued(self, told: Mapping[str, Any], entry: Entry) -> "_Said":
        """The certificate."""
        first, last = date.fromisoformat(told["effective_on"]), date.fromisoformat(told["expires_on"])
        return text("Certificate issued"), (text("Valid from {first} to {last}.", first=first, last=last),)


def admissions(book: Rulebook, applications: Iterable[tuple[str, Found]]) -> list[Admission]:
    """Every conduct question that was answered Yes in these applications, each with its number, oldest first; those of
    one form in the order in which it asks them.

    A Yes stays one, also where a corrected form or another application says No.
    """
    found = []
    for number, one in applications:
        for entry, form in one.case.submissions:
            questions = book.choices("conduct.questions", entry.day)
            # The database keeps no order of what was answered.
            found += [
                Admission(entry.day, number, questions.get(code, code), form.conduct[code])
                for code in (*questions, *sorted(form.conduct.keys() - questions.keys()))
                if code in form.conduct
            ]
    return sorted(dict.fromkeys(found), key=lambda one: one.day)


_Said = tuple[Text, tuple[Text, ...]]
_Say = Callable[[Dossier, Mapping[str, Any], Entry], _Said]


def _quoted(words: str) -> Text:
    return text("{words}", words=words)


def _with(label: Text, key: str = "") -> _Say:
    return lambda dossier, told, entry: (label, (_quoted(str(told[key])),) if key else ())


_SAY: Final[Mapping[Deed, _Say]] = {
    Deed.RECEIVED: Dossier.sent,
    Deed.RESUBMITTED: Dossier.sent,
    Deed.RECOMMENDED: Dossier.recommended,
    Deed.TAKEN_BACK: _with(text("Recommendation taken back by the institution"), "reason"),
    Deed.RETURNED: _with(text("Returned by the institution"), "reason"),
    Deed.DOCUMENT: Dossier.document,
    Deed.PAID: Dossier.paid,
    Deed.ASKED: Dossier.asked,
    Deed.ANSWERED: _with(text("Question answered"), "words"),
    Deed.REVIEWED: Dossier.reviewed,
    Deed.ASSIGNED: Dossier.assigned,
    Deed.HELD: _with(text("Put on hold"), "reason"),
    Deed.RELEASED: _with(text("Taken up again")),
    Deed.NOTED: _with(text("Note"), "words"),
    Deed.REMINDED: _with(text("The educator was reminded")),
    Deed.WITHDRAWN: _with(text("Withdrawn by the educator")),
    Deed.CLOSED: _with(text("Closed as incomplete")),
    Deed.ISSUED: Dossier.issued,
}
