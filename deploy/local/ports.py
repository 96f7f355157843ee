"""Which port belongs to whom."""

from typing import Final

SERVICES: Final = ("identity", "educator", "fingerprint", "certificate", "notifier")


class Ports:
    """Where each program listens, derived from the origin's port, so that two systems do not meet.

    They lie between 10,000 and 32,767: below those that clients are given, one of which may take a port while its
    server restarts.
    """

    FIRST: Final = 10_000
    BLOCK: Final = 20
    BLOCKS: Final = 1138

    def __init__(self, origin: int) -> None:
        self.origin = origin
        base = self.FIRST + origin % self.BLOCKS * self.BLOCK
        if base <= origin < base + self.BLOCK:
            base = self.FIRST + (origin + 1) % self.BLOCKS * self.BLOCK
        self.postgres, self.kafka, self.controller, self.valkey, self.smtp, self.mailroom = range(base, base + 6)
        self.services = {name: base + 10 + number for number, name in enumerate(SERVICES)}
