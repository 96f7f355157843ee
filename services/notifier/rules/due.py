"""Which letters a fact makes due, and to whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from shared import events
from shared.events import Event

# Ids of letters lie under this one. Never change it: a fact heard again would make its letters again.
_LETTERS: Final = UUID("6b1f3f0e-4f5c-5b7a-9a55-0d9a3c2f7e11")


@dataclass(frozen=True)
class Due:
    """A letter to be written."""

    fact: UUID
    kind: str
    occurred_at: datetime
    account_id: UUID | None = None
    educator_id: str | None = None
    other_account_id: UUID | None = None
    address: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    sealed: str | None = None
    expires_at: datetime | None = None
    language: str | None = None
    mark: str = ""  # tells apart letters of one kind that one fact makes due to one recipient

    @property
    def id(self) -> UUID:
        """The same for the same fact, kind and recipient, whenever and however often it is asked for."""
        recipient = self.educator_id or self.account_id or self.fact
        return uuid5(_LETTERS, f"{self.fact} {self.kind} {recipient} {self.mark}")


_OF_ACCOUNTS: Final[dict[type[Event], str]] = {
    events.RegistrationRepeated: "account_exists",
    events.UsernameReminderRequested: "username_reminder",
    events.PasswordResetRequested: "password_reset",
    events.PasswordChanged: "password_changed",
    events.AccountLocked: "account_locked",
    events.AccessGranted: "access_granted",
    events.AccessRefused: "access_refused",
    events.IdentityDocumentsRequested: "documents_requested",
}
_OF_EDUCATORS: Final[dict[type[Event], str]] = {
    events.ContactConfirmationRequested: "contact_confirm",
    events.ResultReceived: "result_received",
    events.ReprintRequested: "reprint",
    events.PrintsRejectedTwice: "prints_rejected_twice",
    events.FingerprintCleared: "cleared",
    events.ClearanceExpiring: "clearance_expiring",
    events.ApplicationReceived: "application_received",
    events.RecommendationRequested: "recommendation_requested",
    events.ApplicationRecommended: "application_recommended",
    events.RecommendationTakenBack: "recommendation_taken_back",
    events.ApplicationReturned: "application_returned",
    events.InformationRequested: "information_requested",
    events.InformationReceived: "information_received",
    events.ApplicationReminded: "application_reminded",
    events.DraftExpiring: "draft_expiring",
    events.DraftDropped: "draft_dropped",
    events.CertificateIssued: "certificate_issued",
}
_DETAILS: Final = (
    "role",
    "institution",
    "purpose",
    "bureau",
    "cleared_on",
    "valid_until",
    "days_left",
    "ended_on",
    "application_id",
    "number",
    "classification",
    "requirement",
    "dollars",
    "wanting",
    "due_on",
    "drop_on",
    "areas",
    "effective_on",
    "expires_on",
)


def letters(fact: Event) -> Iterator[Due]:
    """The letters that this fact makes due."""
    if isinstance(fact, events.EmailConfirmationRequested):
        yield Due(
            fact.event_id,
            "confirm_email",
            fact.occurred_at,
            sealed=fact.sealed,
            expires_at=fact.expires_at,
            language=fact.language,
        )
    elif isinstance(fact, events.IdentityCaseOpened):
        yield from _case(fact, fact.holder_account_id, "case_opened", {"case_kind": fact.kind})
    elif isinstance(fact, events.IdentityCaseClosed):
        yield from _case(fact, fact.holder_account_id, f"case_{fact.outcome}", {})
    elif isinstance(fact, events.AccessRevoked):
        if not fact.with_account:
            yield _plain(fact, "access_revoked", account_id=UUID(fact.subject_id))
    elif isinstance(fact, events.RequirementRecorded):
        back = fact.dollars is not None and fact.dollars < 0
        yield _plain(fact, "payment_went_back" if back else f"requirement_{fact.outcome}", educator_id=fact.subject_id)
    elif isinstance(fact, events.ClearanceEnded):
        over = fact.reason == "expired"
        yield _plain(fact, "clearance_expired" if over else "clearance_ended", educator_id=fact.subject_id)
    elif isinstance(fact, events.ApplicationClosed):
        yield _plain(fact, f"application_{fact.outcome}", educator_id=fact.subject_id)
    elif kind := _OF_ACCOUNTS.get(type(fact)):
        yield _plain(fact, kind, account_id=UUID(fact.subject_id))
    elif kind := _OF_EDUCATORS.get(type(fact)):
        yield _plain(fact, kind, educator_id=fact.subject_id)


def to_official(request: UUID, occurred_at: datetime, details: Mapping[str, str], official: UUID) -> Due:
    """The letter to an official of the institution whose recommendation this fact asks for."""
    return Due(request, "recommendation_requested_official", occurred_at, account_id=official, details=details)


def _case(fact: Event, holder: UUID | None, kind: str, details: Mapping[str, str]) -> Iterator[Due]:
    asking = UUID(fact.subject_id)
    # Only the closed account is told a name that is not its own: the username that stays.
    other = holder if kind == "case_same_person" else None
    yield Due(fact.event_id, kind, fact.occurred_at, account_id=asking, other_account_id=other, details=details)
    if holder is not None and holder != asking:
        yield Due(fact.event_id, f"{kind}_holder", fact.occurred_at, account_id=holder)


def _plain(fact: Event, kind: str, *, account_id: UUID | None = None, educator_id: str | None = None) -> Due:
    said = fact.model_dump(mode="json")
    return Due(
        fact.event_id,
        kind,
        fact.occurred_at,
        account_id=account_id,
        educator_id=educator_id,
        details={name: said[name] for name in _DETAILS if said.get(name) is not None},
        sealed=said.get("sealed"),
        expires_at=getattr(fact, "expires_at", None),
        language=said.get("language"),
    )
