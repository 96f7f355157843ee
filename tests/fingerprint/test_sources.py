"""A source is configuration that is held to what can be, with a sentence for whoever wrote it."""

from pathlib import Path

import pytest

from services.fingerprint import sources
from services.fingerprint.settings import Settings
from services.fingerprint.sources import BadSources, Rule
from shared.events import Bureau
from shared.settings import SettingRefused


def given(tmp_path: Path, text: str) -> tuple[sources.Source, ...]:
    """The sources that a file of this text makes."""
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    return sources.read(path, tmp_path / "home")


def test_without_a_file_there_is_the_spool(tmp_path: Path) -> None:
    (spool,) = sources.read(None, tmp_path)
    assert (spool.name, spool.rule, spool.incoming) == ("spool", Rule.STILL, tmp_path / "spool" / "incoming")
    assert not spool.is_token("a.done")


def test_a_file_adds_to_the_spool(tmp_path: Path) -> None:
    found = given(
        tmp_path,
        """
        patrol:
          folder: /srv/patrol
          rule: signal
          suffix: .ok
          bureaus: {MOMHP0000: state}
          purposes: {"01": "2301"}
        fbi: {folder: fbi, rule: manifest}
        """,
    )
    assert [one.name for one in found] == ["spool", "patrol", "fbi"]
    _, patrol, fbi = found
    assert patrol.bureaus == {"MOMHP0000": Bureau.STATE}
    assert patrol.purposes == {"01": "2301"}
    assert patrol.is_token("x.eft.ok")
    assert not patrol.is_token("x.eft")
    assert fbi.folder == tmp_path / "home" / "fbi"
    assert fbi.is_token("list.sha256")


def test_the_spool_itself_may_be_told_another_rule(tmp_path: Path) -> None:
    (spool,) = given(tmp_path, "spool: {folder: elsewhere, rule: renamed}")
    assert (spool.rule, spool.folder) == (Rule.RENAMED, tmp_path / "home" / "elsewhere")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "must name sources"),
        ("a: [", "is not YAML"),
        ("a: {folder: x}\na: {folder: y}", "'a' stands twice"),
        ("a: {}", "'a' needs a 'folder'"),
        ("a: {folder: x, rule: guess}", "'a': 'rule' must be 'still', 'renamed', 'signal' or 'manifest'"),
        ("a: {folder: x, colour: red}", "'colour' is not known; remove it or correct its spelling"),
        ("A B: {folder: x}", "its name must be small letters"),
        ("upload: {folder: x}", "its name must be small letters, digits and '-', at most 31, and not 'upload'"),
        ("a: {folder: x, suffix: .ok}", "'suffix' belongs to the rule 'signal' alone"),
        ('a: {folder: x, manifest: "*.m"}', "'manifest' belongs to the rule 'manifest' alone"),
        ("a: {folder: x, rule: signal, suffix: .part}", "'suffix' must not be one of a file that is still written"),
        ("a: {folder: x, rule: signal, suffix: ''}", "'suffix' has a value that it cannot have"),
        ("a: {folder: x, bureaus: {nobody: fbi}}", "'bureaus' names 'nobody'; an ORI has nine"),
        ("a: {folder: x, bureaus: {MOMHP0000: police}}", "'bureaus.MOMHP0000' must be"),
        ("a: {folder: x, purposes: {1: '2301'}}", "'purposes' must map their codes to ours, each in quotes"),
        ("a: {folder: x, purposes: {'1': '9999'}}", "'purposes' leads to '9999'; ours are "),
        ("a: {folder: x}\nb: {folder: x/y}", "the folder of 'b' lies in that of 'a'"),
        ("a: {folder: spool}", "give each source its own"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadSources) as refused:
        given(tmp_path, text)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "sources.yaml" in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSources, match="correct ECS_SOURCES or unset it"):
        sources.read(tmp_path / "nowhere.yaml", tmp_path)


def test_the_service_does_not_start_with_bad_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("a: {folder: x, rule: guess}")
    monkeypatch.setenv("ECS_SOURCES", str(path))
    settings = Settings(postgres="p", kafka="k", redis="r", home=tmp_path)
    with pytest.raises(SettingRefused) as refused:
        settings.every_source()
    assert "cannot start" in str(refused.value)
    assert "'rule' must be" in str(refused.value)
