"""The people and facts of notifier's tests."""

from datetime import date
from typing import Any
from uuid import UUID

from shared import events
from shared.events import Bureau, Event, Role
from tests.notifier.conftest import House, numbered, soon

ROBIN = UUID("11111111-1111-4111-8111-111111111111")
KIM = UUID("22222222-2222-4222-8222-222222222222")
ID = "04172298"
CASE = UUID("33333333-3333-4333-8333-333333333333")
WANTING = ("A bachelor's degree", "The fee")
ABOUT: dict[str, Any] = {
    "application_id": UUID("44444444-4444-4444-8444-444444444444"),
    "number": "A100001",
    "classification": "Initial Professional",
}
ROBINS_LINK = "http://localhost:8080/reset/" + "t" * 43


def registered(account: UUID = ROBIN, sequence: int = 1, **changes: str) -> Any:
    who = {ROBIN: ("robin.example", "Robin", "Example"), KIM: ("kim.other", "Kim", "Other")}[account]
    said = {
        "username": who[0],
        "first_name": who[1],
        "last_name": who[2],
        "email": f"{who[0]}@example.edu",
        "language": "en",
    } | changes
    return numbered(events.UserRegistered.now(account, **said), sequence)


def identified(account: UUID = ROBIN, sequence: int = 1) -> Any:
    return numbered(events.EducatorIdentified.now(ID, account_id=account), sequence)


def named(sequence: int = 2, first: str = "Robin", last: str = "Example") -> Any:
    return numbered(events.NameChanged.now(ID, first_name=first, last_name=last), sequence)


def contact(email: str = "robin@home.example", sequence: int = 3) -> Any:
    return numbered(events.ContactChanged.now(ID, email=email, language="en"), sequence)


def known() -> list[Event]:
    """All that says to whom letters go."""
    return [registered(), registered(KIM), identified(), named(), contact()]


def every_fact(house: House) -> list[Event]:
    """One of every fact that has a letter."""
    ecs: dict[str, Any] = {"application": "ecs"}
    account = [
        events.EmailConfirmationRequested.now(
            KIM,
            language="en",
            expires_at=soon(),
            sealed=house.sealed(
                email="new@example.edu",
                first_name="Nova",
                username="nova",
                link="http://localhost:8080/register/confirm/x",
            ),
        ),
        events.RegistrationRepeated.now(ROBIN),
        events.UsernameReminderRequested.now(ROBIN),
        events.PasswordResetRequested.now(ROBIN, expires_at=soon(), sealed=house.sealed(link=ROBINS_LINK)),
        events.PasswordChanged.now(ROBIN),
        events.AccountLocked.now(ROBIN),
        events.AccessGranted.now(ROBIN, role=Role.EDUCATOR, **ecs),
        events.AccessGranted.now(ROBIN, role=Role.PROGRAM, institution="MIZZOU", **ecs),
        events.AccessRevoked.now(ROBIN, role=Role.PROGRAM, institution="MIZZOU", **ecs),
        events.AccessRefused.now(ROBIN, role=Role.ANALYST, sealed=house.sealed(reason="You work elsewhere."), **ecs),
    ]
    cases = [
        events.IdentityCaseOpened.now(KIM, case_id=CASE, kind="number_in_use", holder_account_id=ROBIN),
        events.IdentityCaseOpened.now(KIM, case_id=CASE, kind="no_number"),
        events.IdentityDocumentsRequested.now(KIM, case_id=CASE, sealed=house.sealed(reason="Bring a passport.")),
        *(
            events.IdentityCaseClosed.now(KIM, case_id=CASE, outcome=outcome, holder_account_id=ROBIN)
            for outcome in ("same_person", "record_moved", "person_made")
        ),
    ]
    educator = [
        events.ContactConfirmationRequested.now(
            ID,
            language="en",
            expires_at=soon(),
            sealed=house.sealed(email="next@home.example", link="http://localhost:8080/ecs/contact/confirm/x"),
        ),
        events.ResultReceived.now(ID, purpose="2301", bureau=Bureau.FBI),
        events.ResultReceived.now(ID, purpose="2301", bureau=Bureau.STATE),
        events.ReprintRequested.now(ID, purpose="2301", bureau=Bureau.FBI),
        events.FingerprintCleared.now(ID, purpose="2301", cleared_on=date(2025, 8, 4), valid_until=date(2026, 8, 4)),
        events.PrintsRejectedTwice.now(ID, purpose="2301", bureau=Bureau.FBI),
        events.ClearanceExpiring.now(ID, purpose="2301", valid_until=date(2026, 8, 4), days_left=60),
        events.ClearanceEnded.now(ID, purpose="2301", ended_on=date(2025, 8, 5)),
        events.ClearanceEnded.now(ID, purpose="2301", ended_on=date(2026, 8, 5), reason="expired"),
    ]
    facts = [*account, *cases, *educator, *application_facts(house)]
    return [numbered(fact, place) for place, fact in enumerate(facts, start=10)]


def requested(**changes: Any) -> Any:
    """An institution is asked to recommend Robin."""
    return events.RecommendationRequested.now(ID, **ABOUT, **{"institution": "river-bend"} | changes)


def official(account: UUID = KIM, sequence: int = 2, institution: str = "river-bend", *, acts: bool = True) -> Any:
    """An account acts for an institution from now on, or no more."""
    kind = events.AccessGranted if acts else events.AccessRevoked
    return numbered(kind.now(account, application="ecs", role=Role.PROGRAM, institution=institution), sequence)


def application_facts(house: House) -> list[Event]:
    """One of every fact about applications and certificates, and of every outcome."""
    due = date(2026, 11, 1)
    to = {"institution": "river-bend"}
    acting = events.AccessGranted.now(KIM, application="ecs", role=Role.PROGRAM, institution="river-bend")
    return [
        acting,
        events.ApplicationReceived.now(ID, **ABOUT, due_on=due, wanting=WANTING),
        events.ApplicationReceived.now(ID, **ABOUT, due_on=due, **to),
        requested(),
        events.ApplicationRecommended.now(ID, **ABOUT, **to),
        events.RecommendationTakenBack.now(ID, **ABOUT, **to, sealed=house.sealed(reason="It was another student.")),
        events.ApplicationReturned.now(ID, **ABOUT, **to, sealed=house.sealed(reason="Name your minor, please.")),
        *(
            events.RequirementRecorded.now(
                ID,
                **ABOUT,
                requirement="A bachelor's degree",
                outcome=outcome,
                areas=("Physics, grades 9 to 12",) if outcome == "seen" else (),
                sealed=house.sealed(reason="The seal is missing.") if outcome == "not_accepted" else None,
            )
            for outcome in ("seen", "not_accepted", "received", "reviewed")
        ),
        events.RequirementRecorded.now(
            ID,
            **ABOUT,
            requirement="The fee",
            outcome="not_accepted",
            dollars=-20,
            sealed=house.sealed(reason="The check was not honoured."),
        ),
        events.InformationRequested.now(ID, **ABOUT, sealed=house.sealed(reason="Which college was it?")),
        events.InformationReceived.now(ID, **ABOUT),
        events.ApplicationReminded.now(ID, **ABOUT, due_on=due, wanting=WANTING),
        events.ApplicationClosed.now(ID, **ABOUT, outcome="withdrawn"),
        events.ApplicationClosed.now(ID, **ABOUT, outcome="incomplete", wanting=WANTING),
        events.DraftExpiring.now(ID, classification="Initial Professional", drop_on=due),
        events.DraftDropped.now(ID, classification="Initial Professional"),
        events.CertificateIssued.now(
            ID,
            certificate_id=CASE,
            classification="Initial Professional",
            effective_on=date(2026, 8, 3),
            expires_on=date(2030, 8, 3),
            number="A100001",
            areas=("Mathematics, grades 9 to 12", "Physics, grades 9 to 12"),
        ),
    ]
