"""Asking educator, which alone keeps Social Security Numbers, whose number stands in submissions."""

from collections.abc import Sequence
from typing import Final

import httpx

from services.fingerprint.actions.submissions import Question
from services.fingerprint.rules.tying import Match
from shared.auth import service_token
from shared.service import Service

# As many as educator takes in one call.
AT_ONCE: Final = 500


class EducatorAway(Exception):
    """Educator did not answer, or not with what was asked for. Says nothing of what was asked."""


async def compare(service: Service, questions: Sequence[Question]) -> list[list[Match]]:
    """The educators who have one of the numbers of each submission, in the order asked.

    Raises:
        EducatorAway: ask again later.
    """
    url = f"{service.settings.url('educator')}/internal/numbers/compare"
    asked = [
        {
            "id": str(question.file_id),
            "numbers": question.numbers,
            "born_on": question.born_on.isoformat() if question.born_on else None,
        }
        for question in questions
    ]
    try:
        answer = await service.http.post(
            url,
            json={"submissions": asked},
            headers={"authorization": f"Bearer {service_token(service.keys, 'educator')}"},
        )
    except httpx.TransportError as error:
        raise EducatorAway(type(error).__name__) from None
    if answer.status_code != httpx.codes.OK:
        raise EducatorAway(f"status {answer.status_code}")
    matches = [[Match(one["educator_id"], one["born"]) for one in found] for found in answer.json()["matches"]]
    if len(matches) != len(questions):
        raise EducatorAway("another number of answers")
    return matches
