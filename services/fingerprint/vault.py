"""The compartment's locks: how criminal history and what is derived from it lie in the database. Pure.

A person has a data key, wrapped under the ring `chri`; what nobody is known for yet has a key of its own. Destroying a
data key makes its history unreadable. The additional data of each ciphertext name its table and row, so that bytes
moved elsewhere do not open. Sizes are padded, since a rap sheet is longer than the word that there is none: what does
not fit the smallest size is squeezed, and all is filled up to one of few sizes. Equal files are found by HMAC, never by
a plain hash: whoever knows the rest of an answer could try both of its possible letters.
"""

import hashlib
import secrets
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID, uuid4

from shared.keys import KEY_BYTES, KeyRing, Keys, blind, decrypt, encrypt

RING: Final = "chri"
# Bytes. Nearly every answer fits the smallest size, squeezed if it must be; a larger one takes twice that, and so on.
# Two rows with one of the smallest fill a page of the database.
SMALLEST: Final = 3968
PIECE: Final = 1_000_000
SHARES: Final = 10_000
_HEAD: Final = 4
# In the head beside the length: what follows is not squeezed. To squeeze what fits anyway would be work for nothing.
_AS_IT_IS: Final = 1 << 31


@dataclass(frozen=True)
class WrappedKey:
    """A data key as it lies in the database."""

    id: UUID
    version: int
    wrapped: bytes


@dataclass(frozen=True)
class DataKey:
    """A data key, opened."""

    id: UUID
    secret: bytes


class Destroyed(Exception):
    """The data key was destroyed on purpose: what lies under it can never be read again."""


class Vault:
    """Seals and opens. Whoever opens something for a person to see writes the audit row; this class does no I/O."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def new_key(self) -> tuple[DataKey, WrappedKey]:
        """A fresh data key, and the form in which it is kept."""
        key = DataKey(uuid4(), secrets.token_bytes(KEY_BYTES))
        version, wrapping = self._ring.current
        return key, WrappedKey(key.id, version, encrypt(wrapping, key.secret, _key_place(key.id, version)))

    def open_key(self, kept: WrappedKey) -> DataKey:
        """The data key.

        Raises:
            Destroyed: there is none any more.
            Undecipherable: the row was changed.
            MissingKey: the ring no longer has the version it is wrapped under.
        """
        if not kept.wrapped:
            raise Destroyed
        place = _key_place(kept.id, kept.version)
        return DataKey(kept.id, decrypt(self._ring.get(kept.version), kept.wrapped, place))

    def rewrapped(self, kept: WrappedKey) -> WrappedKey:
        """The same data key, kept under the newest version of the ring. Raises as `open_key` does."""
        key = self.open_key(kept)
        version, wrapping = self._ring.current
        return WrappedKey(key.id, version, encrypt(wrapping, key.secret, _key_place(key.id, version)))

    def resealed(self, old: DataKey, new: DataKey, place: str, sealed: bytes) -> bytes:
        """What was sealed for this place, of the same size under another key. Raises as `open_key` does."""
        return encrypt(new.secret, decrypt(old.secret, sealed, place.encode()), place.encode())

    def seal(self, key: DataKey, place: str, content: bytes, smallest: int = SMALLEST) -> bytes:
        """Content that fits in memory, padded, for one place: table, column and row.

        Args:
            smallest: the size in bytes to which nearly all content of this kind is filled up.
        """
        if len(content) + _HEAD <= smallest:
            filled = (len(content) | _AS_IT_IS).to_bytes(_HEAD) + content
        else:
            squeezed = zlib.compress(content, 6)
            filled = len(squeezed).to_bytes(_HEAD) + squeezed
        return encrypt(key.secret, filled.ljust(_size(len(filled), smallest), b"\0"), place.encode())

    def open(self, key: DataKey, place: str, sealed: bytes) -> bytes:
        """What was sealed for this place. Raises as `open_key` does."""
        filled = decrypt(key.secret, sealed, place.encode())
        head = int.from_bytes(filled[:_HEAD])
        content = filled[_HEAD : _HEAD + (head & ~_AS_IT_IS)]
        return content if head & _AS_IT_IS else zlib.decompress(content)

    def open_pieces(self, key: DataKey, place: str, pieces: Iterable[bytes]) -> bytes:
        """The whole of a stream of which each piece was sealed for the place, `|` and its number."""
        return b"".join(self.open(key, f"{place}|{number}", piece) for number, piece in enumerate(pieces))

    def marks(self, digest: bytes) -> tuple[bytes, ...]:
        """What a file is found by, from its SHA-256: one mark per version of the ring, the newest first."""
        return tuple(blind(key, f"mark|{digest.hex()}") for _, key in self._ring.all())

    def mark(self, digest: bytes, version: int) -> bytes:
        """The mark under one version; 0 is the oldest that there is.

        Raises:
            MissingKey: the ring does not have that version (yet).
        """
        return blind(self._ring.get(version or min(self._ring.versions)), f"mark|{digest.hex()}")

    @property
    def newest(self) -> int:
        """The version under which data keys are wrapped now."""
        return self._ring.current[0]

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version that there is, the newest first."""
        return tuple(version for version, _ in self._ring.all())

    def draw(self, digest: bytes) -> int:
        """A number below `SHARES`, drawn from the answer itself: not to be foretold, and always the same."""
        _, key = self._ring.current
        drawn = blind(key, f"draw|{digest.hex()}")
        return int.from_bytes(drawn[:8]) % SHARES


def digest_of(content: bytes) -> bytes:
    """The SHA-256 of a file."""
    return hashlib.sha256(content).digest()


def pieces_of(content: bytes) -> Iterator[bytes]:
    """The content in pieces of at most `PIECE` bytes; one at least."""
    for start in range(0, max(len(content), 1), PIECE):
        yield content[start : start + PIECE]


def _size(needed: int, smallest: int) -> int:
    size = smallest
    while size < needed:
        size *= 2
    return size


def _key_place(key: UUID, version: int) -> bytes:
    return f"data_keys|wrapped|{key}|{version}".encode()


@cache
def vault_of(keys: Keys) -> Vault:
    """The vault under a service's keys, its ring read once."""
    return Vault(keys.ring(RING))
