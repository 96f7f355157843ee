"""The generated documents are what the code says, and their own validators accept them."""

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from shared.commands import services
from shared.contracts import documents
from shared.pages.build import packages


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((documents.FOLDER / name).read_text("utf-8"))
    return document


def test_no_document_is_stale() -> None:
    assert documents.stale() == []


@pytest.mark.parametrize("service", services())
def test_openapi_accepts_the_document_of_each_service(service: str) -> None:
    document = read(f"openapi-{service}.json")
    validate(document)
    assert document["paths"]


def test_asyncapi_accepts_the_document_of_the_facts() -> None:
    schemas = packages(checks=True) / "@asyncapi" / "specs" / "schemas"
    schema = json.loads((schemas / "3.0.0-without-$id.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    document = read("asyncapi.json")
    assert [error.json_path for error in validator.iter_errors(document)] == []
    del document["info"]["title"]
    assert list(validator.iter_errors(document)), "the validator refuses nothing"


def test_every_example_in_the_document_follows_the_schema_beside_it() -> None:
    for message in read("asyncapi.json")["components"]["messages"].values():
        for example in message["examples"]:
            jsonschema.validate(example["payload"], message["payload"])


def test_the_document_says_who_says_and_who_hears() -> None:
    operations = read("asyncapi.json")["operations"]
    assert operations["identity.says.UserRegistered"]["action"] == "send"
    heard = documents.listeners()
    for topic, names in heard.items():
        for name in names:
            assert operations[f"{name}.hears.{topic}"]["action"] == "receive"
