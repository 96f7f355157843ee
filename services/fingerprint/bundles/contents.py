"""What a bundle holds, what may be wrong with it or with one of its members, and what it may cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

# Of a bundle as a whole, and of one member in it. Codes as those of ebts.SENTENCES, and none twice.
SENTENCES: Final[dict[str, str]] = {
    "bundle_unknown": "The file is named as a .zip or .tar.gz and is neither.",
    "bundle_alone": "The file is a message packed by itself (.gz). Send it as it is, or in a .zip or .tar.gz.",
    "bundle_cut": "The .zip or .tar.gz ends before it is complete.",
    "bundle_damaged": "The .zip or .tar.gz is damaged: its parts contradict one another.",
    "bundle_disks": "The .zip is one part of several. Join them, or pack it as one.",
    "bundle_encrypted": "The list of contents of the .zip is encrypted. Pack it without a password.",
    "bundle_large": "The .zip or .tar.gz is larger than one may be. Split it.",
    "bundle_unpacked": "The .zip or .tar.gz holds more than one may, once unpacked. Split it.",
    "bundle_ratio": "The .zip or .tar.gz unpacks to many times its size, as no results do.",
    "bundle_members": "The .zip or .tar.gz holds more files than one may. Split it.",
    "member_encrypted": "The file is encrypted inside its .zip. Pack it without a password.",
    "member_method": "The file is packed in a way that this system does not read. Use the usual one (deflate).",
    "member_damaged": "The file is damaged inside its .zip.",
    "member_size": "The file does not have the size that its .zip gives.",
    "member_large": "The file is larger than any message, once unpacked.",
    "member_name": "The name of the file inside its .zip or .tar.gz is longer than one may be, or cannot be read.",
    "member_twice": "A file of the same name stands in the same .zip or .tar.gz before this one.",
    "member_nested": "A .zip or .tar.gz inside another is not opened. Send it by itself.",
    "member_special": "It is no file with contents, but a link, a device or the like.",
}


class Refused(Exception):
    """Nothing of a bundle can be taken.

    Attributes:
        code: why, one of `SENTENCES`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def ends_early(self) -> bool:
        """Whether the rest of the file may still be on its way."""
        return self.code == "bundle_cut"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may cost.

    Attributes:
        packed: the largest bundle, in bytes.
        unpacked: the most bytes in all its members.
        ratio: how many times its own size it may unpack to; those that unpack to less than `free` may whatever.
        members: the most files.
        name: the longest name of a member, in bytes.
        held: the largest member that is held in memory, in bytes; a larger one lies in an unnamed file meanwhile.
        member: the largest member that is unpacked at all, in bytes; one that is larger packed refuses the bundle.
    """

    packed: int = 4_000_000_000
    unpacked: int = 16_000_000_000
    ratio: int = 200
    free: int = 50_000_000
    members: int = 200_000
    name: int = 1_000
    held: int = 64_000_000
    member: int = 120_000_000

    def checked(self, packed: int, unpacked: int) -> None:
        """Refuse what unpacks to too much.

        Raises:
            Refused: it does.
        """
        if unpacked > self.unpacked:
            raise Refused("bundle_unpacked")
        if unpacked > max(self.free, packed * self.ratio):
            raise Refused("bundle_ratio")


class Member(NamedTuple):
    """One file of a bundle.

    Attributes:
        number: its place among the files of the bundle, from 0.
        name: as the bundle gives it: a label, never a path.
        content: its bytes; where something is `wrong`, those that stand for it in the bundle, so that none are lost;
            None if they are too many to hold.
        wrong: what is wrong with it, one of `SENTENCES`; empty if nothing is.
        pieces: gives the bytes that are too many to hold, until the next member is asked for.
        size: how many bytes there are.
    """

    number: int
    name: str
    content: bytes | None
    wrong: str
    size: int
    pieces: Callable[[], Iterator[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was looked through.

    Attributes:
        kind: `zip` or `tar`.
        count: how many files it holds.
        members: reads them, from a place on. Raises Refused if the bundle changed meanwhile.
    """

    kind: str
    count: int
    members: Callable[[int], Iterator[Member]]
