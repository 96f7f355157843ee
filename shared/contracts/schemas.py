"""The schema of a fact, and whether a change of it would break anybody. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.events import Event

Schema = dict[str, Any]

# They tell people something and bind nobody.
_WORDS: Final = ("description", "title", "examples", "default")


def schema_of(event: type[Event]) -> Schema:
    """The JSON Schema of a fact as it is on the wire."""
    schema: Schema = json.loads(json.dumps(event.model_json_schema(mode="serialization")))
    # a field with a default is always written, and yet may be absent in what was written before it was there
    schema["required"] = [name for name, field in event.model_fields.items() if field.is_required()]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def breaks(old: Schema, new: Schema) -> Iterator[str]:
    """In what way facts written or read under one schema could not be read or written under the other.

    A reader that runs older code must read new facts, and new code every fact that was ever said. So a field that is
    there stays as it is, neither wider nor narrower, and a new one is optional.
    """
    before, after = _fields(old), _fields(new)
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for name, form in before.items():
        if name not in after:
            yield f"the field {name} is gone or has another name"
        elif after[name] != form:
            yield f"the field {name} has another form: {_told(form)} became {_told(after[name])}"
        elif name in required_after - required_before:
            yield f"the field {name} is required now, and facts without it were said"
        elif name in required_before - required_after:
            yield f"the field {name} is optional now, and those who read it count on it"
    for name in after:
        if name not in before and name in required_after:
            yield f"the new field {name} is required, and facts without it were said"


def _fields(schema: Schema) -> dict[str, Any]:
    """Each field's form with references resolved and words removed, so that only what binds is compared."""
    definitions = schema.get("$defs", {})
    return {name: _bare(form, definitions) for name, form in schema.get("properties", {}).items()}


def _bare(form: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(form, list):
        return [_bare(part, definitions) for part in form]
    if not isinstance(form, dict):
        return form
    if "$ref" in form:
        form = {**definitions[form["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in form.items() if k != "$ref"}}
    return {name: _bare(part, definitions) for name, part in form.items() if name not in _WORDS}


def _told(form: Any) -> str:
    return json.dumps(form, sort_keys=True)


def example_of(event: type[Event]) -> dict[str, Any]:
    """A fact of this class with every field filled, to be kept."""
    schema = schema_of(event)
    fields = {name: _sample(name, form, schema.get("$defs", {})) for name, form in schema["properties"].items()}
    fields["sequence"] = 1
    fields["subject_id"] = _ACCOUNT if event.owner == "identity" else "04172298"
    return fields


_ACCOUNT: Final = "3f2a6c1e-8f5d-4a57-9f0e-5f1b6f0f7a11"
_BY_NAME: Final = {
    "username": "maria.hernandez",
    "first_name": "María",
    "middle_name": "de la Luz",
    "last_name": "Hernández O'Brien",
    "former_last_names": ["Hernández"],
    "email": "maria.hernandez@example.org",
    "language": "en",
    "institution": "University of Central Missouri",
    "classification": "Initial Professional",
    "purpose": "2301",
    "sealed": "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..c2VhbGVk.c2VhbGVk.c2VhbGVk",
}
_BY_FORMAT: Final = {"uuid": _ACCOUNT, "date-time": "2026-08-04T15:04:05.123456Z", "date": "2026-08-04"}


def _sample(name: str, form: Schema, definitions: Mapping[str, Any]) -> Any:
    form = _bare(form, definitions)
    if "anyOf" in form:
        form = form["anyOf"][0]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if "format" in form:
        return _BY_FORMAT[form["format"]]
    if "enum" in form:
        return form["enum"][0]
    if "const" in form:
        return form["const"]
    return {"string": "text", "integer": 1, "boolean": True, "array": []}[form["type"]]
