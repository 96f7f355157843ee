"""Everybody follows every link and sends every form, with anything in it: each answer is a calm page."""

from typing import Final
from urllib.parse import urlencode

import pytest

from deploy.local.system import System
from shared import csrf
from tests.access.cells import NOBODY
from tests.access.table import TABLE
from tests.flow import people
from tests.hostile.calm import calm, faults
from tests.hostile.crawler import Crawl, Field, Form, crawl
from tests.hostile.crowd import ANYBODY, SECOND, WHO, Crowd
from tests.hostile.scenery import Scenery
from tests.hostile.values import BODIES, ELEMENT, VALUES
from tests.visitor import Answer, Visitor

STARTS: Final = [row.path for row in TABLE if row.method == "GET" and "{" not in row.path]
# Kept through every value: a form with a wrong token goes no further, which its own tests show.
_TOKEN: Final = csrf.FIELD
LONGEST_ADDRESS: Final = 8_000
_FORM: Final = "application/x-www-form-urlencoded"
REGISTERING: Final = "somebody who registers"
CLAIMANT: Final = "somebody in a case"
EVERYBODY: Final = (*WHO, REGISTERING, CLAIMANT)

_CLOSED: Final = ("/internal/", "/_fragments/", "/metrics", "/health/")
# What must have been met, so that a walk that leads nowhere is no proof.
_MET: Final = {
    ANYBODY: {"/register", "/forgot", "/login", "/reset/*", "/register/confirm/*", "/ecs/contact/confirm/*"},
    REGISTERING: {"/register/again", "/register/address"},
    NOBODY: {"/applications/ecs/request", "/applications/ecs/role"},
    "educator": {"/ecs/profile", "/ecs/profile/contact", "/ecs/fingerprints"},
    SECOND: {"/ecs/profile/contact/again", "/ecs/profile/contact/cancel"},
    CLAIMANT: set[str](),
    "analyst": {"/staff/unmatched/*/assign", "/staff/unmatched/*/aside"},
    "adjudicator": {"/staff/review/*/open"},
    "administrator": {"/staff/access/*", "/staff/cases/*", "/staff/cases/*/values", "/staff/accounts/*/revoke"},
    "program": set[str](),
    "district": set[str](),
}


def starts(who: str, crowd: Crowd, scenery: Scenery) -> list[str]:
    """Where this person begins."""
    links = scenery.links if who == ANYBODY else []
    found = [f"/staff/accounts?q={crowd.members['analyst'].username}"] if who == "administrator" else []
    return [*(path for path in STARTS if not path.startswith(_CLOSED)), *links, *found]


def browser(who: str, crowd: Crowd, scenery: Scenery) -> Visitor:
    """Their browser."""
    if who == REGISTERING:
        return scenery.registering
    if who == NOBODY:  # the crowd's may have asked for a role meanwhile
        return scenery.newcomer.browser
    return scenery.claimant.browser if who == CLAIMANT else crowd.fresh(who)


@pytest.fixture(scope="module")
def crawls(crowd: Crowd, scenery: Scenery) -> dict[str, Crawl]:
    """What everybody can reach before anybody sends anything."""
    found: dict[str, Crawl] = {}
    for who in EVERYBODY:
        found[who] = crawl(browser(who, crowd, scenery), starts(who, crowd, scenery))
    return found


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_link_leads_to_a_calm_page(system: System, crawls: dict[str, Crawl], who: str) -> None:
    answers = crawls[who].answers
    assert len(answers) > 20
    calm([fault for answer in answers for fault in faults(answer, system.origin)])
    broken = [answer.url for answer in answers if answer.status == 404 and "confirm/" not in answer.url]
    assert broken == [], "links that lead nowhere"
    met = {str(form.kind[1]).partition("?")[0] for form in crawls[who].forms.values()}
    assert _MET[who] <= met


@pytest.fixture(scope="module")
def attacked() -> set[tuple[object, ...]]:
    """The forms that somebody attacked with everything: whoever reaches them next sends less."""
    return set()


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_form_with_anything_in_it_is_answered_calmly(
    system: System,
    crowd: Crowd,
    scenery: Scenery,
    crawls: dict[str, Crawl],
    attacked: set[tuple[object, ...]],
    who: str,
) -> None:
    visitor = browser(who, crowd, scenery)
    found: list[str] = []
    for form in crawls[who].forms.values():
        shapes = {name: all_of(form, value) for name, value in VALUES.items()} | odd_shapes(form)
        if form.kind in attacked:
            shapes = {name: shapes[name] for name in ("empty", "markup", "only the token", "doubled")}
        for name, fields in shapes.items():
            found += [f"{name}: {fault}" for fault in faults(send(visitor, form, fields), system.origin)]
        if form.method == "POST" and form.kind not in attacked:
            found += not_forms(visitor, form, system.origin)
        attacked.add(form.kind)
    calm(found)


def not_forms(visitor: Visitor, form: Form, origin: str) -> list[str]:
    """What is wrong with the answers to bodies that are no form."""
    found: list[str] = []
    for name, (kind, body) in BODIES.items():
        answer = visitor.send("POST", form.action, content=body, headers={"Content-Type": kind} if kind else {})
        found += [f"{name}: {fault}" for fault in faults(answer, origin)]
        if answer.status not in (303, 403, 413, 422):
            found.append(f"{name}: {form.action} answers {answer.status}")
    return found


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_form_filled_in_well_is_answered_calmly(
    system: System, crowd: Crowd, scenery: Scenery, crawls: dict[str, Crawl], who: str
) -> None:
    visitor = browser(who, crowd, scenery)
    found: list[str] = []
    for form in crawls[who].forms.values():
        found += faults(send(visitor, form, plausible(form)), system.origin)
    calm(found)


@pytest.mark.parametrize("who", EVERYBODY)
def test_nothing_that_was_sent_stays_as_a_trap_for_others(
    system: System, crowd: Crowd, scenery: Scenery, crawls: dict[str, Crawl], who: str
) -> None:
    again = crawl(browser(who, crowd, scenery), starts(who, crowd, scenery))
    calm([fault for answer in again.answers for fault in faults(answer, system.origin)])


def test_no_letter_holds_markup_that_somebody_sent(system: System, crowd: Crowd) -> None:
    for who in ("educator", SECOND, NOBODY):
        for one in people.letters(system, crowd.members[who].email):
            assert f"<{ELEMENT}" not in one["html"]
            assert "\n" not in one["subject"]


# --- sending ---


def send(visitor: Visitor, form: Form, fields: list[tuple[str, str]]) -> Answer:
    """Send a form; its token, where it has one, is this person's own."""
    if form.method == "GET":
        # An address longer than this goes no further than the gateway's own reader, which answers 431 by itself.
        return visitor.send("GET", f"{form.action.partition('?')[0]}?{urlencode(fields)[:LONGEST_ADDRESS]}")
    body = urlencode(fields).encode()
    return visitor.send("POST", form.action, content=body, headers={"Content-Type": _FORM})


def _pressed(form: Form) -> list[tuple[str, str]]:
    token = [(one.name, one.value) for one in form.fields if one.name == _TOKEN]
    return token + ([(form.button.name, form.button.value)] if form.button else [])


def all_of(form: Form, value: str) -> list[tuple[str, str]]:
    """Every field holds the same value, hidden ones too."""
    return [*((name, value) for name in _names(form)), *_pressed(form)]


def odd_shapes(form: Form) -> dict[str, list[tuple[str, str]]]:
    """Fields that are missing, doubled, or of another kind than expected."""
    names, pressed = _names(form), _pressed(form)
    well = plausible(form)
    button = [form.button] if form.button else []
    return {
        "only the token": pressed[:1],
        "no button": [pair for pair in well if pair[0] not in {one.name for one in button}],
        "another button": [*well, *((one.name, "x") for one in button)],
        "doubled": [*well, *((name, "another") for name in names)],
        "as lists": [*((f"{name}[]", "a") for name in names), *((f"{name}[$ne]", "a") for name in names), *pressed],
        "more than asked": [*well, ("role", "administrator"), ("account_id", "1"), ("__class__", "x"), ("", "x")],
        **{f"without {name}": [pair for pair in well if pair[0] != name] for name in names},
        **{f"markup in {name}": [(n, VALUES["markup"] if n == name else v) for n, v in well] for name in names},
    }


def _names(form: Form) -> list[str]:
    return sorted({one.name for one in form.fields if one.name != _TOKEN})


def plausible(form: Form) -> list[tuple[str, str]]:
    """As a person would fill it in."""
    fields: dict[str, str] = {}
    for one in form.fields:
        if one.kind == "radio" and one.name in fields:
            continue
        fields[one.name] = _plausible(one)
    return [*fields.items(), *([(form.button.name, form.button.value)] if form.button else [])]


def _plausible(one: Field) -> str:
    if one.kind in {"hidden", "radio", "checkbox"}:
        return one.value
    if one.kind == "select":
        return next((value for value in one.options if value), "")
    if one.value:
        return one.value
    answers = {"email": "walker@example.edu", "password": people.PASSWORD, "ssn": "", "birth_date_day": "3"}
    return answers.get(one.name, "1999" if one.name.endswith("year") else "Walker")
