"""Pages for everybody: the start page, help, privacy, accessibility."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from services.identity.office import office
from services.identity.pages.asking import ReadsPublic
from services.identity.rules import passwords
from shared.policy import applying, today
from shared.text import text

router = APIRouter()


@router.get("/")
async def start(page: ReadsPublic) -> Response:
    """What this is, and the four steps."""
    return page.render("start.html")


@router.get("/weblogin/login.aspx")
async def printed_address(page: ReadsPublic) -> Response:
    """The address on printed instructions, which live long."""
    return RedirectResponse("/login", 301)


@router.get("/help")
async def show_help(page: ReadsPublic) -> Response:
    """Answers to what people ask."""
    day = today()
    return page.render(
        "help.html",
        least=passwords.MIN_LENGTH,
        office=office(day),
        applying=[text(label) for label in applying(as_of=day).values()],
    )


@router.get("/privacy")
async def privacy(page: ReadsPublic) -> Response:
    """What is kept, who sees it, for how long."""
    return page.render("privacy.html", office=office(today()))


@router.get("/accessibility")
async def accessibility(page: ReadsPublic) -> Response:
    """What these pages promise to people who use them in their own way."""
    return page.render("accessibility.html", office=office(today()))
