"""The facts that both sides of the comparison build: real ones, of usual size, about many subjects."""

from uuid import UUID, uuid4

from shared.events import UserRegistered

SUBJECTS = 1000
AT_ONCE = 100  # facts in one transaction


def accounts() -> list[UUID]:
    """Whom the facts are about."""
    return [uuid4() for _ in range(SUBJECTS)]


def fact(account: UUID, number: int) -> UserRegistered:
    """One fact, of about 400 bytes as JSON."""
    return UserRegistered.now(
        account,
        username=f"maria.hernandez-okafor.{number:07d}",
        first_name="Maria-Magdalena",
        last_name="Hernandez-Okafor",
        email=f"maria.hernandez-okafor.{number:07d}@district-{number % 500:03d}.k12.mo.example",
        language="en",
    )
