"""Follows every link and finds every form that one person can reach."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from lxml import html

from tests.visitor import Answer, Visitor

# Pages of one form, told apart by an id or a token: two are looked at.
_OF_A_KIND: Final = 2
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{43}")
# It would end the walk; logging off has its own tests.
_NOT_SENT: Final = frozenset({"/logoff"})


@dataclass(frozen=True)
class Field:
    """A field as the page offers it."""

    name: str
    kind: str
    value: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A form as the page offers it, with the button that sends it."""

    method: str
    action: str
    fields: tuple[Field, ...]
    button: Field | None

    @property
    def kind(self) -> tuple[object, ...]:
        """What makes two forms the same."""
        return (
            self.method,
            masked(self.action),
            tuple(sorted({one.name for one in self.fields})),
            (self.button.name, self.button.value) if self.button else None,
        )


@dataclass
class Crawl:
    """What one person reached."""

    answers: list[Answer] = field(default_factory=list)
    forms: dict[tuple[object, ...], Form] = field(default_factory=dict)


def masked(address: str) -> str:
    """An address without what differs between two things of a kind."""
    parts = urlsplit(address)
    keys = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return _ID.sub("*", parts.path) + (f"?{'&'.join(keys)}" if keys else "")


def crawl(visitor: Visitor, starts: list[str]) -> Crawl:
    """Open every page from these on."""
    found = Crawl()
    seen: set[str] = set()
    of_a_kind: Counter[str] = Counter()
    waiting = deque(starts)
    while waiting:
        path = waiting.popleft()
        if path in seen or of_a_kind[masked(path)] >= _OF_A_KIND:
            continue
        seen.add(path)
        of_a_kind[masked(path)] += 1
        answer = visitor.send("GET", path)
        found.answers.append(answer)
        if location := answer.headers.get("location"):
            waiting.append(_local(visitor, answer, location))
        if not answer.headers.get("content-type", "").startswith("text/html") or not answer.body:
            continue
        page = html.document_fromstring(answer.body)
        waiting.extend(_links(visitor, answer, page))
        for form in _forms(visitor, answer, page):
            found.forms.setdefault(form.kind, form)
    return found


def _links(visitor: Visitor, answer: Answer, page: html.HtmlElement) -> Iterator[str]:
    for one in page.iter("a"):
        href = one.get("href", "")
        if urlsplit(urljoin(answer.url, href)).netloc == urlsplit(visitor.origin).netloc:
            yield _local(visitor, answer, href)


def _local(visitor: Visitor, answer: Answer, address: str) -> str:
    return urljoin(answer.url, address).partition("#")[0].removeprefix(visitor.origin)


def _forms(visitor: Visitor, answer: Answer, page: html.HtmlElement) -> Iterator[Form]:
    for form in page.iter("form"):
        fields = tuple(_field(one) for one in form.iter("input", "select", "textarea") if one.get("name"))
        sending = [one for one in form.iter("button", "input") if one.get("type", "submit") == "submit"]
        for button in [one for one in sending if one.tag == "button" or one.get("type") == "submit"]:
            action = button.get("formaction") or form.get("action") or answer.url
            method = (button.get("formmethod") or form.get("method") or "get").upper()
            named = Field(button.get("name", ""), "button", button.get("value", "")) if button.get("name") else None
            target = _local(visitor, answer, action)
            if urlsplit(target).path not in _NOT_SENT:
                yield Form(method, target, fields, named)


def _field(one: html.HtmlElement) -> Field:
    name = one.get("name", "")
    if one.tag == "select":
        options = tuple(str(option.get("value", option.text or "")) for option in one.iter("option"))
        chosen = [str(option.get("value", "")) for option in one.iter("option") if option.get("selected") is not None]
        return Field(name, "select", chosen[0] if chosen else options[0] if options else "", options)
    if one.tag == "textarea":
        return Field(name, "textarea", one.text or "")
    return Field(name, one.get("type", "text"), one.get("value", ""))
