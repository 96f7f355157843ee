"""The whole system on this machine: the parts, the five services, the gateway, in order, up and down."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.forking import Nursery
from deploy.local.home import Home
from deploy.local.parts import Kafka, Mailroom, Postgres, Valkey
from deploy.local.places import ROOT
from deploy.local.ports import SERVICES, Ports
from deploy.local.process import Failed, Part
from deploy.local.programs import Gateway, ServiceProgram, Step

__all__ = ["SERVICES", "System"]

LEAST_FREE: Final = 500 * 1024 * 1024  # bytes of disk
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY: Final = 60.0  # seconds after which a program that was started again counts as well


class System:
    """Everything that `make up` starts."""

    def __init__(
        self,
        home: Path,
        port: int,
        *,
        say: Callable[[str], None] = lambda sentence: None,
        given: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            home: where everything is written.
            port: the origin's.
            say: is told each step, in a sentence.
            given: the environment, ours if not given; parts of the user's own are named in it.
        """
        self.home = Home(home)
        self.ports = Ports(port)
        self.say = say
        self.given = dict(os.environ if given is None else given)
        self.demo = self.given.get("ECS_DEMO", "on").lower() in {"1", "true", "on", "yes"}
        folder = self.home.folder
        own_databases = all(f"ECS_POSTGRES_{name.upper()}" in self.given for name in SERVICES)
        self.postgres = None if own_databases else Postgres(folder, self.ports.postgres)
        own_broker = "ECS_KAFKA" in self.given
        self.kafka = None if own_broker else Kafka(folder, self.ports.kafka, self.ports.controller)
        self.valkey = None if "ECS_REDIS" in self.given else Valkey(folder, self.ports.valkey)
        own_mail = "ECS_SMTP" in self.given
        self.mailroom = None if own_mail or not self.demo else self._mailroom()
        if not own_mail and not self.demo:
            raise Failed("ECS_DEMO is off, so there is no Mailroom: set ECS_SMTP to the mail server, then start again.")
        self.nursery = Nursery(folder)
        self.services = {
            name: ServiceProgram(folder, self.ports.services[name], name, self.environment, self.nursery)
            for name in SERVICES
        }
        self.gateway = Gateway(folder, port, self.gateway_environment)
        self._databases: dict[str, str] = {}
        self._starting = ThreadPoolExecutor(8, thread_name_prefix="start")
        self._closing = threading.Event()
        self._lock = threading.RLock()

    # --- what others ask ----------------------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """What a browser opens."""
        return self.given.get("ECS_ORIGIN") or f"http://localhost:{self.ports.origin}"

    def parts(self) -> dict[str, Part]:
        """Every program, in the order in which they start; those of the user's own are not among them."""
        own: dict[str, Part | None] = {
            "postgres": self.postgres,
            "kafka": self.kafka,
            "valkey": self.valkey,
            "mailroom": self.mailroom,
            **self.services,
            "gateway": self.gateway,
        }
        return {name: part for name, part in own.items() if part is not None}

    def environment(self, service: str) -> dict[str, str]:
        """All that a service is told: what everybody is told, and its own database alone."""
        own = f"ECS_POSTGRES_{service.upper()}"
        told = {name: value for name, value in self.given.items() if not name.startswith("ECS_POSTGRES_")}
        told |= {
            "ECS_HOME": str(self.home.folder),
            "ECS_PORT": str(self.ports.origin),
            "ECS_ORIGIN": self.origin,
            "ECS_DEMO": "on" if self.demo else "off",
            "ECS_LOG": str(self.home.log),
            "ECS_KEYS": self.given.get("ECS_KEYS", str(self.home.folder / "keys")),
            "PYTHONPATH": str(ROOT),
            own: self.given.get(own) or self._database(service),
            **self._addresses(),
        }
        if self.kafka:
            told["ECS_KAFKA"] = self.kafka.bootstrap
        if self.valkey:
            told["ECS_REDIS"] = self.valkey.url
        if self.mailroom:
            told["ECS_SMTP"] = self.mailroom.url
        return told

    def gateway_environment(self) -> dict[str, str]:
        """What the Caddyfile asks for."""
        return {
            **self.given,
            **self._addresses(),
            "ECS_SITE": f"http://:{self.ports.origin}",
            "ECS_BIND": "127.0.0.1",
            "ECS_URL_MAILROOM": self.mailroom.pages if self.mailroom else "",
            "ECS_STATIC": str(ROOT / "shared" / "pages" / "static"),
            "ECS_GATEWAY": str(ROOT / "deploy" / "gateway"),
            "XDG_DATA_HOME": str(self.home.folder / "gateway"),
            "XDG_CONFIG_HOME": str(self.home.folder / "gateway"),
        }

    def everything(self) -> dict[str, str]:
        """The environment of an operator, who sees all databases."""
        told = self.environment(SERVICES[0])
        for name in SERVICES:
            told |= self.environment(name)
        return told

    # --- up and down --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and return when the whole system answers.

        Raises:
            Failed: with the sentence for the person who started it.
        """
        self._check()
        self.nursery.start()
        broker, database = self._begin(self.kafka, "Kafka"), self._begin(self.postgres, "PostgreSQL")
        mail, cache = self._begin(self.mailroom, "Mailroom"), self._begin(self.valkey, "Valkey")
        with self._step("Look of the pages"):
            self._build_look()
        database.result()
        with self._step("Databases"):
            self._prepare("keys", "databases")
        services = [self._begin(part, name.capitalize()) for name, part in self.services.items()]
        broker.result()
        with self._step("Topics"):
            self._prepare("topics")
        for started in (mail, cache, *services, self._begin(self.gateway, "Gateway")):
            started.result()
        self._await_ready()
        if self.demo and not self.home.people.exists():
            with self._step("Demonstration people"):
                self.make_people()

    def stop(self) -> None:
        """Stop everything in order: no new requests, then drained services, then what they stand on."""
        self._closing.set()
        self._starting.shutdown(wait=False, cancel_futures=True)
        with ThreadPoolExecutor(len(SERVICES)) as together:
            self.gateway.stop()
            list(together.map(lambda part: part.stop(), self.services.values()))
            last = (self.mailroom, self.kafka, self.valkey, self.postgres)
            list(together.map(lambda part: part.stop() if part else None, last))
        self.nursery.stop()
        self.home.release()

    def restart(self, name: str) -> None:
        """Stop one program in good order and start it again."""
        with self._lock:
            part = self.parts()[name]
            part.stop()
            part.start()

    def kill(self, name: str) -> None:
        """End one program at once; whoever watches starts it again."""
        self.parts()[name].kill()

    def watch(self, until: threading.Event) -> None:
        """Start again what stopped by itself, saying so, until told to end."""
        due: dict[str, float] = {}
        pauses: dict[str, float] = {}
        started: dict[str, float] = {}
        while not until.wait(0.5):
            now = time.monotonic()
            for name, part in self.parts().items():
                with self._lock:
                    if part.running:
                        continue
                    if name not in due:
                        if now - started.get(name, 0) > STEADY:
                            pauses[name] = FIRST_PAUSE
                        self.say(f"{name} stopped by itself: {part.last_words()}. It starts again.")
                        due[name] = now + pauses[name]
                        pauses[name] = min(pauses[name] * 2, LONGEST_PAUSE)
                    elif now >= due[name]:
                        del due[name]
                        started[name] = now
                        try:
                            part.forget()
                            part.start()
                            self.say(f"{name} runs again.")
                        except Failed as failed:
                            self.say(f"{name} does not start: {failed}")

    def make_people(self) -> list[dict[str, str]]:
        """Make the demonstration people who are missing, with all that they have; write `demo.json`."""
        environment = self.everything()

        def told(*arguments: str, people: str = "") -> str:
            command = ["shared.ecsctl", "demo", *arguments]
            return Step(self.nursery, f"demo {arguments[0]}", command, environment).run(people)

        # Passwords that people have written down stay as they are.
        known = ("--known", str(self.home.people)) if self.home.people.exists() else ()
        people = told("educators", people=told("people", *known))
        self.home.demo.mkdir(exist_ok=True)
        told("results", str(self.home.demo), people=people)
        told("checks", people=people)
        people = told("applications", people=people)
        self.home.people.write_text(people)
        made: list[dict[str, str]] = json.loads(people)
        return made

    # --- inside -------------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        self.home.take()
        free = shutil.disk_usage(self.home.folder).free
        if free < LEAST_FREE:
            raise Failed(
                f"The disk that holds {self.home.folder} has {free // 1024 // 1024} MB left, and this needs"
                f" {LEAST_FREE // 1024 // 1024}. Make room, or choose another place with ECS_HOME."
            )
        for part in self.parts().values():
            part.await_port()

    def _mailroom(self) -> Mailroom:
        portal = f"http://127.0.0.1:{self.ports.origin}"
        return Mailroom(self.home.folder, self.ports.smtp, self.ports.mailroom, portal=portal, origin=self.origin)

    def _database(self, service: str) -> str:
        if service not in self._databases and self.postgres is not None:
            self._databases[service] = self.postgres.database(service)
        return self._databases[service]

    def _addresses(self) -> dict[str, str]:
        return {f"ECS_URL_{name.upper()}": f"http://127.0.0.1:{port}" for name, port in self.ports.services.items()}

    def _build_look(self) -> None:
        look = Step(self.nursery, "look", ["shared.pages.build"], {**self.given, "PYTHONPATH": str(ROOT)})
        try:
            look.run()
        except Failed:  # a damaged cache is the likeliest cause, and is fetched again
            shutil.rmtree(ROOT / ".cache" / "node", ignore_errors=True)
            look.run()

    def _prepare(self, *what: str) -> None:
        Step(self.nursery, "prepare", ["deploy.prepare", *what], self.everything()).run()

    def _begin(self, part: Part | None, label: str) -> Future[None]:
        """Start it beside the others; nothing to do for a part of the user's own."""

        def started() -> None:
            if part is None:
                self.say(f"{label}: yours")
                return
            with self._step(label):
                part.start()

        return self._starting.submit(started)

    @contextmanager
    def _step(self, label: str) -> Iterator[None]:
        before = time.monotonic()
        try:
            yield
        except OSError as error:
            raise Failed(f"{label}: {error.filename or self.home.folder}: {error.strerror}. Make room there.") from None
        if self._closing.is_set():
            raise Failed("stopped while starting")
        self.say(f"{label}: {time.monotonic() - before:.1f} s")

    def _await_ready(self) -> None:
        until = time.monotonic() + 60
        while wrong := self.gateway.what_is_wrong():
            if time.monotonic() > until:
                raise Failed(f"The system does not get ready: {wrong}. The logs are in {self.home.log}.")
            time.sleep(0.1)
