"""Contact Information, and the way of a new address: asked for, confirmed by its one-time link, then in use."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.educator.actions import persons
from services.educator.actions.identification import Claimant
from services.educator.actions.profiles import Overtaken
from services.educator.rules.contacts import Contact
from services.educator.tables import PendingAddress, Person
from shared import audit, sealed
from shared.db import Session
from shared.events import ContactChanged, ContactConfirmationRequested
from shared.keys import Keys
from shared.outbox import publish

# Bytes of a one-time link's token: nobody guesses 256 bits.
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Links:
    """How one-time links are made: where they lead, how long they hold, who alone can read them on their way."""

    origin: str
    lifetime: timedelta
    keys: Keys


async def pending(session: Session, educator_id: str) -> PendingAddress | None:
    """The address that waits to be confirmed, still good or expired."""
    return await session.scalar(select(PendingAddress).where(PendingAddress.educator_id == educator_id))


async def save(
    session: Session, claimant: Claimant, contact: Contact, version: int, links: Links, now: datetime
) -> str | None:
    """Save telephone and postal address; a new e-mail address waits for its link, and the old one stays in use.

    A link that waits for the same address stays good, and no second one is sent: a form sent twice is one letter.

    Returns:
        The address a link was sent to, now or before, "" where none was needed, None where the account holds no record.

    Raises:
        Overtaken: the record changed since the form was opened. Sending again what is saved is no such thing.
    """
    person = await persons.of_account(session, claimant.account_id, lock=True)
    if person is None:
        return None
    old = of(person)
    new_address = contact.email if contact.email and contact.email != old.email else ""
    rest_is_new = _written(contact) != _written(old)
    if not new_address and not rest_is_new:
        return ""
    if person.contact_version != version:
        raise Overtaken(person)
    if rest_is_new:
        person.phone, person.street, person.city = contact.phone, contact.street, contact.city
        person.state, person.zip_code = contact.state, contact.zip_code
        person.contact_version += 1
        await audit.record(
            session,
            action="contact.changed",
            actor=claimant,
            subject=f"educator:{person.educator_id}",
            old=_written(old),
            new=_written(contact),
        )
    if new_address and not await _waits(session, person, new_address, now):
        await _send_link(session, claimant, person, new_address, links, now)
    return new_address


async def send_again(session: Session, claimant: Claimant, links: Links, now: datetime) -> str | None:
    """A fresh link to the address that waits; the one sent before no longer works. Returns that address, if any."""
    person = await persons.of_account(session, claimant.account_id, lock=True)
    waiting = await pending(session, person.educator_id) if person else None
    if person is None or waiting is None:
        return None
    await _send_link(session, claimant, person, waiting.email, links, now)
    return waiting.email


async def cancel(session: Session, claimant: Claimant) -> None:
    """Stay with the old address; the link sent to the new one no longer works."""
    person = await persons.of_account(session, claimant.account_id, lock=True)
    waiting = await pending(session, person.educator_id) if person else None
    if person is None or waiting is None:
        return
    await session.delete(waiting)
    await audit.record(
        session, action="contact.address_cancelled", actor=claimant, subject=f"educator:{person.educator_id}"
    )


async def find_link(session: Session, token: str, now: datetime) -> PendingAddress | None:
    """What a one-time link would confirm; None where it was used, replaced, cancelled or has expired."""
    found = await session.scalar(
        select(PendingAddress)
        .where(PendingAddress.token_hash == _hash(token))
        .execution_options(populate_existing=True)
    )
    return found if found and found.expires_at > now else None


async def confirm(session: Session, token: str, now: datetime) -> str | None:
    """Put the new address in use; letters go there from now on, and the old one is told.

    Returns:
        The address, or None where the link is no good any more.
    """
    found = await find_link(session, token, now)
    # The record is locked first, as everywhere, so that no two wait for each other; then the link is looked at again.
    person = await persons.by_id(session, found.educator_id) if found else None
    found = await find_link(session, token, now)
    if person is None or found is None:
        return None
    address, old = found.email, person.email
    person.email = address
    person.contact_version += 1
    await session.delete(found)
    await audit.record(
        session,
        action="contact.address_confirmed",
        actor=None,
        subject=f"educator:{person.educator_id}",
        reason="one-time link",
        old={"email": old},
        new={"email": address},
    )
    await publish(session, ContactChanged.now(person.educator_id, email=address, language=person.language))
    return address


async def _waits(session: Session, person: Person, address: str, now: datetime) -> bool:
    waiting = await pending(session, person.educator_id)
    return waiting is not None and waiting.email == address and waiting.expires_at > now


async def _send_link(
    session: Session, claimant: Claimant, person: Person, address: str, links: Links, now: datetime
) -> None:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = now + links.lifetime
    values = {"email": address, "token_hash": _hash(token), "requested_at": now, "expires_at": expires_at}
    await session.execute(
        insert(PendingAddress)
        .values(educator_id=person.educator_id, **values)
        .on_conflict_do_update(index_elements=[PendingAddress.educator_id], set_=values)
    )
    await audit.record(
        session,
        action="contact.address_requested",
        actor=claimant,
        subject=f"educator:{person.educator_id}",
        new={"email": address},
    )
    await publish(
        session,
        ContactConfirmationRequested.now(
            person.educator_id,
            language=person.language,
            expires_at=expires_at,
            sealed=sealed.seal(links.keys, {"email": address, "link": f"{links.origin}/ecs/contact/confirm/{token}"}),
        ),
    )


def of(person: Person) -> Contact:
    """The contact information in a record; its e-mail empty while none is known."""
    return Contact(person.email or "", person.phone, person.street, person.city, person.state, person.zip_code)


def _written(contact: Contact) -> dict[str, str]:
    """All but the e-mail address, which changes in its own way."""
    return {
        "phone": contact.phone,
        "street": contact.street,
        "city": contact.city,
        "state": contact.state,
        "zip_code": contact.zip_code,
    }


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
