"""What letters say: pure. From what is told of a letter to its words, and from its words to text and HTML.

Each kind is a function of `Told` in the module of its subject, marked `@letter("kind")`.
"""

from services.notifier.letters import access, account, applications, contact, fingerprints, identity, institutions
from services.notifier.letters.wording import KINDS, Told, Written, write

__all__ = [
    "KINDS",
    "Told",
    "Written",
    "access",
    "account",
    "applications",
    "contact",
    "fingerprints",
    "identity",
    "institutions",
    "write",
]
