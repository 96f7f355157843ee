"""schemathesis, through the gateway: every operation of every service's OpenAPI document, with anything in it.

The documents say which addresses there are and of what kind their ids are; what is asked here is that nothing breaks:
no 5xx, no page that is not calm. Each operation is called by somebody who may, so that more than the door is tried.
"""

import os
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from deploy.local.ports import SERVICES
from deploy.local.system import System
from shared.contracts import documents
from tests.access.cells import FOR_PEOPLE, said
from tests.hostile.calm import calm, faults
from tests.hostile.crowd import ANYBODY, WHO, Crowd, token_of
from tests.visitor import Answer

_EXAMPLES: Final = int(os.environ.get("ECS_EXAMPLES", "12"))
_WHO: Final = {
    (row.method, row.path): next((who for who in WHO if said(row, who) == "in"), ANYBODY) for row in FOR_PEOPLE
}


_SETTINGS: Final = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_a_document_allows_breaks_a_service(system: System, crowd: Crowd, service: str) -> None:
    schema = schemathesis.openapi.from_dict(documents.openapi(service))
    schema.config.update(base_url=system.origin)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert operations
    calm([fault for operation in operations for fault in tried(system, crowd, operation)])


def tried(system: System, crowd: Crowd, operation: Any) -> list[str]:
    """What is wrong with the answers to whatever the operation's document allows."""
    who = _WHO.get((operation.method.upper(), operation.path), "administrator")
    cookies = crowd[who].cookies if who != ANYBODY else {}
    form = {"csrf": token_of(system, crowd[who])}
    answers: list[Answer] = []

    @_SETTINGS
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.headers = {**dict(case.headers or {}), "Origin": system.origin}
        sent = {"data": form} if case.method.upper() == "POST" and not case.media_type else {}
        response = case.call(cookies=cookies, allow_redirects=False, **sent)
        headers = httpx.Headers([(name, value) for name, values in response.headers.items() for value in values])
        answers.append(Answer(case.method, case.path, response.status_code, headers, response.content))

    call()
    assert answers
    return [fault for answer in answers for fault in faults(answer, system.origin)]
