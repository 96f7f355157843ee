"""What must be there before services start: `python -m deploy.prepare keys databases topics`.

A process of its own, so that what it imports is given back.
"""

import asyncio
import os
import sys
from pathlib import Path

from aiokafka.errors import KafkaError
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from shared import keys, migrate, topics
from shared.commands import services


async def databases() -> None:
    """Bring every database to the shape that the code expects.

    Raises:
        SystemExit: one cannot be; the text says which.
    """
    for service in services():
        url, folder = os.environ[f"ECS_POSTGRES_{service.upper()}"], migrate.folder_of(service)
        try:
            await migrate.upgrade(url, folder)
        except CommandError:
            raise SystemExit(
                f"The database of {service} was written by a newer version of this program."
                " Take that version, or choose another place with ECS_HOME."
            ) from None
        except (OSError, SQLAlchemyError) as error:
            raise SystemExit(
                f"The database of {service} cannot be brought up to date ({type(error).__name__}):"
                f" check ECS_POSTGRES_{service.upper()}, or choose another place with ECS_HOME."
            ) from None


async def every_topic() -> None:
    """Make the topics that are missing.

    Raises:
        SystemExit: the broker does not answer.
    """
    try:
        await topics.create(os.environ["ECS_KAFKA"])
    except (OSError, KafkaError) as error:
        raise SystemExit(
            f"No Kafka broker answers at {os.environ['ECS_KAFKA']} ({type(error).__name__}):"
            " check ECS_KAFKA, or leave it out to get one."
        ) from None


def main() -> None:
    """Do what is named, in this order."""
    wanted = sys.argv[1:]
    if "keys" in wanted:
        keys.create_all(Path(os.environ["ECS_KEYS"]))
    if "databases" in wanted:
        asyncio.run(databases())
    if "topics" in wanted:
        asyncio.run(every_topic())


if __name__ == "__main__":
    main()
