"""What the state's policy says of each class of certificate, as of a day.

A class is data: its title, where its application goes, what its form asks, what it needs, how long it is valid. What
can be needed has six kinds (`Kind`); a new class that needs no seventh needs no code.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from services.certificate.rules.schema import (
    CODE,
    MOST_YEARS,
    About,
    Rule,
    read,
    titles,
    whole_number,
    whole_numbers,
    words,
)
from services.certificate.rules.schema import Kind as Kind
from shared.policy import STATE, BadPolicy, Policy, load, purposes
from shared.text import Text, text

MISSOURI: Final = Path(__file__).parents[1] / "policy" / STATE

ListName = Literal["programs", "areas", "questions", "conduct.questions"]
LISTS: Final[tuple[ListName, ...]] = get_args(ListName)
_TERMS: Final = frozenset(
    {"due.days", "due.answer_days", "due.reminders", "drafts.months", "drafts.warnings", "send_to"}
)
_CLASSES: Final = "classes."


@dataclass(frozen=True)
class Need:
    """A requirement that holds on a day, with where that is written.

    `areas`: of a document that is wanted for each content area, what the areas are called.
    """

    code: str
    rule: Rule
    citation: str
    areas: Mapping[str, str] = field(default_factory=dict)

    def named(self, areas: Iterable[str] = ()) -> Text:
        """What it is called; of one for some content areas alone, with these."""
        if not self.rule.for_areas or not areas:
            return text(self.rule.title)
        return text("{title}: {areas}", title=text(self.rule.title), areas=self.listed(areas))

    def listed(self, areas: Iterable[str]) -> str:
        """Content areas by name."""
        return "; ".join(self.areas.get(one, one) for one in areas)


@dataclass(frozen=True)
class CertificateClass:
    """A class of certificate as of a day."""

    code: str
    title: str
    about: str
    citation: str
    to_institution: bool
    asks: frozenset[str]
    unneeded_with: tuple[str, ...]
    shares_expiration: bool
    years: int
    routes: dict[str, str]
    needs: tuple[Need, ...]

    def needed(self, route: str) -> tuple[Need, ...]:
        """What an application by this route needs."""
        return tuple(need for need in self.needs if not need.rule.routes or route in need.rule.routes)

    @property
    def dollars(self) -> int:
        """The fee, in US dollars; 0 where there is none."""
        return sum(need.rule.dollars for need in self.needs)


@dataclass(frozen=True)
class Terms:
    """What is the same for every class, as of a day."""

    due_days: int
    answer_days: int  # how long an answer may take to what is asked near or after the last day
    reminders: tuple[int, ...]  # days after the application was received
    draft_months: int
    draft_warnings: tuple[int, ...]  # days before a draft is dropped
    send_to: str  # the address to which papers and fees are sent


@dataclass(frozen=True)
class Statement:
    """A text to be signed, and the day from which this wording holds: its edition."""

    code: str
    edition: date
    wording: str


class Rulebook:
    """The policy of certificate, read as of any day.

    All of it is read when the book is made, so that a mistake in it is met at start and not by an educator.

    Raises:
        BadPolicy: on making it, where something is missing, wrong, or read by nobody; the text names the key.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        for key in policy.holdings:
            _check_place(key)
        self.codes: Final = tuple(
            dict.fromkeys(key.split(".")[1] for key in policy.holdings if key.startswith(_CLASSES))
        )
        changes = sorted({holding.since for one in policy.holdings.values() for holding in one})
        self._terms: Final = [(day, self._read_terms(day)) for day in changes]
        self._classes: Final = {code: [(day, self._read_class(code, day)) for day in changes] for code in self.codes}
        for day in changes:
            for name in LISTS:
                self.choices(name, day)

    def all(self, as_of: date) -> tuple[CertificateClass, ...]:
        """Every class that can be applied for on a day."""
        return tuple(found for code in self.codes if (found := self.find(code, as_of)))

    def find(self, code: str, as_of: date) -> CertificateClass | None:
        """A class as of a day; None where there is none of that code then."""
        return next((found for day, found in reversed(self._classes.get(code, ())) if day <= as_of), None)

    def clearances(self) -> Iterator[tuple[str, str, date, date]]:
        """Which checks each class ever needed: class, purpose of the check, first and last day of receipt."""
        for code, editions in self._classes.items():
            ends = [day - timedelta(days=1) for day, _ in editions[1:]]
            for (day, found), end in zip(editions, [*ends, date.max], strict=True):
                needs = [need.rule for need in (found.needs if found else ()) if need.rule.kind is Kind.CLEARANCE]
                for purpose in sorted({one for rule in needs for one in rule.purposes}):
                    yield code, purpose, day, end

    def terms(self, as_of: date) -> Terms:
        """What is the same for every class.

        Raises:
            BadPolicy: the day lies before the policy's first.
        """
        found = next((terms for day, terms in reversed(self._terms) if day <= as_of), None)
        return found or self._read_terms(as_of)

    def choices(self, name: ListName, as_of: date) -> dict[str, str]:
        """A list of the policy: code -> title."""
        return titles(self._policy.value(name, as_of=as_of), name)

    def statement(self, code: str, as_of: date) -> Statement:
        """The wording to be signed on a day."""
        key = f"statements.{code}"
        holding = self._policy.holding(key, as_of=as_of)
        return Statement(code, holding.since, words(holding.value, key, "the text that is signed"))

    def _read_terms(self, day: date) -> Terms:
        def value(key: str) -> Any:
            return self._policy.value(key, as_of=day)

        due_days = whole_number(value("due.days"), "due.days")
        months = whole_number(value("drafts.months"), "drafts.months")
        warnings = whole_numbers(value("drafts.warnings"), "drafts.warnings", most=28 * months)
        return Terms(
            due_days=due_days,
            answer_days=whole_number(value("due.answer_days"), "due.answer_days"),
            reminders=whole_numbers(value("due.reminders"), "due.reminders", most=due_days),
            draft_months=months,
            draft_warnings=warnings[::-1],
            send_to=words(value("send_to"), "send_to", "the address to which papers and fees are sent"),
        )

    def _read_class(self, code: str, day: date) -> CertificateClass | None:
        key = f"classes.{code}"
        about_key = f"{key}.class"
        if about_key in self._policy.holdings and self._policy.holdings[about_key][0].since > day:
            return None
        holding = self._policy.holding(about_key, as_of=day)
        if holding.value is None:
            return None
        about = read(About, holding.value, about_key)
        found = CertificateClass(
            code=code,
            title=about.title,
            about=about.about,
            citation=holding.citation,
            to_institution=about.submit_to == "institution",
            asks=frozenset(about.asks),
            unneeded_with=about.unneeded_with,
            shares_expiration=about.shares_expiration,
            years=whole_number(self._policy.value(f"{key}.years", as_of=day), f"{key}.years", most=MOST_YEARS),
            routes=titles(self._policy.value(f"{key}.routes", as_of=day), f"{key}.routes", empty=True),
            needs=tuple(self._needs(f"{key}.needs.", day)),
        )
        self._check(found, key, day)
        return found

    def _needs(self, prefix: str, as_of: date) -> Iterator[Need]:
        for key, holdings in self._policy.holdings.items():
            if key.startswith(prefix) and holdings[0].since <= as_of:
                holding = self._policy.holding(key, as_of=as_of)
                if holding.value is not None:
                    rule = read(Rule, holding.value, key)
                    areas = self.choices("areas", as_of) if rule.for_areas else {}
                    yield Need(key.removeprefix(prefix), rule, holding.citation, areas)

    def _check(self, found: CertificateClass, key: str, day: date) -> None:
        """What one line alone cannot show: that the parts of a class fit each other and the rest of the policy."""
        for need in found.needs:
            where, rule = f"{key}.needs.{need.code}", need.rule
            if strange := set(rule.routes) - set(found.routes):
                raise BadPolicy(f"the policy's '{where}' is for a route that '{key}.routes' lacks: {_named(strange)}")
            if strange := set(rule.purposes) - set(purposes(day)):
                raise BadPolicy(
                    f"the policy's '{where}' names a purpose of checks that is not known: {_named(strange)}"
                )
            if rule.for_areas and "areas" not in found.asks:
                raise BadPolicy(f"the policy's '{where}' is for areas; add areas to 'asks' of '{key}.class'")
            if rule.statement:
                self.statement(rule.statement, day)
        kinds = [need.rule.kind for need in found.needs]
        if not kinds:
            raise BadPolicy(f"the policy's '{key}.needs' is empty on {day}; a class needs at least one requirement")
        for kind in (Kind.FEE, Kind.CONDUCT, Kind.RECOMMENDATION):
            if kinds.count(kind) > 1:
                raise BadPolicy(f"the policy's '{key}.needs' has more than one {kind}; keep one")
        sent = {found.to_institution, "institution" in found.asks, Kind.RECOMMENDATION in kinds}
        if len(sent) > 1:
            raise BadPolicy(
                f"the policy's '{key}': 'submit_to: institution', 'asks: [institution]' and a need of kind"
                " recommendation go together; write all three or none"
            )
        if strange := set(found.unneeded_with) - (set(self.codes) - {found.code}):
            raise BadPolicy(f"the policy's '{key}.class' is unneeded with a class that is not there: {_named(strange)}")


def _check_place(key: str) -> None:
    """Whether somebody reads this key.

    Raises:
        BadPolicy: nobody does: it is misspelt, or stands in the wrong place.
    """
    match key.split("."):
        case ["classes", code, "class" | "years" | "routes"] if CODE.fullmatch(code):
            return
        case ["classes", code, "needs", need] if CODE.fullmatch(code) and CODE.fullmatch(need):
            return
        case ["statements", code] if CODE.fullmatch(code):
            return
    if key not in _TERMS and key not in LISTS:
        raise BadPolicy(f"the policy's '{key}' is read by nothing; correct its name or place, or remove it")


def _named(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def rulebook(*folders: Path) -> Rulebook:
    """The rulebook of these folders of policy, by default the shipped state's."""
    return Rulebook(load(*(folders or (MISSOURI,))))
