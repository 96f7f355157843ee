"""Topics, made before anything is said: one per fact, with its own retention. Kafka makes none by itself."""

import asyncio
import logging
import os
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events import EVENTS, Event

# Order holds within a partition, so their number bounds how many processes of one service share the work.
PARTITIONS: Final = 3
DAY_MS: Final = 24 * 3600 * 1000
WEEK_MS: Final = 7 * DAY_MS
FOR_EVER: Final = -1

_log = logging.getLogger(__name__)


def retention_of(event: type[Event]) -> int:
    """Milliseconds that a fact stays on its topic; -1 for ever."""
    return WEEK_MS if event.personal else FOR_EVER


def settings_of(event: type[Event], brokers: int) -> dict[str, str]:
    """The topic's settings. On three brokers or more, two must have a fact before it counts as sent.

    Kafka removes whole segments, so one with personal data is closed after a day: nothing in it lives past the eighth.
    """
    return {
        "segment.ms": str(DAY_MS if event.personal else WEEK_MS),
        "retention.ms": str(retention_of(event)),
        "cleanup.policy": "delete",
        "min.insync.replicas": "2" if brokers >= 3 else "1",
    }


async def create(bootstrap: str, *, partitions: int = PARTITIONS) -> list[str]:
    """Make the topics that are missing and set the settings of all; the names of those made.

    Raises:
        KafkaError: the broker cannot be reached or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="topics", request_timeout_ms=30_000)
    await admin.start()
    try:
        brokers = len((await admin.describe_cluster())["brokers"])
        there = set(await admin.list_topics())
        missing = [event for event in EVENTS if event.topic not in there]
        if missing:
            answer = await admin.create_topics(
                [
                    NewTopic(
                        event.topic,
                        num_partitions=partitions,
                        replication_factor=min(3, brokers),
                        topic_configs=settings_of(event, brokers),
                    )
                    for event in missing
                ]
            )
            for topic, code, *_ in answer.topic_errors:
                if code and code != TopicAlreadyExistsError.errno:
                    raise for_code(code)(topic)
        await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, event.topic, settings_of(event, brokers))
                for event in EVENTS
                if event.topic in there
            ]
        )
        return [event.topic for event in missing]
    finally:
        await admin.close()


def main() -> None:
    """Make the topics on the broker that `ECS_KAFKA` names."""
    if not (bootstrap := os.environ.get("ECS_KAFKA")):
        raise SystemExit("Cannot make topics: ECS_KAFKA is not set. Set it to the broker's host and port.")
    asyncio.run(create(bootstrap))


if __name__ == "__main__":
    main()
