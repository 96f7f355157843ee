"""From a letter's blocks to plain text and HTML."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shared.pages.rendering import Renderer

WIDTH: Final = 76
_RENDERER: Final = Renderer([Path(__file__).parent.parent / "templates"])

Body = Sequence[Mapping[str, Any]]


def with_link(body: Body, link: str | None) -> list[dict[str, Any]]:
    """The blocks with the one-time link in its place."""
    return [
        {**block, "href": link} if block["kind"] == "link" and block["href"] is None else {**block} for block in body
    ]


def as_text(body: Body) -> str:
    """Plain text, a blank line between blocks."""
    return "\n\n".join(_lines(block) for block in body) + "\n"


def as_html(subject: str, body: Body, language: str) -> str:
    """HTML that needs nothing from elsewhere: no style sheet, picture or font."""
    return _RENDERER.render("letters/letter.html", language, {"subject": subject, "body": body, "language": language})


def _lines(block: Mapping[str, Any]) -> str:
    match block["kind"]:
        case "link":
            return f"{block['label']}:\n{block['href']}"
        case "list":
            return "\n".join(_wrapped(item, "- ", "  ") for item in block["items"])
        case "facts":
            return "\n".join(f"{name}: {value}" for name, value in block["rows"])
        case "quoted":
            return "\n".join(_wrapped(line, "> ", "> ") for line in block["text"].splitlines() if line.strip())
        case "help":
            return "--\n" + _wrapped(block["text"])
        case _:
            return _wrapped(block["text"])


def _wrapped(words: str, first: str = "", others: str = "") -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
