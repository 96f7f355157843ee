"""Educator, wired: settings, database, broker, app."""

from services.educator import api, loops, pages
from services.educator.consumers import consumers
from services.educator.pages.cases import attention
from services.educator.settings import Settings
from shared.app import build

app = build(
    "educator",
    settings=Settings(),
    routers=[pages.router, api.router],
    consumers=consumers,
    loops=[loops.forget],
    attention=attention,
)
