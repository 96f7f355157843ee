"""Notifier, wired: settings, database, broker, pages, and the loop that writes and sends letters."""

from services.notifier import pages
from services.notifier.consumers import consumers
from services.notifier.pages.desk import attention
from services.notifier.sender import send_letters
from services.notifier.settings import Settings
from shared.app import build

app = build(
    "notifier",
    settings=Settings(),
    routers=[pages.router],
    consumers=consumers,
    loops=[send_letters],
    attention=attention,
)
