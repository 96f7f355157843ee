"""Small secrets on their way to the notifier: one-time links, an address nobody has confirmed, words for one reader.

A compact JWE (RFC 7516), ECDH-ES on P-256 with AES-256-GCM, that anybody can make and only the notifier can open. The
notifier keeps its old private keys eight days after a change, a day longer than the topics keep what was sealed.
"""

import json
from collections.abc import Mapping
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.keys import Keys

_ALGORITHM: Final = "ECDH-ES"
_ENCRYPTION: Final = "A256GCM"
_ALLOWED: Final = [_ALGORITHM, _ENCRYPTION]


class Unopenable(Exception):
    """The token was not sealed for any of the notifier's keys. Says nothing of the content."""


def seal(keys: Keys, content: Mapping[str, str]) -> str:
    """The content as a compact JWE that the notifier alone can open; `keys` are the caller's own."""
    header = {"alg": _ALGORITHM, "enc": _ENCRYPTION, "kid": keys.sealing.kid}
    return jwe.encrypt_compact(header, json.dumps(dict(content)), keys.sealing, algorithms=_ALLOWED)


class Opener:
    """Opens what was sealed for the notifier; made from the notifier's own keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = KeySet([_named(kid, key) for kid, key in keys.unsealing.items()])

    def open(self, token: str) -> dict[str, str]:
        """What was sealed.

        Raises:
            Unopenable: sealed under a key that is gone, or not a sealed token at all.
        """
        try:
            content = json.loads(jwe.decrypt_compact(token, self._keys, algorithms=_ALLOWED).plaintext or b"")
        except (JoseError, ValueError):
            raise Unopenable("this was not sealed under any key the notifier has") from None
        if not isinstance(content, dict):
            raise Unopenable("this was not sealed under any key the notifier has")
        return {str(name): str(value) for name, value in content.items()}


def _named(kid: str, key: ECKey) -> ECKey:
    return ECKey.import_key({**key.as_dict(private=True), "kid": kid})
