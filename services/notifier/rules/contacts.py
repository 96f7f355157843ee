"""When an address that is no longer in use has to be told so."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """An educator's contact address from one word on; `told`: it has been written to that it ended."""

    sequence: int
    email: str
    told: bool


def to_tell(history: Sequence[Use]) -> list[Use]:
    """The uses that ended and have not been told, in order.

    Words for the same address one after another are one use. A word that comes late only splits or lengthens uses,
    never joins two, so every use is told once, in whatever order the words come.
    """
    runs: list[list[Use]] = []
    for use in sorted(history, key=lambda use: use.sequence):
        if runs and runs[-1][-1].email.casefold() == use.email.casefold():
            runs[-1].append(use)
        else:
            runs.append([use])
    return [run[-1] for run in runs[:-1] if not any(use.told for use in run)]
