"""Secrets that a browser or a letter carries: 256 random bits, of which only the SHA-256 is kept (ASVS 5.0 V7.2.3)."""

import hashlib
import re
import secrets
from typing import Final

_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes, base64url


def new() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether this could be one of ours; what could not is never looked up."""
    return _FORM.fullmatch(text) is not None


def kept(token: str) -> str:
    """What is kept of a token. It is random through and through, so a plain hash cannot be undone."""
    return hashlib.sha256(token.encode()).hexdigest()
