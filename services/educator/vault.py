"""The vault: Social Security Numbers and birth dates, encrypted row by row and found by blind indexes. Pure.

Each row has a data key of its own, wrapped under the key ring `ssn`. The additional data of every ciphertext name the
table, the column, the owner and the row's version, so that a value moved to another column, row or version does not
open. Equal values are found by HMAC under the separate ring `ssn_index`; a row has a digest for every version in that
ring, so that processes that read the ring before and after a new version was added still find each other's rows.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final, Literal

from shared.keys import KEY_BYTES, KeyRing, Keys, blind, decrypt, encrypt

Field = Literal["ssn", "birth_date"]
SSN: Final[Field] = "ssn"
BIRTH_DATE: Final[Field] = "birth_date"


@dataclass(frozen=True)
class Entry:
    """One row of the vault, as it lies in the database. `ssn` is None for a person without a number."""

    version: int
    key_version: int
    data_key: bytes
    ssn: bytes | None
    birth_date: bytes


@dataclass(frozen=True)
class Digest:
    """What a value is found by, under one version of the index ring."""

    field: Field
    version: int
    digest: bytes


class Vault:
    """Seals and opens rows. Whoever opens one writes the audit row; this class does no I/O."""

    def __init__(self, ring: KeyRing, index: KeyRing) -> None:
        self._ring = ring
        self._index = index

    @property
    def key_version(self) -> int:
        """The version under which new data keys are wrapped."""
        return self._ring.current[0]

    @property
    def index_version(self) -> int:
        """The newest version of the index ring."""
        return self._index.current[0]

    def seal(self, owner: str, *, birth_date: date, ssn: str | None, version: int = 1) -> Entry:
        """A row for this owner, under a fresh data key."""
        key_version, wrapping = self._ring.current
        data_key = secrets.token_bytes(KEY_BYTES)
        return Entry(
            version=version,
            key_version=key_version,
            data_key=encrypt(wrapping, data_key, _place("data_key", owner, version)),
            ssn=None if ssn is None else encrypt(data_key, ssn.encode(), _place(SSN, owner, version)),
            birth_date=encrypt(data_key, birth_date.isoformat().encode(), _place(BIRTH_DATE, owner, version)),
        )

    def ssn(self, owner: str, entry: Entry) -> str:
        """The number in a row that has one.

        Raises:
            Undecipherable: the row was changed, or belongs to somebody else.
            MissingKey: the ring no longer has the version it is wrapped under.
        """
        if entry.ssn is None:
            raise ValueError("this row has no number")
        return decrypt(self._data_key(owner, entry), entry.ssn, _place(SSN, owner, entry.version)).decode()

    def birth_date(self, owner: str, entry: Entry) -> date:
        """The birth date in a row. Raises as `ssn` does."""
        key = self._data_key(owner, entry)
        return date.fromisoformat(
            decrypt(key, entry.birth_date, _place(BIRTH_DATE, owner, entry.version)).decode("ascii")
        )

    def rewrapped(self, owner: str, entry: Entry) -> Entry:
        """The same row, its data key wrapped under the current version; the values themselves are not opened."""
        key_version, wrapping = self._ring.current
        data_key = encrypt(wrapping, self._data_key(owner, entry), _place("data_key", owner, entry.version))
        return replace(entry, key_version=key_version, data_key=data_key)

    def digests(self, field: Field, value: str) -> tuple[Digest, ...]:
        """What a value is found by, for every version in the index ring, newest first."""
        return tuple(Digest(field, version, blind(key, f"{field}:{value}")) for version, key in self._index.all())

    def _data_key(self, owner: str, entry: Entry) -> bytes:
        return decrypt(self._ring.get(entry.key_version), entry.data_key, _place("data_key", owner, entry.version))


@cache
def vault_of(keys: Keys) -> Vault:
    """The vault under educator's own rings, read from their files once: a new version needs a restart."""
    return Vault(keys.ring("ssn"), keys.ring("ssn_index"))


def _place(column: str, owner: str, version: int) -> bytes:
    """The additional data of a ciphertext: table, column, owner, version. No part can hold the separator."""
    return f"vault|{column}|{owner}|{version}".encode()
