"""What an educator submitted last, in words: for whoever works on it, and for whoever signed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.certificate import regulations
from services.certificate.actions.cases import Found
from services.certificate.rules.standing import class_of
from shared import policy


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was chosen, and what was signed: each statement's wording, language, edition and name as it was then.

    Empty where the class does not ask for it. `areas`: content areas with their grades.
    """

    route: str
    institution: str
    program: str
    areas: Sequence[str]
    signed: Mapping[str, Mapping[str, str]]
    signed_at: datetime


def submitted(found: Found) -> Submitted:
    """What stands in the newest form of an application."""
    book, form, day = regulations.BOOK, found.case.submission, found.case.received.day
    kind = class_of(book, found.case)
    programs, areas = book.choices("programs", day), book.choices("areas", day)
    code = form.institution
    return Submitted(
        route=kind.routes.get(form.route, form.route),
        institution=policy.institutions(day).get(code, code) if code else "",
        program=programs.get(form.program, form.program),
        areas=[areas.get(one, one) for one in form.areas],
        signed=form.signed,
        signed_at=found.case.submissions[-1][0].at,
    )
