"""Educator's own environment."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing more than every service needs."""

    service: ClassVar[str] = "educator"
