"""From when to when a certificate is valid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.certificate.rules.classes import CertificateClass
from shared.policy import last_day


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate that an educator has; `expires_on` is its last valid day."""

    class_code: str
    effective_on: date
    expires_on: date

    def valid(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.effective_on <= on <= self.expires_on


def expires_on(kind: CertificateClass, held: Iterable[Held], effective_on: date) -> date:
    """The last valid day of a certificate issued now: so many years later, February 29 becoming 28.

    Areas added to a valid certificate of a class that says so share its expiration (5 CSR 20-400.500).
    """
    has = another(kind, held, effective_on)
    if kind.shares_expiration and has:
        return has.expires_on
    return last_day(effective_on, 12 * kind.years)


def unneeded(kind: CertificateClass, held: Iterable[Held], on: date) -> Held | None:
    """The valid certificate that makes one of this class unnecessary, where there is one."""
    return next((one for one in held if one.class_code in kind.unneeded_with and one.valid(on)), None)


def another(kind: CertificateClass, held: Iterable[Held], on: date) -> Held | None:
    """The valid certificate of this class that an educator has already, where there is one; the last to expire."""
    same = [one for one in held if one.class_code == kind.code and one.valid(on)]
    return max(same, key=lambda one: one.expires_on, default=None)
