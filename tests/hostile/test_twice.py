"""Every form that makes something, sent four times in one moment and once more from the history: one effect."""

import re
from collections import Counter
from typing import Final

from deploy.local.system import System
from shared.events import Role
from tests.flow import hearing, people, result_files
from tests.hostile import effects
from tests.hostile.calm import calm, faults
from tests.hostile.crowd import Crowd, Member, account, demonstration, educator
from tests.visitor import Answer, Visitor
from tests.waiting import wait_until

# Carried out, or the page that says that it was carried out before.
_CALM: Final = frozenset({303, 403, 404, 409, 422})


def gently(system: System, answers: list[Answer], *, first: int = 303) -> None:
    """Each was answered calmly, and at least one as if it had come alone."""
    calm([fault for answer in answers for fault in faults(answer, system.origin)])
    statuses = [answer.status for answer in answers]
    assert first in statuses, statuses
    assert set(statuses) <= _CALM, statuses


def again(system: System, visitor: Visitor, path: str, fields: dict[str, str]) -> Answer:
    """The back button, and the same form once more."""
    answer = visitor.send("POST", path, fields=fields)
    assert answer.status in _CALM
    calm(faults(answer, system.origin))
    return answer


def account_id(system: System, username: str) -> str:
    """The id under which identity speaks of an account."""
    (row,) = hearing.rows(system, "identity", "SELECT account_id FROM accounts WHERE username = $1", username)
    return str(row["account_id"])


def said(system: System, key: str) -> Counter[str]:
    """How many facts of each kind there are about a subject."""
    return Counter(fact.topic for fact in effects.facts(system, key))


def subjects(system: System, email: str) -> Counter[str]:
    """The letters that an address got, by subject."""
    return Counter(one["subject"] for one in people.letters(system, email))


def filled(system: System) -> tuple[Visitor, str, str, dict[str, str]]:
    """The form of somebody who registers."""
    visitor, username, email = people.newcomer(system)
    visitor.open("/register")
    answers = {"first_name": "Robin", "last_name": "Example", "email": email, "username": username, "language": "en"}
    return visitor, username, email, effects.form(visitor, "/register", **answers, password=people.PASSWORD)


def test_create_user_makes_one_registration_and_one_letter(system: System) -> None:
    visitor, username, email, fields = filled(system)
    gently(system, effects.twice(visitor, "/register", fields))
    again(system, visitor, "/register", fields)
    found = hearing.rows(system, "identity", "SELECT 1 FROM registrations WHERE username = $1", username)
    assert len(found) == 1
    hearing.deliver(system)
    people.letter(system, email, "confirm")
    assert sum(subjects(system, email).values()) == 1


def test_one_username_is_one_persons(system: System) -> None:
    first, username, _, one = filled(system)
    second, _, _, two = filled(system)
    answers = effects.together((first, "/register", one), (second, "/register", two | {"username": username}))
    assert sorted(answer.status for answer in answers) == [303, 422]


def test_confirm_makes_one_account(system: System) -> None:
    visitor, username, email = people.newcomer(system)
    people.register(visitor, username, email)
    link = people.link_in(people.letter(system, email, "confirm"), "/register/confirm/").removeprefix(system.origin)
    fields = effects.form(visitor.open(link), link, password=people.PASSWORD)
    gently(system, effects.twice(visitor, link, fields))
    again(system, visitor, link, fields)
    assert said(system, account_id(system, username)) == {"UserRegistered": 1}


def test_one_address_is_one_account(system: System) -> None:
    """Two registrations with one address, both confirmed in the same moment."""
    browsers = [people.newcomer(system) for _ in range(2)]
    email = browsers[0][2]
    for visitor, username, _ in browsers:
        people.register(visitor, username, email)
    wait_until(lambda: len(people.letters(system, email)) == 2, 60)
    links = [people.link_in(one, "/register/confirm/") for one in people.letters(system, email)]
    forms = []
    for (visitor, _, _), link in zip(browsers, links, strict=True):
        path = link.removeprefix(system.origin)
        forms.append((visitor, path, effects.form(visitor.open(path), path, password=people.PASSWORD)))
    answers = effects.together(*forms)
    assert sorted(answer.status for answer in answers) == [303, 409]
    assert len(hearing.rows(system, "identity", "SELECT 1 FROM accounts WHERE email = $1", email)) == 1


def test_asking_for_access_gives_it_once(system: System) -> None:
    member = account(system)
    path = "/applications/ecs/request"
    fields = effects.form(member.browser.open(path), path)
    gently(system, effects.twice(member.browser, path, fields))
    again(system, member.browser, path, fields)
    assert said(system, account_id(system, member.username))["AccessGranted"] == 1
    hearing.deliver(system)
    assert sum("access" in subject.lower() for subject in subjects(system, member.email)) <= 1


def test_a_role_is_asked_for_once_and_decided_once(system: System, crowd: Crowd) -> None:
    member = account(system)
    path = "/applications/ecs/role"
    fields = effects.form(member.browser.open(path), path, role="analyst")
    gently(system, effects.twice(member.browser, path, fields))
    again(system, member.browser, path, fields)
    id_ = account_id(system, member.username)
    query = "SELECT request_id FROM access_requests WHERE account_id::text = $1"
    (request,) = hearing.rows(system, "identity", query, id_)

    path = f"/staff/access/{request['request_id']}"
    one, two = crowd.fresh("administrator"), demonstration(system, "administrator")
    yes = effects.form(one.open(path), path, decision="approve", reason="Works with us")
    no = effects.form(two.open(path), path, decision="refuse", reason="Not known here")
    gently(system, effects.together((one, path, yes), (two, path, no), (one, path, yes), (two, path, no)))
    again(system, one, path, yes)
    again(system, two, path, no)
    decided = said(system, id_)
    assert decided["AccessGranted"] + decided["AccessRefused"] == 1

    path = f"/staff/accounts/{id_}/revoke"
    fields = effects.signed(system, one, role="analyst:", revoke_reason="Left the office")
    if decided["AccessGranted"]:
        gently(system, effects.twice(one, path, fields))
    again(system, one, path, fields)
    assert said(system, id_)["AccessRevoked"] == decided["AccessGranted"]


def ready_to_identify(system: System, number: str) -> tuple[Member, dict[str, str]]:
    """Somebody at the two questions, and the answers."""
    member = account(system)
    people.request_access(member.browser)
    born = {"birth_date_month": "4", "birth_date_day": "28", "birth_date_year": "1999"}
    member.browser.open("/ecs/identify")
    return member, effects.form(member.browser, "/ecs/identify", ssn=number, **born)


def test_identifying_makes_one_record(system: System) -> None:
    member, fields = ready_to_identify(system, people.new_ssn())
    gently(system, effects.twice(member.browser, "/ecs/identify", fields))
    assert again(system, member.browser, "/ecs/identify", fields).headers["location"] == "/ecs"
    educator_id = people.educator_id(member.browser)
    assert said(system, educator_id)["EducatorIdentified"] == 1
    assert len([id_ for id_ in records_of(system, member) if id_]) == 1


def records_of(system: System, member: Member) -> list[str]:
    """The Educator IDs of an account."""
    query = "SELECT educator_id FROM persons WHERE account_id::text = $1"
    return [row["educator_id"] for row in hearing.rows(system, "educator", query, account_id(system, member.username))]


def test_one_number_is_one_record_and_the_others_are_cases(system: System) -> None:
    number = people.new_ssn()
    forms = [ready_to_identify(system, number) for _ in range(3)]
    answers = effects.together(*[(member.browser, "/ecs/identify", fields) for member, fields in forms] * 2)
    gently(system, answers)
    members = [member for member, _ in forms]
    assert sorted(len(records_of(system, member)) for member in members) == [0, 0, 1]
    opened = [said(system, account_id(system, member.username))["IdentityCaseOpened"] for member in members]
    assert sorted(opened) == [0, 1, 1]


def test_a_case_is_decided_once(system: System, crowd: Crowd) -> None:
    number = people.new_ssn()
    holder, fields = ready_to_identify(system, number)
    holder.browser.send("POST", "/ecs/identify", fields=fields)
    claimant, fields = ready_to_identify(system, number)
    claimant.browser.send("POST", "/ecs/identify", fields=fields)
    id_ = account_id(system, claimant.username)
    query = "SELECT case_id FROM identity_cases WHERE account_id::text = $1"
    (case,) = hearing.rows(system, "educator", query, id_)

    path = f"/staff/cases/{case['case_id']}"
    administrator = crowd.fresh("administrator").open(path)
    held = effects.form(administrator, path, reason="Seen both", record=records_of(system, holder)[0])
    same, moved = held | {"decision": "same_person"}, held | {"decision": "record_moved"}
    ways = [option.get("value") for option in administrator.tree.xpath("//input[@name='decision']")]
    assert {same["decision"], moved["decision"]} <= set(ways), ways
    gently(system, effects.together(*[(administrator, path, fields) for fields in (same, moved)] * 2))
    assert again(system, administrator, path, same).status == 409
    assert again(system, administrator, path, moved).status == 409
    assert said(system, id_)["IdentityCaseClosed"] == 1
    records = records_of(system, holder) + records_of(system, claimant)
    assert len(records) == 1


def test_saving_a_profile_says_a_new_name_once(system: System) -> None:
    member = educator(system)
    path = "/ecs/profile"
    fields = effects.form(member.browser.open(path), path, last_name="Sample")
    before = said(system, member.educator_id)["NameChanged"]
    gently(system, effects.twice(member.browser, path, fields))
    again(system, member.browser, path, fields)
    assert said(system, member.educator_id)["NameChanged"] == before + 1
    assert member.browser.open(path).value("Last name") == "Sample"


def test_of_two_windows_one_profile_is_kept_and_the_other_is_told(system: System) -> None:
    member = educator(system)
    path = "/ecs/profile"
    held = effects.form(member.browser.open(path), path)
    answers = effects.together(
        *[(member.browser, path, held | {"last_name": name}) for name in ("Sample", "Specimen", "Pattern")]
    )
    assert sorted(answer.status for answer in answers) == [303, 409, 409]


def test_a_new_address_is_written_to_once_and_confirmed_once(system: System) -> None:
    member = educator(system)
    path, elsewhere = "/ecs/profile/contact", member.email.replace("@", "@new.")
    fields = effects.form(member.browser.open("/ecs/profile"), path, email=elsewhere)
    gently(system, effects.twice(member.browser, path, fields))
    again(system, member.browser, path, fields)
    hearing.deliver(system)
    link = people.link_in(people.letter(system, elsewhere, "confirm"), "/ecs/contact/confirm/")
    assert sum(subjects(system, elsewhere).values()) == 1

    before = said(system, member.educator_id)["ContactChanged"]
    link = link.removeprefix(system.origin)
    fields = effects.form(member.browser.open(link), link)
    gently(system, effects.twice(member.browser, link, fields))
    again(system, member.browser, link, fields)
    assert said(system, member.educator_id)["ContactChanged"] == before + 1


def test_a_code_is_shown_for_one_activity(system: System) -> None:
    member = educator(system)
    path = "/ecs/fingerprints"
    fields = effects.signed(system, member.browser, activity="substitute", acknowledged="yes")
    gently(system, effects.twice(member.browser, path, fields))
    again(system, member.browser, path, fields)
    query = "SELECT activity FROM preparations WHERE educator_id = $1"
    assert hearing.rows(system, "fingerprint", query, member.educator_id) == [{"activity": "substitute"}]


def test_a_password_is_reset_once(system: System) -> None:
    member = account(system)
    visitor = Visitor(system.origin).open("/forgot")
    fields = effects.form(visitor, "/forgot", what="password", email=member.email)
    gently(system, effects.twice(visitor, "/forgot", fields))
    again(system, visitor, "/forgot", fields)
    hearing.deliver(system)  # a newer link ends the older ones
    link = people.link_in(people.letter(system, member.email, "password"), "/reset/").removeprefix(system.origin)
    visitor.open(link)
    forms = [effects.form(visitor, link, password=f"{people.PASSWORD} {number}") for number in range(4)]
    answers = effects.together(*[(visitor, link, fields) for fields in forms])
    assert sorted(answer.status for answer in answers) == [303, 404, 404, 404]
    assert again(system, visitor, link, forms[0]).status == 404
    assert said(system, account_id(system, member.username))["PasswordChanged"] == 1
    assert member.browser.open("/applications").path.startswith("/login"), "a reset ends every session"


def test_an_answer_is_given_to_one_educator(system: System, crowd: Crowd) -> None:
    one, two = educator(system), educator(system, "Kim", "Other")
    mark = f"MARK{one.educator_id}"
    content = result_files.answer("state", oca=mark, name="EXAMPLE,ROBIN")
    result_files.drop(system.home.folder, content)
    analyst = crowd.fresh("analyst").until("/staff/unmatched", lambda page: mark in page.text)
    row = next(tr for tr in analyst.tree.iter("tr") if mark in tr.text_content())
    path = str(row.xpath(".//a/@href")[0])
    analyst.open(path)
    held = effects.form(analyst, f"{path}/assign", reason="Seen", purpose="2301")
    aside = effects.form(analyst, f"{path}/aside", aside_reason="Nobody's")
    answers = effects.together(
        (analyst, f"{path}/assign", held | {"educator_id": one.educator_id}),
        (analyst, f"{path}/assign", held | {"educator_id": two.educator_id}),
        (analyst, f"{path}/aside", aside),
        (analyst, f"{path}/assign", held | {"educator_id": one.educator_id}),
    )
    assert sorted(answer.status for answer in answers) == [303, 409, 409, 409]
    calm([fault for answer in answers for fault in faults(answer, system.origin)])
    assert again(system, analyst, f"{path}/aside", aside).status == 409
    undo = effects.signed(system, analyst, undo_reason="Wrong")
    gently(system, effects.twice(analyst, f"{path}/undo", undo))
    assert again(system, analyst, f"{path}/undo", undo).status == 409
    received = [said(system, one.educator_id)["ResultReceived"], said(system, two.educator_id)["ResultReceived"]]
    assert sum(received) <= 1


def test_a_review_is_decided_once(system: System, crowd: Crowd) -> None:
    member = educator(system)
    for bureau in ("state", "fbi"):
        file = result_files.answer(bureau, oca=member.educator_id, name="ELSE,SOMEBODY")
        result_files.drop(system.home.folder, file)
    member.browser.until("/ecs/fingerprints", lambda page: "Being checked" in page.text)
    adjudicator = crowd.fresh(Role.ADJUDICATOR.value)
    query = "SELECT id FROM reviews WHERE educator_id = $1"
    (review,) = hearing.rows(system, "fingerprint", query, member.educator_id)
    path = f"/staff/review/{review['id']}"
    adjudicator.open(path)
    fields = effects.form(adjudicator, f"{path}/open", purpose="To decide")
    gently(system, effects.twice(adjudicator, f"{path}/open", fields))
    adjudicator.open(path)
    held = effects.form(adjudicator, path, reason="The name before marriage")
    clear, not_clear = held | {"decision": "clear"}, held | {"decision": "not_clear"}
    other = demonstration(system, "adjudicator").open(path)
    other.fill(label_of(other), "To decide").press("Open the case")
    theirs = effects.form(other, path, reason="Not enough", decision="not_clear")
    gently(
        system,
        effects.together((adjudicator, path, clear), (other, path, theirs), (adjudicator, path, clear)),
    )
    again(system, adjudicator, path, not_clear)
    rulings = hearing.rows(system, "fingerprint", "SELECT 1 FROM rulings WHERE educator_id = $1", member.educator_id)
    assert len(rulings) == 1
    assert said(system, member.educator_id)["FingerprintCleared"] <= 1


def label_of(visitor: Visitor) -> str:
    """The label of the field that asks for the purpose."""
    labels = [" ".join(one.text_content().split()) for one in visitor.tree.iter("label")]
    return next(label for label in labels if re.search("purpose|why", label, re.IGNORECASE))


def test_a_double_login_and_a_double_log_off_are_calm(system: System) -> None:
    member = account(system)
    visitor = Visitor(system.origin).open("/login")
    fields = effects.form(visitor, "/login", username=member.username, password=people.PASSWORD)
    gently(system, effects.twice(visitor, "/login", fields))
    off = effects.signed(system, member.browser)
    gently(system, effects.twice(member.browser, "/logoff", off))
    assert again(system, member.browser, "/logoff", off).status in (303, 403)
