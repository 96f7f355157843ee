"""What a service's `commands.py` gives to `ecsctl`; all of it optional.

COMMANDS: list[click.Command]         top-level commands or groups (identity: `admin`)
DEMO: dict[str, click.Command]        under `ecsctl demo`, only with ECS_DEMO on
SAY_AGAIN: NextPage                   the owner's present state as facts (`shared.say_again`)
"""

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import click

from shared.bus import Consumers
from shared.say_again import NextPage
from shared.settings import ServiceSettings


@dataclass
class Offered:
    """What one service offers."""

    service: str
    commands: list[click.Command] = field(default_factory=list)
    demo: dict[str, click.Command] = field(default_factory=dict)
    say_again: NextPage | None = None


def services() -> list[str]:
    """The services in this checkout or image."""
    package = importlib.import_module("services")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg)


def offered() -> list[Offered]:
    """What each service offers; a service without `commands.py` offers nothing."""
    return [
        Offered(
            service,
            list(getattr(module, "COMMANDS", [])),
            dict(getattr(module, "DEMO", {})),
            getattr(module, "SAY_AGAIN", None),
        )
        for service in services()
        if (module := part(service, "commands"))
    ]


def part(service: str, name: str) -> ModuleType | None:
    """A module of a service by its name; None where the service has none."""
    full = f"services.{service}.{name}"
    return importlib.import_module(full) if service in services() and importlib.util.find_spec(full) else None


def settings_of(service: str) -> ServiceSettings:
    """The service's settings, from the environment."""
    module = part(service, "settings")
    if module is None:
        raise click.ClickException(f"There is no service named {service}. There are: {', '.join(services())}.")
    settings: Any = module.Settings()
    assert isinstance(settings, ServiceSettings)  # noqa: S101 - tells the type
    return settings


def consumers_of(service: str) -> Consumers:
    """What the service hears."""
    module = part(service, "consumers")
    if module is None:
        raise click.ClickException(f"{service} hears no facts.")
    consumers: Any = module.consumers
    assert isinstance(consumers, Consumers)  # noqa: S101 - tells the type
    return consumers
