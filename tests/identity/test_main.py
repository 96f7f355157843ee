"""The service as a process: it refuses a start that would be unsafe, and answers when too many log in."""

from pathlib import Path

import pytest

from deploy.local.parts import Valkey
from deploy.local.process import Failed
from shared.events import Role
from tests.identity.conftest import House, RunningIdentity


async def test_with_an_adjudicator_it_starts_in_a_demonstration_only(
    house: House, valkey: Valkey, tmp_path: Path, key_folder: Path
) -> None:
    await house.account("ari.adjudicator", Role.ADJUDICATOR)
    url = house.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    real = RunningIdentity(tmp_path / "real", url, valkey.url, key_folder, demo=False)
    with pytest.raises(Failed):
        real.start()
    assert "second factor" in real.log.read_text()
    demo = RunningIdentity(tmp_path / "demo", url, valkey.url, key_folder)
    demo.start()
    demo.stop()
