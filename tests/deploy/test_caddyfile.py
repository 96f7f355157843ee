"""The one map of routes: each address reaches the service that has it, and nothing reaches the inside."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.places import ROOT
from deploy.local.programs import Gateway
from tests.access.cells import address
from tests.access.table import SERVICES, TABLE, Row
from tests.ports import free_port

INSIDE = ("/internal", "/_fragments", "/metrics", "/health")


class Named(BaseHTTPRequestHandler):
    """Says who was asked for what."""

    protocol_version = "HTTP/1.1"
    name = ""

    def answer(self) -> None:
        """Name and path as JSON, or an answer as uvicorn gives one to what it cannot read."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        odd = self.path == "/odd"
        body = b"Invalid HTTP request received." if odd else json.dumps([self.name, self.path]).encode()
        self.send_response(400 if odd else 200)
        self.send_header("Content-Type", "text/plain; charset=utf-8" if odd else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 - their names

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - their name
        """Say nothing."""


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[dict[str, str]]:
    """A server under each service's name and one for the Mailroom."""
    servers = {}
    for name in (*SERVICES, "mailroom"):
        servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), type(name, (Named,), {"name": name}))
        servers[name].daemon_threads = True
        threading.Thread(target=servers[name].serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield {name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


def running(home: Path, urls: dict[str, str]) -> Gateway:
    port = free_port()
    told = {f"ECS_URL_{name.upper()}": url for name, url in urls.items()}
    told |= {"ECS_SITE": f"http://:{port}", "ECS_BIND": "127.0.0.1", "ECS_GATEWAY": str(ROOT / "deploy" / "gateway")}
    told |= {"ECS_STATIC": str(home / "static"), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    gateway = Gateway(home, port, lambda: told)
    gateway.start()
    return gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, stand_ins: dict[str, str]) -> Iterator[str]:
    home = tmp_path_factory.mktemp("gateway")
    (home / "static").mkdir()
    (home / "static" / "ecs.0123456789.css").write_text("body {}")
    part = running(home, stand_ins)
    yield f"http://127.0.0.1:{part.port}"
    part.stop()


@pytest.mark.parametrize(
    "row", [row for row in TABLE if not row.path.startswith(INSIDE)], ids=lambda row: f"{row.method} {row.path}"
)
def test_every_route_is_reached_at_its_service(gateway: str, row: Row) -> None:
    answer = httpx.request(row.method, gateway + address(row), trust_env=False)
    assert answer.json() == [row.service, address(row)]


@pytest.mark.parametrize("path", sorted({address(row) for row in TABLE if row.path.startswith(INSIDE)}))
@pytest.mark.parametrize("before", ["", "/", "/x/..", "/./"])
def test_nothing_inside_is_reached_from_outside(gateway: str, path: str, before: str) -> None:
    answer = httpx.request("GET", gateway + before + path, trust_env=False)
    asked = answer.json()
    if (before + path) == "/health/ready":
        assert asked == ["identity", "/health/system"]
    else:
        assert asked[0] == "identity"
        assert asked[1] in {"/no-such-page", "/health/system"}


def test_what_nobody_has_is_identitys_to_answer(gateway: str) -> None:
    assert httpx.get(f"{gateway}/nothing/here", trust_env=False).json() == ["identity", "/nothing/here"]


def test_the_printed_address_is_taken_in_any_case(gateway: str) -> None:
    answer = httpx.get(f"{gateway}/WebLogin/Login.ASPX", trust_env=False)
    assert answer.json() == ["identity", "/weblogin/login.aspx"]


def test_the_mailroom_is_there_only_in_a_demonstration(gateway: str, stand_ins: dict[str, str], tmp_path: Path) -> None:
    assert httpx.get(f"{gateway}/mailroom/x", trust_env=False).json() == ["mailroom", "/mailroom/x"]
    without = running(tmp_path, {name: url for name, url in stand_ins.items() if name != "mailroom"})
    answer = httpx.get(f"http://127.0.0.1:{without.port}/mailroom/x", trust_env=False)
    assert answer.json() == ["identity", "/mailroom/x"]
    without.stop()


def test_built_files_are_kept_for_ever_and_missing_ones_have_a_page(gateway: str) -> None:
    found = httpx.get(f"{gateway}/static/ecs.0123456789.css", trust_env=False)
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = httpx.get(f"{gateway}/static/nothing.css", trust_env=False)
    assert missing.status_code == 404
    assert "There is no such page" in missing.text
    assert missing.headers["cache-control"] == "no-store"


def test_what_a_server_could_not_read_has_a_page(gateway: str) -> None:
    answer = httpx.get(f"{gateway}/odd", trust_env=False)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "server" not in answer.headers


def test_a_body_that_is_too_large_is_refused_with_a_page(gateway: str) -> None:
    answer = httpx.post(f"{gateway}/login", content=b"x" * (13 * 1024 * 1024), trust_env=False, timeout=30)
    assert answer.status_code == 413
    assert "That was too large" in answer.text
