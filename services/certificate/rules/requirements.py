"""Whether each thing an application needs is there, whose move it is, why, and where that is written.

One `Requirement` is what the educator's page, the analyst's page, the letter and the refusal to issue all show.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.certificate.rules.case import HANDS, Case, Checks, Deed, Entry, Said, Word, admissions
from services.certificate.rules.classes import Kind, Need
from shared.policy import last_day, local_day
from shared.text import Text, text

ONE_DAY: Final = timedelta(days=1)


class Met(StrEnum):
    """How it stands."""

    MET = "met"
    WAITING = "waiting"  # somebody else than the educator acts
    MISSING = "missing"  # the educator acts


class Party(StrEnum):
    """Whose move it is."""

    EDUCATOR = "educator"
    INSTITUTION = "institution"
    DEPARTMENT = "department"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing an application needs.

    Attributes:
        since: the day from which it stands so.
        holds_until: the last day on which what met it still does; None where that does not end.
        closes: whether the application ends after its last day for want of this; not where the department is at work.
        lapsed: whether it was met, and time alone ended that.
        do: what the educator does about it, as the policy says; None where that is not the thing to do now.
    """

    code: str
    kind: Kind
    title: Text
    state: Met
    move: Party
    why: Text
    citation: str
    since: date
    do: Text | None = None
    holds_until: date | None = None
    closes: bool = False
    lapsed: bool = False


def requirements(needs: tuple[Need, ...], case: Case, checks: Checks, on: date) -> tuple[Requirement, ...]:
    """Every requirement as of the end of a day, from what had happened and was known by then.

    Args:
        needs: what this application needs.
        case: what happened until `on`.
        checks: what was known until `on`.
        on: the day.
    """
    return tuple(_DECIDE[need.rule.kind](need, case, checks, on) for need in needs)


def _document(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    rule = need.rule
    recorded = [one for one in case.entries if one.deed is Deed.DOCUMENT and one.details["requirement"] == need.code]
    if not recorded:
        return _missing(need, text("It has not been seen yet."), case.received.day)
    newest = _for_each_area(case, recorded) if rule.for_areas else {"": recorded[-1]}
    counting = sorted({one.number: one for one in newest.values()}.values(), key=lambda one: one.number)
    refused = [one for one in counting if one.details["outcome"] == "not_accepted"]
    if refused:
        why = text("What came was not accepted: {reason}", reason=refused[-1].details["reason"])
        return _missing(need, why, refused[-1].day)
    lacking = [area for area in case.submission.areas if area not in newest] if rule.for_areas else []
    if lacking:
        why = text("It has not been seen yet for: {areas}.", areas=need.listed(lacking))
        return _missing(need, why, min(_asked_for(case, area) for area in lacking))
    seen = counting[-1]
    if not rule.at_least:
        return _met(need, text("Seen by the department on {day}.", day=seen.day), seen.day)
    amount, measure = int(seen.details["amount"] or 0), text(rule.measure)
    if amount < rule.at_least:
        why = text(
            "It shows {amount} {measure}; {least} are needed.", amount=amount, measure=measure, least=rule.at_least
        )
        return _missing(need, why, seen.day)
    why = text("Seen by the department on {day}: {amount} {measure}.", day=seen.day, amount=amount, measure=measure)
    return _met(need, why, seen.day)


def _for_each_area(case: Case, recorded: list[Entry]) -> dict[str, Entry]:
    """Of each content area applied for, what was recorded for it last; one that says no area was for all."""
    newest: dict[str, Entry] = {}
    for one in recorded:
        form = next(form for entry, form in reversed(case.submissions) if entry.number < one.number)
        newest |= dict.fromkeys(one.details.get("areas") or form.areas, one)
    return {area: newest[area] for area in case.submission.areas if area in newest}


def _asked_for(case: Case, area: str) -> date:
    """The day from which this area is among those applied for."""
    return next(entry.day for entry, form in case.submissions if area in form.areas)


def _recommendation(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    last = case.last(*HANDS)
    if last.deed is Deed.RECOMMENDED:
        completed = date.fromisoformat(last.details["completed_on"])
        why = text("Recommended on {day}; program completed on {completed}.", day=last.day, completed=completed)
        return _met(need, why, last.day)
    if last.deed is Deed.RETURNED:
        why = text("The institution returned the application: {reason}", reason=last.details["reason"])
        # What the policy says is for the time while the institution reads it.
        return replace(_missing(need, why, last.day), do=text("Correct your application, and submit it again."))
    if last.deed is Deed.TAKEN_BACK:
        why = text(
            "The institution took its recommendation back on {day}: {reason}",
            day=last.day,
            reason=last.details["reason"],
        )
        return _waiting(need, why, last.day, Party.INSTITUTION)
    return _waiting(need, text("The institution has it since {day}.", day=last.day), last.day, Party.INSTITUTION)


def _clearance(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    received = case.received.day
    found = [one for code in need.rule.purposes if (one := _check(checks, code, need.rule.months))]
    standing = [one for one in found if one.first and one.last and one.first <= on <= one.last]
    if standing:
        best = max(standing, key=lambda one: (one.last, one.since))
        why = text("Cleared on {day}, valid until {last}.", day=best.first, last=best.last)
        return _met(need, why, best.since, holds_until=best.last)
    newest = max(found, key=lambda one: one.newest.number, default=None)
    if newest is None:
        return _missing(need, _no_check(need, checks), received)
    since = max(received, newest.newest.day)
    if newest.newest.word is Word.REPRINT:
        why = text("The prints could not be read and have to be taken again, free of charge.")
        return _missing(need, why, since)
    if newest.newest.word is Word.ANSWERED:
        why = text("An answer is in, and the check is not complete.")
        return replace(_waiting(need, why, since, Party.DEPARTMENT), do=None)
    if newest.newest.ended_on:
        why = text("The clearance holds no longer since {day}.", day=newest.newest.ended_on)
        # Withdrawn, not run out: something came that the department looks at. Where the educator must act instead,
        # fingerprint says so next.
        return replace(_waiting(need, why, since, Party.DEPARTMENT), do=None)
    if newest.first and newest.first > on:
        return _missing(need, text("The clearance begins on {day}.", day=newest.first), since)
    last = max(one.last for one in found if one.last)
    why = text("The clearance was valid until {last}. A new check is needed.", last=last)
    return _missing(need, why, max(received, last + ONE_DAY), lapsed=last >= received)


def _no_check(need: Need, checks: Checks) -> Text:
    """That nothing was said of a check that counts; and under which code something came that does not."""
    others = sorted({one.purpose for one in checks.said})
    if not others:
        return text("There is no cleared background check of the kind this certificate needs.")
    return text(
        "Results came with the code {codes}. This certificate needs a check with the code {wanted}. If the fingerprints"
        " were taken for it, the department can be asked whether it can use them.",
        codes=", ".join(others),
        wanted=", ".join(need.rule.purposes),
    )


@dataclass(frozen=True, slots=True)
class _Check:
    """What was said of the checks of one purpose: the newest word, and on which days a clearance that stands counts."""

    newest: Said
    first: date | None
    last: date | None
    since: date


def _check(checks: Checks, purpose: str, months: int) -> _Check | None:
    newest = checks.newest(purpose, *Word)
    if newest is None:
        return None
    # An answer that came after a clearance leaves it standing until fingerprint says that it ended.
    cleared = checks.newest(purpose, Word.CLEARED, Word.ENDED)
    if cleared is None or cleared.cleared_on is None or cleared.valid_until is None:
        return _Check(newest, None, None, newest.day)
    # While it is no older than the rule allows, and no longer than fingerprint says.
    last = min(last_day(cleared.cleared_on, months), cleared.valid_until)
    return _Check(newest, cleared.cleared_on, last, max(cleared.cleared_on, cleared.day))


def _fee(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    due, total, full_on, back_on = need.rule.dollars, 0, None, None
    for entry in case.entries:
        if entry.deed is Deed.PAID:
            total += entry.details["dollars"]
            full_on = (full_on or entry.day) if total >= due else None
            back_on = entry.day if entry.details["dollars"] < 0 else back_on
    if full_on:
        if total == due:
            return _met(need, text("Received on {day}.", day=full_on), full_on)
        why = text("Received on {day}: ${paid} came, ${due} were due.", day=full_on, paid=total, due=due)
        return _met(need, why, full_on)
    why = text("${paid} of ${due} came.", paid=total, due=due) if total else text("It has not come yet.")
    return _missing(need, why, back_on or case.received.day)


def _conduct(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    submitted = case.last(Deed.RECEIVED, Deed.RESUBMITTED)
    # A Yes stays one: nobody takes it back by answering No in a corrected form, or in another application.
    admitted = admissions(case, checks)
    if not admitted:
        return _met(need, text("Every question was answered No."), submitted.day)
    reviewed = case.newest(Deed.REVIEWED)
    newest = max([submitted.at, *checks.admitted])
    # Of two things within one moment no clock says whether the one was read for the other; the count does.
    read = reviewed.details.get("read") if reviewed else None
    unread = read is not None and read < admitted
    if reviewed is None or unread or reviewed.number < submitted.number or reviewed.at < newest:
        if case.submission.conduct:
            why = text("A question was answered Yes. A person reads the explanation.")
        else:
            why = text("Every question was answered No here, and one was answered Yes before. A person reads both.")
        return _waiting(need, why, local_day(newest), Party.DEPARTMENT)
    if reviewed.details["fit"]:
        return _met(need, text("A person read the explanation on {day}.", day=reviewed.day), reviewed.day)
    why = text("A person read the explanation on {day}; it is not settled yet.", day=reviewed.day)
    return _waiting(need, why, reviewed.day, Party.DEPARTMENT)


def _signed(need: Need, case: Case, checks: Checks, on: date) -> Requirement:
    submitted = case.last(Deed.RECEIVED, Deed.RESUBMITTED)
    if need.rule.statement in case.submission.signed:
        name = case.submission.signed[need.rule.statement]["name"]
        return _met(need, text("Signed by {name} on {day}.", name=name, day=submitted.day), submitted.day)
    return _missing(need, text("It is not signed."), submitted.day)


_DECIDE: Final = {
    Kind.DOCUMENT: _document,
    Kind.RECOMMENDATION: _recommendation,
    Kind.CLEARANCE: _clearance,
    Kind.FEE: _fee,
    Kind.CONDUCT: _conduct,
    Kind.SIGNED: _signed,
}


def _met(need: Need, why: Text, since: date, holds_until: date | None = None) -> Requirement:
    return _stands(need, Met.MET, Party.NOBODY, why, since, holds_until=holds_until)


def _waiting(need: Need, why: Text, since: date, move: Party) -> Requirement:
    # An institution that does not answer ends an application like an educator who does not; the department never does.
    return _stands(need, Met.WAITING, move, why, since, closes=move is Party.INSTITUTION)


def _missing(need: Need, why: Text, since: date, *, closes: bool = True, lapsed: bool = False) -> Requirement:
    return _stands(need, Met.MISSING, Party.EDUCATOR, why, since, closes=closes, lapsed=lapsed)


def _stands(
    need: Need,
    state: Met,
    move: Party,
    why: Text,
    since: date,
    *,
    holds_until: date | None = None,
    closes: bool = False,
    lapsed: bool = False,
) -> Requirement:
    return Requirement(
        code=need.code,
        kind=need.rule.kind,
        title=text(need.rule.title),
        state=state,
        move=move,
        why=why,
        citation=need.citation,
        since=since,
        do=None if state is Met.MET else text(need.rule.do),
        holds_until=holds_until,
        closes=closes,
        lapsed=lapsed,
    )
