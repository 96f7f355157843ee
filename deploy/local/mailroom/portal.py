"""Logs a visitor in at the portal, as somebody does who types a username and a password at its Login page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlsplit

import httpx
from starlette.datastructures import Headers

from deploy.local.mailroom.people import ROLES, Person
from shared import csrf

SECONDS: Final = 30.0
_TOKEN: Final = re.compile(rf'name="{csrf.FIELD}" value="([^"]+)"')


class NotLoggedIn(Exception):
    """The portal did not let somebody in; the text is a sentence for the visitor, with what to do."""


@dataclass(frozen=True)
class LoggedIn:
    """Where the portal leads, and the Set-Cookie lines that sign the browser in."""

    location: str
    cookies: list[str]


@dataclass(frozen=True)
class Portal:
    """The portal as this program reaches it.

    Attributes:
        url: the gateway's address, `http://127.0.0.1:8080`.
        origin: what browsers open, `http://localhost:8080`; forms that come from elsewhere are refused there and here.
        transport: what carries the requests; the network where none is given.
    """

    url: str
    origin: str
    transport: httpx.AsyncBaseTransport | None = None

    def sent_by_us(self, headers: Headers) -> bool:
        """Whether the browser says that the form came from a page of this origin."""
        return csrf.from_our_pages(headers, self.origin)

    async def log_in(self, person: Person, cookies: Mapping[str, str]) -> LoggedIn:
        """Begin a session.

        The form is asked for as a visitor whom nobody knows, and sent with the browser's cookies: the portal then ends
        the session that the browser had. For its limits all who log in here are one address, ours.

        Args:
            person: who the visitor wants to be; the portal leads to where the work of that role begins.
            cookies: what the visitor's browser sent us.

        Raises:
            NotLoggedIn: the portal refused or could not be reached.
        """
        headers = {"Host": urlsplit(self.origin).netloc, "Origin": self.origin}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=SECONDS, trust_env=False, transport=self.transport
        ) as client:
            try:
                form = await client.get("/login")
                fields = {
                    "username": person.username,
                    "password": person.password,
                    "next": ROLES[person.role].desk,
                    csrf.FIELD: _token(form),
                }
                sent = {"Cookie": _line({**cookies, **_cookies(form)})}
                answer = await client.post("/login", data=fields, headers=sent)
            except httpx.HTTPError:
                raise NotLoggedIn(
                    "The portal cannot be reached. Look whether it still runs, then press Log in again."
                ) from None
        if not answer.is_redirect:
            raise NotLoggedIn(_refusal(answer.status_code))
        return LoggedIn(answer.headers["location"], answer.headers.get_list("set-cookie"))


def _token(form: httpx.Response) -> str:
    found = _TOKEN.search(form.text)
    if found is None:
        raise NotLoggedIn(_refusal(form.status_code))
    return found[1]


def _refusal(status: int) -> str:
    if status >= 500:
        return "The portal is not ready, or busy. Wait half a minute, then press Log in again."
    return (
        f"The portal said no (status {status}). The password may have been changed or the account closed, or somebody"
        " tried wrong passwords too often. Enter username and password at its Login page: it says which of these."
    )


def _cookies(answer: httpx.Response) -> dict[str, str]:
    """Read by hand: httpx keeps no `Secure` cookie that came over http."""
    read = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        read.load(line)
    return {name: morsel.value for name, morsel in read.items()}


def _line(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
