"""Forms that none of our pages sent: refused, with what to do, and nothing is done."""

import re
from typing import Final

from deploy.local.system import System
from shared import csrf
from shared.auth import session_hash
from tests.access.cells import FOR_PEOPLE, SOME_ID, said
from tests.access.table import Row
from tests.flow import people
from tests.hostile import effects
from tests.hostile.calm import calm, faults
from tests.hostile.crowd import ANYBODY, WHO, Crowd, account, session_of, token_of
from tests.hostile.scenery import Scenery
from tests.visitor import Answer, Visitor

_FORMS: Final = [row for row in FOR_PEOPLE if row.method == "POST"]
# Filled in so well that each would do something, were it not for where it came from.
_WELL: Final = {
    "username": "somebody",
    "password": people.PASSWORD,
    "email": "somebody@example.edu",
    "first_name": "Changed",
    "last_name": "Changed",
    "language": "en",
    "what": "username",
    "role": "analyst",
    "activity": "substitute",
    "acknowledged": "yes",
    "ssn": "219-09-9998",
    "birth_date_month": "4",
    "birth_date_day": "28",
    "birth_date_year": "1999",
    "reason": "a reason",
    "why": "a reason",
    "decision": "approve",
}
_ELSEWHERE: Final = {
    "another site's": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "a sandboxed frame's": {"Origin": "null"},
    "the same host's, another port": {"Origin": "http://localhost:1"},
    "the same host's, other scheme": {"Origin": "https://localhost:{port}"},
    "a longer name's": {"Origin": "http://localhost:{port}.evil.example"},
    "only the browser says so": {"Sec-Fetch-Site": "cross-site"},
    "a sister site's": {"Sec-Fetch-Site": "same-site"},
    "nonsense": {"Sec-Fetch-Site": "evil"},
}


def target(row: Row, scenery: Scenery) -> str:
    """The row's path, with a live link's token where it has one."""
    if "{token}" in row.path:
        start = row.path.partition("{")[0]
        return next(link for link in scenery.links if link.startswith(start))
    return re.sub(r"\{\w+\}", SOME_ID, row.path)


def sender(row: Row) -> str:
    """One of the crowd who may send it."""
    return next(who for who in WHO if said(row, who) == "in")


def test_a_form_without_this_persons_token_does_nothing(system: System, crowd: Crowd, scenery: Scenery) -> None:
    settled, found = effects.quiet(system), []
    for row in _FORMS:
        visitor, other = window(crowd, row), next(one for one in WHO if one not in (sender(row), ANYBODY))
        good, path = token_of(system, visitor), target(row, scenery)
        tokens = {
            "none": None,
            "an empty one": "",
            "another person's": crowd.token(other),
            "one of a visit that is not this browser's": csrf.token_for(session_hash("A" * 43)),
            "cut": good[:-1],
            "longer": good + "0",
            "in capitals": good.upper() if good.upper() != good else good + "A",
            "the cookie itself": session_of(system, crowd[other]),
            "of no session": csrf.token_for(""),
            "of nobody": "0" * 64,
            "no text": "\u202e\U0001f9d1",
        }
        bad = [(name, path, {} if token is None else {"csrf": token}) for name, token in tokens.items()]
        for name, where, token in [*bad, ("in the address", f"{path}?csrf={good}", {})]:
            answer = visitor.send("POST", where, fields=_WELL | token)
            found += refusal_faults(system, answer, name, b"reload the page and send it again")
    calm(found)
    assert effects.everything(system) == settled


def test_a_form_of_another_site_does_nothing(system: System, crowd: Crowd, scenery: Scenery) -> None:
    settled, found = effects.quiet(system), []
    for row in _FORMS:
        visitor = window(crowd, row)
        fields = _WELL | {"csrf": token_of(system, visitor)}
        for name, said_by_browser in _ELSEWHERE.items():
            headers = {key: value.format(port=system.ports.origin) for key, value in said_by_browser.items()}
            answer = visitor.send("POST", target(row, scenery), fields=fields, headers=headers)
            found += refusal_faults(system, answer, name, b"not sent from our own pages")
    calm(found)
    assert effects.everything(system) == settled


def window(crowd: Crowd, row: Row) -> Visitor:
    """A window of somebody who may send this form, with a visit to send it from."""
    visitor = crowd.fresh(sender(row))
    visitor.send("GET", "/login")
    return visitor


def refusal_faults(system: System, answer: Answer, name: str, sentence: bytes) -> list[str]:
    """What is wrong with a refusal, nothing where it is one that says why and what to do."""
    found = faults(answer, system.origin)
    if answer.status != 403 or sentence not in answer.body:
        found.append(f"{answer.url} answers {answer.status}")
    return [f"{name}: {fault}" for fault in found]


def test_opening_an_address_changes_nothing(system: System, crowd: Crowd, scenery: Scenery) -> None:
    """Whatever a page elsewhere makes a browser load: images, links, forms with GET."""
    settled = effects.quiet(system)
    audited = {name for name in settled if name.endswith(".audit")}
    query = "&".join(f"{name}={value}" for name, value in _WELL.items())
    for row in FOR_PEOPLE:
        if row.method == "GET":
            who = sender(row)
            path = target(row, scenery) if "{token}" in row.path else re.sub(r"\{\w+\}", SOME_ID, row.path)
            crowd.fresh(who).send("GET", f"{path}?{query}&csrf={crowd.token(who) if who != ANYBODY else ''}")
    after = effects.everything(system)
    assert {name for name in settled if after[name] != settled[name]} <= audited


def test_a_form_from_before_logging_in_again_says_to_reload_and_then_works(system: System) -> None:
    member = account(system)
    visitor = member.browser
    visitor.open("/applications/ecs/role")
    old = effects.form(visitor, "/applications/ecs/role", role="analyst")
    visitor.open("/applications").press("Log off")
    people.log_in(visitor, member.username)
    refused = visitor.send("POST", "/applications/ecs/role", fields=old)
    assert refused.status == 403
    assert b"Please reload the page and send it again" in refused.body
    visitor.open("/applications/ecs/role")
    again = effects.form(visitor, "/applications/ecs/role", role="analyst")
    assert visitor.send("POST", "/applications/ecs/role", fields=again).status == 303


def test_a_login_page_open_in_two_tabs_works_in_the_second_too(system: System) -> None:
    member = account(system)
    visitor = Visitor(system.origin)
    visitor.open("/login")
    second = effects.form(visitor, "/login", username=member.username, password=people.PASSWORD)
    people.log_in(visitor, member.username)
    assert visitor.send("POST", "/login", fields=second).status == 303


def test_a_visits_token_opens_no_persons_form(system: System, crowd: Crowd) -> None:
    """A visit cookie can be planted by whoever had the browser before: pages for people look at the session alone."""
    visitor = crowd.fresh("educator")
    visitor.cookies[csrf.visit_cookie(system.ports.origin)] = "A" * 43
    planted = csrf.token_for(session_hash("A" * 43))
    answer = visitor.send("POST", "/ecs/profile", fields=_WELL | {"csrf": planted})
    assert answer.status == 403
