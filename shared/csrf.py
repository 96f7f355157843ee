"""Forms that only our own pages can send (ASVS 5.0 V3.5).

The token is an HMAC under the hash of the session, or of a random visit cookie for people not signed in: nothing is
stored, and a fragment rendered by another service makes the same token from the hash it is called with. Besides, the
browser's own word on where a form came from must be ours. The visit cookie lets a login page that was open in a second
tab still be sent after signing in.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers

FIELD: Final = "csrf"
_OUR_OWN: Final = frozenset({"same-origin", "none"})  # none: the person's own doing, as reloading a sent form


def visit_cookie(port: int) -> str:
    """The cookie that stands for a person who is not signed in."""
    return f"__Host-ecs-visit-{port}"


def new_visit() -> str:
    """A fresh value for the visit cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_for(secret_hash: str) -> str:
    """The token of all forms of one session or visit, from its hash."""
    return hmac.digest(secret_hash.encode(), b"csrf", hashlib.sha256).hex()


def is_ours(token: str, secret_hashes: Iterable[str]) -> bool:
    """Whether the token belongs to one of these sessions or visits."""
    given = token.encode()
    return any(hmac.compare_digest(given, token_for(secret).encode()) for secret in secret_hashes)


def from_our_pages(headers: Headers, origin: str) -> bool:
    """Whether the browser says the form came from our own pages; browsers that say nothing leave it to the token."""
    if headers.get("sec-fetch-site", "same-origin") not in _OUR_OWN:
        return False
    return headers.get("origin", origin) == origin
