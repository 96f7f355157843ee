"""User Applications, requests for roles, and what administrators do with them."""

import secrets
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from shared.events import Role
from tests.identity.conftest import Site
from tests.visitor import Visitor

NEEDED = "Educator Certification System - Request Educator Access"


async def _somebody(site: Site, *roles: Role) -> str:
    name = f"{roles[0] if roles else 'person'}.{secrets.token_hex(4)}"
    await site.house.account(name, *roles)
    return name


async def _signed_in(site: Site, *roles: Role) -> Visitor:
    return site.logged_in(await _somebody(site, *roles))


async def test_letters_are_found_before_there_is_any_role(site: Site) -> None:
    visitor = await _signed_in(site)
    assert visitor.links["Messages"] == "/ecs/messages"


async def test_educator_access_is_requested_confirmed_and_used(site: Site) -> None:
    visitor = await _signed_in(site)
    assert visitor.heading == "User Applications"
    assert "/ecs" not in visitor.links.values()
    visitor.follow(NEEDED)
    assert "Robin" in visitor.text or "Jordan" in visitor.text
    visitor.press("Submit")
    assert "Close" in visitor.buttons
    assert visitor.tree.xpath("//dialog[@open]//h2")
    visitor.open("/applications")
    assert "Close" not in visitor.buttons
    assert NEEDED not in visitor.links
    assert "/ecs" in visitor.links.values()
    assert visitor.open("/applications/ecs/request").path == "/applications"


async def test_an_official_asks_and_an_administrator_approves(site: Site) -> None:
    person, admin = await _signed_in(site), await _signed_in(site, Role.ADMINISTRATOR)
    person.follow("Request a role for officials and staff").choose("Program official").press("Submit")
    assert person.status == 422
    assert "Choose the institution whose program you act for." in person.text
    person.choose("Program official").fill("Institution", "River Bend Teachers College").press("Submit")
    assert "Close" in person.buttons
    person.open("/applications")
    assert "Waiting for an administrator" in person.text
    assert "An administrator decides" in person.text
    name = person.tree.xpath("//header//strong")[0].text
    admin.open("/staff/access")
    link = admin.tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    admin.open(link).press("Approve")
    assert admin.path == "/staff/access"
    assert "Access is granted" in admin.text
    person.open("/applications")
    assert "Granted" in person.text
    assert "River Bend Teachers College" in person.text
    assert admin.open(link).buttons.count("Approve") == 0


async def test_a_refusal_needs_a_reason_and_the_person_reads_it(site: Site) -> None:
    person, admin = await _signed_in(site), await _signed_in(site, Role.ADMINISTRATOR)
    person.open("/applications/ecs/role").choose("Analyst").press("Submit")
    name = person.tree.xpath("//header//strong")[0].text
    admin.open("/staff/access")
    link = admin.tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    assert admin.open(link).press("Refuse").status == 422
    assert admin.fill("Reason", "Not SSN 512-34-5678.").press("Refuse").status == 422
    admin.fill("Reason", "Ask your supervisor to call us.").press("Refuse")
    assert admin.path == "/staff/access"
    person.open("/applications")
    assert "Refused on " in person.text
    # Where the administrator's words end can be seen.
    assert 'The administrator wrote: "Ask your supervisor to call us." You may ask again.' in person.text


async def test_the_second_of_two_decisions_is_told_of_the_first(site: Site) -> None:
    person = await _signed_in(site)
    first, second = await _signed_in(site, Role.ADMINISTRATOR), await _signed_in(site, Role.ADMINISTRATOR)
    person.open("/applications/ecs/role").choose("Analyst").press("Submit")
    name = person.tree.xpath("//header//strong")[0].text
    link = first.open("/staff/access").tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    first.open(link)
    second.open(link)
    first.fill("Reason", "Our new analyst.").press("Approve")
    second.fill("Reason", "We do not know this person.").press("Refuse")
    assert second.status == 409
    assert "Somebody else has decided this request meanwhile, so your decision was not carried out." in second.text


async def test_a_role_granted_opens_its_pages_at_once(site: Site) -> None:
    person, admin = await _signed_in(site), await _signed_in(site, Role.ADMINISTRATOR)
    assert person.open("/staff").status == 403
    person.open("/applications/ecs/role").choose("Analyst").press("Submit")
    name = person.tree.xpath("//header//strong")[0].text
    link = admin.open("/staff/access").tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    assert admin.open(link).press("Approve").status == 422
    assert "Say why you approve" in admin.text
    admin.fill("Reason", "Our new analyst.").press("Approve")
    assert person.open("/staff").status == 200


async def test_who_has_an_administrators_name_or_address_is_decided_about_by_another(site: Site) -> None:
    mark = secrets.token_hex(4)
    admin_name, namesake = f"office.{mark}", f"second.{mark}"
    await site.house.account(admin_name, Role.ADMINISTRATOR, email=f"{admin_name}@example.edu")
    await site.house.account(namesake, email=f"{admin_name}+two@example.edu")
    person, admin, other = (
        site.logged_in(namesake),
        site.logged_in(admin_name),
        await _signed_in(site, Role.ADMINISTRATOR),
    )
    person.open("/applications/ecs/role").choose("Analyst").press("Submit")
    link = admin.open("/staff/access").tree.xpath(f"//tr[contains(., '{namesake}')]//a/@href")[0]
    admin.open(link)
    assert "Ask another administrator to decide" in admin.text
    assert "Approve" not in admin.buttons
    csrf = admin.tree.xpath("//input[@name='csrf']")[0].get("value")
    fields = {"csrf": csrf, "decision": "approve", "reason": "It is me."}
    assert admin.send("POST", link, fields=fields).status == 422
    assert other.open(link).fill("Reason", "I know them.").press("Approve").path == "/staff/access"


async def test_who_may_be_somebody_in_the_office_already_is_shown_to_be_so_before_a_role_is_given(site: Site) -> None:
    mark = secrets.token_hex(4)
    first, second = f"first.{mark}", f"second.{mark}"
    await site.house.account(first, Role.ADJUDICATOR, email=f"{first}@example.edu")
    await site.house.account(second, email=f"{first}+two@example.edu")
    await _rename(site, first)
    person, admin = site.logged_in(second), await _signed_in(site, Role.ADMINISTRATOR)
    person.open("/applications/ecs/role").choose("Analyst").press("Submit")
    link = admin.open("/staff/access").tree.xpath(f"//tr[contains(., '{second}')]//a/@href")[0]
    admin.open(link)
    assert "Perhaps the same person as somebody in the office" in admin.text
    assert f"{first}: " in admin.text
    assert "Adjudicator" in admin.text
    assert admin.press("Approve").status == 422
    assert "Say why you approve" in admin.text
    unseen = {"csrf": admin.tree.xpath("//input[@name='csrf']")[0].get("value"), "decision": "approve", "reason": "ok"}
    assert "Look at it below, then decide." in admin.send("POST", link, fields=unseen).body.decode()
    admin.open(link).fill("Reason", "Two people: father and son.").press("Approve")
    assert admin.path == "/staff/access"


async def _rename(site: Site, username: str) -> None:
    """Give an account a name that no other test's account has."""
    async with site.house.database.transaction() as session:
        await session.execute(
            text("UPDATE accounts SET last_name_key = :key WHERE username = :name"), {"key": username, "name": username}
        )


async def test_staff_home_counts_what_waits_and_says_who_is_away(site: Site) -> None:
    person, admin = await _signed_in(site), await _signed_in(site, Role.ADMINISTRATOR)
    person.open("/applications/ecs/role").choose("Administrator").press("Submit")
    admin.open("/staff")
    assert "Educators does not answer at the moment" in admin.text
    assert admin.links["Requests for access"] == "/staff/access"
    analyst = await _signed_in(site, Role.ANALYST)
    assert "Requests for access" not in analyst.open("/staff").links


async def test_a_locked_account_is_found_and_released(site: Site) -> None:
    name = await _somebody(site, Role.ADJUDICATOR)
    for n in range(5):
        await site.house.log_in(name, f"wrong {n}", datetime.now(UTC))
    admin = await _signed_in(site, Role.ADMINISTRATOR)
    admin.open("/staff").follow("Locked accounts")
    link = admin.tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    assert admin.open(link).press("Release account").status == 422
    assert admin.fill("Why do you release it?", "SSN 512345678 fits.").press("Release account").status == 422
    admin.fill("Why do you release it?", "We talked on the phone.").press("Release account")
    assert "The account is released" in admin.text
    (row,) = await site.house.rows(
        "SELECT reason FROM audit WHERE action = 'account.released' AND subject = :subject",
        subject=f"account:{link.rsplit('/', 1)[1]}",
    )
    assert row["reason"] == "We talked on the phone."


async def test_a_role_is_revoked_with_a_reason_and_is_gone_at_once(site: Site) -> None:
    name = await _somebody(site, Role.ANALYST)
    person, admin = site.logged_in(name), await _signed_in(site, Role.ADMINISTRATOR)
    assert person.open("/staff").status == 200
    admin.open(f"/staff/accounts?q={name}")
    admin.open(admin.tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0])
    assert admin.press("Revoke role").status == 422
    admin.choose("Analyst").fill("Why do you revoke it?", "Gave out 512-34-5678.").press("Revoke role")
    assert "must not be written here" in admin.text
    admin.choose("Analyst").fill("Why do you revoke it?", "Left the office.").press("Revoke role")
    assert "The role is revoked" in admin.text
    assert person.open("/staff").status == 403


async def test_looking_at_an_account_is_kept_in_the_trail(site: Site) -> None:
    name = await _somebody(site)
    admin = await _signed_in(site, Role.ADMINISTRATOR)
    admin.open(f"/staff/accounts?q={name}")
    link = admin.tree.xpath(f"//tr[contains(., '{name}')]//a/@href")[0]
    admin.open(link)
    subject = f"account:{link.rsplit('/', 1)[1]}"
    assert await site.house.rows("SELECT 1 FROM audit WHERE action = 'account.read' AND subject = :s", s=subject)


async def test_whom_a_search_showed_is_kept_in_the_trail_and_no_number_that_was_typed(site: Site) -> None:
    name = await _somebody(site)
    admin = await _signed_in(site, Role.ADMINISTRATOR)
    admin.open(f"/staff/accounts?q={name}")
    admin.open("/staff/accounts?q=512-34-5678")
    assert "512-34-5678" not in admin.seen[-1].body.decode()
    admin_name = admin.tree.xpath("//header//strong")[0].text
    rows = await site.house.rows(
        "SELECT new FROM audit WHERE action = 'accounts.searched' AND actor_name = :a", a=admin_name
    )
    (account,) = await site.house.rows("SELECT account_id FROM accounts WHERE username = :n", n=name)
    assert [row["new"] for row in rows] == [{"asked": name, "shown": [str(account["account_id"])]}]


@pytest.mark.parametrize("query", ["%25", "%", "a" * 5000, "%F0%9F%98%80", "'%3B--", "%5C"])
async def test_any_search_is_answered(site: Site, query: str) -> None:
    admin = await _signed_in(site, Role.ADMINISTRATOR)
    assert admin.open(f"/staff/accounts?q={query}").status == 200


@pytest.mark.parametrize(
    "path", ["/staff/access/not-a-number", f"/staff/access/{'0' * 8}-0000-0000-0000-{'0' * 12}", "/staff/accounts/1"]
)
async def test_what_is_not_there_is_a_page_of_its_own(site: Site, path: str) -> None:
    admin = await _signed_in(site, Role.ADMINISTRATOR)
    assert admin.open(path).status == 404


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("path", ["/staff", "/staff/access", "/staff/accounts"])
async def test_staff_pages_open_for_their_roles_only(site: Site, role: Role | None, path: str) -> None:
    visitor = await _signed_in(site, *([role] if role else []))
    allowed = {Role.ADMINISTRATOR} | ({Role.ANALYST, Role.ADJUDICATOR} if path == "/staff" else set())
    assert visitor.open(path).status == (200 if role in allowed else 403)
