"""What every page of a draft begins with: whose it is, of which class, and what its form asks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import applications, drafts, educators
from services.certificate.rules import filling
from services.certificate.rules.classes import CertificateClass
from services.certificate.rules.filling import Paper
from services.certificate.rules.standing import State
from services.certificate.tables import Application, Draft
from shared import policy
from shared.text import Text, text
from shared.web import Page

CHANGED = text(
    "This draft was changed in another window meanwhile. What you sent was not saved, and nothing was overwritten."
    " Compare both, then save again what is right."
)
_GONE = text("There is no draft of this application any more: it was submitted or deleted, perhaps in another window.")


@dataclass(frozen=True)
class Opened:
    """A class that an educator may apply for.

    Attributes:
        corrects: the application that was returned and is to be corrected.
        draft: None where it was not begun.
    """

    educator_id: str
    kind: CertificateClass
    paper: Paper
    corrects: Application | None
    draft: Draft | None

    @property
    def code(self) -> str:
        """The class's code."""
        return self.kind.code

    @property
    def label(self) -> Text:
        """What the page is called, as in the menu."""
        return text(policy.applying(policy.today()).get(self.code, self.kind.title))

    def href(self, step: str = "") -> str:
        """The address of a page of the form."""
        return f"/ecs/apply/{self.code}/{step}" if step else f"/ecs/apply/{self.code}"


@dataclass(frozen=True)
class Begun(Opened):
    """The same, with a draft."""

    draft: Draft


async def opened(page: Page, code: str) -> Opened | Response:
    """The class with this account's draft; or the page that the person must be led to instead."""
    day = policy.today()
    educator_id = await educators.of_account(page.db, page.me.account_id)
    at_work = await applications.open_one(page.db, educator_id, code) if educator_id else None
    # One that is to be corrected is governed by its own day, also where its class has ended since.
    governs = at_work.received_on if at_work else day
    kind = regulations.BOOK.find(code, governs)
    if kind is None:
        page.deny(404)
    if educator_id is None:
        page.flash(
            text("Connect your record first, then apply. If you just did, open that page again in a few seconds."),
            "info",
        )
        return page.redirect("/ecs")
    if at_work and at_work.state != State.RETURNED:
        return lead_to_open(page, at_work.id)
    asked = filling.paper(regulations.BOOK, kind, governs, day)
    return Opened(educator_id, kind, asked, at_work, await drafts.find(page.db, educator_id, code))


async def begun(page: Page, code: str) -> Begun | Response:
    """The same for a page that needs a draft."""
    found = await opened(page, code)
    if not isinstance(found, Opened):
        return found
    if found.draft is None:
        return lead_to_start(page, found)
    return Begun(found.educator_id, found.kind, found.paper, found.corrects, found.draft)


def lead_to_open(page: Page, application_id: UUID) -> Response:
    """There is an open one of this class: here it is."""
    page.flash(
        text("You have applied for this certificate already. This is your application, and where it stands."), "info"
    )
    return page.redirect(f"/ecs/applications/{application_id}")


def lead_to_start(page: Page, found: Opened) -> Response:
    """There is no draft: where one can be begun, or the application that is to be corrected."""
    page.flash(_GONE, "info")
    return page.redirect(f"/ecs/applications/{found.corrects.id}" if found.corrects else found.href())


def version(page: Page) -> int:
    """The version that the form was opened at; what is no number is older than any."""
    typed = page.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
