"""From "Create User" to a confirmed account.

Nothing here, until the link is followed, depends on whether the address has an account already: the registration is
kept and its username held all the same, and the errand that is left finds out later which letter to write.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.identity import tokens
from services.identity.actions import errands
from services.identity.actions.errands import CONFIRMATION_LASTS, Kind
from services.identity.rules import usernames
from services.identity.rules.people import Address
from services.identity.tables import Account, Link, Registration, Username
from shared import audit
from shared.db import Session
from shared.events import RegistrationRepeated, UserRegistered
from shared.outbox import publish


@dataclass(frozen=True)
class Answers:
    """What a person who registers told us, checked by the rules."""

    first_name: str
    last_name: str
    address: Address
    username: str
    language: str
    password_hash: str


class Confirmation(StrEnum):
    """What following a confirmation link came to."""

    DONE = "done"
    DONE_BEFORE = "done_before"
    EXPIRED = "expired"
    WRONG = "wrong"
    ADDRESS_IN_USE = "address_in_use"


async def register(session: Session, browser: str, answers: Answers, now: datetime) -> UUID | None:
    """Keep a registration and hold its username for a day.

    Args:
        browser: the token of the form; sent twice, or sent again with other answers, it is the same registration.

    Returns:
        The registration; None where the username is taken.
    """
    mine = await of_browser(session, browser)
    if mine is not None and mine.account_id is None and mine.expires_at > now:
        return await _answer_again(session, mine, answers, now)
    registration_id, until = uuid4(), now + CONFIRMATION_LASTS
    if not await _claim(session, registration_id, answers.username, until, now):
        again = await of_browser(session, browser)  # pressed twice at once: the first press has it
        same = again is not None and again.name_key == usernames.key(answers.username) and again.account_id is None
        return again.registration_id if again is not None and same else None
    if mine is not None:  # over or confirmed: its browser token goes to the new one
        await session.execute(delete(Registration).where(Registration.registration_id == mine.registration_id))
    kept = await session.execute(
        insert(Registration)
        .values(
            registration_id=registration_id,
            browser_hash=tokens.kept(browser),
            created_at=now,
            expires_at=until,
            **_columns(answers),
        )
        .on_conflict_do_nothing(index_elements=[Registration.browser_hash])
        .returning(Registration.registration_id)
    )
    if kept.first() is None:  # the same form was sent with another username at this very moment
        await session.execute(delete(Username).where(Username.registration_id == registration_id))
        return None
    await errands.leave(session, Kind.CONFIRM, now, registration_id=registration_id)
    return registration_id


async def of_browser(session: Session, browser: str) -> Registration | None:
    """The registration that this browser began, whatever became of it."""
    if not tokens.is_token(browser):
        return None
    return await session.scalar(select(Registration).where(Registration.browser_hash == tokens.kept(browser)))


async def suggest_username(session: Session, first_name: str, last_name: str, now: datetime) -> str:
    """A username for this person that nobody holds at this moment."""
    names = list(usernames.suggestions(first_name, last_name))
    held = set(
        await session.scalars(
            select(Username.name_key).where(
                Username.name_key.in_(names), Username.account_id.is_not(None) | (Username.held_until > now)
            )
        )
    )
    free = (name for name in names if name not in held)
    return next(free, f"{names[0]}{uuid4().int % 10_000:04}")


async def send_again(session: Session, registration: Registration, now: datetime) -> None:
    """Write the letter again; its link, and the hold on the username, last a day from now."""
    await _extend(session, registration, now)
    await errands.leave(session, Kind.CONFIRM, now, registration_id=registration.registration_id)


async def correct_address(session: Session, registration: Registration, address: Address, now: datetime) -> None:
    """Write to another address instead. Links sent to the first one confirm nothing any more."""
    await errands.drop(session, registration.registration_id)
    await _extend(session, registration, now, email=address.email, email_key=address.key)
    await session.execute(delete(Link).where(Link.registration_id == registration.registration_id))
    await errands.leave(session, Kind.CONFIRM, now, registration_id=registration.registration_id)


async def new_browser(session: Session, registration: Registration) -> str:
    """Hand the registration to the browser whose person just gave its password; its token."""
    token = tokens.new()
    await session.execute(
        update(Registration)
        .where(Registration.registration_id == registration.registration_id)
        .values(browser_hash=tokens.kept(token))
    )
    return token


async def of_link(session: Session, token: str, now: datetime) -> Registration | None:
    """The registration that a confirmation link belongs to, while the link is good. Changes nothing."""
    if not tokens.is_token(token):
        return None
    return await session.scalar(
        select(Registration)
        .join(Link, Link.registration_id == Registration.registration_id)
        .where(Link.token_hash == tokens.kept(token), Link.expires_at > now)
    )


async def confirm(session: Session, token: str, proven: str | None, now: datetime) -> Confirmation:
    """Make the account. Of several registrations with one address, the first that is confirmed has it.

    Whoever holds the letter has shown that the address is theirs, but not that they registered: anybody can register
    with somebody else's address, and would hold the account with the password that they chose. So both are needed.

    Args:
        proven: the hash that the password fitted, None where it fitted none.
    """
    registration = await of_link(session, token, now)
    if registration is not None:
        registration = await session.get(
            Registration, registration.registration_id, with_for_update=True, populate_existing=True
        )
    # Looked for once more: while we waited, the address may have been corrected, and this link was for the one before.
    if registration is None or await of_link(session, token, now) is None:
        return Confirmation.EXPIRED
    if registration.account_id is None and registration.expires_at <= now:
        return Confirmation.EXPIRED
    if registration.account_id is not None:
        return Confirmation.DONE_BEFORE
    if proven is None or registration.password_hash != proven:
        return Confirmation.WRONG
    account_id = await _create_account(session, registration, now)
    if account_id is None:
        return await _give_way(session, registration)
    await session.execute(
        update(Username)
        .where(Username.registration_id == registration.registration_id)
        .values(account_id=account_id, registration_id=None, held_until=None)
    )
    registration.account_id = account_id
    registration.password_hash = ""
    await session.flush()
    return Confirmation.DONE


async def give_up(session: Session, token: str, now: datetime) -> bool:
    """End a registration that is not confirmed, says who holds its letter; its username is free again."""
    found = await of_link(session, token, now)
    if found is None:
        return False
    held = await session.get(Registration, found.registration_id, with_for_update=True, populate_existing=True)
    if held is None or held.account_id is not None or await of_link(session, token, now) is None:
        return False
    await _end(session, held)
    return True


async def _answer_again(session: Session, mine: Registration, answers: Answers, now: datetime) -> UUID | None:
    """The same form once more: its last answers count, and a letter goes out only to another address."""
    wanted = usernames.key(answers.username)
    if wanted != mine.name_key:
        if not await _claim(session, mine.registration_id, answers.username, mine.expires_at, now):
            return None
        await session.execute(
            delete(Username).where(Username.registration_id == mine.registration_id, Username.name_key != wanted)
        )
    elsewhere = answers.address.key != mine.email_key
    if elsewhere:
        await errands.drop(session, mine.registration_id)
    await session.execute(
        update(Registration)
        .where(Registration.registration_id == mine.registration_id)
        .values(**_columns(answers))
        .execution_options(synchronize_session=False)
    )
    if elsewhere:
        await correct_address(session, mine, answers.address, now)
    return mine.registration_id


async def _claim(session: Session, registration_id: UUID, username: str, until: datetime, now: datetime) -> bool:
    """Hold a username, if nobody does. One statement: two who want it at once cannot both get it."""
    claim = insert(Username).values(name_key=usernames.key(username), registration_id=registration_id, held_until=until)
    claimed = await session.execute(
        claim.on_conflict_do_update(
            index_elements=[Username.name_key],
            set_={"registration_id": registration_id, "held_until": claim.excluded.held_until},
            where=Username.account_id.is_(None) & (Username.held_until <= now),
        ).returning(Username.name_key)
    )
    return claimed.first() is not None


async def _extend(session: Session, registration: Registration, now: datetime, **changed: str) -> None:
    until = now + CONFIRMATION_LASTS
    await session.execute(
        update(Registration)
        .where(Registration.registration_id == registration.registration_id)
        .values(expires_at=until, **changed)
    )
    await session.execute(
        update(Username).where(Username.registration_id == registration.registration_id).values(held_until=until)
    )


async def _create_account(session: Session, registration: Registration, now: datetime) -> UUID | None:
    """The new account; None where its address belongs to another. The unique index decides, whoever else confirms."""
    account_id = uuid4()
    created = await session.execute(
        insert(Account)
        .values(
            account_id=account_id,
            name_key=registration.name_key,
            username=registration.username,
            email=registration.email,
            email_key=registration.email_key,
            first_name=registration.first_name,
            last_name=registration.last_name,
            last_name_key=registration.last_name.casefold(),
            language=registration.language,
            password_hash=registration.password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Account.email_key], index_where=Account.closed_at.is_(None))
        .returning(Account.account_id)
    )
    if created.first() is None:
        return None
    registered = UserRegistered.now(
        account_id,
        username=registration.username,
        first_name=registration.first_name,
        last_name=registration.last_name,
        email=registration.email,
        language=registration.language,
        registration_id=registration.registration_id,
    )
    await publish(session, registered)
    await audit.record(session, action="account.created", subject=f"account:{account_id}", actor=None)
    return account_id


async def _give_way(session: Session, registration: Registration) -> Confirmation:
    """The address got an account meanwhile: its owner is told which, and the username is free again."""
    holder = await session.scalar(
        select(Account.account_id).where(Account.email_key == registration.email_key, Account.closed_at.is_(None))
    )
    if holder is not None:
        await publish(session, RegistrationRepeated.now(holder))
    await _end(session, registration)
    return Confirmation.ADDRESS_IN_USE


async def _end(session: Session, registration: Registration) -> None:
    await session.execute(delete(Username).where(Username.registration_id == registration.registration_id))
    await session.execute(delete(Registration).where(Registration.registration_id == registration.registration_id))


def _columns(answers: Answers) -> dict[str, str]:
    return {
        "name_key": usernames.key(answers.username),
        "username": usernames.written(answers.username),
        "email": answers.address.email,
        "email_key": answers.address.key,
        "first_name": answers.first_name,
        "last_name": answers.last_name,
        "language": answers.language,
        "password_hash": answers.password_hash,
    }
