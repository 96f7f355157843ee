"""Why a deed (`services.certificate.rules.deeds`) cannot be done now by this person: the sentence that is shown."""

from datetime import date
from functools import singledispatch
from typing import Final, Literal

from services.certificate.rules.case import HANDS, WITH_INSTITUTION, Case, Deed
from services.certificate.rules.classes import Kind, Rulebook
from services.certificate.rules.deeds import (
    Acting,
    Answer,
    Ask,
    Doing,
    Hold,
    Issue,
    Note,
    Pay,
    Recommend,
    Record,
    Release,
    Return,
    Review,
    Settle,
    TakeBack,
)
from services.certificate.rules.requirements import Met, Party
from services.certificate.rules.standing import Standing, State, class_of
from services.certificate.rules.words import say_nothing
from shared.text import Text, text

MOST_AMOUNT: Final = 9_999
MOST_DOLLARS: Final = 9_999
LONGEST_AGO: Final = 80  # years: further back is a slip of the pen

OVER: Final = text("This application has ended, so nothing was done.")
OWN: Final = text("This application is your own. Somebody else must work on it.")
NOT_YOURS: Final = text("This is not for you to do, so nothing was done.")


def refusal(
    doing: Doing, book: Rulebook, case: Case, at: Standing, acting: Acting, educator_id: str, on: date
) -> Text | None:
    """Why this cannot be done now by this person; None where it can."""
    if acting.party is not doing.by:
        return NOT_YOURS
    own = acting.educator_id == educator_id
    if acting.party is Party.EDUCATOR and not own:
        return NOT_YOURS
    if acting.party is not Party.EDUCATOR and own:
        return OWN
    if acting.party is Party.INSTITUTION and case.submission.institution not in acting.institutions:
        return NOT_YOURS
    if not at.open and not isinstance(doing, Note):
        return OVER
    return _refusal(doing, book, case, at, acting, on)


@singledispatch
def _refusal(doing: Doing, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    return None


@_refusal.register
def _(doing: Recommend, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if not _with_institution(book, case):
        return text("This application is not with an institution, so it cannot be recommended.")
    if doing.program not in _offered(book, "programs", case, on):
        return text("Select the program from the list.")
    return incredible(doing.completed_on, on)


@_refusal.register
def _(doing: TakeBack, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if case.last(*HANDS).deed is not Deed.RECOMMENDED:
        return text("This application is not recommended, so there is nothing to take back.")
    return _words(doing.reason)


@_refusal.register
def _(doing: Return, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if not _with_institution(book, case):
        return text("This application is not with an institution, so it cannot be returned.")
    return _words(doing.reason)


@_refusal.register
def _(doing: Record, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    needs = {need.code: need.rule for need in class_of(book, case).needed(case.submission.route)}
    rule = needs.get(doing.requirement)
    if rule is None or rule.kind is not Kind.DOCUMENT:
        return text("Select one of the documents that this application needs.")
    if doing.outcome not in {"seen", "not_accepted"}:
        return text("Select whether the document was seen or not accepted.")
    areas = set(case.submission.areas)
    if rule.for_areas and (not set(doing.areas) <= areas or (len(areas) > 1 and not doing.areas)):
        return text("Tick the content areas that it is for.")
    if say_nothing(doing.basis):
        return text("Write on what: which document, from whom, and when it came.")
    if doing.outcome == "not_accepted":
        return _words(doing.reason)
    if rule.at_least and (doing.amount is None or not 0 <= doing.amount <= MOST_AMOUNT):
        return text("Enter how many {measure} the document shows, as a whole number.", measure=text(rule.measure))
    return None


@_refusal.register
def _(doing: Pay, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if not class_of(book, case).dollars:
        return text("This certificate has no fee.")
    if doing.dollars == 0 or abs(doing.dollars) > MOST_DOLLARS:
        return text("Enter the amount that came, in whole dollars.")
    came = sum(entry.details["dollars"] for entry in case.entries if entry.deed is Deed.PAID)
    if came + doing.dollars < 0:
        return text("Only ${dollars} came, so no more than that can go back.", dollars=came)
    return text("Write how it came: the number of the check or receipt.") if say_nothing(doing.basis) else None


@_refusal.register
def _(doing: Ask, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if at.state is State.QUESTION:
        return text("A question is open already. Wait for its answer, or close it first.")
    if not doing.codes or not set(doing.codes) <= _offered(book, "questions", case, on):
        return text("Select why you ask.")
    return text("Write your question.") if say_nothing(doing.words) else None


@_refusal.register(Answer)
@_refusal.register(Settle)
def _(doing: Answer | Settle, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if at.state is not State.QUESTION:
        return text("No question is open: it was answered already.")
    return text("Write the answer.") if say_nothing(doing.words) else None


@_refusal.register
def _(doing: Review, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    conduct = [one for one in at.requirements if one.kind is Kind.CONDUCT]
    if not conduct or (conduct[0].state is Met.MET and case.newest(Deed.REVIEWED) is None):
        return text("Every question about conduct was answered No; there is nothing to review.")
    if doing.read is not None and doing.read != at.admissions:
        return text("The educator submitted another Yes since you opened this page. Read it, then record your review.")
    return _words(doing.reason)


@_refusal.register
def _(doing: Hold, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    return text("It is on hold already.") if at.held else _words(doing.reason)


@_refusal.register
def _(doing: Release, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    return None if at.held else text("It is not on hold.")


@_refusal.register
def _(doing: Note, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    return text("Write the note.") if say_nothing(doing.words) else None


@_refusal.register
def _(doing: Issue, book: Rulebook, case: Case, at: Standing, acting: Acting, on: date) -> Text | None:
    if at.state is State.QUESTION:
        return text("A question to the educator is open. Wait for the answer, or close the question first.")
    if at.held:
        return text("It is on hold: {reason}", reason=at.held)
    if at.unmet:
        first = at.unmet[0]
        return text(
            "{requirement}: {why} ({citation})", requirement=first.title, why=first.why, citation=first.citation
        )
    # Two people: the review that counts is the newest, and whoever recorded that one does not issue.
    reviewed = case.newest(Deed.REVIEWED)
    if reviewed is not None and reviewed.actor_id == acting.account_id:
        return text("You recorded the review of conduct, so somebody else must issue this certificate.")
    return None


def incredible(completed_on: date, on: date) -> Text | None:
    """Why nobody who applies on a day can have completed a program on this one; None where they can."""
    if completed_on > on:
        return text("The program's completion date lies in the future. Recommend once the program is completed.")
    if completed_on.year < on.year - LONGEST_AGO:
        return text("The program's completion date lies too long ago. Check the year.")
    return None


def _offered(book: Rulebook, name: Literal["programs", "questions"], case: Case, on: date) -> set[str]:
    """What a list offered on the day the application was received, and what it offers now."""
    return set(book.choices(name, case.received.day)) | set(book.choices(name, on))


def _with_institution(book: Rulebook, case: Case) -> bool:
    return class_of(book, case).to_institution and case.last(*HANDS).deed in WITH_INSTITUTION


def _words(reason: str) -> Text | None:
    return text("Write the reason.") if say_nothing(reason) else None
