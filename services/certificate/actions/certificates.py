"""Certificates: issued with the entry that ends their application, and read."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import bindparam, insert, select

from services.certificate.actions.cases import Found
from services.certificate.rules.classes import CertificateClass, Rulebook
from services.certificate.rules.validity import Held, expires_on
from services.certificate.tables import Certificate
from shared.db import Session

_OF_EDUCATOR: Final = (
    select(Certificate)
    .where(Certificate.educator_id == bindparam("educator_id"))
    .order_by(Certificate.effective_on.desc(), Certificate.id)
)


async def of_educator(session: Session, educator_id: str) -> Sequence[Certificate]:
    """An educator's certificates, the newest first."""
    return (await session.scalars(_OF_EDUCATOR, {"educator_id": educator_id})).all()


async def held(session: Session, educator_id: str) -> tuple[Held, ...]:
    """The same as plain values."""
    return tuple(
        Held(one.class_code, one.effective_on, one.expires_on) for one in await of_educator(session, educator_id)
    )


async def issue(session: Session, book: Rulebook, found: Found, kind: CertificateClass, day: date) -> dict[str, Any]:
    """Write the certificate that ends this application; the unique key on the application lets one through.

    Returns:
        What the entry keeps of it.
    """
    titles = book.choices("areas", found.case.received.day)
    areas = [titles.get(code, code) for code in found.case.submission.areas]
    certificate_id = uuid4()
    last = expires_on(kind, await held(session, found.row.educator_id), day)
    await session.execute(
        insert(Certificate).values(
            id=certificate_id,
            application_id=found.row.id,
            educator_id=found.row.educator_id,
            class_code=kind.code,
            classification=kind.title,
            areas=areas,
            effective_on=day,
            expires_on=last,
        )
    )
    return {
        "certificate_id": str(certificate_id),
        "effective_on": day.isoformat(),
        "expires_on": last.isoformat(),
        "areas": areas,
    }
