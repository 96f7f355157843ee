"""What identity's pages work with besides the database: password hashing, the blind index, the keys."""

from dataclasses import dataclass

from starlette.requests import Request

from services.identity.passwords import Passwords
from shared.keys import KeyRing, Keys
from shared.service import Service


@dataclass(frozen=True)
class Parts:
    """Made once at start; lies in `app.state.identity`."""

    passwords: Passwords
    index: KeyRing
    keys: Keys

    @classmethod
    def of_service(cls, service: Service) -> "Parts":
        """The parts of this service; reads its keys."""
        return cls(Passwords(), service.keys.ring("index"), service.keys)


def parts(request: Request) -> Parts:
    """The parts, from a page's request."""
    found = request.app.state.identity
    assert isinstance(found, Parts)  # noqa: S101 - tells the type
    return found
