"""Writes every lock from pyproject.toml: `make lock`. One with everything, and one for each image.

The locks name packages and their SHA-256, never an index: they install from whatever mirror a department has.
"""

import subprocess
from pathlib import Path
from typing import Final

from deploy.local import kafka_jars
from deploy.local.install import LOCK, ROOT, UV_LOCK, VENV, environment

UV: Final = VENV / "bin" / "uv"
OPTIONS: Final = ("--universal", "--generate-hashes", "--no-annotate", "--no-header", "--python-version", "3.11", "-q")
# What each image is made of: a dependency group of its own, on top of what every service runs on.
IMAGES: Final = ("identity", "educator", "fingerprint", "certificate", "notifier")
EVERYTHING: Final = (*IMAGES, "local", "test")


def compile_lock(target: Path, *inputs: str, read: bytes = b"") -> None:
    """Resolve; versions already locked stay unless pyproject.toml forbids them."""
    command = [str(UV), "pip", "compile", *OPTIONS, *inputs, "-o", str(target)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment(), input=read)


def main() -> None:
    """Write them all."""
    compile_lock(UV_LOCK, "-", read=b"uv==0.13.*\n")
    compile_lock(LOCK, "pyproject.toml", *(f"--group={group}" for group in EVERYTHING))
    # the same versions in the images as everywhere
    for service in IMAGES:
        target = ROOT / f"requirements-{service}.lock"
        compile_lock(target, "pyproject.toml", f"--group={service}", f"--constraints={LOCK.name}")
    every = (f"--group={service}" for service in IMAGES)
    compile_lock(ROOT / "requirements-operator.lock", "pyproject.toml", *every, f"--constraints={LOCK.name}")
    for group in ("mailroom", "look", "fuzz"):  # without what services run on
        compile_lock(ROOT / f"requirements-{group}.lock", f"--group={group}", f"--constraints={LOCK.name}")
    kafka_jars.write_lock()


if __name__ == "__main__":
    main()
