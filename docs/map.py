"""The README's map, drawn from the code: `python -m docs.map` writes it, `python -m docs.map --check` compares.

The map stands between two marks in README.md. What each service hears comes from its consumers, what it says from the
facts' owners, what it keeps from its tables, what it is for from the first line of its card.
"""

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from shared.events import EVENTS, Event
from shared.plumbing import NAMES

README: Final = Path(__file__).parents[1] / "README.md"
BEGIN: Final = "<!-- map: made by 'make map' -->"
END: Final = "<!-- end of map -->"
SERVICES: Final = ("identity", "educator", "fingerprint", "certificate", "notifier")


def hears(service: str) -> tuple[type[Event], ...]:
    """The facts that a service's consumers take, in the order of `EVENTS`."""
    handlers = importlib.import_module(f"services.{service}.consumers").consumers.handlers
    return tuple(event for event in EVENTS if event in handlers)


def says(service: str) -> tuple[type[Event], ...]:
    """The facts that a service owns."""
    return tuple(event for event in EVENTS if event.owner == service)


def keeps(service: str) -> tuple[str, ...]:
    """The service's own tables."""
    tables = importlib.import_module(f"services.{service}.tables").Base.metadata.tables
    return tuple(sorted(set(tables) - set(NAMES)))


def purpose(service: str) -> str:
    """The first paragraph of the service's card."""
    card = importlib.import_module(f"services.{service}").__doc__ or ""
    return " ".join(card.strip().split("\n\n")[0].split())


def picture() -> Iterator[str]:
    """Who hears whom, as a Mermaid flow chart: one arrow per pair of services, labelled with the facts."""
    yield "```mermaid"
    yield "flowchart LR"
    yield '    people(["browser, programs, ecsctl"]) --> gateway{{gateway}}'
    for service in SERVICES:
        yield f"    gateway --> {service}[{service}]"
    yield "    notifier --> mail([e-mail])"
    yield '    bureaus(["state and FBI result files"]) --> fingerprint'
    for speaker in SERVICES:
        for hearer in SERVICES:
            facts = [event.topic for event in hears(hearer) if event.owner == speaker]
            if facts:
                label = facts[0] if len(facts) == 1 else f"{len(facts)} facts" if len(facts) > 3 else "<br>".join(facts)
                yield f'    {speaker} -. "{label}" .-> {hearer}'
    yield "```"


def drawn() -> str:
    """The whole map."""
    heard_by = {event: [service for service in SERVICES if event in hears(service)] for event in EVENTS}
    lines = [
        *picture(),
        "",
        "| service | what it is for | keeps |",
        "|---|---|---|",
        *(f"| [`{s}`](services/{s}/) | {purpose(s)} | {_code(keeps(s))} |" for s in SERVICES),
        "",
        "| fact (Kafka topic) | said by | heard by | kept |",
        "|---|---|---|---|",
        *(
            f"| [`{event.topic}`](shared/contracts/{event.topic}.json) | {event.owner} | "
            f"{', '.join(heard_by[event]) or 'nobody yet'} | {'7 days' if event.personal else 'for ever'} |"
            for event in EVENTS
        ),
    ]
    return "\n".join(lines)


def renewed(readme: str) -> str:
    """The README with today's map in it.

    Raises:
        ValueError: the marks are not there.
    """
    before, found, rest = readme.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"README.md lacks the marks {BEGIN} and {END}; put both back around the map")
    return f"{before}{BEGIN}\n{drawn()}\n{END}{after}"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing of its own"


def main() -> None:
    """Write or compare; exits with 1 and a sentence where the README's map is not the code's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only")
    wants_check = parser.parse_args().check
    now = README.read_text()
    then = renewed(now)
    if wants_check and now != then:
        sys.exit("README.md's map is not what the code says; run 'make map'")
    if now != then:
        README.write_text(then)


if __name__ == "__main__":
    main()
