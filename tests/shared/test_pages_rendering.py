"""Templates: translated when compiled, escaped always, strict about what is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from jinja2 import UndefinedError

from shared import text as sentences
from shared.pages.rendering import Renderer, asset


@pytest.fixture
def spanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A language with a small catalogue."""
    catalogue = Catalog(locale="es")
    catalogue.add("Save", "Guardar")
    catalogue.add("Signed in as {name}", "Sesión de {name}")
    catalogue.add(("{n} letter", "{n} letters"), ("{n} carta", "{n} cartas"))
    folder = tmp_path / "locale" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(sentences, "LOCALES", tmp_path / "locale")
    sentences.translations.cache_clear()
    sentences.languages.cache_clear()
    yield "es"
    sentences.translations.cache_clear()
    sentences.languages.cache_clear()


def rendered(folder: Path, template: str, language: str = "en", **values: object) -> str:
    (folder / "one.html").write_text(template)
    return Renderer([folder]).render("one.html", language, values)


def test_sentences_are_translated_and_values_filled_in(tmp_path: Path, spanish: str) -> None:
    template = '{{ _("Save") }}|{{ _("Signed in as {name}", name=name) }}|{{ _n("{n} letter", "{n} letters", n) }}'
    assert rendered(tmp_path, template, spanish, name="Ana", n=2) == "Guardar|Sesión de Ana|2 cartas"
    assert spanish in sentences.languages()


def test_a_constant_sentence_is_translated_when_the_template_is_compiled(
    tmp_path: Path, spanish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.html").write_text('{{ _("Save") }}')
    renderer = Renderer([tmp_path])
    environment = renderer._environment(spanish)
    environment.get_template("one.html")
    monkeypatch.setitem(environment.globals, "_", None)  # whoever called it now would fail
    assert renderer.render("one.html", spanish, {}) == "Guardar"


def test_a_sentence_with_constant_values_is_filled_in_when_the_template_is_compiled(
    tmp_path: Path, spanish: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.html").write_text('{{ _("Signed in as {name}", name=_("<Save>")|strong) }} {{ asset("a.css") }}')
    renderer = Renderer([tmp_path])
    environment = renderer._environment(spanish)
    environment.get_template("one.html")
    for name in ("_", "_filled", "asset"):
        monkeypatch.setitem(environment.globals, name, None)  # whoever called it now would fail
    assert renderer.render("one.html", spanish, {}) == "Sesión de <strong>&lt;Save&gt;</strong> /static/a.css"


def test_values_are_escaped_and_marked_ones_are_not_twice(tmp_path: Path) -> None:
    template = '{{ _("A & {name}", name=name|strong) }} {{ _("Read {it}.", it=name|link("/a?b=\\"")) }} {{ name }}'
    assert rendered(tmp_path, template, name="<b>") == (
        'A &amp; <strong>&lt;b&gt;</strong> Read <a class="usa-link" href="/a?b=&#34;">&lt;b&gt;</a>. &lt;b&gt;'
    )


def test_a_number_to_copy_stays_in_one_line(tmp_path: Path) -> None:
    template = '{{ _("Call {phone}.", phone=phone|whole) }}'
    assert rendered(tmp_path, template, phone="573-555-0100") == (
        'Call <strong class="ecs-whole">573-555-0100</strong>.'
    )


def test_braces_in_a_value_are_no_placeholders(tmp_path: Path) -> None:
    assert rendered(tmp_path, '{{ _("Hello {name}", name=name) }}', name="{0.__class__}") == "Hello {0.__class__}"


def test_a_sentence_is_safe_within_an_attribute(tmp_path: Path) -> None:
    assert rendered(tmp_path, """<a title="{{ _('Say "yes"') }}">""") == '<a title="Say &#34;yes&#34;">'


def test_a_missing_value_may_be_asked_for_and_never_shown(tmp_path: Path) -> None:
    assert rendered(tmp_path, "{% if nobody %}x{% endif %}") == ""
    with pytest.raises(UndefinedError):
        rendered(tmp_path, "{{ nobody }}")


def test_a_file_that_is_not_built_has_its_plain_name() -> None:
    assert asset("nothing.css") == "/static/nothing.css"
