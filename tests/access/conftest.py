"""The five services' apps, in this process and with nothing behind them."""

import importlib
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from shared import logs
from shared.keys import create_all
from tests.access.table import SERVICES

NOWHERE = "127.0.0.1:9"


def routes_of(app: FastAPI) -> list[BaseRoute]:
    """Every route, also of included routers."""
    found: list[BaseRoute] = []
    below = list(app.routes)
    while below:
        route = below.pop(0)
        inner = getattr(route, "original_router", None)
        if inner is None:
            found.append(route)
        else:
            below += inner.routes
    return found


@pytest.fixture(scope="session")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FastAPI]:
    """The apps by service, as `services.<name>.main` builds them."""
    home: Path = tmp_path_factory.mktemp("access")
    create_all(home / "keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)  # the log of this process is pytest's
        patch.setenv("ECS_HOME", str(home))
        patch.setenv("ECS_KAFKA", NOWHERE)
        patch.setenv("ECS_REDIS", f"redis://{NOWHERE}")
        patch.setenv("ECS_SMTP", f"smtp://{NOWHERE}")
        patch.setenv("ECS_DEMO", "on")
        for service in SERVICES:
            patch.setenv(f"ECS_POSTGRES_{service.upper()}", f"postgresql://{service}:x@{NOWHERE}/{service}")
            patch.setenv(f"ECS_URL_{service.upper()}", f"http://{NOWHERE}")
        # set only while they are built: other tests ask what happens where the environment is empty
        return {service: importlib.import_module(f"services.{service}.main").app for service in SERVICES}
