"""The kept contracts: reading them, as they are and as they were committed, and holding the classes to them."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from shared.contracts.schemas import Schema, breaks, example_of, schema_of
from shared.events import EVENTS, Event

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Contract:
    """What is kept of one fact."""

    topic: str
    owner: str
    schema: Schema
    examples: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, content: str) -> "Contract":
        """From a file's content."""
        told = json.loads(content)
        return cls(told["topic"], told["owner"], told["schema"], tuple(told["examples"]))

    def write(self) -> str:
        """A file's content."""
        told = {"topic": self.topic, "owner": self.owner, "examples": list(self.examples), "schema": self.schema}
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def in_folder(folder: Path = FOLDER) -> dict[str, Contract]:
    """The contracts as they lie in the checkout."""
    return {path.stem: Contract.read(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def in_head(folder: Path = FOLDER) -> dict[str, Contract]:
    """The contracts as they were last committed; none where there is no git (an image, an archive)."""
    try:
        names = _git(folder, "ls-tree", "--name-only", "HEAD", "./").split()
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {
        name.removesuffix(".json"): Contract.read(_git(folder, "show", f"HEAD:./{name}"))
        for name in names
        if name.endswith(".json")
    }


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout


def complaints(
    events: Sequence[type[Event]], kept: Mapping[str, Contract], committed: Mapping[str, Contract]
) -> Iterator[str]:
    """Everything in which the classes do not keep the contracts, a sentence each."""
    classes = {event.topic: event for event in events}
    for topic in sorted(kept.keys() | committed.keys() - classes.keys()):
        if topic not in classes:
            yield f"{topic}: there is a contract and no class; what was once said stays readable, so keep the class."
    for topic, event in classes.items():
        if topic not in kept:
            yield f"{topic}: there is a class and no contract. Run `python -m shared.contracts write`."
            continue
        yield from _one(event, kept[topic], committed.get(topic))


def _one(event: type[Event], kept: Contract, committed: Contract | None) -> Iterator[str]:
    topic = event.topic
    now = schema_of(event)
    broken = {problem: None for old in (committed, kept) if old for problem in breaks(old.schema, now)}
    for problem in broken:
        yield f"{topic}: {problem}. Make it a new class and topic ({topic}.v2), and say both for a while."
    if committed and committed.owner != event.owner:
        yield f"{topic}: its owner was {committed.owner}. A fact has one owner for ever."
    if not broken and now != kept.schema:
        yield f"{topic}: the class has grown. Run `python -m shared.contracts write`."
    for example in committed.examples if committed else ():
        if example not in kept.examples:
            yield f"{topic}: a kept example was changed or removed. Put it back; add another if you need one."
    for number, example in enumerate(kept.examples, 1):
        try:
            event.model_validate_json(json.dumps(example))
        except ValidationError as refused:
            where = ", ".join(str(error["loc"][0]) if error["loc"] else "the whole" for error in refused.errors())
            yield f"{topic}: kept example {number} can no longer be read ({where})."
    if not kept.examples:
        yield f"{topic}: there is no example. Run `python -m shared.contracts write`."


def grown(event: type[Event], kept: Contract | None) -> Contract:
    """The contract brought up to its class: the schema of today, all examples there were, and one with every field."""
    examples = kept.examples if kept else ()
    filled = example_of(event)
    if not any(example.keys() >= filled.keys() for example in examples):
        examples = (*examples, filled)
    return Contract(event.topic, event.owner, schema_of(event), examples)


def write(folder: Path = FOLDER, events: Sequence[type[Event]] = EVENTS) -> list[str]:
    """Bring the files up to the classes; nothing is written for a class that breaks its contract.

    Returns:
        What breaks, a sentence each.
    """
    kept, committed = in_folder(folder), in_head(folder)
    refused: list[str] = []
    for event in events:
        old = [one.schema for one in (committed.get(event.topic), kept.get(event.topic)) if one]
        problems = dict.fromkeys(problem for schema in old for problem in breaks(schema, schema_of(event)))
        refused += [f"{event.topic}: {problem}. Make it a new class and topic." for problem in problems]
        if not problems:
            content = grown(event, kept.get(event.topic) or committed.get(event.topic)).write()
            (folder / f"{event.topic}.json").write_text(content, "utf-8")
    return refused
