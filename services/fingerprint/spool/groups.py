"""Files that are read together and taken in together."""

from dataclasses import dataclass, field
from typing import Final

from services.fingerprint.ebts import Unreadable
from services.fingerprint.messages import Message
from services.fingerprint.spool.files import Held, Reading

# What a group may hold: enough that a transaction costs little a file, little enough to be held in memory twice.
FILES: Final = 500
BYTES: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things are waited for, in seconds.

    Attributes:
        still: for how long a file stands still before it is read.
        cut: for how long one that ends too early does before it is given up.
    """

    still: float
    cut: float


@dataclass(frozen=True, slots=True)
class Loose:
    """A file that was read, and what it says."""

    held: Held
    reading: Reading
    message: Message | Unreadable


@dataclass(slots=True)
class Group:
    """Files that were read together, and bundles that were found among them."""

    files: list[Loose] = field(default_factory=list)
    bundles: list[Held] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        """Whether no more is to be added."""
        return len(self.files) >= FILES or self.size >= BYTES

    def __bool__(self) -> bool:
        return bool(self.files or self.bundles)
