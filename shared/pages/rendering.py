"""From a template's name and some values to HTML.

One Jinja environment per language: a constant `_("Save")` is translated while the template is compiled, so showing it
costs nothing. A sentence with values is translated then too; values that are no constants are filled in later, escaped.
"""

import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from shared import ssn
from shared import text as sentences

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


class Renderer:
    """The templates of one service, over those of the kit."""

    def __init__(self, templates: Sequence[Path]) -> None:
        self._folders = [*templates, HERE / "templates"]
        self._environment = cache(self._make)

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> str:
        """The page as text."""
        return self._environment(language).get_template(template).render(values)

    def _make(self, language: str) -> Environment:
        environment = _Translated(
            language,
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in self._folders]),
            autoescape=True,
            undefined=_Missing,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        environment.globals |= {
            "_": partial(_fill_in, sentences.translations(language).gettext),
            "_n": partial(_fill_in_count, sentences.translations(language).ngettext),
            "_filled": _filled,
            "asset": asset,
            "menu_links": lru_cache(maxsize=256)(partial(_menu_links, environment)),
        }
        environment.filters |= {
            "tr": partial(sentences.translate, language=language),
            "languagename": partial(sentences.language_name, language=language),
            "longdate": partial(sentences.long_date, language=language),
            "longmoment": partial(sentences.long_moment, language=language),
            "clock": partial(sentences.clock, language=language),
            "isodate": sentences.iso_date,
            "covered": ssn.covered,
            "strong": _strong,
            "whole": _whole,
            "link": _link,
        }
        return environment


class _Missing(StrictUndefined):
    """A name that nobody gave: may be asked whether it is there, never shown, so that a slip is an error in a test."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


class _Translated(Environment):
    """An environment whose constants are worked out at compile time."""

    def __init__(self, language: str, **options: Any) -> None:
        super().__init__(**options)
        self._constants = _Constants(sentences.translations(language).gettext)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """All templates have the same ones; Jinja's own layers of them are copied and compared for each page."""
        return self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._constants.visit(tree)
        return tree


class _Constants(NodeTransformer):
    """Works out while a template is compiled what is the same on every page.

    `_("constant")` becomes the translated sentence, with its values if these are constants too and `_filled` if not;
    `asset("constant")` becomes the file's address.
    """

    def __init__(self, gettext: Callable[[str], str]) -> None:
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name="asset"), args=[nodes.Const(value=str(name))]):
                return nodes.Const(asset(name), lineno=node.lineno)
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(sentence))], kwargs=values):
                return self._sentence(self._gettext(sentence), values, node.lineno)
        return node

    def _sentence(self, translated: str, values: list[nodes.Keyword], line: int) -> nodes.Node:
        sentence = nodes.Const(translated, lineno=line)
        if not values:
            return sentence
        try:
            known = {value.key: value.value.as_const() for value in values}
        except nodes.Impossible:
            return nodes.Call(nodes.Name("_filled", "load", lineno=line), [sentence], values, None, None, lineno=line)
        return nodes.Const(_filled(translated, **known), lineno=line)


def _filled(sentence: str, **values: Any) -> Markup:
    """A translated sentence with its values, all of it escaped but values that are markup already."""
    # str's own format_map: Markup's is slow, and all of it is escaped already.
    return Markup(str(escape(sentence)).format_map({name: escape(value) for name, value in values.items()}))  # noqa: S704


def _fill_in(gettext: Callable[[str], str], sentence: str, **values: Any) -> str:
    return _filled(gettext(sentence), **values) if values else gettext(sentence)


def _fill_in_count(ngettext: Callable[[str, str, int], str], one: str, many: str, n: int, **values: Any) -> Markup:
    return _filled(ngettext(one, many, n), n=n, **values)


def _strong(value: Any) -> Markup:
    return Markup(f"<strong>{escape(value)}</strong>")  # noqa: S704


def _whole(value: Any) -> Markup:
    """A number that people copy: no line ends in the middle of it."""
    return Markup(f'<strong class="ecs-whole">{escape(value)}</strong>')  # noqa: S704


def _link(value: Any, href: str) -> Markup:
    return Markup(f'<a class="usa-link" href="{escape(href)}">{escape(value)}</a>')  # noqa: S704


def _menu_links(environment: Environment, entries: Sequence[Any]) -> Markup:
    """A menu's links, rendered once for all who have the same one."""
    return Markup(environment.get_template("menu.html").render(menu=entries))  # noqa: S704


@cache
def _assets() -> dict[str, str]:
    manifest = STATIC / "manifest.json"
    return json.loads(manifest.read_bytes()) if manifest.exists() else {}


def asset(name: str) -> str:
    """The address of a static file, its content's hash in the name; the plain name where nothing is built yet."""
    return f"/static/{_assets().get(name, name)}"
