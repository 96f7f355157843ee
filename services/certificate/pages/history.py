"""What happened to an application, in words for its educator. What only staff see is not among it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.certificate.actions.cases import Found
from services.certificate.rules.case import Deed, Entry
from services.certificate.rules.classes import CertificateClass
from shared import policy
from shared.text import Text, text


@dataclass(frozen=True)
class Step:
    """One line of the kit's timeline."""

    label: Text
    day: date
    detail: Text | None = None
    state: str = "done"


def history(found: Found, kind: CertificateClass, account_id: UUID) -> list[Step]:
    """The educator's timeline, oldest first."""
    told = _Telling(found, kind, account_id)
    return [step for entry in found.case.entries if (step := told.step(entry)) is not None]


class _Telling:
    def __init__(self, found: Found, kind: CertificateClass, account_id: UUID) -> None:
        self._found = found
        self._needs = {need.code: need for need in kind.needs}
        self._account_id = account_id

    def step(self, entry: Entry) -> Step | None:
        """One entry; None for what only staff see."""
        say = _SAY.get(entry.deed)
        if say is None:
            return None
        label, detail = say(self, entry)
        return Step(label, entry.day, detail)

    def sent(self, entry: Entry) -> tuple[Text, Text | None]:
        """Submitted, or corrected and submitted again."""
        code = entry.details["submission"]["institution"]
        to = text("the department") if code is None else policy.institutions(entry.day).get(code, code)
        if entry.deed is Deed.RECEIVED:
            return text("You submitted it to {institution}", institution=to), None
        return text("You corrected it and submitted it again to {institution}", institution=to), None

    def recommended(self, entry: Entry) -> tuple[Text, Text | None]:
        """By the institution."""
        done = date.fromisoformat(entry.details["completed_on"])
        return text("Your institution recommended you"), text("Program completed on {day}.", day=done)

    def taken_back(self, entry: Entry) -> tuple[Text, Text | None]:
        """By the institution."""
        return text("Your institution took its recommendation back"), _quoted(entry.details["reason"])

    def returned(self, entry: Entry) -> tuple[Text, Text | None]:
        """By the institution."""
        return text("Your institution returned it to you"), _quoted(entry.details["reason"])

    def document(self, entry: Entry) -> tuple[Text, Text | None]:
        """Seen, or not accepted."""
        need = self._needs[entry.details["requirement"]]
        rule, title = need.rule, need.named(entry.details.get("areas", ()))
        if entry.details["outcome"] == "seen":
            amount = entry.details.get("amount")
            shows = text("It shows {amount} {measure}.", amount=amount, measure=text(rule.measure))
            return text("The department has seen: {title}", title=title), shows if rule.measure else None
        return text("The department did not accept: {title}", title=title), _quoted(entry.details["reason"])

    def paid(self, entry: Entry) -> tuple[Text, Text | None]:
        """The fee, or a part of it; or that it went back."""
        dollars = entry.details["dollars"]
        if dollars > 0:
            return text("${dollars} of the fee came", dollars=dollars), None
        return text("${dollars} of the fee went back", dollars=-dollars), _quoted(entry.details["basis"])

    def asked(self, entry: Entry) -> tuple[Text, Text | None]:
        """Staff ask."""
        return text("The department asked you a question"), _quoted(entry.details["words"])

    def answered(self, entry: Entry) -> tuple[Text, Text | None]:
        """By the educator in the portal; else staff noted that it is settled, in words that are their own."""
        if entry.actor_id == self._account_id:
            return text("You answered"), _quoted(entry.details["words"])
        return text("The department closed its question"), None

    def issued(self, entry: Entry) -> tuple[Text, Text | None]:
        """The certificate."""
        last = date.fromisoformat(entry.details["expires_on"])
        return text("Your certificate was issued"), text("Valid until {day}.", day=last)


def _quoted(words: str) -> Text:
    """What somebody wrote, as it is."""
    return text("{words}", words=words)


def _plain(sentence: Text) -> "_Say":
    return lambda telling, entry: (sentence, None)


_Say = Callable[[_Telling, Entry], tuple[Text, Text | None]]
_SAY: Final[dict[Deed, _Say]] = {
    Deed.RECEIVED: _Telling.sent,
    Deed.RESUBMITTED: _Telling.sent,
    Deed.RECOMMENDED: _Telling.recommended,
    Deed.TAKEN_BACK: _Telling.taken_back,
    Deed.RETURNED: _Telling.returned,
    Deed.DOCUMENT: _Telling.document,
    Deed.PAID: _Telling.paid,
    Deed.ASKED: _Telling.asked,
    Deed.ANSWERED: _Telling.answered,
    Deed.REVIEWED: _plain(text("A person read your explanation about your conduct")),
    Deed.REMINDED: _plain(text("We reminded you of what is missing")),
    Deed.WITHDRAWN: _plain(text("You withdrew it")),
    Deed.CLOSED: _plain(text("It was closed as incomplete")),
    Deed.ISSUED: _Telling.issued,
}
