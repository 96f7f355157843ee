"""`/ecs/profile`: the Educator Profile with its three sections."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.educator import fingerprints, state
from services.educator.actions import contacts, persons, profiles
from services.educator.actions.contacts import Links
from services.educator.actions.profiles import Overtaken
from services.educator.rules import contacts as contact_rules
from services.educator.rules import names
from services.educator.tables import Person
from shared import educator_id, policy
from shared.events import Role
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]

PROFILE_FIELDS = ("first_name", "middle_name", "last_name", "former_last_names", "program")
CONTACT_FIELDS = ("email", "phone", "street", "city", "state", "zip_code")
# Letters to a new address, per account: enough for typing mistakes, too few to bother a stranger with.
LINKS_RATE = "10/hour"


@router.get("/ecs/profile")
async def show(page: Shown) -> Response:
    """The profile."""
    # Before the first statement, so that no connection of the pool waits for another service.
    section = await fingerprints.section(page.service, page.me)
    person = await persons.of_account(page.db, page.me.account_id)
    if person is None:
        return page.redirect("/ecs")
    pending = await contacts.pending(page.db, person.educator_id)
    now = datetime.now(UTC)
    return page.render(
        "profile.html",
        form=_stored(person),
        educator_id=educator_id.shown(person.educator_id),
        programs=_programs(person.program),
        states=_states(),
        pending=pending,
        pending_expired=pending is not None and pending.expires_at <= now,
        email_known=person.email is not None,
        saved={},
        section=section,
    )


@router.post("/ecs/profile")
async def save(page: Sent) -> Response:
    """ "Save Profile"."""
    name, errors = names.read(page.form)
    program = page.form.line("program")
    person = await persons.of_account(page.db, page.me.account_id)
    if person is None:
        return page.redirect("/ecs")
    if program not in dict(_programs(person.program)) and program:
        errors["program"] = text("Select the program from the list.")
    if errors:
        return await _again(page, person, PROFILE_FIELDS, errors)
    try:
        await profiles.save(page.db, page.me, name, program, _version(page, "profile_version"))
    except Overtaken as overtaken:
        return await _told(page, overtaken.person, PROFILE_FIELDS)
    page.flash(text("Your profile is saved."))
    return page.redirect("/ecs/profile")


@router.get("/ecs/profile/contact")
async def contact_address(page: Shown) -> Response:
    """Where a form was refused the address stays; opened again, it leads to the section."""
    return page.redirect("/ecs/profile")


@router.post("/ecs/profile/contact")
async def save_contact(page: Sent) -> Response:
    """ "Save" of Contact Information."""
    person = await persons.of_account(page.db, page.me.account_id)
    if person is None:
        return page.redirect("/ecs")
    contact, errors = contact_rules.read(page.form)
    if person.email is None and not page.form.line("email"):
        errors.pop("email", None)
    if errors:
        return await _again(page, person, CONTACT_FIELDS, errors)
    if contact.email and contact.email != person.email:
        await page.limit("links", LINKS_RATE, str(page.me.account_id))
    try:
        address = await contacts.save(
            page.db, page.me, contact, _version(page, "contact_version"), _links(page), datetime.now(UTC)
        )
    except Overtaken as overtaken:
        return await _told(page, overtaken.person, CONTACT_FIELDS)
    if address:
        _say_link_sent(page, address)
    else:
        page.flash(text("Your contact information is saved."))
    return page.redirect("/ecs/profile")


@router.post("/ecs/profile/contact/again")
async def send_again(page: Sent) -> Response:
    """A fresh link to the address that waits."""
    await page.limit("links", LINKS_RATE, str(page.me.account_id))
    address = await contacts.send_again(page.db, page.me, _links(page), datetime.now(UTC))
    if address:
        _say_link_sent(page, address)
    return page.redirect("/ecs/profile")


@router.post("/ecs/profile/contact/cancel")
async def cancel(page: Sent) -> Response:
    """Stay with the old address."""
    await contacts.cancel(page.db, page.me)
    page.flash(text("Your e-mail address stays as it is."))
    return page.redirect("/ecs/profile")


def _say_link_sent(page: Page, address: str) -> None:
    page.flash(
        text(
            "Saved. We sent a link to {address}. The new address counts once you open the link and confirm.",
            address=contact_rules.masked(address),
        )
    )


async def _again(page: Page, person: Person, fields: tuple[str, ...], errors: Mapping[str, Text]) -> Response:
    """The page with what was typed and what is wrong; nothing is saved."""
    return await _render(page, person, fields, errors, 422, {})


async def _told(page: Page, person: Person, fields: tuple[str, ...]) -> Response:
    """The page with what was typed beside what was saved elsewhere meanwhile; nothing is overwritten."""
    stored = _stored(person)
    choices = dict(_programs(person.program)) | dict(_states())
    saved = {
        field: choices.get(stored[field], stored[field]) for field in fields if stored[field] != page.form.line(field)
    }
    errors = {
        "": text(
            "This part of your profile was changed in another window meanwhile. Nothing you sent was saved."
            " Compare both below, then save again what is right."
        )
    }
    return await _render(page, person, fields, errors, 409, saved)


async def _render(
    page: Page,
    person: Person,
    fields: tuple[str, ...],
    errors: Mapping[str, Text],
    status: int,
    saved: Mapping[str, str],
) -> Response:
    pending = await contacts.pending(page.db, person.educator_id)
    return page.render(
        "profile.html",
        status=status,
        errors=errors,
        form=_stored(person) | {field: page.form.get(field, "") for field in fields},
        educator_id=educator_id.shown(person.educator_id),
        programs=_programs(person.program),
        states=_states(),
        pending=pending,
        pending_expired=pending is not None and pending.expires_at <= datetime.now(UTC),
        email_known=person.email is not None,
        saved=saved,
        section=await fingerprints.section(page.service, page.me),
    )


def _stored(person: Person) -> dict[str, str]:
    return {
        "first_name": person.first_name,
        "middle_name": person.middle_name,
        "last_name": person.last_name,
        "former_last_names": ", ".join(person.former_last_names),
        "program": person.program,
        "profile_version": str(person.profile_version),
        "email": person.email or "",
        "phone": contact_rules.shown_phone(person.phone),
        "street": person.street,
        "city": person.city,
        "state": person.state,
        "zip_code": person.zip_code,
        "contact_version": str(person.contact_version),
    }


def _programs(current: str) -> list[tuple[str, str]]:
    """The approved programs, and the one in the record where it is approved no longer."""
    approved = policy.institutions(policy.today())
    programs = sorted(approved.items(), key=lambda program: program[1])
    return programs if not current or current in approved else [*programs, (current, current)]


def _states() -> list[tuple[str, str]]:
    return [(code, name) for code, (name, _) in contact_rules.STATES.items()]


def _version(page: Page, field: str) -> int:
    """The version the form was opened at; one that is no number is older than any."""
    typed = page.form.get(field, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _links(page: Page) -> Links:
    return Links(page.service.settings.origin, state.terms(policy.today()).link_lifetime, page.service.keys)
