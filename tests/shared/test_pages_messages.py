"""Every sentence that people read goes through gettext, and a translator finds it."""

import gettext
import re
import string
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from shared.pages import messages

ROOT = messages.ROOT
TEMPLATES = sorted([*ROOT.glob("shared/pages/templates/**/*.html"), *ROOT.glob("services/*/templates/**/*.html")])
ATTRIBUTES = re.compile(r'(?:aria-label|title|alt|placeholder)="[^"]*[A-Za-z]')
TAG = re.compile(r"<!--.*?-->|<style>.*?</style>|<[^>]*>", re.DOTALL)
# what a macro gives into a tag (attributes, names of classes), and printed addresses
NO_SENTENCE = re.compile(r'\b[a-z-]+="[^"]*"|\busa-[\w-]+|\S*/[\w/]+')
ENTITY = re.compile(r"&\w+;")


def spoken(path: Path) -> list[str]:
    """Words that stand in a template as they are."""
    tree = Environment(autoescape=True).parse(path.read_text())
    # what stands between two expressions may begin or end within a tag: put them together again
    whole = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "1"
        for output in tree.find_all(nodes.Output)
        for part in output.nodes
    )
    words = [line.strip() for line in ENTITY.sub("", NO_SENTENCE.sub("", TAG.sub("\n", whole))).splitlines()]
    return [line for line in words if re.search("[A-Za-z]{2}", line)] + ATTRIBUTES.findall(whole)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert spoken(path) == []


def test_translators_find_sentences_of_python_and_of_templates() -> None:
    ids = {message.id for message in messages.collect()}
    assert {"Fingerprint Information", "Log off", "We cannot find that page"} <= ids


def test_placeholders_have_names() -> None:
    """A translator must be able to move them."""
    for file, line, message in messages.found():
        for sentence in (message,) if isinstance(message, str) else message:
            names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]
            assert all(name.isidentifier() for name in names), f"{file}:{line}"


def test_both_forms_of_a_count_take_its_number() -> None:
    for file, line, message in messages.found():
        if isinstance(message, tuple):
            assert "{n}" in message[1], f"{file}:{line}"


def test_what_is_translated_is_compiled_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    messages.main([])
    template = (tmp_path / "messages.pot").read_text()
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    translated = template.replace('msgid "Log off"\nmsgstr ""', 'msgid "Log off"\nmsgstr "Salir"').replace(
        "#, fuzzy", ""
    )
    (folder / "messages.po").write_text(translated)
    messages.main(["--compile"])
    assert gettext.translation("messages", str(tmp_path), ["es"]).gettext("Log off") == "Salir"


def test_translators_find_the_sentences_of_policies_and_no_names_or_codes() -> None:
    words = {message for _, message in messages.of_policy()}
    assert {"Content Substitute", "clock hours", "Practicum, student teaching or substitute"} <= words
    assert {"Something else", "The sworn statement"} <= words
    assert not words & {"America/Chicago", "River Bend Teachers College", "document", "hours"}
