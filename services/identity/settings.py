"""identity's environment: nothing of its own so far."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What identity is told from outside."""

    service: ClassVar[str] = "identity"
