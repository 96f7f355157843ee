"""A person at a browser without JavaScript: opens pages, fills fields by their visible labels, presses buttons.

Pages are driven by what they say, not by what they are made of, so that a walk in a test reads like the walk itself.
Everything received is kept (`seen`), for tests that search it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

MOST_REDIRECTS: Final = 5
# What a page says in place of what a service did not tell in time.
AWAY: Final = ("This section cannot be shown right now.", "does not answer at the moment.")


@dataclass(frozen=True)
class Answer:
    """One response as it came over the wire."""

    method: str
    url: str
    status: int
    headers: httpx.Headers
    body: bytes


@dataclass
class Visitor:
    """One person, one cookie jar. httpx keeps no `Secure` cookies on http, so the jar is our own."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Answer] = field(default_factory=list)
    typed: dict[html.HtmlElement, dict[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # no connection outlives its answer: nobody has to close a visitor
        alone = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(timeout=60.0, trust_env=False, limits=alone)
        self.tree: html.HtmlElement = html.document_fromstring("<p></p>")

    # --- going somewhere ---

    def open(self, path: str) -> "Visitor":
        """GET a page, following redirects."""
        return self._go("GET", urljoin(self.origin, path))

    def follow(self, link: str) -> "Visitor":
        """Follow the link with this text."""
        found = [a for a in self.tree.iter("a") if _text(a) == link and a.get("href")]
        assert found, f"no link {link!r} on {self.path}; there are {[_text(a) for a in self.tree.iter('a')]}"
        return self.open(str(found[0].get("href")))

    def press(self, button: str, *, within: str = "") -> "Visitor":
        """Press the button with this label and send its form as a browser would.

        Args:
            button: the visible label.
            within: text that the button's form must contain, where several buttons are labelled alike.
        """
        for form in self.tree.iter("form"):
            assert isinstance(form, html.FormElement)
            for one in form.iter("button", "input"):
                if _label_of_button(one) == button and within in _text(form):
                    return self._send(form, one)
        raise AssertionError(f"no button {button!r} on {self.path}; there are {self.buttons}")

    def send(self, method: str, path: str, *, fields: dict[str, str] | None = None, **options: Any) -> Answer:
        """A raw request with this person's cookies, no redirects followed."""
        if fields is not None:
            options["data"] = fields
        return self._request(method, urljoin(self.origin, path), **options)

    # --- filling in ---

    def fill(self, label: str, value: str, *, within: str = "") -> "Visitor":
        """Type into the field with this label; for a select, choose the option with this text.

        Args:
            label: the visible label.
            value: what is typed.
            within: text that stands near the field, where several have this label.
        """
        element = self._labelled(label, within)
        if element.tag == "select":
            values = {_text(option): option.get("value", _text(option)) for option in element.iter("option")}
            assert value in values, f"{label!r} offers {list(values)}"
            value = values[value]
        self._set(element, [value])
        return self

    def choose(self, label: str, *, within: str = "") -> "Visitor":
        """Tick the checkbox or pick the radio button with this label; `within` as for `fill`."""
        element = self._labelled(label, within)
        self._set(element, [element.get("value", "on")])
        return self

    def value(self, label: str) -> str:
        """What the field with this label holds."""
        element = self._labelled(label)
        if element.tag == "select":
            chosen = [option for option in element.iter("option") if option.get("selected") is not None]
            return _text(chosen[0]) if chosen else ""
        return (element.text or "") if element.tag == "textarea" else element.get("value", "")

    # --- looking ---

    @property
    def path(self) -> str:
        """Where this is."""
        parts = urlsplit(self.seen[-1].url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return self.seen[-1].status

    @property
    def heading(self) -> str:
        """The page's h1."""
        found = self.tree.findall(".//h1")
        return _text(found[0]) if found else ""

    @property
    def text(self) -> str:
        """What the main part says, with single spaces."""
        main = self.tree.find(".//main")
        return _text(main if main is not None else self.tree)

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons."""
        return [label for one in self.tree.iter("button", "input") if (label := _label_of_button(one))]

    @property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its text."""
        return {_text(a): str(a.get("href")) for a in self.tree.iter("a") if a.get("href")}

    def until(self, path: str, holds: "Callable[[Visitor], bool]", seconds: float = 60.0) -> "Visitor":
        """Reload a page until it says what it should; fail with what it said last."""
        from tests.waiting import wait_until

        wait_until(lambda: holds(self.open(path)), seconds, lambda: f"{path} still says: {self.text[:1500]}")
        return self

    def open_whole(self, path: str) -> "Visitor":
        """GET a page, again where a service was too slow to have its part on it."""
        return self.until(path, lambda page: not any(sentence in page.text for sentence in AWAY))

    # --- inside ---

    def _labelled(self, label: str, within: str = "") -> html.HtmlElement:
        labels = [one for one in self.tree.iter("label") if _own_text(one) == label]
        if labels:
            one = max(labels, key=lambda found: _nearness(found, within)) if within else labels[0]
            target = one.get("for")
            found = self.tree.get_element_by_id(target, None) if target else None
            if found is None:
                found = next(iter(one.iter("input", "select", "textarea")), None)
            assert found is not None, f"the label {label!r} on {self.path} belongs to nothing"
            return found
        raise AssertionError(
            f"no field {label!r} on {self.path}; there are {[_own_text(x) for x in self.tree.iter('label')]}"
        )

    def _set(self, element: html.HtmlElement, values: list[str]) -> None:
        form = next(up for up in element.iterancestors("form"))
        self.typed.setdefault(form, {})[element.get("name", "")] = values

    def _send(self, form: html.FormElement, button: html.HtmlElement) -> "Visitor":
        fields: dict[str, list[str]] = {}
        for name, value in form.form_values():
            fields.setdefault(str(name), []).append(str(value))
        fields |= self.typed.get(form, {})
        if button.get("name"):
            fields[button.get("name", "")] = [button.get("value", "")]
        target = urljoin(self.seen[-1].url, button.get("formaction") or form.get("action") or "")
        method = (button.get("formmethod") or form.get("method") or "GET").upper()
        if method == "GET":
            return self._go("GET", str(httpx.URL(target, params=fields)))
        return self._go(method, target, data=fields)

    def _go(self, method: str, url: str, **options: Any) -> "Visitor":
        answer = self._request(method, url, **options)
        for _ in range(MOST_REDIRECTS):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            answer = self._request("GET", urljoin(answer.url, answer.headers["location"]))
        else:
            raise AssertionError(f"{url} redirects without end")
        self.typed.clear()
        self.tree = html.document_fromstring(answer.body or b"<p></p>")
        return self

    def _request(self, method: str, url: str, **options: Any) -> Answer:
        headers = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        if method not in ("GET", "HEAD"):
            headers |= {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        headers |= options.pop("headers", {})
        response = self._http.request(method, url, headers=headers, follow_redirects=False, **options)
        for line in response.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value, _, attributes = rest.partition(";")
            if not value or re.search(r"max-age=0\b", attributes, re.IGNORECASE):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')
        answer = Answer(method, url, response.status_code, response.headers, response.content)
        self.seen.append(answer)
        return answer


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _nearness(element: html.HtmlElement, words: str) -> int:
    """How far inside the page the nearest part around an element lies that holds these words; 0 where none does."""
    around = next((up for up in element.iterancestors() if words in _text(up)), None)
    return len(list(around.iterancestors())) if around is not None else 0


def _own_text(label: html.HtmlElement) -> str:
    """A label's text without hints and marks inside it, such as "(optional)"."""
    inner = [part for part in label.iter() if part is not label and part.tag in ("span", "abbr")]
    text = _text(label)
    for part in inner:
        text = text.replace(_text(part), "", 1)
    return " ".join(text.split())


def _label_of_button(one: html.HtmlElement) -> str:
    if one.tag == "button" and one.get("type", "submit") == "submit":
        return _text(one)
    return one.get("value", "") if one.get("type") == "submit" else ""
