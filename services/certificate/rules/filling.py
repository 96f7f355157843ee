"""An application being filled in: what its form asks, what of it may be kept, what is wrong or missing, and what it
becomes when it is submitted.

Answers are plain values by question: `route`, `institution`, `program` a code each, `areas` a list of codes,
`conduct` question -> `{"answer": "yes" | "no", "explanation"}`, `signed` statement -> what was signed. A class asks the
questions that its policy names; nothing here knows a class.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from services.certificate.rules.case import Submission
from services.certificate.rules.classes import CertificateClass, Kind, Rulebook, Statement
from services.certificate.rules.words import holds_name, say_nothing
from shared import policy, ssn
from shared.text import Text, text, translate

MOST_WORDS: Final = 4_000
MOST_NAME: Final = 100
CHECK: Final = "check"

Answers = Mapping[str, Any]
Errors = dict[str, Text]

_CHOOSE: Final = {
    "route": text("Choose how you qualify."),
    "institution": text("Select the institution that prepared you."),
    "program": text("Select the kind of program you finished."),
    "areas": text("Tick at least one content area."),
}


@dataclass(frozen=True)
class Paper:
    """The form of a class.

    Attributes:
        choices: question -> code -> title, for the questions that offer a list.
        questions: the questions about conduct; none where the class does not ask them.
        statements: what is to be signed, in today's wording; with its title.
    """

    kind: CertificateClass
    choices: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, str]
    statements: Mapping[str, tuple[str, Statement]]

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Each page of the form by name, in order, without the last one, `CHECK`."""
        conduct = ["conduct"] if self.questions else []
        return (*self.choices, *conduct, *self.statements)

    def after(self, step: str) -> str:
        """The page that follows."""
        following = self.steps[self.steps.index(step) + 1 :]
        return following[0] if following else CHECK


def paper(book: Rulebook, kind: CertificateClass, day: date, today: date) -> Paper:
    """The form of a class.

    Args:
        book: the policy.
        kind: the class, as of `day`.
        day: the day whose rules govern; earlier than today where a returned application is corrected.
        today: whose wording is signed.
    """
    asked: dict[str, Mapping[str, str]] = {}
    if len(kind.routes) > 1:
        asked["route"] = kind.routes
    if "institution" in kind.asks:
        asked["institution"] = dict(sorted(policy.institutions(day).items(), key=lambda one: one[1]))
    if "program" in kind.asks:
        asked["program"] = book.choices("programs", day)
    if "areas" in kind.asks:
        asked["areas"] = book.choices("areas", day)
    conduct = any(need.rule.kind is Kind.CONDUCT for need in kind.needs)
    signed = [need.rule for need in kind.needs if need.rule.kind is Kind.SIGNED]
    return Paper(
        kind,
        asked,
        book.choices("conduct.questions", day) if conduct else {},
        {rule.statement: (rule.title, book.statement(rule.statement, today)) for rule in signed},
    )


def typed(sent: Mapping[str, str], ticked: Collection[str], step: str, asked: Paper) -> Any:
    """What a page of the form says, as it is kept: only codes that it offers, and the words as they were typed.

    Args:
        sent: the fields by name.
        ticked: every value of the field that can have several.
        step: which page.
        asked: the form.
    """
    if step == "conduct":
        return {
            code: {
                "answer": answer if (answer := sent.get(f"conduct_{code}", "")) in {"yes", "no"} else "",
                "explanation": sent.get(f"explanation_{code}", "").strip(),
            }
            for code in asked.questions
        }
    offered = asked.choices[step]
    if step == "areas":
        return [code for code in offered if code in ticked]
    chosen = sent.get(step, "")
    return chosen if chosen in offered else ""


def not_kept(step: str, value: Any) -> Errors:
    """What must not be kept, not even in a draft: nine digits that may be a Social Security Number, and too much."""
    if step != "conduct":
        return {}
    found: Errors = {}
    for code, one in value.items():
        field = f"explanation_{code}"
        if ssn.stands_in(one["explanation"]):
            found[field] = ssn.REFUSAL
        elif len(one["explanation"]) > MOST_WORDS:
            found[field] = text("Shorten your explanation to {most} characters.", most=MOST_WORDS)
    return found


def problems(step: str, value: Any, asked: Paper) -> Errors:
    """What is wrong with an answer, or that there is none, by the field it stands in."""
    if step != "conduct":
        known = set(asked.choices[step])
        given = value if isinstance(value, list) else [value]
        return {} if value and known.issuperset(given) else {step: _CHOOSE[step]}
    found = not_kept(step, value or {})
    for number, code in enumerate(asked.questions, 1):
        one = (value or {}).get(code, {"answer": "", "explanation": ""})
        if one["answer"] not in {"yes", "no"}:
            found.setdefault(f"conduct_{code}", text("Answer question {number} with Yes or No.", number=number))
        elif one["answer"] == "yes" and say_nothing(one["explanation"]):
            explain = text("Explain your Yes to question {number}: what happened, when and where.", number=number)
            found.setdefault(f"explanation_{code}", explain)
    return found


def missing(answers: Answers, asked: Paper) -> Errors:
    """What keeps these answers from being submitted: one sentence for each page of the form that is not done."""
    found: Errors = {}
    for step in (*asked.choices, *(["conduct"] if asked.questions else [])):
        wrong = problems(step, answers.get(step), asked)
        if step == "conduct" and wrong:
            found[step] = text("Answer every question about your conduct, and explain each Yes.")
        elif wrong:
            found[step] = wrong[step]
    for code, (title, statement) in asked.statements.items():
        signed = answers.get("signed", {}).get(code)
        if signed is None:
            found[code] = text("Sign: {statement}.", statement=text(title))
        elif signed["edition"] != statement.edition.isoformat():
            found[code] = text(
                "The wording has changed since you signed. Sign again: {statement}.", statement=text(title)
            )
    return found


def answered(answers: Answers, step: str, value: Any) -> dict[str, Any]:
    """These answers with one more. What was signed was signed for what stood there then: a change is signed anew."""
    if answers.get(step) == value:
        return dict(answers)
    return {**answers, step: value, "signed": {}}


def sign(
    sent: Mapping[str, str], code: str, asked: Paper, language: str, legal_name: tuple[str, str]
) -> tuple[dict[str, str], Errors]:
    """A statement as it was signed: the exact wording that was shown, its language and edition, and the name typed.

    Args:
        sent: the fields by name.
        code: which statement.
        asked: the form.
        language: that of the page.
        legal_name: the signer's first and last name on record; empty where it is not known yet.
    """
    _, statement = asked.statements[code]
    name = " ".join(sent.get("name", "").split())
    found: Errors = {}
    if (sent.get("edition"), sent.get("language")) != (statement.edition.isoformat(), language):
        found[""] = text("The wording has changed since you opened this page. Read it, and sign what it says now.")
    if sent.get("accepted") != "yes":
        found["accepted"] = text('Tick "I Accept" if you accept it. Without that the application cannot be submitted.')
    if len(name) < 2 or not any(letter.isalpha() for letter in name):
        found["name"] = text("Type your full name.")
    elif ssn.stands_in(name):
        found["name"] = ssn.REFUSAL
    elif len(name) > MOST_NAME:
        found["name"] = text("Shorten your name to {most} characters.", most=MOST_NAME)
    elif not holds_name(name, legal_name):
        found["name"] = text(
            "Sign with your legal name as it stands in your profile: {name}. If it has changed, change it there first.",
            name=" ".join(legal_name),
        )
    signed = {
        "wording": wording(statement, language),
        "language": language,
        "edition": statement.edition.isoformat(),
        "name": name,
    }
    return signed, found


def wording(statement: Statement, language: str) -> str:
    """A statement as it is shown in a language."""
    return translate(text(statement.wording), language)


def submission(answers: Answers, asked: Paper) -> Submission:
    """What complete answers become. A class with one route needs no answer to take it."""
    only = next(iter(asked.kind.routes), "")
    return Submission(
        route=answers["route"] if "route" in asked.choices else only,
        institution=answers["institution"] if "institution" in asked.choices else None,
        program=answers["program"] if "program" in asked.choices else "",
        areas=tuple(answers["areas"]) if "areas" in asked.choices else (),
        conduct={
            code: answers["conduct"][code]["explanation"]
            for code in asked.questions
            if answers["conduct"][code]["answer"] == "yes"
        },
        signed={code: answers["signed"][code] for code in asked.statements},
    )


def from_submission(sent: Submission, asked: Paper) -> dict[str, Any]:
    """The answers of what was submitted before, to be corrected; nothing of it is signed yet."""
    answers: dict[str, Any] = {
        "route": sent.route,
        "institution": sent.institution or "",
        "program": sent.program,
        "areas": list(sent.areas),
        "conduct": {
            code: {"answer": "yes" if code in sent.conduct else "no", "explanation": sent.conduct.get(code, "")}
            for code in asked.questions
        },
    }
    return {step: answers[step] for step in asked.steps if step in answers}
