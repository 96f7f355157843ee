"""What people see who have signed in, and educators."""

from typing import Final

from tests.browser.cast.desks import Cast
from tests.browser.scenes.scene import Act, Scene, fills, presses
from tests.browser.walker import Walker

PROFILE: Final = "/ecs/profile"
PRINTS: Final = "/ecs/fingerprints"
IDENTIFY: Final = "/ecs/identify"
MESSAGE: Final = "/ecs/messages/{letter_id}"


def _identifies(ssn: str, year: str = "1999") -> Act:
    async def act(walker: Walker) -> None:
        await walker.fill("Social Security Number", ssn)
        await walker.pick("Month", "April")
        await walker.fill("Day", "28")
        await walker.fill("Year", year)
        await walker.press("Submit")

    return act


async def _contradicts(walker: Walker) -> None:
    await walker.choose("I do not have an SSN")
    await _identifies("123-12-1234")(walker)


async def _tries_often(walker: Walker) -> None:
    for _ in range(40):
        await _identifies("000-12-1234", "1899")(walker)
        await walker.page.wait_for_load_state()
        if "You have tried many times" in await walker.page.locator("main").inner_text():
            return


async def _saves_twice(walker: Walker) -> None:
    """Another window saved meanwhile."""
    other = await walker.page.context.new_page()
    elsewhere = Walker(other, walker.origin)
    await elsewhere.open(PROFILE)
    await elsewhere.fill("Middle name", "Jo" if await elsewhere.field("Middle name").input_value() != "Jo" else "Lee")
    await elsewhere.press("Save Profile")
    await elsewhere.sees("Your profile is saved.")
    await other.close()
    await walker.fill("First name", "Robyn")
    await walker.press("Save Profile")


def _first_letter(cast: Cast) -> str:
    links = cast.cleared.browser.open("/ecs/messages").links
    return next(href for href in links.values() if href.startswith("/ecs/messages/"))


def _letter_with_link(cast: Cast) -> str:
    """The confirmation, whose one-time link is shown nowhere."""
    confirm = "Confirm your e-mail address"
    return cast.cleared.browser.until("/ecs/messages", lambda page: confirm in page.links).links[confirm]


SCENES: Final = (
    Scene("applications", "/applications", "Request Educator Access", who="nobody"),
    Scene("applications-educator", "/applications", "Your profile, fingerprint information", who="fresh"),
    Scene("applications-window", "/applications", "User Applications", "/applications?requested=educator", "fresh"),
    Scene("applications-asked", "/applications", "Waiting for an administrator", who="asking"),
    Scene("applications-asked-window", "/applications", "Waiting", "/applications?requested=role", "asking"),
    Scene("applications-refused", "/applications", "The administrator wrote", who="refused"),
    Scene("applications-official", "/applications", "Your pages are under Program work log, above.", who="program"),
    Scene("applications-staff", "/applications", "Certification office", who="administrator"),
    Scene("request-educator", "/applications/ecs/request", 'then press "Submit"', who="nobody"),
    Scene("request-role", "/applications/ecs/role", "Which role do you need?", who="nobody"),
    Scene(
        "request-role-errors",
        "/applications/ecs/role",
        "Choose the role you need.",
        who="nobody",
        act=presses("Submit"),
        status=422,
    ),
    Scene("messages-nobody", "/ecs/messages", "Every letter that we sent you", who="nobody"),
    Scene("messages", "/ecs/messages", "letters, the newest first", who="cleared"),
    Scene("message", MESSAGE, "All messages", _first_letter, "cleared"),
    Scene("message-one-time", MESSAGE, "[one-time link, sent by e-mail]", _letter_with_link, "cleared"),
    # --- identifying ---
    Scene("identify", IDENTIFY, "We use these answers once", who="unidentified"),
    Scene("identify-empty", IDENTIFY, "Enter all 9 digits", who="unidentified", act=presses("Submit"), status=422),
    Scene("identify-impossible", IDENTIFY, "never 00", who="unidentified", act=_identifies("123-00-1234"), status=422),
    Scene("identify-both", IDENTIFY, "You entered a number and also", who="unidentified", act=_contradicts, status=422),
    Scene("identify-often", IDENTIFY, "You have tried many times", who="impatient", act=_tries_often, status=429),
    Scene("case-open", "/ecs", "What is usual", who="in_case"),
    Scene("case-no-number", "/ecs", "a person sets it up for you", who="without_number"),
    Scene("case-documents", "/ecs", "Please bring your birth certificate.", who="asked_for_documents"),
    # --- profile ---
    Scene("profile", PROFILE, "No result has come yet.", who="fresh"),
    Scene("profile-prepared", PROFILE, "Give the vendor the code", who="prepared"),
    Scene("profile-one-in", PROFILE, "State result received", who="one_in"),
    Scene("profile-cleared", PROFILE, "Valid for new applications until", who="cleared"),
    Scene("profile-checked", PROFILE, "Being checked", who="checked"),
    Scene("profile-reprint", PROFILE, "You need to act", who="reprint"),
    Scene("profile-pending-address", PROFILE, "Waiting for you to confirm", who="moving"),
    Scene(
        "profile-errors",
        PROFILE,
        "There is a problem",
        who="fresh",
        act=fills("Save Profile", {"First name": "", "Last name": "R0bin"}),
        status=422,
    ),
    Scene(
        "profile-contact-errors",
        "/ecs/profile/contact",
        "There is a problem",
        PROFILE,
        "fresh",
        fills("Save", {"E-mail address": "somewhere", "Phone": "12", "ZIP code": "1"}),
        422,
    ),
    Scene("profile-overtaken", PROFILE, "Saved in the other window", who="editing", act=_saves_twice, status=409),
    # --- fingerprints ---
    Scene("fingerprints", PRINTS, "What are you about to do?", who="fresh"),
    Scene("fingerprints-errors", PRINTS, "There is a problem", who="fresh", act=presses("Show my code"), status=422),
    Scene("fingerprints-code", PRINTS, "2300", who="prepared"),
    Scene("fingerprints-one-in", PRINTS, "The FBI answers next.", who="one_in"),
    Scene("fingerprints-cleared", PRINTS, "Valid for new applications until", who="cleared"),
    Scene("fingerprints-again", PRINTS, "What are you about to do?", f"{PRINTS}?choose=1", "cleared"),
    Scene("fingerprints-checked", PRINTS, "Both results are in since", who="checked"),
    Scene("fingerprints-reprint", PRINTS, "You need to act", who="reprint"),
    Scene("fingerprints-unidentified", PRINTS, "Your record is not connected yet", who="unidentified"),
    # --- certificates ---
    Scene("certificates", "/ecs/certificates", "You hold no certificate yet.", who="fresh"),
    Scene("certificates-cleared", "/ecs/certificates", "valid for new applications until", who="cleared"),
    Scene("certificates-unidentified", "/ecs/certificates", "Connect your record first", who="unidentified"),
    Scene("application-status", "/ecs/applications", "You have not applied", who="cleared"),
)
