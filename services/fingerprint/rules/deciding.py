"""What all answers about one educator, for one purpose, come to. Pure, and the same for every order of arrival.

Cleared only when state and FBI both answered and neither answer holds anything that a person must look at, or an
adjudicator looked and cleared it. No machine denies (28 CFR 50.12): what is not clear is *being checked*.

Terms: the answers with one origin and one number (ORI 1.008, TCN 1.009) are versions of one *reply*, and so are the
notices with one number, ordered by 1.014, else 1.005; the newest is in force, the others superseded. A date that lay in
the future when the answer came orders nothing. A reply has a *cause* to be looked at if it tells of a record or an
exception, contradicts the legal names or has nothing in common with the present one (is *foreign*), was matched by
hand, is one of two versions that cannot be ordered, or belongs to the random share. A *ruling* is what an adjudicator
said about the answers then in force, under the name that was then the present one.

A clearance that has run out is over: what the bureaus made after its two answers is the next *round*, and the standing
is that round's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import product, takewhile
from typing import Final
from uuid import UUID

from services.fingerprint.messages import Kind
from services.fingerprint.rules.by_name import Rejected, name_check
from services.fingerprint.rules.check import ONE_DAY, Answer, Cause, Decision, Ruling, Standing, State, Step, Terms
from shared.events import Bureau
from shared.policy import last_day, local_day


@dataclass(slots=True)
class _Reply:
    """The versions in force of one (ORI, TCN), and what came of them."""

    versions: tuple[Answer, ...]
    first_at: datetime
    causes: frozenset[tuple[Cause, UUID]]
    # Since when it waits for a person, where it has a cause.
    open_since: datetime
    clean_at: datetime | None = None
    refused: bool = False
    ruled: bool = False
    # It had a cause of its own, not of a new name, and a ruling answered that.
    looked_at: bool = False
    ids: frozenset[UUID] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = frozenset(answer.id for answer in self.versions)

    @property
    def sample(self) -> Answer:
        return self.versions[0]

    @property
    def notice(self) -> bool:
        return self.sample.kind is Kind.NOTICE

    @property
    def readable(self) -> bool:
        return any(answer.kind is Kind.ANSWER for answer in self.versions)

    @property
    def moment(self) -> datetime:
        return max(answer.moment for answer in self.versions)

    def newer_than(self, other: "_Reply") -> bool:
        """Whether the bureaus made all of this after the other; days are compared where a moment is missing."""
        return all(mine.newer_than(theirs) for mine in self.versions for theirs in other.versions)

    def newer_than_both(self, pair: "tuple[_Reply, _Reply]") -> bool:
        """Whether the bureaus made all of this after these two."""
        return all(self.newer_than(one) for one in pair)

    @property
    def first_on(self) -> date:
        return local_day(self.first_at)

    @property
    def in_force_since(self) -> date:
        return local_day(min(answer.received_at for answer in self.versions))


def decide(answers: Iterable[Answer], rulings: Iterable[Ruling], terms: Terms) -> Decision:
    """What these answers and rulings come to.

    Args:
        answers: every answer of this check, and every other version of the same replies; none that was set aside.
        rulings: every ruling on this check.
        terms: the state's rules, and its day.
    """
    found, ruled = list(answers), list(rulings)
    return _plain(found, ruled, terms) or _in_full(found, ruled, terms)


def _plain(answers: Sequence[Answer], rulings: Sequence[Ruling], terms: Terms) -> Decision | None:
    """What `_in_full` says, in a tenth of the time, of nearly every check: one answer, or one of each bureau, and
    nothing in them for a person to look at. None of any other check.
    """
    if rulings or not 1 <= len(answers) <= 2 or any(not one.is_plain for one in answers):
        return None
    if len(answers) == 2 and answers[0].bureau is answers[1].bureau:
        return None
    days = [local_day(one.received_at) for one in answers]
    steps = sorted(
        (Step(day, one.bureau, readable=True) for day, one in zip(days, answers, strict=True)),
        key=lambda step: (step.on, _ORDER.index(step.bureau)),
    )
    day = max(days)
    if len(answers) == 1:
        waits_for = next(bureau for bureau in Bureau if bureau is not answers[0].bureau)
        seen = Standing(State.ONE_IN, day, tuple(steps), waits_for=waits_for)
    else:
        until = last_day(day, terms.months)
        apart = max(days) - min(days) > timedelta(days=terms.days_apart) or day > last_day(min(days), terms.months)
        if apart or until < terms.day:
            return None
        seen = Standing(State.CLEARED, day, tuple(steps), cleared_on=day, valid_until=until)
    return Decision(seen, terms, basis=frozenset(one.id for one in answers))


def _in_full(answers: Iterable[Answer], rulings: Iterable[Ruling], terms: Terms) -> Decision:
    found, ruled = list(answers), sorted(rulings, key=lambda ruling: ruling.number)
    replies = _replies(found, ruled)
    prints = [reply for reply in replies if not reply.notice]
    whole = _Round.of(prints)
    pair = _clearing_pair(replies, whole.readable, ruled, terms) or _pair_before_refusal(found, ruled, terms)
    last = _until(pair, terms) if pair else None
    over = last if last and last < terms.day else None
    # What came of the clearance that is over is past; what the bureaus made since counts.
    now = _Round.of(reply for reply in prints if reply.newer_than_both(pair)) if pair and over else whole

    def is_looked_at(reply: _Reply) -> bool:
        """Until both bureaus have answered, nobody has anything to look at but notices. What came after a clearance had
        run out begins anew; what came before goes on waiting for a person."""
        anew = over is not None and local_day(reply.open_since) > over
        return reply.notice or (now.both if anew else whole.both)

    causes: frozenset[tuple[Cause, UUID]] = frozenset().union(*(one.causes for one in replies if is_looked_at(one)))
    if now.both and (pair is None or over) and not causes:
        readable = [reply for bureau in Bureau for reply in now.readable[bureau]]
        if not any(reply.refused for reply in replies):
            causes = frozenset((Cause.APART, one) for reply in readable for one in reply.ids)
        else:
            # What came after "Do not clear" does not clear by itself, and somebody must see that it came.
            causes = frozenset((Cause.REFUSED, one) for reply in readable if not reply.ruled for one in reply.ids)
    return Decision(
        standing=_standing(prints, now, None if over else pair, over, terms),
        causes=causes,
        basis=frozenset().union(*(reply.ids for reply in replies)),
        reprints=frozenset((r.sample.origin, r.sample.tcn, r.sample.bureau) for r in now.unusable),
        terms=terms,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """Replies about prints, by what can be done with them.

    Attributes:
        readable: by bureau, those that say something.
        rejected: by bureau, those that say that the prints could not be used, since the last readable one.
    """

    readable: Mapping[Bureau, list[_Reply]]
    rejected: Mapping[Bureau, list[_Reply]]

    @classmethod
    def of(cls, prints: Iterable[_Reply]) -> "_Round":
        by_bureau: dict[Bureau, list[_Reply]] = {bureau: [] for bureau in Bureau}
        for reply in prints:
            by_bureau[reply.sample.bureau].append(reply)
        readable = {bureau: [reply for reply in found if reply.readable] for bureau, found in by_bureau.items()}
        rejected = {
            bureau: sorted(
                (one for one in found if not one.readable and all(one.moment > r.moment for r in readable[bureau])),
                key=lambda reply: (reply.moment, reply.sample.tcn),
            )
            for bureau, found in by_bureau.items()
        }
        return cls(readable, rejected)

    @property
    def both(self) -> bool:
        """Whether state and FBI both answered."""
        return all(self.readable.values())

    @property
    def unusable(self) -> list[_Reply]:
        """The last reply of each bureau, if it says that the prints could not be used."""
        return [found[-1] for found in self.rejected.values() if found]


def _replies(answers: Iterable[Answer], rulings: list[Ruling]) -> list[_Reply]:
    versions: dict[tuple[str, str, bool], list[Answer]] = {}
    # One that is given twice is one, and no tie. A notice takes no answer's place, whose number it may bear: everybody
    # would see that the answer counts no more.
    for answer in {one.id: one for one in answers}.values():
        versions.setdefault((answer.origin, answer.tcn, answer.kind is Kind.NOTICE), []).append(answer)
    found = [_reply(versions[key], rulings) for key in sorted(versions)]
    return [reply for reply in found if reply]


def _reply(versions: list[Answer], rulings: list[Ruling]) -> _Reply | None:
    newest = [one for one in versions if all(one.supersedes(other) for other in versions if other is not one)]
    # Without a single newest one, those that nothing supersedes are all in force until a person says which holds.
    in_force = newest or [one for one in versions if not any(other.supersedes(one) for other in versions)] or versions
    ours = tuple(sorted((one for one in in_force if one.ours), key=lambda one: (one.moment, str(one.id))))
    if not ours:
        return None
    causes = {(cause, one.id) for one in ours for cause in one.causes}
    if len(in_force) > 1 and any(one.kind is not Kind.UNREADABLE for one in in_force):
        causes |= {(Cause.TIE, one.id) for one in ours}
    reply = _Reply(
        ours,
        min(one.received_at for one in versions if one.ours),
        frozenset(causes),
        min((one.received_at for one in versions if one.ours and one.causes), default=max(o.received_at for o in ours)),
    )
    covering = [ruling for ruling in rulings if ruling.covers(ours)]
    ruling = covering[-1] if covering and not covering[-1].outdated_by_name(ours) else None
    reply.ruled = ruling is not None
    reply.refused = ruling is not None and not ruling.clear
    if reply.causes and ruling is not None:
        renamed = {cause for cause, _ in reply.causes} == {Cause.NAME}
        # A new name alone asks for a look that confirms, or not, what was clear.
        reply.looked_at = len(ours) > 1 or bool(replace(ours[0], foreign=None).causes)
        reply.causes = frozenset()
        reply.clean_at = _cleared_since(ours[0], versions, covering, renamed) if ruling.clear else None
    elif not reply.causes and not reply.refused and reply.readable:
        reply.clean_at = _clean_since(ours[0], versions)
    return reply


def _cleared_since(newest: Answer, versions: list[Answer], rulings: list[Ruling], renamed: bool) -> datetime:
    """When a person cleared this reply, or it was clear by itself, before a new name asked for another look.

    A look that confirms what was clear makes it no younger, so last year's prints never become this year's.
    """
    run = list(takewhile(lambda ruling: ruling.clear, reversed(rulings)))
    since = min(ruling.at for ruling in run)
    then = [replace(one, foreign=None) for one in versions]
    first = next(one for one in then if one.id == newest.id)
    if renamed and not first.causes and len(run) == len(rulings):
        return min(since, _clean_since(first, then))
    return since


def _clean_since(newest: Answer, versions: list[Answer]) -> datetime:
    """When this reply became clear: a correction that changes nothing does not move it."""
    since = newest.received_at
    older = [one for one in versions if one is not newest]
    for moment in sorted({one.moment for one in older}, reverse=True):
        level = [one for one in older if one.moment == moment]
        if not all(one.ours and one.kind is Kind.ANSWER and not one.causes for one in level):
            break
        since = min(since, *(one.received_at for one in level))
    return since


def _clearing_pair(
    replies: list[_Reply],
    readable: Mapping[Bureau, list[_Reply]],
    rulings: list[Ruling],
    terms: Terms,
    before: date = date.max,
) -> tuple[_Reply, _Reply] | None:
    """The two clean replies that make the clearance that holds longest, if any do; one whose last day lies before a
    day, where one is given.

    Nothing refused may stand, and nothing that still waits for a person may be older than the pair or have come before
    the pair was whole: new prints never wash an open question away, no clearance begins over one, and a
    clearance that has begun stands until a person has looked at what came after it.
    """
    if any(reply.refused for reply in replies):
        return None
    waiting = [reply for reply in replies if reply.causes]
    apart = timedelta(days=terms.days_apart)

    def fits(pair: tuple[_Reply, _Reply]) -> bool:
        if not all(reply.clean_at for reply in pair) or _until(pair, terms) >= before:
            return False
        begins = _cleared_at(pair)
        return all(one.open_since > begins and (one.notice or one.newer_than_both(pair)) for one in waiting)

    def is_near(pair: tuple[_Reply, _Reply]) -> bool:
        return abs(pair[0].first_on - pair[1].first_on) <= apart

    def is_said(pair: tuple[_Reply, _Reply]) -> bool:
        """An adjudicator said that the two go together, and not only what they thought of something else there."""
        about_them = any(reply.looked_at for reply in pair) or taken.isdisjoint(_ids(pair))
        ids = pair[0].ids | pair[1].ids
        return about_them and any(ruling.clear and ids <= ruling.basis for ruling in rulings)

    def holds(pair: tuple[_Reply, _Reply]) -> bool:
        return _until(pair, terms) >= local_day(_cleared_at(pair))

    fitting = [pair for pair in product(readable[Bureau.STATE], readable[Bureau.FBI]) if fits(pair)]
    taken = {ids for pair in fitting if is_near(pair) for ids in _ids(pair)}
    pairs = [pair for pair in fitting if is_near(pair) or is_said(pair)]
    # What was too old when it was cleared made no clearance; it takes nothing away from one that there was.
    held = {ids for pair in pairs if holds(pair) for ids in _ids(pair)}
    pairs = [pair for pair in pairs if holds(pair) or held.isdisjoint(_ids(pair))]
    return max(
        pairs, key=lambda pair: (_until(pair, terms), _cleared_at(pair), max(r.moment for r in pair)), default=None
    )


def _ids(pair: tuple[_Reply, _Reply]) -> tuple[frozenset[UUID], frozenset[UUID]]:
    return pair[0].ids, pair[1].ids


def _pair_before_refusal(answers: list[Answer], rulings: list[Ruling], terms: Terms) -> tuple[_Reply, _Reply] | None:
    """The pair of a clearance that had run out when an adjudicator said "Do not clear", if that was the last word.

    What is refused came after that clearance, whose end is history: it shows as before, or everybody would see that
    something was refused.
    """
    refused = list(takewhile(lambda ruling: not ruling.clear, reversed(rulings)))
    if not refused:
        return None
    earlier = rulings[: len(rulings) - len(refused)]
    replies = _replies(answers, earlier)
    readable = _Round.of(reply for reply in replies if not reply.notice).readable
    first = local_day(min(ruling.at for ruling in refused))
    return _clearing_pair(replies, readable, earlier, terms, before=min(first, terms.day))


def _cleared_at(pair: tuple[_Reply, _Reply]) -> datetime:
    return max(reply.clean_at for reply in pair if reply.clean_at)


def _until(pair: tuple[_Reply, _Reply], terms: Terms) -> date:
    """The last day of the clearance that these two make.

    Prints that are older than a clearance may be make none that still holds, whoever corrects or clears them then.
    """
    begins = local_day(_cleared_at(pair))
    oldest = last_day(min(reply.first_on for reply in pair), terms.months)
    return last_day(begins, terms.months) if begins <= oldest else oldest


_ORDER: Final = tuple(Bureau)


def _standing(
    prints: list[_Reply], now: _Round, pair: tuple[_Reply, _Reply] | None, over: date | None, terms: Terms
) -> Standing:
    steps = sorted(
        (Step(reply.first_on, reply.sample.bureau, reply.readable) for reply in prints),
        key=lambda step: (step.on, step.readable, _ORDER.index(step.bureau)),
    )
    found = (name_check(b, map(_rejected, now.rejected[b]), terms.by_name.get(b)) for b in Bureau)
    checks = sorted((one for one in found if one), key=lambda one: (one.by or date.max, _ORDER.index(one.bureau)))
    by_name = {one.bureau for one in checks if one.by}
    unusable = now.unusable
    again = tuple(b for b in Bureau if b not in by_name and any(reply.sample.bureau is b for reply in unusable))
    seen = Standing(State.NOTHING_YET, None, tuple(steps), again, expired_on=over, name_checks=tuple(checks))

    if pair:
        day = local_day(_cleared_at(pair))
        until = _until(pair, terms)
        return replace(seen, state=State.CLEARED, since=day, cleared_on=day, valid_until=until)
    if now.both:
        # A bureau's last reply counts, so that the day says when everything to be looked at was there.
        last = [max(one, key=lambda reply: (reply.moment, reply.sample.tcn)) for one in now.readable.values()]
        return replace(seen, state=State.BEING_CHECKED, since=max(reply.in_force_since for reply in last))
    if unusable:
        state = State.ACT if again else State.BY_NAME
        return replace(seen, state=state, since=max(reply.in_force_since for reply in unusable))
    if any(now.readable.values()):
        first = min(reply.first_on for one in now.readable.values() for reply in one)
        return replace(seen, state=State.ONE_IN, since=first, waits_for=next(b for b in Bureau if not now.readable[b]))
    return replace(seen, state=State.EXPIRED, since=over + ONE_DAY) if over else seen


def _rejected(reply: _Reply) -> Rejected:
    answer = reply.sample
    codes = frozenset[str]().union(*(one.codes for one in reply.versions))
    return Rejected(answer.dated, answer.submission, answer.tcn, codes)
