"""A service reads its settings from the environment, and says in one sentence what is missing."""

from typing import ClassVar

import pytest

from shared.settings import ServiceSettings, SettingRefused


class Settings(ServiceSettings):
    service: ClassVar[str] = "educator"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ECS_POSTGRES_EDUCATOR": "postgresql://one@127.0.0.1/educator",
        "ECS_POSTGRES_IDENTITY": "postgresql://two@127.0.0.1/identity",
        "ECS_KAFKA": "127.0.0.1:9092",
        "ECS_REDIS": "redis://127.0.0.1:6379/0",
        "ECS_URL_IDENTITY": "http://127.0.0.1:11601/",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("ECS_DEMO", "ECS_ORIGIN", "ECS_PORT", "ECS_KEYS", "ECS_HOME", "ECS_LOG"):
        monkeypatch.delenv(name, raising=False)


def test_each_service_reads_its_own_database_and_the_addresses_of_all() -> None:
    settings = Settings()
    assert settings.postgres == "postgresql://one@127.0.0.1/educator"
    assert settings.url("identity") == "http://127.0.0.1:11601"


def test_a_demonstration_is_off_unless_asked_for() -> None:
    assert Settings().demo is False


def test_keys_lie_in_the_home_unless_another_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_HOME", "/srv/ecs")
    assert str(Settings().key_folder) == "/srv/ecs/keys"
    monkeypatch.setenv("ECS_KEYS", "/etc/ecs")
    assert str(Settings().key_folder) == "/etc/ecs"


@pytest.mark.parametrize("name", ["ECS_POSTGRES_EDUCATOR", "ECS_KAFKA", "ECS_REDIS"])
def test_what_is_missing_stops_the_start_with_a_sentence_that_names_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingRefused) as stopped:
        Settings()
    assert str(stopped.value) == (
        f"The educator service cannot start: {name} is not set. Set it in the environment and start again."
    )


def test_an_unreadable_value_is_named_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_PORT", "secret-1234")
    with pytest.raises(SettingRefused, match="ECS_PORT is missing or cannot be read") as stopped:
        Settings()
    assert "secret" not in str(stopped.value)


def test_an_address_that_is_not_given_is_named() -> None:
    with pytest.raises(SettingRefused, match="ECS_URL_NOTIFIER is not set"):
        Settings().url("notifier")
