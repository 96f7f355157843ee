"""Which facts notifier hears: those that say to whom letters go, and those that have a letter."""

from collections.abc import Sequence
from typing import Final

from services.notifier.actions import officials, post, recipients
from services.notifier.tables import Account, Contact, Holder, Name, Official, Request
from shared import events
from shared.bus import Consumers
from shared.db import Session
from shared.events import (
    AccessGranted,
    AccessRevoked,
    ContactChanged,
    EducatorIdentified,
    Event,
    NameChanged,
    RecommendationRequested,
    UserRegistered,
)

consumers = Consumers("notifier", read_model=(Account, Holder, Name, Contact, Official, Request))
on = consumers.on

HAVE_LETTERS: Final[tuple[type[Event], ...]] = (
    events.EmailConfirmationRequested,
    events.RegistrationRepeated,
    events.UsernameReminderRequested,
    events.PasswordResetRequested,
    events.PasswordChanged,
    events.AccountLocked,
    events.AccessGranted,
    events.AccessRefused,
    events.AccessRevoked,
    events.ContactConfirmationRequested,
    events.IdentityCaseOpened,
    events.IdentityDocumentsRequested,
    events.IdentityCaseClosed,
    events.ResultReceived,
    events.ReprintRequested,
    events.PrintsRejectedTwice,
    events.FingerprintCleared,
    events.ClearanceExpiring,
    events.ClearanceEnded,
    events.ApplicationReceived,
    events.RecommendationRequested,
    events.ApplicationRecommended,
    events.RecommendationTakenBack,
    events.ApplicationReturned,
    events.RequirementRecorded,
    events.InformationRequested,
    events.InformationReceived,
    events.ApplicationReminded,
    events.ApplicationClosed,
    events.DraftExpiring,
    events.DraftDropped,
    events.CertificateIssued,
)


@on(UserRegistered)
async def keep_accounts(facts: Sequence[UserRegistered], session: Session) -> None:
    """Account letters go to the sign-in address."""
    await recipients.registered(session, facts)


@on(EducatorIdentified)
async def keep_holders(facts: Sequence[EducatorIdentified], session: Session) -> None:
    """Letters about an educator are read by the account that holds the record."""
    await recipients.identified(session, facts)


@on(NameChanged)
async def keep_names(facts: Sequence[NameChanged], session: Session) -> None:
    """Letters about an educator greet by the legal name."""
    await recipients.named(session, facts)


@on(ContactChanged)
async def keep_contacts(facts: Sequence[ContactChanged], session: Session) -> None:
    """Letters about an educator go to the contact address; the one before is told that it was changed."""
    await recipients.moved(session, facts)


@on(AccessGranted)
async def keep_officials(facts: Sequence[AccessGranted], session: Session) -> None:
    """Officials are written to about their institution; each account is told of its role."""
    await officials.roles_changed(session, facts)
    await post.note(session, facts)


@on(AccessRevoked)
async def end_officials(facts: Sequence[AccessRevoked], session: Session) -> None:
    """Who is no official any more is not written to about what comes later; the account is told."""
    await officials.roles_changed(session, facts)
    await post.note(session, facts)


@on(RecommendationRequested)
async def keep_requests(facts: Sequence[RecommendationRequested], session: Session) -> None:
    """The educator and the officials of the institution are written to."""
    await officials.asked(session, facts)
    await post.note(session, facts)


async def note_letters(facts: Sequence[Event], session: Session) -> None:
    """Note the letters that these facts make due."""
    await post.note(session, facts)


for kind in HAVE_LETTERS:
    if kind not in consumers.handlers:
        on(kind)(note_letters)
