"""Keys are made once, read by their owner alone, and never open what they should not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import keys, sealed

KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.create_all(tmp_path)
    return tmp_path


def test_every_service_finds_what_it_needs_and_a_second_making_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert keys.create_all(folder) == []
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before
    for service in keys.RINGS:
        keys.Keys(folder, service).check()


def test_a_new_version_is_current_and_the_older_one_still_reads(folder: Path) -> None:
    first = keys.Keys(folder, "educator").ring("ssn")
    assert keys.add_version(folder, "educator", "ssn") == 2
    ring = keys.Keys(folder, "educator").ring("ssn")
    assert ring.current[0] == 2
    assert ring.get(1) == first.get(1)
    assert (folder / "educator" / "ssn.json").stat().st_mode & 0o077 == 0
    with pytest.raises(keys.MissingKey, match="there are: identity index, educator ssn"):
        keys.add_version(folder, "educator", "nothing")


def test_secret_files_are_readable_by_their_owner_alone(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        if path.parent.name != "public":
            assert path.stat().st_mode & 0o077 == 0, path


def test_nothing_public_holds_a_private_part(folder: Path) -> None:
    for path in (folder / "public").iterdir():
        assert "d" not in json.loads(path.read_text()), path


def test_a_missing_file_is_named_with_the_cure(folder: Path) -> None:
    (folder / "educator" / "ssn.json").unlink()
    with pytest.raises(keys.MissingKey, match=r"educator/ssn\.json is missing.*ecsctl keys create"):
        keys.Keys(folder, "educator").check()


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json"])
def test_a_damaged_file_is_named_without_its_content(folder: Path, content: str) -> None:
    (folder / "educator" / "ssn.json").write_text(content)
    with pytest.raises(keys.MissingKey, match=r"educator/ssn\.json is damaged"):
        keys.Keys(folder, "educator").check()


def test_a_ring_writes_under_the_newest_and_still_reads_the_oldest() -> None:
    ring = keys.KeyRing({1: b"one", 3: b"three", 2: b"two"})
    assert ring.current == (3, b"three")
    assert ring.get(1) == b"one"
    assert [version for version, _ in ring.all()] == [3, 2, 1]
    with pytest.raises(keys.MissingKey, match="version 4"):
        ring.get(4)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_is_encrypted_opens_in_its_place(plaintext: bytes, place: bytes) -> None:
    assert keys.decrypt(KEY, keys.encrypt(KEY, plaintext, place), place) == plaintext


@given(st.binary(min_size=1, max_size=100), st.integers(min_value=0), st.integers(0, 7))
def test_one_changed_bit_does_not_open(plaintext: bytes, where: int, bit: int) -> None:
    ciphertext = bytearray(keys.encrypt(KEY, plaintext, b"place"))
    ciphertext[where % len(ciphertext)] ^= 1 << bit
    with pytest.raises(keys.Undecipherable):
        keys.decrypt(KEY, bytes(ciphertext), b"place")


def test_another_place_another_key_or_too_few_bytes_do_not_open() -> None:
    ciphertext = keys.encrypt(KEY, b"secret", b"persons.ssn:1")
    for key, data, place in (
        (KEY, ciphertext, b"persons.ssn:2"),
        (KEY[::-1], ciphertext, b"persons.ssn:1"),
        (KEY, ciphertext[:5], b"persons.ssn:1"),
        (KEY, b"", b"persons.ssn:1"),
    ):
        with pytest.raises(keys.Undecipherable):
            keys.decrypt(key, data, place)


def test_the_blind_index_of_one_key_says_nothing_under_another() -> None:
    assert keys.blind(KEY, "123456789") == keys.blind(KEY, "123456789")
    assert keys.blind(KEY, "123456789") != keys.blind(KEY[::-1], "123456789")


def test_only_the_notifier_opens_what_was_sealed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    token = sealed.seal(keys.Keys(folder, "identity"), {"link": "https://example/once"})
    assert "example" not in token
    assert sealed.Opener(keys.Keys(folder, "notifier")).open(token) == {"link": "https://example/once"}
    stranger = tmp_path_factory.mktemp("stranger")
    keys.create_all(stranger)
    for wrong in (token[:-2], "", "a.b.c.d.e", token.replace(".", "..", 1)):
        with pytest.raises(sealed.Unopenable):
            sealed.Opener(keys.Keys(folder, "notifier")).open(wrong)
    with pytest.raises(sealed.Unopenable):
        sealed.Opener(keys.Keys(stranger, "notifier")).open(token)


def test_a_link_sealed_before_a_key_change_still_opens(folder: Path) -> None:
    token = sealed.seal(keys.Keys(folder, "identity"), {"link": "old"})
    path = folder / "notifier" / "sealing.json"
    old = json.loads(path.read_text())
    path.unlink()
    keys.create_all(folder)
    new = json.loads(path.read_text())
    path.write_text(json.dumps({"keys": old["keys"] + new["keys"]}))
    opener = sealed.Opener(keys.Keys(folder, "notifier"))
    assert opener.open(token) == {"link": "old"}
    assert opener.open(sealed.seal(keys.Keys(folder, "educator"), {"link": "new"})) == {"link": "new"}
