"""Every fact that one service tells another.

A fact is a frozen class; its name is its Kafka topic, in the past tense. `owner` is the only service that says it.
`subject_id` is whom it is about and the Kafka key: the account's UUID for identity's facts and for identity cases,
the Educator ID for all others. `sequence` grows per subject and owner, so that a consumer can tell old from new in
whatever order facts arrive; it is 0 until `shared.outbox.publish` numbers the fact.

Never here, not even encrypted: SSN, birth date, criminal history or a hit/no-hit, rap sheets, letter bodies. Legal
names are on `UserRegistered` and `NameChanged`, e-mail addresses on `UserRegistered` and `ContactChanged`, nowhere
else. One-time links, unconfirmed addresses, and questions and reasons written for one reader are sealed for the
notifier alone.

A contract may grow by optional fields. Anything else is a new class and a new topic (`X.v2`).
"""

import os
import time
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

EducatorId = Annotated[
    str, Field(pattern=r"^\d{8}$", description="Eight digits, the last an ISO 7064 MOD 11,10 check digit.")
]
Language = Annotated[
    str, Field(pattern=r"^[a-z]{2}$", description="ISO 639-1, the language the person wants letters in.")
]
Sealed = Annotated[str, Field(description="A compact JWE that only the notifier can open.", max_length=8192)]
Service = Literal["identity", "educator", "fingerprint", "certificate", "notifier"]


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): its time comes first, so that indexes of ids grow at their end."""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    return UUID(int=number & _CLEAR | _VERSION_7)


# version 7 in four bits, variant RFC 9562 in two
_CLEAR: Final = ~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1
_VERSION_7: Final = 0x7 << 76 | 0x2 << 62


class Role(StrEnum):
    """What a person may do in the Educator Certification System."""

    EDUCATOR = "educator"
    ANALYST = "analyst"
    ADJUDICATOR = "adjudicator"
    ADMINISTRATOR = "administrator"
    PROGRAM = "program"
    DISTRICT = "district"


class Bureau(StrEnum):
    """Who answered a fingerprint check."""

    STATE = "state"
    FBI = "fbi"


class Event(BaseModel):
    """A fact: what happened, to whom, when, and in which order for that subject."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    owner: ClassVar[Service]
    # Facts with a name, an address or something sealed stay on the topic for seven days; the others for ever.
    personal: ClassVar[bool] = False

    event_id: UUID
    occurred_at: AwareDatetime
    subject_id: Annotated[str, Field(min_length=1, max_length=64)]
    sequence: Annotated[
        int, Field(ge=0, description="Grows per subject and owner; 0 only before the fact is published.")
    ]

    @classmethod
    def now(cls, subject_id: str | UUID, **fields: Any) -> Self:
        """The fact as of this moment, not yet numbered."""
        return cls(event_id=new_id(), occurred_at=datetime.now(UTC), subject_id=str(subject_id), sequence=0, **fields)


# --- identity: subject is the account ------------------------------------------------------------------------------


class UserRegistered(Event):
    """A person confirmed an e-mail address and made an account."""

    topic: ClassVar[str] = "UserRegistered"
    owner: ClassVar[Service] = "identity"
    personal: ClassVar[bool] = True

    username: Annotated[str, Field(max_length=64)]
    first_name: Annotated[str, Field(max_length=100)]
    last_name: Annotated[str, Field(max_length=100)]
    email: Annotated[str, Field(max_length=254)]
    language: Language
    registration_id: Annotated[
        UUID | None, Field(description="The registration it came from: the subject of EmailConfirmationRequested.")
    ] = None


class EmailConfirmationRequested(Event):
    """A registration waits for its address to be confirmed. The subject is the pending registration.

    Sealed: `email`, `first_name`, `username`, `link`.
    """

    topic: ClassVar[str] = "EmailConfirmationRequested"
    owner: ClassVar[Service] = "identity"
    personal: ClassVar[bool] = True

    language: Language
    expires_at: AwareDatetime
    sealed: Sealed


class RegistrationRepeated(Event):
    """Somebody tried to register with the address of this account. Its owner is told which username it has."""

    topic: ClassVar[str] = "RegistrationRepeated"
    owner: ClassVar[Service] = "identity"


class UsernameReminderRequested(Event):
    """Somebody asked for the username that belongs to this account's address."""

    topic: ClassVar[str] = "UsernameReminderRequested"
    owner: ClassVar[Service] = "identity"


class PasswordResetRequested(Event):
    """Somebody asked to reset this account's password. Sealed: `link`."""

    topic: ClassVar[str] = "PasswordResetRequested"
    owner: ClassVar[Service] = "identity"
    personal: ClassVar[bool] = True

    expires_at: AwareDatetime
    sealed: Sealed


class PasswordChanged(Event):
    """The password of this account was changed; all its sessions ended."""

    topic: ClassVar[str] = "PasswordChanged"
    owner: ClassVar[Service] = "identity"


class AccountLocked(Event):
    """Five failed logins in 15 minutes on an account that may read criminal history (CJIS Security Policy AC-7)."""

    topic: ClassVar[str] = "AccountLocked"
    owner: ClassVar[Service] = "identity"


class AccountClosed(Event):
    """This account can no longer sign in; `kept_account_id` is the person's other account."""

    topic: ClassVar[str] = "AccountClosed"
    owner: ClassVar[Service] = "identity"

    kept_account_id: UUID


class AccessGranted(Event):
    """This account may use an application in a role."""

    topic: ClassVar[str] = "AccessGranted"
    owner: ClassVar[Service] = "identity"

    application: Literal["ecs"]
    role: Role
    institution: Annotated[str | None, Field(max_length=100)] = None


class AccessRefused(Event):
    """An administrator refused a role that this account asked for. Sealed: `reason`, written for the person."""

    topic: ClassVar[str] = "AccessRefused"
    owner: ClassVar[Service] = "identity"
    personal: ClassVar[bool] = True

    application: Literal["ecs"]
    role: Role
    institution: Annotated[str | None, Field(max_length=100)] = None
    sealed: Sealed


class AccessRevoked(Event):
    """This account may no longer use an application in a role."""

    topic: ClassVar[str] = "AccessRevoked"
    owner: ClassVar[Service] = "identity"

    application: Literal["ecs"]
    role: Role
    institution: Annotated[str | None, Field(max_length=100)] = None
    with_account: Annotated[bool, Field(description="Whether the account ended, which has a letter of its own.")] = (
        False
    )


# --- educator: subject is the Educator ID, for cases the account that opened it -------------------------------------


class EducatorIdentified(Event):
    """An account is linked to an educator's record. Said again when the record moves to another account."""

    topic: ClassVar[str] = "EducatorIdentified"
    owner: ClassVar[Service] = "educator"

    account_id: UUID


class NameChanged(Event):
    """The educator's legal name, at first linking and at every change."""

    topic: ClassVar[str] = "NameChanged"
    owner: ClassVar[Service] = "educator"
    personal: ClassVar[bool] = True

    first_name: Annotated[str, Field(max_length=100)]
    middle_name: Annotated[str, Field(max_length=100)] = ""
    last_name: Annotated[str, Field(max_length=100)]
    former_last_names: tuple[Annotated[str, Field(max_length=100)], ...] = ()


class ContactChanged(Event):
    """The confirmed address to which all letters about the educator go, at first linking and at every change."""

    topic: ClassVar[str] = "ContactChanged"
    owner: ClassVar[Service] = "educator"
    personal: ClassVar[bool] = True

    email: Annotated[str, Field(max_length=254)]
    language: Language


class ContactConfirmationRequested(Event):
    """A new contact address waits to be confirmed. Sealed: `email`, `link`."""

    topic: ClassVar[str] = "ContactConfirmationRequested"
    owner: ClassVar[Service] = "educator"
    personal: ClassVar[bool] = True

    language: Language
    expires_at: AwareDatetime
    sealed: Sealed


class IdentityCaseOpened(Event):
    """Linking this account to a record needs a person's decision. Both accounts are written to.

    `holder_account_id` is the account that holds the record, if any. A wrong birth date for a known SSN and a second
    account with the same SSN are the same kind, so the fact tells nobody which it was.
    """

    topic: ClassVar[str] = "IdentityCaseOpened"
    owner: ClassVar[Service] = "educator"

    case_id: UUID
    kind: Literal["number_in_use", "no_number"]
    holder_account_id: UUID | None = None


class IdentityDocumentsRequested(Event):
    """Staff asked this account's person for documents in an identity case. Sealed: `reason`, written for the person."""

    topic: ClassVar[str] = "IdentityDocumentsRequested"
    owner: ClassVar[Service] = "educator"
    personal: ClassVar[bool] = True

    case_id: UUID
    sealed: Sealed


class IdentityCaseClosed(Event):
    """An identity case of this account ended.

    same_person: this account is closed, `holder_account_id` keeps the record. record_moved: this account has the record
    now, `holder_account_id` has it no more. person_made: this account got a record of its own.
    """

    topic: ClassVar[str] = "IdentityCaseClosed"
    owner: ClassVar[Service] = "educator"

    case_id: UUID
    outcome: Literal["same_person", "record_moved", "person_made"]
    holder_account_id: UUID | None = None


# --- fingerprint: subject is the Educator ID ------------------------------------------------------------------------


class ResultReceived(Event):
    """A bureau's answer for this educator was read, whatever it says."""

    topic: ClassVar[str] = "ResultReceived"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[str, Field(pattern=r"^\d{4}$")]
    bureau: Bureau


class ReprintRequested(Event):
    """The prints could not be read; the educator must be printed again, free of charge."""

    topic: ClassVar[str] = "ReprintRequested"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[str, Field(pattern=r"^\d{4}$")]
    bureau: Bureau


class PrintsRejectedTwice(Event):
    """A bureau could not read two sets of prints; the department asks it for a check by name, the educator waits."""

    topic: ClassVar[str] = "PrintsRejectedTwice"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[str, Field(pattern=r"^\d{4}$")]
    bureau: Bureau


class FingerprintCleared(Event):
    """State and FBI answers leave the educator free to be certified for this purpose."""

    topic: ClassVar[str] = "FingerprintCleared"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[
        str, Field(pattern=r"^\d{4}$", description="2301 practicum or substitute, 2300 initial certificate.")
    ]
    cleared_on: date
    valid_until: Annotated[date, Field(description="The last valid day.")]


class ClearanceExpiring(Event):
    """A clearance comes to its last day. Said twice, some weeks apart, never on the same day."""

    topic: ClassVar[str] = "ClearanceExpiring"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[str, Field(pattern=r"^\d{4}$")]
    valid_until: Annotated[date, Field(description="The last valid day.")]
    days_left: Annotated[int, Field(ge=0, description="Until the last valid day, when this was said.")]


class ClearanceEnded(Event):
    """A clearance said before holds no longer: its time is over, or it was withdrawn. Says nothing more of why."""

    topic: ClassVar[str] = "ClearanceEnded"
    owner: ClassVar[Service] = "fingerprint"

    purpose: Annotated[str, Field(pattern=r"^\d{4}$")]
    ended_on: Annotated[date, Field(description="The first day on which it holds no longer.")]
    reason: Annotated[
        Literal["expired", "withdrawn"], Field(description="`expired` the day after its last valid day.")
    ] = "withdrawn"


# --- certificate: subject is the Educator ID ------------------------------------------------------------------------

Classification = Annotated[str, Field(max_length=100, description="The certificate's title, as the policy names it.")]
Number = Annotated[str, Field(max_length=20, description="The application number that people are told.")]
Wanting = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...],
    Field(description="What is still missing from the educator or the institution: titles, as the policy names them."),
]


class ApplicationReceived(Event):
    """An application was signed and submitted, to the department or to an institution."""

    topic: ClassVar[str] = "ApplicationReceived"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification
    due_on: Annotated[date, Field(description="The last day on which everything that is still missing may come.")]
    institution: Annotated[str | None, Field(max_length=100)] = None
    wanting: Wanting = ()


class RecommendationRequested(Event):
    """An application was sent to an institution, which recommends or returns it. Its officials are written to."""

    topic: ClassVar[str] = "RecommendationRequested"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification
    institution: Annotated[str, Field(max_length=100)]


class ApplicationRecommended(Event):
    """The institution recommended the educator; the department acts next."""

    topic: ClassVar[str] = "ApplicationRecommended"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification
    institution: Annotated[str, Field(max_length=100)]


class RecommendationTakenBack(Event):
    """The institution took its recommendation back, and has the application again. Sealed: `reason`, for the person."""

    topic: ClassVar[str] = "RecommendationTakenBack"
    owner: ClassVar[Service] = "certificate"
    personal: ClassVar[bool] = True

    application_id: UUID
    number: Number
    classification: Classification
    institution: Annotated[str, Field(max_length=100)]
    sealed: Sealed


class ApplicationReturned(Event):
    """The institution sent the application back to the educator. Sealed: `reason`, written for the person."""

    topic: ClassVar[str] = "ApplicationReturned"
    owner: ClassVar[Service] = "certificate"
    personal: ClassVar[bool] = True

    application_id: UUID
    number: Number
    classification: Classification
    institution: Annotated[str, Field(max_length=100)]
    sealed: Sealed


class RequirementRecorded(Event):
    """Staff recorded what an application needs: a document seen or not accepted, the fee, a review.

    Sealed, with a document that was not accepted and with money that went back: `reason`, written for the person.
    """

    topic: ClassVar[str] = "RequirementRecorded"
    owner: ClassVar[Service] = "certificate"
    personal: ClassVar[bool] = True

    application_id: UUID
    number: Number
    classification: Classification
    requirement: Annotated[str, Field(max_length=200, description="The requirement's title, as the policy names it.")]
    outcome: Literal["seen", "not_accepted", "received", "reviewed"]
    dollars: Annotated[
        int | None, Field(description="Of a fee: how much came, in US dollars; below zero, how much went back.")
    ] = None
    areas: Annotated[
        tuple[str, ...],
        Field(description="Of a document that is wanted for each content area: for which, as the policy names them."),
    ] = ()
    sealed: Sealed | None = None


class InformationRequested(Event):
    """Staff asked the educator a question about an application. Sealed: `reason`, the question."""

    topic: ClassVar[str] = "InformationRequested"
    owner: ClassVar[Service] = "certificate"
    personal: ClassVar[bool] = True

    application_id: UUID
    number: Number
    classification: Classification
    sealed: Sealed


class InformationReceived(Event):
    """The educator answered the question; the department acts next."""

    topic: ClassVar[str] = "InformationReceived"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification


class ApplicationReminded(Event):
    """Something is still missing, and the last day comes near."""

    topic: ClassVar[str] = "ApplicationReminded"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification
    due_on: Annotated[date, Field(description="The last day on which what is missing may come.")]
    wanting: Wanting = ()


class ApplicationClosed(Event):
    """An application ended without a certificate: withdrawn by the educator, or incomplete after its last day."""

    topic: ClassVar[str] = "ApplicationClosed"
    owner: ClassVar[Service] = "certificate"

    application_id: UUID
    number: Number
    classification: Classification
    outcome: Literal["withdrawn", "incomplete"]
    wanting: Wanting = ()


class DraftExpiring(Event):
    """An application was begun and not submitted; after `drop_on` what was typed is deleted."""

    topic: ClassVar[str] = "DraftExpiring"
    owner: ClassVar[Service] = "certificate"

    classification: Classification
    drop_on: Annotated[date, Field(description="The last day on which the draft is there.")]


class DraftDropped(Event):
    """An application that was begun and not submitted was deleted."""

    topic: ClassVar[str] = "DraftDropped"
    owner: ClassVar[Service] = "certificate"

    classification: Classification


class CertificateIssued(Event):
    """A certificate was issued."""

    topic: ClassVar[str] = "CertificateIssued"
    owner: ClassVar[Service] = "certificate"

    certificate_id: UUID
    classification: Annotated[str, Field(max_length=100)]
    effective_on: date
    expires_on: Annotated[date | None, Field(description="The last valid day.")]
    number: Annotated[str | None, Field(max_length=20, description="The application number it ends.")] = None
    areas: Annotated[
        tuple[str, ...], Field(description="Content areas with their grades, as the policy names them.")
    ] = ()


EVENTS: tuple[type[Event], ...] = tuple(Event.__subclasses__())
BY_TOPIC: dict[str, type[Event]] = {event.topic: event for event in EVENTS}
