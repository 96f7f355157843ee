"""A mistake in the state's policy is met at start, by a sentence that names the place and says what to do."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from services.certificate.rules.classes import MISSOURI, rulebook
from shared.policy import BadPolicy

Change = Callable[[Path], None]


def instead(file: str, old: str, new: str) -> Change:
    """A file in which one thing is written otherwise."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text, f"{file} no longer says {old!r}"
        (folder / file).write_text(text.replace(old, new, 1))

    return change


def beside(written: str) -> Change:
    """One file more."""

    def change(folder: Path) -> None:
        (folder / "more.yaml").write_text(written)

    return change


MISTAKES: dict[str, tuple[Change, str]] = {
    "a misspelt word": (
        instead("ipc.yaml", "title: A bachelor's degree", "titel: A bachelor's degree"),
        "the policy's 'classes.ipc.needs.degree' cannot be read: add 'title'; remove 'titel' or correct its name, since"
        " nothing of that name is read",
    ),
    "a kind that is not there": (
        instead("ipc.yaml", "kind: recommendation", "kind: reference"),
        "the policy's 'classes.ipc.needs.recommendation' cannot be read: 'kind' must be one of 'document',"
        " 'recommendation', 'clearance', 'fee', 'conduct' or 'signed'",
    ),
    "a clearance of no purpose": (
        instead("ipc.yaml", '            purposes: ["2300"]\n', ""),
        "the policy's 'classes.ipc.needs.clearance' cannot be read: a clearance needs 'purposes'",
    ),
    "a purpose without quotes": (
        instead("ipc.yaml", '["2300"]', "[2300]"),
        "the policy's 'classes.ipc.needs.clearance' cannot be read: 'purposes.0' must be text; put it in quotes",
    ),
    "a purpose that nobody knows": (
        instead("ipc.yaml", '["2300"]', '["2399"]'),
        "the policy's 'classes.ipc.needs.clearance' names a purpose of checks that is not known: 2399",
    ),
    "a measure of nothing": (
        instead("substitute.yaml", "            at_least: 36\n", ""),
        "the policy's 'classes.substitute.needs.transcript' cannot be read: write both 'measure' and 'at_least',"
        " or neither",
    ),
    "a document that costs something": (
        instead("substitute.yaml", "at_least: 36", "at_least: 36\n            dollars: 5"),
        "the policy's 'classes.substitute.needs.transcript' cannot be read: remove 'dollars', which a document does not"
        " have",
    ),
    "a fee in words": (
        instead("substitute.yaml", "dollars: 50", "dollars: fifty"),
        "the policy's 'classes.substitute.needs.fee' cannot be read: input should be a valid integer at 'dollars'",
    ),
    "a route that is not offered": (
        instead("substitute.yaml", "routes: [hours]", "routes: [hourz]"),
        "the policy's 'classes.substitute.needs.transcript' is for a route that 'classes.substitute.routes' lacks:"
        " hourz",
    ),
    "a statement that is not written": (
        instead("ipc.yaml", "statement: sworn", "statement: sworm"),
        "the policy has no 'statements.sworm'; add it with its date and citation",
    ),
    "years in words": (
        instead("ipc.yaml", "value: 4", "value: four"),
        "the policy's 'classes.ipc.years' must be a whole number from 1 to 99",
    ),
    "an institution that is not asked for": (
        instead("ipc.yaml", "asks: [institution, program, areas]", "asks: [program, areas]"),
        "the policy's 'classes.ipc': 'submit_to: institution', 'asks: [institution]' and a need of kind recommendation"
        " go together; write all three or none",
    ),
    "a question that no form knows": (
        instead("ipc.yaml", "asks: [institution, program, areas]", "asks: [institution, program, areas, shoe_size]"),
        "the policy's 'classes.ipc.class' cannot be read: 'asks.3' must be one of 'institution', 'program' or 'areas'",
    ),
    "evidence for areas that nobody names": (
        instead("substitute.yaml", "at_least: 36", "at_least: 36\n            for_areas: true"),
        "the policy's 'classes.substitute.needs.transcript' is for areas; add areas to 'asks' of"
        " 'classes.substitute.class'",
    ),
    "a class that is not there": (
        instead("substitute.yaml", "unneeded_with: [ipc]", "unneeded_with: [ccpc]"),
        "the policy's 'classes.substitute.class' is unneeded with a class that is not there: ccpc",
    ),
    "two fees": (
        instead(
            "ipc.yaml",
            "      conduct:\n",
            "      late_fee: [{from: 2020-01-01, citation: x, value: {kind: fee, title: Late, do: Pay., dollars: 5}}]\n"
            "      conduct:\n",
        ),
        "the policy's 'classes.ipc.needs' has more than one fee; keep one",
    ),
    "a place that nobody reads": (
        instead("ipc.yaml", "    needs:\n", "    need:\n"),
        "the policy's 'classes.ipc.need.degree' is read by nothing; correct its name or place, or remove it",
    ),
    "a list without titles": (
        instead("applications.yaml", "bachelor: Bachelor's program in teacher education", "bachelor:"),
        "the policy's 'programs' must be lines of 'code: title'; put a code of digits in quotes",
    ),
    "reminders after the end": (
        instead("applications.yaml", "value: [30, 60, 80]", "value: [30, 60, 120]"),
        "the policy's 'due.reminders' must be a whole number from 1 to 90",
    ),
    "no address": (
        instead(
            "applications.yaml", "value: Educator Certification, 1 Example Plaza, Jefferson City, MO 65101", 'value: ""'
        ),
        "the policy's 'send_to' must be the address to which papers and fees are sent",
    ),
    "no last day": (
        instead(
            "applications.yaml",
            "  days:\n    - from: 2020-01-01\n      value: 90",
            "  days:\n    - from: 2020-01-01\n      value: soon",
        ),
        "the policy's 'due.days' must be a whole number from 1 to 9999",
    ),
    "a class that begins before its years": (
        instead("ipc.yaml", "    years:\n      - from: 2020-01-01", "    years:\n      - from: 2021-01-01"),
        "the policy's 'classes.ipc.years' holds nothing on 2020-01-01; its first date is 2021-01-01",
    ),
    "a mistake that begins next year": (
        instead(
            "ipc.yaml",
            "        value: 4\n        citation: 5 CSR 20-400.500\n",
            "        value: 4\n        citation: 5 CSR 20-400.500\n      - {from: 2028-01-01, value: 0, citation: x}\n",
        ),
        "the policy's 'classes.ipc.years' must be a whole number from 1 to 99",
    ),
    "a class that is only begun": (
        beside("classes: {visiting: {years: [{from: 2020-01-01, value: 1, citation: x}]}}"),
        "the policy has no 'classes.visiting.class'; add it with its date and citation",
    ),
}


def test_a_key_that_stands_twice_in_one_file_hides_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "missouri"
    shutil.copytree(MISSOURI, folder)
    instead("ipc.yaml", "      degree:\n", "      fee: []\n      degree:\n")(folder)
    with pytest.raises(BadPolicy, match=r"ipc\.yaml: 'fee' stands twice in one place; keep one$"):
        rulebook(folder)


@pytest.mark.parametrize(("change", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_that_names_the_place(tmp_path: Path, change: Change, sentence: str) -> None:
    folder = tmp_path / "missouri"
    shutil.copytree(MISSOURI, folder)
    change(folder)
    with pytest.raises(BadPolicy) as caught:
        rulebook(folder)
    assert str(caught.value) == sentence


def test_a_class_that_ended_can_be_applied_for_no_more_and_still_governs_what_was_received(tmp_path: Path) -> None:
    folder = tmp_path / "missouri"
    shutil.copytree(MISSOURI, folder)
    instead(
        "substitute.yaml",
        "          unneeded_with: [ipc]\n",
        "          unneeded_with: [ipc]\n      - {from: 2027-07-01, value: null, citation: Repealed}\n",
    )(folder)
    book = rulebook(folder)
    assert book.find("substitute", date(2027, 6, 30)) is not None
    assert book.find("substitute", date(2027, 7, 1)) is None
    assert [kind.code for kind in book.all(date(2027, 7, 1))] == ["ipc"]
