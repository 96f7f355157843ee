"""What a service is told from outside: environment variables that begin with `ECS_`.

A service's `settings.py` adds its own: `class Settings(ServiceSettings): service: ClassVar[str] = "identity"`. What is
missing or unreadable stops the start with one sentence that names the variable, never its value.
"""

import os
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX: Final = "ECS_"


class SettingRefused(SystemExit):
    """The environment lacks something, or holds something unreadable; the text is the sentence to print."""


class _OfThisService(PydanticBaseSettingsSource):
    """`ECS_POSTGRES_<SERVICE>`, which belongs to one service, and `ECS_URL_<SERVICE>`, one of each."""

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if url := os.environ.get(variable_of("postgres", self.settings_cls)):
            found["postgres"] = url
        prefix = f"{PREFIX}URL_"
        found["urls"] = {
            name.removeprefix(prefix).lower(): url.rstrip("/")
            for name, url in os.environ.items()
            if name.startswith(prefix)
        }
        return found

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Unused: all values are given at once."""
        return None, field_name, False


class ServiceSettings(BaseSettings):
    """What every service needs. Frozen: read once, at start."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    service: ClassVar[str]

    postgres: str = Field(description="URL of this service's own database.")
    kafka: str = Field(description="Bootstrap servers, host:port, comma between.")
    redis: str = Field(description="URL of Redis or Valkey.")
    smtp: str = Field(default="", description="URL of the mail server; only notifier needs it.")
    demo: bool = Field(default=False, description="A demonstration: invented people, the Mailroom, no second factor.")
    origin: str = Field(default="http://localhost:8080", description="The one origin that browsers see.")
    port: int = Field(default=8080, description="The port of that origin on this machine; it names the cookie.")
    home: Path = Field(default=Path("var"), description="Where everything that is written at run time lies.")
    keys: Path | None = Field(default=None, description="Folder of secret keys; `keys` under the home if not given.")
    log: Path | None = Field(default=None, description="Folder for <service>.log; standard error if not given.")
    urls: dict[str, str] = Field(default_factory=dict, description="Where each service answers internally.")

    def __init__(self, **given: Any) -> None:
        """Read the environment; `given` wins over it.

        Raises:
            SettingRefused: something is missing or unreadable.
        """
        try:
            super().__init__(**given)
        except ValidationError as refused:
            names = sorted({variable_of(str(error["loc"][0]), type(self)) for error in refused.errors()})
            missing = all(error["type"] == "missing" for error in refused.errors())
            what = "is not set" if missing else "is missing or cannot be read"
            raise SettingRefused(
                f"The {type(self).service} service cannot start: {', '.join(names)} {what}."
                " Set it in the environment and start again."
            ) from None

    @property
    def key_folder(self) -> Path:
        """Where the service's secret keys lie."""
        return self.keys or self.home / "keys"

    def url(self, service: str) -> str:
        """Where another service answers internally.

        Raises:
            SettingRefused: the environment does not say.
        """
        try:
            return self.urls[service]
        except KeyError:
            raise SettingRefused(
                f"The {self.service} service cannot reach {service}: {PREFIX}URL_{service.upper()} is not set."
                " Set it to the address where that service answers and start again."
            ) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller gives, then this service's own variables, then the shared ones."""
        return init_settings, _OfThisService(settings_cls), env_settings


def variable_of(field: str, settings: type[BaseSettings]) -> str:
    """The environment variable that a field is read from."""
    if field == "postgres":
        return f"{PREFIX}POSTGRES_{settings.service.upper()}"  # type: ignore[attr-defined]
    return f"{PREFIX}{field.upper()}"
