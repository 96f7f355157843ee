"""Our own programs: a service, the gateway, and steps that run to their end."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from deploy.local.forking import Nursery
from deploy.local.places import ROOT
from deploy.local.process import Failed, Part, Running


def get(port: int, path: str, seconds: float = 5) -> tuple[int, bytes]:
    """The status and body of a page of this machine; status 0 if nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


class ServiceProgram(Part):
    """One of the five services, in a process of its own."""

    patience = 60

    def __init__(
        self, home: Path, port: int, name: str, told: Callable[[str], dict[str, str]], nursery: Nursery
    ) -> None:
        super().__init__(home, port)
        self.name = name  # type: ignore[misc]
        self._told = told
        self._nursery = nursery

    def begin(self, log: IO[bytes]) -> Running:
        """uvicorn with the service's app; behind the gateway, whose word on the client's address counts."""
        command = [
            *("uvicorn", f"services.{self.name}.main:app"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--no-access-log", "--no-server-header"),
            *("--loop", "uvloop", "--http", "httptools", "--ws", "none"),
            *("--timeout-graceful-shutdown", "10", "--timeout-keep-alive", "60"),
            *("--proxy-headers", "--forwarded-allow-ips", "127.0.0.1"),
        ]
        return self._nursery.fork(command, self._told(self.name), out=log.fileno(), errors=log.fileno())

    def answers(self) -> bool:
        """Whether it and its database answer."""
        return get(self.port, "/health/ready")[0] == 200

    @property
    def log(self) -> Path:
        """What it says beside its own log: only why it could not start."""
        return self.home / "log" / f"{self.name}.err"

    def prepare(self) -> None:
        """Old words are not this start's."""
        self.log.unlink(missing_ok=True)

    def last_words(self) -> str:
        """What it said last, or the last error in its own log."""
        said = [line for line in _lines(self.log) if line.strip()]
        if said:
            return f"{said[-1][:300]} (more in {self.log})"
        own = self.log.with_suffix(".log")
        for line in reversed(_lines(own)):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("level") in {"error", "critical"}:
                kind = entry.get("exception", {}).get("type", "")
                return f"{entry['message']} {kind} (more in {own})".replace("  ", " ")
        return f"it said nothing (its log is {own})"


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


class Gateway(Part):
    """Caddy, the one origin that browsers see."""

    name = "gateway"

    def __init__(self, home: Path, port: int, told: Callable[[], dict[str, str]]) -> None:
        super().__init__(home, port)
        self._told = told

    def command(self) -> Sequence[str | Path]:
        """The one map of routes."""
        caddy = Path(sys.executable).with_name("caddy")
        return [caddy, "run", "--config", ROOT / "deploy" / "Caddyfile", "--adapter", "caddyfile"]

    def environment(self) -> Mapping[str, str]:
        """Addresses for the map."""
        return {**self._told(), "GOMEMLIMIT": "64MiB"}

    def what_is_wrong(self) -> str:
        """Empty when the whole system is ready; else which parts are not."""
        status, body = get(self.port, "/health/ready", 15)
        if status == 200:
            return ""
        try:
            parts = json.loads(body)["parts"]
        except (ValueError, KeyError, TypeError):
            return "the gateway does not answer"
        return ", ".join(f"{name} {state}" for name, state in parts.items() if state != "ok")


class Step:
    """One of our programs that runs to its end."""

    def __init__(self, nursery: Nursery, name: str, module: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._nursery = nursery
        self._module = module
        self._environment = environment

    def run(self, given: str = "") -> str:
        """Run it with this on its standard input; what it printed.

        Raises:
            Failed: it failed; with its last words.
        """
        with TemporaryFile() as questions, TemporaryFile() as out, TemporaryFile() as errors:
            questions.write(given.encode())
            questions.seek(0)
            files = {"given": questions.fileno(), "out": out.fileno(), "errors": errors.fileno()}
            status = self._nursery.fork(self._module, self._environment, **files).wait()
            out.seek(0)
            errors.seek(0)
            if status:
                lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
                raise Failed(lines[-1] if lines else f"{self.name} failed and said nothing.")
            return out.read().decode()
