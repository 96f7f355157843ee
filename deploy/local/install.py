"""Makes `.venv` from the lock files: `python3 deploy/local/install.py`. Needs nothing but Python and a package index.

Does nothing when the locks have not changed since. Written so that an old Python can read it and say that it is old.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
UV_LOCK = ROOT / "requirements-uv.lock"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".installed"
OLDEST = (3, 11)

# Where distributions keep the certificates of those whom the machine trusts.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

# What a failed installation may have said, and the sentence for it; the first that fits is the cause.
CAUSES = (
    (("no space left on device", "os error 28", "disk quota exceeded"), "The disk is full. Make room and try again."),
    (
        ("hash mismatch", "do not match the hashes", "hashes are required"),
        "A package is not the one that the lock names. Check where your packages come from.",
    ),
    (("permission denied", "read-only file system"), f"{ROOT} cannot be written to. Check whose it is."),
    (
        (
            "connection",
            "dns",
            "resolve",
            "timed out",
            "error sending request",
            "failed to fetch",
            "no matching distribution",
            "no solution found",
        ),
        "No package index answers. Check the network, or name an index of your own as pip wants it (PIP_INDEX_URL).",
    ),
)

UNKNOWN = "see above. If it goes on, run 'make clean', which removes .venv and .cache, and try again."


def stop(sentence: str) -> None:
    """Say why, and end."""
    sys.exit("Cannot install: " + sentence)


def wanted() -> str:
    """What the environment is made of, in short: it changes when a lock or the Python changes."""
    parts = (UV_LOCK.read_bytes(), LOCK.read_bytes(), sys.version.encode(), str(VENV).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_installed() -> bool:
    """Whether `.venv` is what the locks say, and its Python still runs."""
    python = VENV / "bin" / "python"
    if not STAMP.exists() or STAMP.read_text() != wanted() or not python.exists():
        return False
    return subprocess.run([str(python), "-c", ""], check=False, capture_output=True).returncode == 0


def environment() -> dict[str, str]:
    """For pip and uv: caches in the checkout, no Python from elsewhere, the same index for both."""
    found = {
        **os.environ,
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": os.environ.get("UV_NO_CONFIG", "0"),
    }
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(found) and (index := pip_setting("index-url")):
        found["UV_DEFAULT_INDEX"] = index
    return {**certificates(), **found}


def certificates() -> dict[str, str]:
    """For every program that fetches packages: whom this machine trusts, a department's own authority included."""
    given = [os.environ.get(name, "") for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")]
    bundle = next((path for path in (*given, *BUNDLES) if path and os.path.exists(path)), None)
    names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, bundle) if bundle else {}


def pip_setting(name: str) -> str:
    """A setting of pip's, from its environment variable or its files; empty if there is none."""
    if given := os.environ.get("PIP_" + name.upper().replace("-", "_")):
        return given
    python = VENV / "bin" / "python"
    if not python.exists():
        return ""
    asked = [str(python), "-m", "pip", "config", "get", "global." + name]
    return str(subprocess.run(asked, check=False, capture_output=True, text=True).stdout).strip()


def run(command: list[str | Path]) -> None:
    """Run it; if it fails, say the cause in a sentence and what it said itself."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment())
    if done.returncode == 0:
        return
    said = (done.stderr + done.stdout).strip()
    lowered = said.lower()
    sentence = next((text for signs, text in CAUSES if any(sign in lowered for sign in signs)), UNKNOWN)
    sys.stderr.write("\n".join(said.splitlines()[-12:]) + "\n")
    stop(sentence)


def make_environment() -> None:
    """An empty virtual environment with pip in it."""
    STAMP.unlink(missing_ok=True)
    python = VENV / "bin" / "python"
    asked = [str(python), "-m", "pip", "--version"]
    if VENV.exists() and (not python.exists() or subprocess.run(asked, check=False, capture_output=True).returncode):
        shutil.rmtree(VENV)  # its Python is gone or was replaced
    if importlib.util.find_spec("ensurepip") is None and not VENV.exists():
        stop(
            f"this Python ({sys.executable}) cannot make virtual environments."
            " Install its venv module (on Debian and Ubuntu: apt install python3-venv) and try again."
        )
    run([sys.executable, "-m", "venv", VENV])


def main() -> None:
    """Make what is missing."""
    if sys.version_info < OLDEST:
        stop(
            "this needs Python {}.{} or newer, and {} is {}.{}. Install a newer one, or name it: make PYTHON=python3.12"
            " up.".format(*OLDEST, sys.executable, *sys.version_info[:2])
        )
    try:
        CACHE.mkdir(exist_ok=True)
        with (CACHE / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two at once in one checkout: the second finds it done
            if is_installed():
                return
            print("Installing packages into .venv (the first time this takes a minute) ...", flush=True)
            make_environment()
            python = VENV / "bin" / "python"
            run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", UV_LOCK])
            uv = VENV / "bin" / "uv"
            run([uv, "pip", "install", "--python", python, "--quiet", "--require-hashes", "-r", LOCK])
            shutil.rmtree(CACHE / "uv", ignore_errors=True)  # all of it is in .venv now; a damaged one would go unseen
            STAMP.write_text(wanted())
    except OSError as error:
        stop(f"{error.filename or ROOT}: {error.strerror}. Make room or change whose it is, and try again.")


if __name__ == "__main__":
    main()
