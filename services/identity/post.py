"""Seals one-time links for the notifier, which alone can open them and writes the letters."""

from dataclasses import dataclass

from shared.keys import Keys
from shared.sealed import seal


@dataclass(frozen=True)
class Post:
    """What is needed to send somebody a link: the notifier's public key, and the origin that links begin with."""

    keys: Keys
    origin: str

    def confirmation(self, email: str, first_name: str, username: str, token: str) -> str:
        """The address nobody has confirmed yet, and the link that confirms it."""
        link = f"{self.origin}/register/confirm/{token}"
        return seal(self.keys, {"email": email, "first_name": first_name, "username": username, "link": link})

    def reset(self, token: str) -> str:
        """The link that resets a password."""
        return seal(self.keys, {"link": f"{self.origin}/reset/{token}"})
