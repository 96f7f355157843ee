"""The kept contracts hold, and the program that guards them refuses what would break whoever hears a fact."""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import Field, create_model
from pydantic_core import PydanticUndefined

from shared.contracts import kept
from shared.contracts.kept import Contract, complaints, grown
from shared.contracts.schemas import breaks, schema_of
from shared.events import BY_TOPIC, EVENTS, Event, FingerprintCleared


class Moved(Event):
    """A fact that only these tests know."""

    topic: ClassVar[str] = "Moved"
    owner: ClassVar[Any] = "educator"

    street: Annotated[str, Field(max_length=100)]
    code: Annotated[str, Field(pattern=r"^[a-z]+$")]
    kind: Literal["home", "work"]
    floor: int | None = None


def changed(**fields: Any) -> type[Event]:
    """The same fact with some fields declared otherwise; None takes a field away."""
    declared: dict[str, Any] = {
        name: (annotation, getattr(Moved.model_fields[name], "default", ...))
        for name, annotation in Moved.__annotations__.items()
        if name in Moved.model_fields
    }
    declared.update(fields)
    chosen = {
        name: (one[0], ... if one[1] is PydanticUndefined else one[1])
        for name, one in declared.items()
        if one is not None
    }
    made: Any = create_model
    model = made("Moved", __base__=Event, __doc__=Moved.__doc__, **chosen)
    model.topic, model.owner = "Moved", "educator"
    kind: type[Event] = model
    return kind


KEPT = {"Moved": grown(Moved, None)}


def told(event: type[Event]) -> list[str]:
    return list(complaints([event], KEPT, KEPT))


def test_every_fact_keeps_its_contract_and_every_contract_has_its_fact() -> None:
    assert list(complaints(EVENTS, kept.in_folder(), kept.in_head())) == []


@pytest.mark.parametrize("topic", sorted(BY_TOPIC))
def test_every_kept_example_can_be_read_and_written_again(topic: str) -> None:
    for example in kept.in_folder()[topic].examples:
        fact = BY_TOPIC[topic].model_validate_json(json.dumps(example))
        written = json.loads(fact.model_dump_json())
        assert {name: written[name] for name in example} == example


def test_an_unchanged_fact_is_accepted() -> None:
    assert told(changed()) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"street": None}, "street is gone"),
        ({"street": None, "road": (str, ...)}, "street is gone"),
        ({"street": (int, ...)}, "street has another form"),
        ({"street": (Annotated[str, Field(max_length=50)], ...)}, "street has another form"),
        ({"street": (Annotated[str, Field(max_length=200)], ...)}, "street has another form"),
        ({"code": (Annotated[str, Field(pattern=r"^[a-m]+$")], ...)}, "code has another form"),
        ({"kind": (Literal["home"], ...)}, "kind has another form"),
        ({"kind": (Literal["home", "work", "boat"], ...)}, "kind has another form"),
        ({"floor": (int | None, ...)}, "floor is required now"),
        ({"floor": (int, 0)}, "floor has another form"),
        ({"street": (Annotated[str, Field(max_length=100)], "")}, "street"),
        ({"county": (str, ...)}, "county is required"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_change_that_breaks_is_refused(change: dict[str, Any], complaint: str) -> None:
    assert any(complaint in sentence for sentence in told(changed(**change)))


def test_an_optional_field_may_be_added_once_the_contract_has_grown() -> None:
    larger = changed(county=(str | None, None))
    assert told(larger) == ["Moved: the class has grown. Run `python -m shared.contracts write`."]
    contract = grown(larger, KEPT["Moved"])
    assert list(complaints([larger], {"Moved": contract}, KEPT)) == []
    assert contract.examples[: len(KEPT["Moved"].examples)] == KEPT["Moved"].examples
    assert "county" in contract.examples[-1]


def test_words_for_people_may_change() -> None:
    assert (
        list(breaks(schema_of(Moved), schema_of(changed(floor=(Annotated[int | None, Field(title="F")], None))))) == []
    )


def test_a_fact_without_a_contract_and_a_contract_without_a_fact_are_found() -> None:
    assert any("no contract" in sentence for sentence in complaints([Moved], {}, {}))
    assert any("no class" in sentence for sentence in complaints([], KEPT, {}))
    assert any("no class" in sentence for sentence in complaints([], {}, KEPT))


def test_a_kept_example_can_neither_be_changed_nor_become_unreadable() -> None:
    contract = KEPT["Moved"]
    other = Contract("Moved", "educator", contract.schema, ({**contract.examples[0], "street": "Elm"},))
    assert any("changed or removed" in sentence for sentence in complaints([Moved], {"Moved": other}, KEPT))
    unreadable = Contract("Moved", "educator", contract.schema, (*contract.examples, {"street": "Elm"}))
    assert any("can no longer be read" in sentence for sentence in complaints([Moved], {"Moved": unreadable}, KEPT))


def test_the_owner_of_a_fact_stays() -> None:
    other = Contract("Moved", "identity", KEPT["Moved"].schema, KEPT["Moved"].examples)
    assert any("one owner" in sentence for sentence in complaints([Moved], KEPT, {"Moved": other}))


def test_the_required_fields_of_every_fact_are_required_on_the_wire() -> None:
    for event in EVENTS:
        assert {"event_id", "occurred_at", "subject_id", "sequence"} <= set(schema_of(event)["required"])


def test_write_refuses_to_overwrite_a_committed_contract_that_the_class_breaks(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    assert kept.write(tmp_path, [Moved]) == []
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first")
    (tmp_path / "Moved.json").unlink()
    [sentence] = kept.write(tmp_path, [changed(street=None)])
    assert "street is gone" in sentence
    assert not (tmp_path / "Moved.json").exists()


def test_the_card_is_kept() -> None:
    """Four topics and their fields are fixed by those who ordered the system."""
    assert {"UserRegistered", "AccessGranted", "FingerprintCleared", "CertificateIssued"} <= BY_TOPIC.keys()
    fields = FingerprintCleared.model_fields
    assert {"purpose", "cleared_on", "valid_until"} <= fields.keys()
    assert FingerprintCleared.model_fields["event_id"].annotation is UUID
