"""The Mailroom's pages: a list, one letter, the list for programs; and the demonstration's people, to log in as.

What is shown was written by a program that may be wrong or hostile: HTML is shown in a sandboxed frame without
scripts, and nothing is loaded from elsewhere.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.mailroom.box import Box
from deploy.local.mailroom.people import ROLES, by_role, read
from deploy.local.mailroom.portal import NotLoggedIn, Portal

HERE: Final = Path(__file__).parent
PAGE_SIZE: Final = 50
CHICAGO: Final = ZoneInfo("America/Chicago")
LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# The letter itself: no script, no form, no request anywhere; its links open in a window of their own.
LETTER_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)
_SAFE: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    # As the portal says it: only so does a browser know the portal's tab again that our forms open.
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def with_links(text: str) -> Markup:
    """Plain text with its web addresses made into links."""
    parts: list[Markup] = []
    end = 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        parts += [escape(text[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(address)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def shown(moment: datetime) -> str:
    """A moment as people in Missouri read it."""
    local = moment.astimezone(CHICAGO)
    return f"{local:%B} {local.day}, {local:%Y}, {local:%I:%M:%S %p}".replace(" 0", " ")


def app(box: Box, people: Path, portal: Portal) -> Starlette:
    """The pages over this box, and over the list of people whom `portal` knows."""
    look = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    look.filters.update(with_links=with_links, shown=shown)

    def page(name: str, status: int = 200, **context: object) -> HTMLResponse:
        headers = {**_SAFE, "Content-Security-Policy": PAGE_POLICY}
        return HTMLResponse(look.get_template(name).render(context), status, headers)

    async def inbox(request: Request) -> Response:
        to = request.query_params.get("to", "")[:320]
        ids = box.ids(to)
        number = _page(request.query_params, len(ids))
        here = ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        pages = max(1, -(-len(ids) // PAGE_SIZE))
        return page("inbox.html", letters=list(box.letters(here)), to=to, count=len(ids), number=number, pages=pages)

    async def letter(request: Request) -> Response:
        if found := box.get(request.path_params["id"]):
            return page("letter.html", letter=found)
        return page("missing.html", 404)

    async def body(request: Request) -> Response:
        found = box.get(request.path_params["id"])
        if found is None or not found.html:
            return page("missing.html", 404)
        headers = {**_SAFE, "Content-Security-Policy": LETTER_POLICY}
        return HTMLResponse(_opening_elsewhere(found.html), headers=headers)

    async def messages(request: Request) -> Response:
        ids = box.ids(request.query_params.get("to", ""))
        return JSONResponse([letter.as_json() for letter in box.letters(ids)], headers=_SAFE)

    async def demonstration(request: Request) -> Response:
        return page("people.html", groups=by_role(read(people)), roles=ROLES)

    async def log_in(request: Request) -> Response:
        if not portal.sent_by_us(request.headers):
            return page("elsewhere.html", 403, origin=portal.origin)
        person = next((one for one in read(people) if one.username == request.path_params["username"]), None)
        if person is None:
            return page("nobody.html", 404)
        try:
            done = await portal.log_in(person, request.cookies)
        except NotLoggedIn as refused:
            return page("refused.html", 502, person=person, why=refused)
        response = RedirectResponse(done.location, 303, _SAFE)
        for line in done.cookies:
            response.headers.append("Set-Cookie", line)
        return response

    async def back(request: Request) -> Response:
        return RedirectResponse("/mailroom/people", 303, _SAFE)

    async def style(request: Request) -> Response:
        return Response((HERE / "style.css").read_bytes(), media_type="text/css", headers=_SAFE)

    return Starlette(
        routes=[
            Route("/mailroom", inbox),
            Route("/mailroom/messages.json", messages),
            Route("/mailroom/style.css", style),
            Route("/mailroom/people", demonstration),
            Route("/mailroom/people/{username}", log_in, methods=["POST"]),
            Route("/mailroom/people/{username}", back),
            Route("/mailroom/{id}", letter),
            Route("/mailroom/{id}/body.html", body),
        ]
    )


def _page(query: Mapping[str, str], count: int) -> int:
    wanted = query.get("page", "1")
    last = max(1, -(-count // PAGE_SIZE))
    return min(max(int(wanted), 1), last) if wanted.isdecimal() and len(wanted) < 6 else 1


def _opening_elsewhere(html: str) -> str:
    """The letter's HTML, its links opening outside the frame."""
    base = '<base target="_blank">'
    head = re.search(r"<head(\s[^>]*)?>", html, re.IGNORECASE)
    return html[: head.end()] + base + html[head.end() :] if head else base + html
