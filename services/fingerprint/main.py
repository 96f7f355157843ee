"""Fingerprint, wired: settings, database, broker, pages, and the loops of the spool, of what waits, of submissions, of
the calendar, and of imports to be undone."""

from services.fingerprint import api, awaited, expiring, metering, pages, spool, submitted, undone
from services.fingerprint.consumers import consumers
from services.fingerprint.settings import Settings
from shared.app import build

settings = Settings()
settings.every_source()  # what is wrong with the file of sources is said at the start

app = build(
    "fingerprint",
    settings=settings,
    routers=[pages.router, api.router],
    consumers=consumers,
    loops=[spool.watch, metering.watch, awaited.watch, expiring.watch, submitted.watch, undone.watch],
    attention=pages.attention,
)
