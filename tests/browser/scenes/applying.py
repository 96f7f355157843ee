"""What educators see who apply, and of what they applied for."""

from typing import Final

from tests.browser.scenes.scene import Scene, presses
from tests.browser.walker import Walker

START: Final = "/ecs/apply/{code}"
STEP: Final = "/ecs/apply/{code}/{step}"
CHECK: Final = "/ecs/apply/{code}/check"
DELETE: Final = "/ecs/apply/{code}/delete"
ONE: Final = "/ecs/applications/{application_id}"
SUBSTITUTE: Final = "/ecs/apply/substitute"
IPC: Final = "/ecs/apply/ipc"


async def _says_yes(walker: Walker) -> None:
    await walker.page.locator("#conduct_charged").check()
    await walker.press("Save and continue")


async def _chooses_twice(walker: Walker) -> None:
    """Another window saved meanwhile."""
    other = await walker.page.context.new_page()
    elsewhere = Walker(other, walker.origin)
    await elsewhere.open(f"{SUBSTITUTE}/route")
    await elsewhere.page.locator("#route").check()
    await elsewhere.press("Save and continue")
    await elsewhere.is_at("Questions about your conduct")
    await other.close()
    await walker.page.locator("#route-2").check()
    await walker.press("Save and continue")


SCENES: Final = (
    Scene("apply-substitute", START, "36 semester hours", SUBSTITUTE, "fresh"),
    Scene("apply-ipc", START, "The program's recommendation", IPC, "fresh"),
    Scene("apply-go-on", START, "Go on with your draft", SUBSTITUTE, "drafting"),
    Scene("apply-route", STEP, "Step 1 of 5", f"{SUBSTITUTE}/route", "drafting"),
    Scene(
        "apply-route-errors",
        STEP,
        "Choose how you qualify.",
        f"{SUBSTITUTE}/route",
        "drafting",
        presses("Save and continue"),
        422,
    ),
    Scene(
        "apply-route-overtaken",
        STEP,
        "Saved in the other window",
        f"{SUBSTITUTE}/route",
        "rewriting",
        _chooses_twice,
        409,
    ),
    Scene("apply-institution", STEP, "It reads your application", f"{IPC}/institution", "drafting"),
    Scene("apply-program", STEP, "Alternative program", f"{IPC}/program", "drafting"),
    Scene("apply-areas", STEP, "Tick all that you are prepared for", f"{IPC}/areas", "drafting"),
    Scene("apply-conduct", STEP, "A Yes does not end your application.", f"{SUBSTITUTE}/conduct", "drafting"),
    Scene(
        "apply-conduct-errors",
        STEP,
        "Explain your Yes to question 2",
        f"{SUBSTITUTE}/conduct",
        "drafting",
        _says_yes,
        422,
    ),
    Scene("apply-sworn", STEP, "I swear, under the penalties", f"{SUBSTITUTE}/sworn", "drafting"),
    Scene(
        "apply-release-errors",
        STEP,
        "Type your full name.",
        f"{SUBSTITUTE}/release",
        "drafting",
        presses("Sign and continue"),
        422,
    ),
    Scene("apply-check-missing", CHECK, "Something is missing", f"{IPC}/check", "drafting"),
    Scene("apply-check", CHECK, "I was nineteen.", f"{SUBSTITUTE}/check", "about_to_submit"),
    Scene("apply-delete", DELETE, "This cannot be undone.", f"{SUBSTITUTE}/delete", "drafting"),
    Scene("applications-drafts", "/ecs/applications", "Not submitted yet.", who="drafting"),
    Scene("applications-open", "/ecs/applications", "With your institution", who="applied"),
    Scene("applications-ended", "/ecs/applications", "Applications that have ended", who="withdrawn"),
    Scene("applications-unidentified", "/ecs/applications", "Connect your record first", who="unidentified"),
    Scene(
        "application-substitute",
        ONE,
        "It has not come yet.",
        lambda cast: cast.application_of(cast.applied, "Content Substitute"),
        "applied",
    ),
    Scene(
        "application-ipc",
        ONE,
        "Your institution acts next.",
        lambda cast: cast.application_of(cast.applied, "Initial Professional"),
        "applied",
    ),
    Scene(
        "application-withdrawn",
        ONE,
        "You can apply again at any time.",
        lambda cast: cast.application_of(cast.withdrawn, "Content Substitute"),
        "withdrawn",
    ),
    Scene(
        "application-received",
        f"{ONE}/received",
        "Keep this number.",
        lambda cast: cast.application_of(cast.applied, "Initial Professional") + "/received",
        "applied",
    ),
    Scene(
        "application-withdraw",
        f"{ONE}/withdraw",
        "This cannot be undone.",
        lambda cast: cast.application_of(cast.applied, "Content Substitute") + "/withdraw",
        "applied",
    ),
    Scene("certificates-applied", "/ecs/certificates", "Not issued yet", who="applied"),
)
