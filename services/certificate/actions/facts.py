"""What others hear of what happened to an application: each that its educator can see has a fact, and so a letter."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.certificate.actions.cases import Found, shown
from services.certificate.rules.case import Deed, Entry
from services.certificate.rules.classes import CertificateClass
from shared import events
from shared.events import Event
from shared.keys import Keys
from shared.sealed import seal
from shared.text import Text, text

_ANSWER: Final[Text] = text("The answer to our question")


def told(keys: Keys, found: Found, kind: CertificateClass, entry: Entry) -> Iterable[Event]:
    """What others hear of an entry of this application; `keys` seal what only the educator may read."""
    row, at, kept = found.row, found.standing, entry.details
    institution = found.case.submission.institution
    about = {"application_id": row.id, "number": shown(row.number), "classification": kind.title}

    def fact(event: type[Event], **more: Any) -> Event:
        return event.now(row.educator_id, **about, **more)

    def wanting() -> tuple[str, ...]:
        answer = [_ANSWER] if found.case.question else []
        return tuple(str(title) for title in (*answer, *(one.title for one in at.requirements if one.closes)))

    def sealed(reason: str) -> str:
        return seal(keys, {"reason": reason})

    match entry.deed:
        case Deed.RECEIVED:
            yield fact(events.ApplicationReceived, due_on=at.due_on, institution=institution, wanting=wanting())
            if kind.to_institution:
                yield fact(events.RecommendationRequested, institution=institution)
        case Deed.RESUBMITTED:
            yield fact(events.RecommendationRequested, institution=institution)
        case Deed.RECOMMENDED:
            yield fact(events.ApplicationRecommended, institution=institution)
        case Deed.TAKEN_BACK:
            yield fact(events.RecommendationTakenBack, institution=institution, sealed=sealed(kept["reason"]))
        case Deed.RETURNED:
            yield fact(events.ApplicationReturned, institution=institution, sealed=sealed(kept["reason"]))
        case Deed.DOCUMENT:
            need = next(one for one in kind.needs if one.code == kept["requirement"])
            refused = kept["outcome"] == "not_accepted"
            yield fact(
                events.RequirementRecorded,
                requirement=need.rule.title,
                areas=tuple(need.areas.get(one, one) for one in kept.get("areas", ()) if need.rule.for_areas),
                outcome=kept["outcome"],
                sealed=sealed(kept["reason"]) if refused else None,
            )
        case Deed.PAID:
            title = next(one.rule.title for one in kind.needs if one.rule.dollars)
            came = kept["dollars"] > 0
            yield fact(
                events.RequirementRecorded,
                requirement=title,
                outcome="received" if came else "not_accepted",
                dollars=kept["dollars"],
                sealed=None if came else sealed(kept["basis"]),
            )
        case Deed.REVIEWED:
            title = next(one.rule.title for one in kind.needs if one.rule.kind == "conduct")
            yield fact(events.RequirementRecorded, requirement=title, outcome="reviewed")
        case Deed.ASKED:
            yield fact(events.InformationRequested, sealed=sealed(kept["words"]))
        case Deed.ANSWERED:
            yield fact(events.InformationReceived)
        case Deed.REMINDED:
            yield fact(events.ApplicationReminded, due_on=at.due_on, wanting=wanting())
        case Deed.WITHDRAWN:
            yield fact(events.ApplicationClosed, outcome="withdrawn")
        case Deed.CLOSED:
            yield fact(events.ApplicationClosed, outcome="incomplete", wanting=wanting())
        case Deed.ISSUED:
            yield events.CertificateIssued.now(
                row.educator_id,
                certificate_id=UUID(kept["certificate_id"]),
                classification=kind.title,
                effective_on=date.fromisoformat(kept["effective_on"]),
                expires_on=date.fromisoformat(kept["expires_on"]),
                number=shown(row.number),
                areas=tuple(kept["areas"]),
            )
