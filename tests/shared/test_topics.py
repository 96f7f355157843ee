"""Each fact has its topic, with the retention that its content asks for."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import topics as making
from shared.events import EVENTS, AccessRevoked, FingerprintCleared, NameChanged


async def settings(kafka: str, *names: str) -> dict[str, dict[str, str]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
        return {
            resource[3]: {entry[0]: entry[1] for entry in resource[4]}
            for answer in answers
            for resource in answer.resources
        }
    finally:
        await admin.close()


async def test_every_fact_has_its_topic_and_making_them_again_changes_nothing(topics: str) -> None:
    assert await making.create(topics) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=topics)
    await admin.start()
    there = set(await admin.list_topics())
    await admin.close()
    assert {event.topic for event in EVENTS} <= there


async def test_facts_without_personal_data_stay_and_the_others_go_after_a_week(topics: str) -> None:
    found = await settings(topics, FingerprintCleared.topic, NameChanged.topic)
    assert found["FingerprintCleared"]["retention.ms"] == "-1"
    assert found["NameChanged"]["retention.ms"] == str(7 * 24 * 3600 * 1000)
    assert int(found["NameChanged"]["segment.ms"]) <= 24 * 3600 * 1000, "else a full segment keeps them another week"


def test_on_three_brokers_two_must_have_a_fact() -> None:
    assert making.settings_of(AccessRevoked, 3)["min.insync.replicas"] == "2"
    assert making.settings_of(AccessRevoked, 1)["min.insync.replicas"] == "1"


def test_whatever_is_sealed_or_names_somebody_is_personal() -> None:
    telling = {"email", "sealed", "first_name", "last_name", "username"}
    for event in EVENTS:
        assert event.personal == bool(telling & event.model_fields.keys()), event.topic
