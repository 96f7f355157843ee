"""The documents that others read: AsyncAPI of all facts, OpenAPI of each service. Generated, never written by hand.

Who says a fact is its owner; who hears it is read from the services' consumers.
"""

import importlib
import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from shared import topics
from shared.commands import part, services
from shared.contracts.kept import Contract, in_folder
from shared.events import BY_TOPIC, EVENTS

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "api"
_PLAIN: Final = ("/health", "/metrics")
_MADE_UP: Final = {"KAFKA": "127.0.0.1:1", "REDIS": "redis://127.0.0.1:1/0", "SMTP": "smtp://127.0.0.1:1"}


def listeners() -> dict[str, tuple[str, ...]]:
    """Per topic, the services that hear it."""
    heard: dict[str, list[str]] = {event.topic: [] for event in EVENTS}
    for service in services():
        if module := part(service, "consumers"):
            for topic in module.consumers.topics:
                heard[topic].append(service)
    return {topic: tuple(names) for topic, names in heard.items()}


def asyncapi(contracts: Mapping[str, Contract], heard: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all facts."""
    operations: dict[str, Any] = {}
    for topic, contract in contracts.items():
        channel = {"$ref": f"#/channels/{topic}"}
        operations[f"{contract.owner}.says.{topic}"] = {"action": "send", "channel": channel}
        for service in heard.get(topic, ()):
            operations[f"{service}.hears.{topic}"] = {"action": "receive", "channel": channel}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Educator Certification System: facts",
            "version": "1.0.0",
            "description": "What one service tells another. The key of each record is `subject_id`.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, contract) for topic, contract in contracts.items()},
        "operations": operations,
        "components": {"messages": {topic: _message(contract) for topic, contract in contracts.items()}},
    }


def _channel(topic: str, contract: Contract) -> dict[str, Any]:
    event = BY_TOPIC[topic]
    return {
        "address": topic,
        "description": f"Said by {contract.owner}; kept {'seven days' if event.personal else 'for ever'}.",
        "messages": {topic: {"$ref": f"#/components/messages/{topic}"}},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": topics.PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topics.retention_of(event)},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(contract: Contract) -> dict[str, Any]:
    schema = dict(contract.schema)
    definitions = schema.pop("$defs", {})
    schema.pop("$schema")
    return {
        "name": contract.topic,
        "summary": schema.get("description", "").split("\n")[0],
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "description": "CloudEvents 1.0 in binary mode, and the W3C trace context.",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
            "properties": {
                "ce_specversion": {"type": "string", "const": "1.0"},
                "ce_id": {"type": "string", "format": "uuid"},
                "ce_source": {"type": "string", "const": f"/{contract.owner}"},
                "ce_type": {"type": "string", "const": contract.topic},
                "content-type": {"type": "string", "const": "application/json"},
                "traceparent": {"type": "string"},
            },
        },
        "payload": _resolved(schema, definitions),
        "examples": [{"payload": example} for example in contract.examples],
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _resolved(form: Any, definitions: Mapping[str, Any]) -> Any:
    """The form with what it refers to in its place: AsyncAPI looks for references elsewhere."""
    if isinstance(form, list):
        return [_resolved(one, definitions) for one in form]
    if not isinstance(form, dict):
        return form
    if "$ref" in form:
        form = {**definitions[form["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in form.items() if k != "$ref"}}
    return {name: _resolved(one, definitions) for name, one in form.items()}


def openapi(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service's pages and api, from its app, which is built and not started."""
    made_up = {f"ECS_{name}": value for name, value in _MADE_UP.items()}
    made_up |= {f"ECS_POSTGRES_{name.upper()}": "postgresql://127.0.0.1:1/none" for name in services()}
    made_up |= {f"ECS_URL_{name.upper()}": "http://127.0.0.1:1" for name in services()}
    before = dict(os.environ)
    os.environ.update({name: value for name, value in made_up.items() if name not in os.environ})
    try:
        app = importlib.import_module(f"services.{service}.main").app
    finally:
        os.environ.clear()
        os.environ.update(before)
    routes = [
        route
        for route in (context.original_route for context in iter_route_contexts(app.routes))
        if isinstance(route, APIRoute) and not route.path.startswith(_PLAIN)
    ]
    for route in routes:
        route.include_in_schema = True  # pages too
    document = get_openapi(title=f"Educator Certification System: {service}", version="1.0.0", routes=routes)
    for path in document["paths"].values():
        for operation in path.values():
            _say_html(operation["responses"])
    return document


def _say_html(responses: dict[str, Any]) -> None:
    """A route without a form for its answer gives a page."""
    for answer in responses.values():
        if answer.get("content", {}).get("application/json") == {"schema": {}}:
            answer["content"] = {"text/html": {"schema": {"type": "string"}}}


def all_documents() -> dict[str, str]:
    """Every document's file name and content."""
    made = {"asyncapi.json": asyncapi(in_folder(), listeners())}
    for service in services():
        if find_spec(f"services.{service}.main"):
            made[f"openapi-{service}.json"] = openapi(service)
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in made.items()}


def write() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in all_documents().items():
        (FOLDER / name).write_text(content, "utf-8")


def stale() -> list[str]:
    """The documents that are not what the code says now."""
    return [
        name
        for name, content in all_documents().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != content
    ]
