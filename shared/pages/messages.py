"""Collects every sentence for translators: `python -m shared.pages.messages` writes `locale/messages.pot`.

A translator makes `locale/es/LC_MESSAGES/messages.po` from it, and `--compile` makes the `.mo` files that are read.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared import policy
from shared.text import DOMAIN, LOCALES

ROOT: Final = Path(__file__).parents[2]
KEYWORDS: Final = {"_": None, "text": None, "_n": (1, 2), "plural": (1, 2)}
# Of a policy: what is a name in every language.
_NAMES: Final = frozenset({"time_zone", "institutions", "districts", "bureaus", "vendor.portal", "office.phone"})
# In such a module `text` is SQLAlchemy's: statements, not sentences.
_STATEMENTS: Final = re.compile(r"^from sqlalchemy import .*\btext\b(?! as)", re.MULTILINE)


def found() -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    """Every sentence with where it stands: file, line, and one form or two."""
    for folder in ("shared", "services"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py":
                method = "python"
            elif "templates" in path.parts and path.is_file():
                method = "jinja2"
            else:
                continue
            keywords = KEYWORDS
            if method == "python" and _STATEMENTS.search(path.read_text()):
                keywords = {name: forms for name, forms in KEYWORDS.items() if name != "text"}
            for line, message, _, _ in extract_from_file(method, path, keywords=keywords):
                yield str(path.relative_to(ROOT)), line, message


def of_policy() -> Iterator[tuple[str, str]]:
    """Every sentence of the state's policies, with its file: titles, labels, wordings to be signed."""
    for path in sorted(ROOT.glob("s*/**/policy/**/*.yaml")):
        for key, holdings in policy.load(path.parent).holdings.items():
            if key not in _NAMES:
                for holding in holdings:
                    yield from ((str(path.relative_to(ROOT)), words) for words in _sentences(holding.value))


def _sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        # A code is one word in small letters.
        if " " in value or value[:1].isupper():
            yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _sentences(one)


def collect() -> Catalog:
    """All sentences as a template for translators."""
    catalog = Catalog(project="Educator Certification System", charset="utf-8")
    for file, line, message in found():
        catalog.add(message, locations=[(file, line)])
    for file, message in of_policy():
        catalog.add(message, locations=[(file, 0)])
    return catalog


def main(arguments: list[str]) -> None:
    """Write the template, or compile what was translated."""
    if arguments == ["--compile"]:
        for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"):
            with path.open("rb") as source, path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(source))
        return
    LOCALES.mkdir(exist_ok=True)
    with (LOCALES / f"{DOMAIN}.pot").open("wb") as file:
        write_po(file, collect(), sort_output=True, omit_header=False, width=120)


if __name__ == "__main__":
    main(sys.argv[1:])
