"""An address as staff see it: enough to tell whose it may be, not enough to write to."""


def masked(address: str) -> str:
    """First letter and domain: "r•••@example.edu"."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}•••{at}{domain}" if at else "•••"
