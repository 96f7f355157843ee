"""Reads the examples that certification staff write (`examples/README.md`), and holds the rules against them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from tests.certificate import sentences
from tests.certificate.story import NotUnderstood, Story

FOLDER: Final = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """One example as it is written."""

    title: str
    given: tuple[tuple[date, str], ...]
    as_of: date
    then: tuple[str, ...]


def read(path: Path) -> list[Example]:
    """The examples of a file.

    Raises:
        NotUnderstood: it has another form.
    """
    return [_example(one, path) for one in yaml.safe_load(path.read_text())]


def _example(written: Any, path: Path) -> Example:
    if not isinstance(written, dict) or written.keys() != {"example", "given", "as of", "then"}:
        raise NotUnderstood(
            f"{path.name}: an example has 'example', 'given', 'as of', 'then' and nothing else: {written}"
        )
    given = tuple((day, words) for line in written["given"] for day, words in line.items())
    if not all(isinstance(day, date) and isinstance(words, str) for day, words in given) or not written["then"]:
        raise NotUnderstood(f"{path.name}: {written['example']}: a line of 'given' is '- day: what happened'")
    return Example(written["example"], given, written["as of"], tuple(written["then"]))


def run(example: Example) -> None:
    """Tell the story, and see whether everything holds that it says.

    Raises:
        NotUnderstood: it says something that nobody understands.
        AssertionError: something does not hold.
    """
    story = Story(as_of=example.as_of)
    for day, words in sorted(example.given, key=lambda line: (not line[1].startswith("rule:"), line[0])):
        sentences.given(story, day, words)
    for words in example.then:
        sentences.then(story, words)
