"""Kafka's own jars, each checked against `kafka.lock.toml`, kept in `.cache/` of the checkout.

`make lock` writes the lock anew after the version below was changed.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final

from deploy.local.process import Failed

COORDINATES: Final = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
LOCK: Final = Path(__file__).with_name("kafka.lock.toml")
CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "kafka"


@dataclass(frozen=True)
class Jar:
    """One jar that the lock names."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies once fetched: a Maven repository's layout."""
        name = f"{self.artifact}-{self.version}.jar"
        return CACHE.joinpath(*self.group.split("."), self.artifact, self.version, name)

    def is_whole(self) -> bool:
        """Whether it is here, byte for byte what the lock names."""
        try:
            with self.path.open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False

    def fetch(self) -> None:
        """Bring it here.

        Raises:
            Failed: nobody has it, or what came is something else.
        """
        import requests
        from jgo.maven import MavenContext

        self.path.unlink(missing_ok=True)  # cut short or damaged
        project = MavenContext(repo_cache=CACHE, timeout=60).project(self.group, self.artifact)
        name = f"Kafka's jar {self.artifact} {self.version}"
        try:
            project.at_version(self.version).artifact().resolve()
        except requests.RequestException as error:
            raise Failed(
                f"{name} cannot be fetched ({type(error).__name__}): no Maven index answers. Check the network and"
                " the proxy settings, or set ECS_KAFKA to a broker of your own."
            ) from None
        except OSError as error:
            raise Failed(f"{name} cannot be kept in {CACHE}: {error.strerror}. Make room there.") from None
        except (RuntimeError, ValueError) as error:
            raise Failed(f"{name} cannot be fetched: {error}. Try again.") from None
        if not self.is_whole():
            self.path.unlink()
            raise Failed(f"{name} is not the one that {LOCK.name} names. Check where your packages come from.")


def class_path(say: Callable[[str], None] = lambda sentence: None) -> str:
    """Every jar, fetched if it is missing or damaged.

    Raises:
        Failed: one cannot be had.
    """
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(f"{CACHE} cannot be made: {error.strerror}. Make room there.") from None
    jars = _locked()
    with _one_at_a_time(), ThreadPoolExecutor(8) as pool:
        missing = [jar for jar, whole in zip(jars, pool.map(Jar.is_whole, jars), strict=True) if not whole]
        if missing:
            say(f"fetching {len(missing)} of Kafka's jars")
            with warnings.catch_warnings():
                # on import, a library of jgo's complains of machines without a login session
                warnings.simplefilter("ignore", RuntimeWarning)
                list(pool.map(Jar.fetch, missing))
    return os.pathsep.join(str(jar.path) for jar in jars)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two systems that start from one checkout fetch into one cache."""
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_lock() -> None:
    """Resolve the coordinates and write down every jar with its SHA-256, unless the lock is theirs already."""
    import jgo

    locked = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in _locked()}
    if set(COORDINATES.split("+")) <= locked:
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = jgo.build(COORDINATES, cache_dir=Path(folder))
        shutil.copy(environment.lock_path, LOCK)


def _locked() -> list[Jar]:
    entries = tomllib.loads(LOCK.read_text())["dependencies"] if LOCK.exists() else []
    return [Jar(entry["groupId"], entry["artifactId"], entry["version"], entry["sha256"]) for entry in entries]
