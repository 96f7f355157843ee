"""Certificate, wired: settings, database, broker, pages."""

from services.certificate import attention, loops, pages
from services.certificate.consumers import consumers
from services.certificate.settings import Settings
from shared.app import build

app = build(
    "certificate",
    settings=Settings(),
    routers=pages.routers,
    consumers=consumers,
    loops=[loops.pass_time],
    attention=attention.count,
)
