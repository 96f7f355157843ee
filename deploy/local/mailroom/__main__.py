"""Run the Mailroom: `python -m deploy.local.mailroom --folder DIR`. SMTP and pages in one process; SIGTERM stops it."""

import argparse
import asyncio
from pathlib import Path
from typing import Final

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mailroom.box import Box
from deploy.local.mailroom.pages import app
from deploy.local.mailroom.portal import Portal

LARGEST: Final = 10 * 1024 * 1024  # bytes of one letter


class Slot:
    """Takes letters in. aiosmtpd calls it."""

    def __init__(self, box: Box) -> None:
        self.box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - their name
        """Keep the letter once for each recipient."""
        raw = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self.box.put(recipient, raw)
        return "250 Kept"


async def run(host: str, smtp: int, http: int, folder: Path, people: Path, portal: Portal) -> None:
    """Serve until told to stop."""
    box = Box(folder)
    slot = Slot(box)
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(
        lambda: SMTP(slot, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="mailroom", loop=loop), host, smtp
    )
    pages = uvicorn.Server(
        uvicorn.Config(
            app(box, people, portal), host=host, port=http, log_level="warning", access_log=False, server_header=False
        )
    )
    try:
        await pages.serve()
    finally:
        mail.close()  # not waited for: a mailer that keeps its connection open would hold us


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp", type=int, default=1025)
    parser.add_argument("--http", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--people", type=Path, default=Path("var/demo.json"), help="who may be logged in as")
    parser.add_argument("--portal", default="http://127.0.0.1:8080", help="where the gateway answers us")
    parser.add_argument("--origin", default="http://localhost:8080", help="what browsers open")
    given = parser.parse_args()
    portal = Portal(given.portal, given.origin)
    asyncio.run(run(given.host, given.smtp, given.http, given.folder, given.people, portal))


if __name__ == "__main__":
    main()
