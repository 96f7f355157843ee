"""What each form of an analyst asks to be done, read from what was typed."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, cast
from uuid import UUID

from services.certificate.pages.wording import Errors, whole, words
from services.certificate.rules.deeds import (
    Ask,
    Assign,
    Doing,
    Hold,
    Issue,
    Note,
    Pay,
    Record,
    Release,
    Review,
    Settle,
)
from shared.audit import Actor
from shared.forms import Form
from shared.text import Text, text

LONGEST_QUESTION: Final = 4000
_REASON: Final = text("Write the reason. It is kept with the application.")


def document(form: Form, errors: Errors) -> Doing:
    """A document was seen, or was not accepted."""
    outcome = form.get("outcome", "")
    if not form.get("requirement"):
        errors["requirement"] = text("Select the document.")
    if outcome not in {"seen", "not_accepted"}:
        errors["outcome"] = text("Select whether the document is accepted as seen or not accepted.")
    basis = words(form, "basis", text("Write on what: which document, from whom, and when it came."), errors)
    amount, reason = None, ""
    if outcome == "not_accepted":
        missing = text("Write why it is not accepted. The educator reads this.")
        reason = words(form, "document_reason", missing, errors)
    elif form.get("amount", "").strip():
        amount = whole(form, "amount")
        if amount is None:
            errors["amount"] = text("Enter the amount as a whole number, or leave it empty where nothing is counted.")
    found, areas = cast(Literal["seen", "not_accepted"], outcome), tuple(dict.fromkeys(form.all("areas")))
    return Record(form.get("requirement", ""), found, basis, amount, reason, areas)


def fee(form: Form, errors: Errors) -> Doing:
    """The fee, or a part of it, came or went back."""
    dollars = whole(form, "dollars")
    if dollars is None:
        errors["dollars"] = text("Enter the amount in whole dollars, for example 50.")
    basis = words(form, "fee_basis", text("Write how it came: the number of the check or receipt."), errors)
    return Pay(dollars or 0, basis)


def question(form: Form, errors: Errors) -> Doing:
    """The educator is asked something."""
    codes = tuple(dict.fromkeys(form.all("codes")))
    if not codes:
        errors["codes"] = text("Select why you ask.")
    return Ask(codes, words(form, "question", text("Write your question."), errors, LONGEST_QUESTION))


def answer(form: Form, errors: Errors) -> Doing:
    """The question was answered elsewhere."""
    missing = text("Write what was answered, and how: by telephone, by post.")
    return Settle(words(form, "answer", missing, errors, LONGEST_QUESTION))


def review(form: Form, errors: Errors) -> Doing:
    """Somebody read the explanations of conduct."""
    fit = form.get("fit", "")
    if fit not in {"yes", "no"}:
        errors["fit"] = text("Select what you found.")
    # What the page showed of it; no page of ours says nothing, and then nothing was read.
    return Review(fit == "yes", words(form, "review_reason", _REASON, errors), whole(form, "read") or 0)


def hold(form: Form, errors: Errors) -> Doing:
    """Set aside."""
    return Hold(words(form, "hold_reason", _REASON, errors))


def release(form: Form, errors: Errors) -> Doing:
    """Taken up again."""
    return Release()


def note(form: Form, errors: Errors) -> Doing:
    """What staff tell each other."""
    return Note(words(form, "note", text("Write the note."), errors))


def issue(form: Form, errors: Errors) -> Doing:
    """The certificate."""
    return Issue()


def assign(form: Form, errors: Errors, me: Actor, colleagues: Mapping[UUID, str]) -> Assign:
    """To the analyst, to nobody, or to somebody else who has worked here."""
    to = form.get("to", "")
    if to == "me":
        return Assign(me.account_id, me.username)
    if to != "nobody":
        found = next((one for one in colleagues.items() if str(one[0]) == to), None)
        if found:
            return Assign(*found)
        errors["to"] = text("Select to whom it is assigned.")
    return Assign(None, "")


# Deed, as the form's address names it -> how it is read, and what is said once it is done.
READ: Final[Mapping[str, tuple[Callable[[Form, Errors], Doing], Text]]] = {
    "document": (document, text("The document is recorded.")),
    "fee": (fee, text("The fee is recorded.")),
    "question": (question, text("Your question is sent. The answer comes back to you.")),
    "answer": (answer, text("The question is closed.")),
    "review": (review, text("Your review is recorded. Somebody else issues the certificate.")),
    "hold": (hold, text("The application is on hold.")),
    "release": (release, text("The application is taken up again.")),
    "note": (note, text("Your note is kept.")),
    "issue": (issue, text("The certificate is issued. The educator is told by letter.")),
}
ASSIGNED: Final = text("The application is assigned.")
NOT_SETTLED: Final = text("Your review is recorded. It is not settled, so nothing is issued yet.")
# Where a refusal by the rules is shown: at the first field of its form.
FIRST: Final[Mapping[str, str]] = {
    "document": "requirement",
    "fee": "dollars",
    "question": "codes",
    "answer": "answer",
    "review": "fit",
    "assign": "to",
    "hold": "hold_reason",
    "note": "note",
}
