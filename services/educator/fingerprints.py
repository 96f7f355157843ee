"""The Fingerprint Information section of the profile, rendered by fingerprint, which alone may know what it says."""

import asyncio
import logging
from typing import Final

import httpx
from markupsafe import Markup

from shared.auth import Caller, service_token
from shared.service import Service

# A profile without this section is better than one that comes late.
SECONDS: Final = 0.8
_log = logging.getLogger(__name__)


async def section(service: Service, caller: Caller) -> Markup | None:
    """The section for this person, or None where fingerprint is away or slow."""
    url = f"{service.settings.url('fingerprint')}/_fragments/fingerprints"
    headers = {"authorization": f"Bearer {service_token(service.keys, 'fingerprint', caller)}"}
    try:
        async with asyncio.timeout(SECONDS):
            answer = await service.http.get(url, headers=headers)
    except (httpx.TransportError, TimeoutError) as error:
        _log.warning("the fingerprint section is away", extra={"error": type(error).__name__})
        return None
    if answer.status_code != httpx.codes.OK:
        _log.warning("the fingerprint section is away", extra={"status": answer.status_code})
        return None
    # Markup of our own service over a signed call; nothing in it was written by a person unescaped.
    return Markup(answer.text)  # noqa: S704
