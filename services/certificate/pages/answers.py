"""Answers of a draft in words, for people to check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.certificate.rules.filling import Paper
from shared.text import Text, text

_LABELS: Final = {
    "route": text("How you qualify"),
    "institution": text("Institution"),
    "program": text("Program"),
    "areas": text("Content areas and grades"),
}
_NOT_ANSWERED: Final = text("Not answered")


@dataclass(frozen=True)
class Said:
    """One answer: its page of the form, what was asked, and what was said, with an explanation where there is one."""

    step: str
    label: Text
    words: tuple[Text, ...]
    explanation: str = ""


def summary(answers: Mapping[str, Any], asked: Paper, *only: str) -> list[Said]:
    """Every answer in the order of the form, or those of some of its pages."""
    found = []
    for step, choices in asked.choices.items():
        value = answers.get(step) or []
        codes = value if isinstance(value, list) else [value]
        words = tuple(text(choices.get(code, code)) for code in codes)
        found.append(Said(step, _LABELS[step], words or (_NOT_ANSWERED,)))
    given = answers.get("conduct") or {}
    for code, question in asked.questions.items():
        one = given.get(code, {"answer": "", "explanation": ""})
        yes = one["answer"] == "yes"
        said = text("Yes") if yes else text("No") if one["answer"] == "no" else _NOT_ANSWERED
        found.append(Said("conduct", text(question), (said,), one["explanation"] if yes else ""))
    for code, (title, _) in asked.statements.items():
        signed = answers.get("signed", {}).get(code)
        words = (text("Signed by {name}", name=signed["name"]),) if signed else (text("Not signed"),)
        found.append(Said(code, text(title), words))
    return [one for one in found if not only or one.step in only]
