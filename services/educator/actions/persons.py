"""Records: making one, with its row in the vault, and finding them."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.educator.rules.names import LegalName
from services.educator.tables import BlindIndex, Person, VaultEntry
from services.educator.vault import BIRTH_DATE, SSN, Digest, Entry, Vault
from shared import educator_id as educator_ids
from shared.db import Session
from shared.events import ContactChanged, EducatorIdentified, Event, NameChanged
from shared.outbox import publish

# With four million of the ten million IDs taken, a hundred draws all miss once in 10^39 times.
_DRAWS = 100


@dataclass(frozen=True)
class Holder:
    """The account that a record is made for."""

    account_id: UUID
    email: str | None
    language: str


class NoIdLeft(Exception):
    """So many draws met a taken Educator ID that there can hardly be a free one."""


async def make(
    session: Session,
    vault: Vault,
    holder: Holder,
    *,
    name: LegalName,
    birth_date: date,
    number: str | None,
    now: datetime,
) -> str:
    """A record of its own for an account; says so. Returns the Educator ID.

    Raises:
        IntegrityError: the account has a record already, or another record has the number.
    """
    values = {
        "account_id": holder.account_id,
        "made_at": now,
        "linked_at": now,
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "former_last_names": list(name.former_lasts),
        "email": holder.email,
        "language": holder.language,
        "program": "",
        "profile_version": 1,
        "phone": "",
        "street": "",
        "city": "",
        "state": "",
        "zip_code": "",
        "contact_version": 1,
    }
    educator_id = await _with_free_id(session, values)
    await put(
        session, vault, educator_id, vault.seal(educator_id, birth_date=birth_date, ssn=number), birth_date, number
    )
    facts: list[Event] = [
        EducatorIdentified.now(educator_id, account_id=holder.account_id),
        name_changed(educator_id, name),
    ]
    if holder.email:
        facts.append(ContactChanged.now(educator_id, email=holder.email, language=holder.language))
    await publish(session, *facts)
    return educator_id


async def _with_free_id(session: Session, values: dict[str, object]) -> str:
    """Drawn at random, so that nobody can guess whose the next one is."""
    for _ in range(_DRAWS):
        drawn = educator_ids.make(secrets.randbelow(educator_ids.CAPACITY))
        statement = insert(Person).values(educator_id=drawn, **values)
        taken = statement.on_conflict_do_nothing(index_elements=[Person.educator_id]).returning(Person.educator_id)
        if await session.scalar(taken):
            return drawn
    raise NoIdLeft


def name_changed(educator_id: str, name: LegalName) -> NameChanged:
    """The fact that a record has this name now."""
    return NameChanged.now(
        educator_id,
        first_name=name.first,
        middle_name=name.middle,
        last_name=name.last,
        former_last_names=name.former_lasts,
    )


def name_of(person: Person) -> LegalName:
    """The name in a record."""
    return LegalName(person.first_name, person.middle_name, person.last_name, tuple(person.former_last_names))


async def of_account(session: Session, account_id: UUID, *, lock: bool = False) -> Person | None:
    """The record that an account holds."""
    statement = select(Person).where(Person.account_id == account_id)
    return (await session.scalars(_locked(statement) if lock else statement)).one_or_none()


async def by_id(session: Session, educator_id: str) -> Person | None:
    """A record by its Educator ID, locked until the transaction ends."""
    return (await session.scalars(_locked(select(Person).where(Person.educator_id == educator_id)))).one_or_none()


def _locked(statement: Select[Person]) -> Select[Person]:
    return statement.with_for_update().execution_options(populate_existing=True)


async def with_number(session: Session, digests: Iterable[Digest]) -> str | None:
    """The Educator ID of the record that has this number."""
    return await session.scalar(
        select(BlindIndex.owner).where(
            BlindIndex.field == SSN, BlindIndex.digest.in_([digest.digest for digest in digests])
        )
    )


async def put(
    session: Session, vault: Vault, owner: str, entry: Entry, birth_date: date, number: str | None = None
) -> None:
    """Write an owner's row of the vault, and what it is found by."""
    values = {
        "version": entry.version,
        "key_version": entry.key_version,
        "data_key": entry.data_key,
        "ssn": entry.ssn,
        "birth_date": entry.birth_date,
    }
    statement = insert(VaultEntry).values(owner=owner, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[VaultEntry.owner], set_=values))
    await session.execute(delete(BlindIndex).where(BlindIndex.owner == owner))
    found_by = vault.digests(BIRTH_DATE, birth_date.isoformat())
    if number is not None:
        found_by += vault.digests(SSN, number)
    await add_digests(session, owner, found_by)


async def add_digests(session: Session, owner: str, digests: Sequence[Digest]) -> None:
    """Let an owner's row be found by these too; those there already stay."""
    rows = [
        {"owner": owner, "field": found.field, "version": found.version, "digest": found.digest} for found in digests
    ]
    await session.execute(
        insert(BlindIndex)
        .values(rows)
        .on_conflict_do_nothing(index_elements=[BlindIndex.owner, BlindIndex.field, BlindIndex.version])
    )


async def entry(session: Session, owner: str) -> Entry:
    """An owner's row of the vault, still closed."""
    row = (await session.scalars(select(VaultEntry).where(VaultEntry.owner == owner))).one()
    return as_entry(row)


def as_entry(row: VaultEntry) -> Entry:
    """A row as the vault takes it."""
    return Entry(row.version, row.key_version, row.data_key, row.ssn, row.birth_date)


async def forget(session: Session, owner: str) -> None:
    """Remove an owner's row from the vault, with what it is found by."""
    await session.execute(delete(VaultEntry).where(VaultEntry.owner == owner))
