"""notifier's own environment."""

from email.utils import parseaddr
from typing import ClassVar

from pydantic import Field, field_validator

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The mail server, who letters come from, and how patient the sender is."""

    service: ClassVar[str] = "notifier"

    smtp: str = Field(min_length=1, description="URL of the mail server: smtp://[user:password@]host[:port], or smtps.")
    mail_from: str = Field(
        default="Educator Certification <no-reply@ecs.example>", description="Whom letters come from."
    )
    mail_first_pause: float = Field(default=30, gt=0, description="Seconds after the first 'later' of a mail server.")
    mail_longest_pause: float = Field(default=3600, gt=0, description="Seconds that the pause grows to.")
    mail_give_up_after: float = Field(
        default=3 * 86400, gt=0, description="Seconds of 'later' after which a letter counts as undeliverable."
    )

    @field_validator("smtp")
    @classmethod
    def _has_a_scheme(cls, url: str) -> str:
        if not url.startswith(("smtp://", "smtps://")):
            raise ValueError("not an smtp URL")
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, written: str) -> str:
        if "@" not in parseaddr(written)[1]:
            raise ValueError("not an address")
        return written
