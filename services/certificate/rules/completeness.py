"""Whether a form that is submitted says all that its class asks, whoever filled it in.

The pages ask for it question by question (`services.certificate.rules.filling`); this is what no page can go around. A
form that names no route would need none of what its routes need.
"""

from datetime import date

from services.certificate.rules.case import Submission
from services.certificate.rules.classes import CertificateClass, Kind, Rulebook
from services.certificate.rules.words import say_nothing
from shared.policy import institutions
from shared.text import Text, text


def incomplete(kind: CertificateClass, book: Rulebook, form: Submission, day: date) -> Text | None:
    """What a form lacks or says that cannot be, as a sentence; None where it is complete.

    Args:
        kind: the class as of `day`.
        book: the policy.
        form: what is submitted.
        day: the day whose rules govern the application.
    """
    if form.route not in (kind.routes or {"": ""}):
        return text("Choose how you qualify.")
    if (form.institution in institutions(day)) != ("institution" in kind.asks):
        return text("Select the institution that prepared you.")
    if (form.program in book.choices("programs", day)) != ("program" in kind.asks):
        return text("Select the kind of program you finished.")
    if bool(form.areas) != ("areas" in kind.asks) or not set(form.areas) <= set(book.choices("areas", day)):
        return text("Tick at least one content area.")
    kinds = {need.rule.kind for need in kind.needed(form.route)}
    asked = book.choices("conduct.questions", day) if Kind.CONDUCT in kinds else {}
    if not set(form.conduct) <= set(asked) or any(say_nothing(words) for words in form.conduct.values()):
        return text("Answer every question about conduct, and explain each Yes.")
    statements = {need.rule.statement: need.rule for need in kind.needed(form.route) if need.rule.statement}
    unsigned = [
        rule.title for code, rule in statements.items() if say_nothing(form.signed.get(code, {}).get("name", ""))
    ]
    return text("Sign: {statement}.", statement=text(unsigned[0])) if unsigned else None
