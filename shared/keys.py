"""Secret keys: where they lie, and the few ways they are used.

`<folder>/<service>/<name>.json` holds what only that service may read, `<folder>/public/<service>.json` what others
need to check its signature or to seal something for it. In production each service gets its own folder and `public`.

A key ring holds versions of one secret, the newest current: what was written under an older version stays readable
until a rotation has rewritten it.
"""

import hashlib
import hmac
import json
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import ECKey, OKPKey

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32

# Which rings each service needs; every service besides has `signing`.
RINGS: Final[dict[str, tuple[str, ...]]] = {
    "identity": ("index",),
    "educator": ("ssn", "ssn_index"),
    "fingerprint": ("chri",),
    "certificate": (),
    "notifier": (),
}
SEALING: Final = "sealing"


class MissingKey(Exception):
    """A secret that the service cannot work without is not there; the text names the file and the cure."""


class Undecipherable(Exception):
    """The bytes were not encrypted under this key for this place, or were changed. Says nothing of the content."""


@dataclass(frozen=True)
class KeyRing:
    """The versions of one secret."""

    versions: dict[int, bytes]

    @property
    def current(self) -> tuple[int, bytes]:
        """The version that new things are written under, and its key."""
        newest = max(self.versions)
        return newest, self.versions[newest]

    def get(self, version: int) -> bytes:
        """The key of one version.

        Raises:
            MissingKey: that version is no longer (or not yet) in the ring.
        """
        try:
            return self.versions[version]
        except KeyError:
            raise MissingKey(
                f"version {version} of this key is not in the ring; put it back, or restore a backup"
            ) from None

    def all(self) -> tuple[tuple[int, bytes], ...]:
        """Every version, newest first."""
        return tuple(sorted(self.versions.items(), reverse=True))


class Keys:
    """The secrets of one service, each read from its file once."""

    def __init__(self, folder: Path, service: str) -> None:
        self.folder = folder
        self.service = service

    @cached_property
    def signing(self) -> OKPKey:
        """The Ed25519 key that this service signs its calls to others with."""
        return OKPKey.import_key(self._read(self.service, "signing"))

    def public(self, service: str) -> OKPKey:
        """The Ed25519 key to check another service's signature with."""
        return OKPKey.import_key(self._read("public", service))

    @cached_property
    def sealing(self) -> ECKey:
        """The public P-256 key under which anybody seals something for the notifier."""
        return ECKey.import_key(self._read("public", SEALING))

    @cached_property
    def unsealing(self) -> dict[str, ECKey]:
        """The notifier's private keys by key id, old ones included; only the notifier's folder has them."""
        return {key["kid"]: ECKey.import_key(key) for key in self._read(self.service, SEALING)["keys"]}

    def ring(self, name: str) -> KeyRing:
        """One of this service's own secrets, all versions."""
        return KeyRing({int(version): b64decode(key) for version, key in self._read(self.service, name).items()})

    def check(self) -> None:
        """Read everything this service needs, so that a start without it stops at once.

        Raises:
            MissingKey: naming the first file that is missing or unreadable.
        """
        _ = self.signing, self.sealing
        for name in RINGS[self.service]:
            self.ring(name)
        if self.service == "notifier":
            _ = self.unsealing

    def _read(self, owner: str, name: str) -> dict[str, Any]:
        path = self.folder / owner / f"{name}.json"
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            reason = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
            raise MissingKey(
                f"{self.service}: the key file {path} {reason}. "
                "Make the keys with 'ecsctl keys create', or point ECS_KEYS at them."
            ) from None
        except ValueError:
            raise MissingKey(f"{self.service}: the key file {path} is damaged. Restore it from a backup.") from None
        if not isinstance(content, dict) or not content:
            raise MissingKey(f"{self.service}: the key file {path} is damaged. Restore it from a backup.")
        return content


def encrypt(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """AES-256-GCM, a fresh nonce in front. `aad` names the place, so that a value copied elsewhere does not open."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def decrypt(key: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """What `encrypt` was given.

    Raises:
        Undecipherable: another key, another place, or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise Undecipherable("this value does not open with this key in this place") from None


def blind(key: bytes, text: str) -> bytes:
    """HMAC-SHA-256: finds equal texts without holding them (a plain hash of nine digits is undone in a second)."""
    return hmac.digest(key, text.encode(), hashlib.sha256)


def create_all(folder: Path) -> list[Path]:
    """Make every key that is missing, readable by the owner alone; never touch one that is there.

    Returns:
        The files made.
    """
    made: list[Path] = []

    def put(owner: str, name: str, content: dict[str, Any]) -> None:
        path = folder / owner / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644 if owner == "public" else 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
        made.append(path)

    def there(owner: str, name: str) -> bool:
        return (folder / owner / f"{name}.json").exists()

    for service, rings in RINGS.items():
        if not there(service, "signing"):
            (folder / "public" / f"{service}.json").unlink(missing_ok=True)
            put(service, "signing", dict(OKPKey.generate_key("Ed25519", private=True).as_dict(private=True)))
        if not there("public", service):
            public = OKPKey.import_key(json.loads((folder / service / "signing.json").read_bytes()))
            put("public", service, dict(public.as_dict(private=False)))
        for name in rings:
            if not there(service, name):
                put(service, name, {"1": b64encode(secrets.token_bytes(KEY_BYTES)).decode()})
    if not there("notifier", SEALING):
        (folder / "public" / f"{SEALING}.json").unlink(missing_ok=True)
        put("notifier", SEALING, {"keys": [_new_sealing_key()]})
    if not there("public", SEALING):
        newest = json.loads((folder / "notifier" / f"{SEALING}.json").read_bytes())["keys"][-1]
        put("public", SEALING, {**ECKey.import_key(newest).as_dict(private=False), "kid": newest["kid"]})
    return made


def add_version(folder: Path, service: str, ring: str) -> int:
    """Put a new current version into one of a service's rings; its number. Older versions stay readable.

    The file is replaced in one step, so that nobody ever reads half of it.

    Raises:
        MissingKey: the service has no such ring, or its file is not there yet.
    """
    if ring not in RINGS.get(service, ()):
        there = ", ".join(f"{name} {one}" for name, rings in RINGS.items() for one in rings)
        raise MissingKey(f"there is no ring '{ring}' of '{service}'; there are: {there}")
    versions = Keys(folder, service).ring(ring).versions
    newest = max(versions) + 1
    content = {str(version): b64encode(key).decode() for version, key in versions.items()}
    content[str(newest)] = b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    path = folder / service / f"{ring}.json"
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content))
    fresh.replace(path)
    return newest


def _new_sealing_key() -> dict[str, Any]:
    key = ECKey.generate_key("P-256", private=True)
    return {**key.as_dict(private=True), "kid": key.thumbprint()}
