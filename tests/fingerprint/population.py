"""A generated, seeded population with all that makes people hard to tell apart, and what the bureaus answer about them.

Twins share the last name, the birth date and nearly the given name and the number; names change and are shared; case
numbers are mistyped, swapped, left out or a friend's; receipts are a friend's; numbers in submissions are mistyped, a
twin's now and then. For every answer the truth is known: whose prints it is about.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final

from services.fingerprint.rules.naming import Name, Said, key
from shared import educator_id

NOW: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)
_SYLLABLES: Final = (
    "BA",
    "BEN",
    "CAR",
    "DEL",
    "FOR",
    "GAR",
    "HA",
    "JOR",
    "KEL",
    "LO",
    "MAR",
    "MIL",
    "NOR",
    "PER",
    "SAN",
)


@dataclass(slots=True)
class Human:
    """One educator, or somebody who has made no profile yet."""

    educator_id: str
    number: str
    born_on: date
    names: tuple[Said, ...]
    written: str
    twin: "Human | None" = None
    known: bool = True
    asked_at: datetime | None = None


@dataclass(slots=True)
class Printed:
    """A submission of somebody, and the answer to it.

    Attributes:
        fed: a copy of the submission comes in.
        typed_by: who typed its number from the receipt.
    """

    human: Human
    tcn: str
    numbers: tuple[str, ...]
    born_on: date
    name: str
    oca: str
    fed: bool
    typed_by: Human | None
    subscriber: str = ""
    notice: bool = False


@dataclass(slots=True)
class Population:
    """Everybody, and everything that the bureaus send."""

    humans: list[Human] = field(default_factory=list)
    printed: list[Printed] = field(default_factory=list)
    by_number: dict[str, Human] = field(default_factory=dict)
    by_id: dict[str, Human] = field(default_factory=dict)


def population(size: int, seed: int) -> Population:
    """So many people, each printed once; the same for the same seed."""
    draw = random.Random(seed)
    found = Population()
    for human in _humans(size, draw):
        found.humans.append(human)
        if human.known:
            found.by_number[human.number] = human
            found.by_id[human.educator_id] = human
    ready = [human for human in found.humans if human.known]
    for place, human in enumerate(found.humans):
        found.printed.append(_printed(place, human, draw.choice(ready), draw))
    return found


def _humans(size: int, draw: random.Random) -> Iterator[Human]:
    # A few names are everybody's.
    lasts, last_weights = [_word(draw, 3) for _ in range(max(50, size // 40))], _weights(max(50, size // 40))
    firsts, first_weights = [_word(draw, 2) for _ in range(200)], _weights(200)
    ids = [educator_id.make(number) for number in draw.sample(range(educator_id.CAPACITY), size + 1)]
    numbers = draw.sample(range(100_000_000, 800_000_000, 2), size + 1)
    made = 0
    while made < size:
        (last,), (first,) = (
            draw.choices(lasts, cum_weights=last_weights),
            draw.choices(firsts, cum_weights=first_weights),
        )
        born = date(1965, 1, 1) + timedelta(days=draw.randrange(13_500))
        one = _human(ids[made], f"{numbers[made]:09d}", born, first, last, lasts, draw)
        made += 1
        yield one
        if draw.random() < 0.01 and made < size:
            like = one.written.partition(",")[2] + draw.choice("AEN")
            twin = _human(ids[made], f"{int(one.number) + 1:09d}", born, like, last, lasts, draw)
            one.twin, twin.twin = twin, one
            made += 1
            yield twin


def _human(id_: str, number: str, born: date, first: str, last: str, lasts: list[str], draw: random.Random) -> Human:
    said_at = NOW - timedelta(days=draw.randrange(400))
    names = [Said(Name(first.capitalize(), "", last.capitalize()), said_at, 5)]
    written = f"{last},{first}"
    if draw.random() < 0.08:
        former = draw.choice(lasts)
        if draw.random() < 0.9:
            names.append(Said(Name(first.capitalize(), "", former.capitalize()), said_at, 0))
        if draw.random() < 0.5:
            written = f"{former},{first}"
    known = draw.random() < 0.9
    asked_at = NOW - timedelta(days=draw.randrange(5, 60)) if known and draw.random() < 0.8 else None
    return Human(id_, number, born, tuple(names), written, None, known, asked_at)


def _printed(place: int, human: Human, friend: Human, draw: random.Random) -> Printed:
    """What was typed at the vendor's, by people."""
    fed = draw.random() < 0.8
    numbers: tuple[str, ...] = (human.number,) if draw.random() < 0.75 else ()
    if numbers and draw.random() < (0.3 if human.twin else 0.01):
        numbers = (human.twin.number if human.twin else _one_digit(human.number, draw),)
    if numbers and draw.random() < 0.005:
        numbers = (*numbers, friend.number) if draw.random() < 0.5 else (friend.number,)
    born_on = human.born_on + timedelta(days=draw.random() < 0.005)
    # A mistake that makes it another's name as well would leave nothing by which anybody could tell.
    name = human.written if draw.random() < 0.99 else f"{human.written[:-1]}X"
    typed_by = friend if draw.random() < 0.03 else human if human.known and draw.random() < 0.3 else None
    printed = Printed(human, f"MODESE{place:014d}", numbers, born_on, name, _oca(human, friend, draw), fed, typed_by)
    if draw.random() < 0.02:
        printed.notice, printed.oca = True, ""
        printed.subscriber = human.educator_id if draw.random() < 0.95 else _one_digit(human.educator_id, draw)
    return printed


def _oca(human: Human, friend: Human, draw: random.Random) -> str:
    if not human.known:
        return ""
    number, drawn = human.educator_id, draw.random()
    if human.twin and drawn < 0.2:
        number = human.twin.educator_id
    elif drawn < 0.03:
        number = _one_digit(number, draw)
    elif drawn < 0.06:
        number = _swapped(number, draw)
    elif drawn < 0.07:
        number = friend.educator_id
    elif drawn < 0.15:
        return ""
    code = draw.random()
    return number if code < 0.3 else f"{'9999' if code < 0.31 else '2300' if code < 0.4 else '2301'}-{number}"


def _weights(count: int) -> list[float]:
    return list(accumulate(1 / (place + 5) for place in range(count)))


def _word(draw: random.Random, syllables: int) -> str:
    return "".join(draw.choice(_SYLLABLES) for _ in range(syllables))


def _one_digit(number: str, draw: random.Random) -> str:
    place = draw.randrange(len(number))
    return number[:place] + str((int(number[place]) + draw.randrange(1, 10)) % 10) + number[place + 1 :]


def _swapped(number: str, draw: random.Random) -> str:
    place = draw.randrange(len(number) - 1)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def by_name(humans: list[Human]) -> dict[str, list[Human]]:
    """Those who have or had a name, by what it is found by."""
    found: dict[str, list[Human]] = defaultdict(list)
    for human in humans:
        for one in dict.fromkeys(key(f"{said.name.last},{said.name.first}") for said in human.names):
            found[one].append(human)
    return found
