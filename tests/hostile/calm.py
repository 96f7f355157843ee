"""What every answer must be, whatever was sent: calm, ours, and with nothing of the machine in it."""

import re
from typing import Final
from urllib.parse import urlsplit

from lxml import html

from tests.hostile.values import ELEMENT, EVALUATED, EVENT
from tests.visitor import Answer

# What only a program that broke would print.
_MACHINE: Final = re.compile(
    rb"Traceback \(most recent|File \"/|/site-packages/|sqlalchemy|asyncpg|pydantic|starlette|jinja2|psycopg"
    rb"|Internal Server Error|RequestValidationError|value_error|UndefinedError|0x[0-9a-f]{8}",
    re.IGNORECASE,
)
HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
# Said by every page of ours that a browser renders.
POLICY: Final = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action")
# Lists that staff take with them.
DOWNLOADS: Final = frozenset(
    {"text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
)


def faults(answer: Answer, origin: str) -> list[str]:
    """What is wrong with an answer, in words; nothing if it is calm."""
    found = [*_of_status(answer), *_of_headers(answer, origin), *_of_body(answer)]
    return [f"{answer.method} {answer.url[:120]} -> {answer.status}: {fault}" for fault in found]


def _of_status(answer: Answer) -> list[str]:
    return [f"status {answer.status}"] if answer.status >= 500 else []


def _of_headers(answer: Answer, origin: str) -> list[str]:
    found = [
        f"{name} is {answer.headers.get(name)!r}" for name, said in HEADERS.items() if answer.headers.get(name) != said
    ]
    policy = answer.headers.get("content-security-policy", "")
    found += [f"no {part} in the policy" for part in POLICY if part not in policy]
    if "unsafe-eval" in policy or "*" in policy:
        found.append(f"the policy is {policy!r}")
    if "server" in answer.headers or "x-powered-by" in answer.headers:
        found.append("says what program it is")
    if "access-control-allow-origin" in answer.headers:
        found.append("lets other sites read it")
    found += [f"the cookie {cookie!r}" for cookie in answer.headers.get_list("set-cookie") if not _is_tight(cookie)]
    location = answer.headers.get("location", "/")
    if 300 <= answer.status < 400 and not _is_local(location, origin):
        found.append(f"leads to {location!r}")
    return found


def _is_tight(cookie: str) -> bool:
    """Ours alone: bound to this host, on secure connections, out of scripts' and other sites' forms' reach."""
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    own = cookie.startswith("__Host-ecs-") and {"secure", "httponly", "path=/"} <= parts
    return own and bool({"samesite=lax", "samesite=strict"} & parts) and not any("domain" in part for part in parts)


def _is_local(location: str, origin: str) -> bool:
    if any(character in location for character in "\\\r\n\t"):
        return False
    parts = urlsplit(location)
    if parts.scheme or parts.netloc:
        return f"{parts.scheme}://{parts.netloc}" == origin
    return location.startswith("/") and not location.startswith("//")


def _of_body(answer: Answer) -> list[str]:
    found = [f"says {said.group()[:60]!r}"] if (said := _MACHINE.search(answer.body)) else []
    if EVALUATED in answer.body:
        found.append("what was sent was evaluated")
    if not answer.body or answer.method == "HEAD" or 300 <= answer.status < 400:
        return found
    kind = answer.headers.get("content-type", "")
    if kind == "application/json" or (kind in DOWNLOADS and _is_download(answer)):
        return found
    if kind != "text/html; charset=utf-8":
        return [*found, f"is of the kind {kind!r}"]
    page = html.document_fromstring(answer.body.decode())
    headings = [" ".join(one.text_content().split()) for one in page.iter("h1")]
    if len(headings) != 1 or not headings[0]:
        found.append(f"has the headings {headings}")
    if not (page.findtext(".//title") or "").strip():
        found.append("has no title")
    found += [f"holds {name}" for one in page.iter() if (name := _stopped(one))]
    if any(one.tag == ELEMENT or EVENT in one.attrib for one in page.iter()):
        found.append("holds what was sent as markup")
    return found


def _stopped(one: html.HtmlElement) -> str:
    """What of an element the policy would stop. No page of ours needs such a thing: it would be somebody else's."""
    if one.tag == "style" or (one.tag == "script" and not one.get("src")):
        return f"a <{one.tag}> of its own"
    for name, value in one.attrib.items():
        if name == "style" or name.startswith("on"):
            return f"the attribute {name}"
        if name in ("href", "src", "action", "formaction") and re.match(r"\s*(javascript|data|vbscript):", value, re.I):
            return f"an address like {value[:20]}"
    return ""


def _is_download(answer: Answer) -> bool:
    """Whether the browser keeps it as a file and shows it as no page."""
    return bool(answer.headers.get("content-disposition", "").startswith("attachment; filename="))


def calm(found: list[str]) -> None:
    """Fail with what is wrong, if anything is."""
    assert not found, "\n".join([f"{len(found)} faults", *found[:20]])
