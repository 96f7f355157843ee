"""Who acts on an application, from the caller of a page; and what acting needs."""

from services.certificate import regulations
from services.certificate.actions import educators
from services.certificate.actions.applications import Office
from services.certificate.rules.deeds import Acting
from services.certificate.rules.requirements import Party
from shared.events import Role
from shared.service import Service
from shared.web import Page


def office(service: Service) -> Office:
    """The rules in force, and the keys to seal what only one person may read."""
    return Office(regulations.BOOK, service.keys)


async def acting(page: Page, party: Party) -> Acting:
    """The caller in this part. Whose record they hold goes with them: nobody works on their own application."""
    return Acting(
        account_id=page.me.account_id,
        username=page.me.username,
        party=party,
        institutions=frozenset(page.me.institutions(Role.PROGRAM)) if party is Party.INSTITUTION else frozenset(),
        educator_id=await educators.of_account(page.db, page.me.account_id),
    )
