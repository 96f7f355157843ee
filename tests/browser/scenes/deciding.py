"""What the department and institutions see of applications."""

from typing import Final
from urllib.parse import urlencode

from tests.browser.cast.desks import Cast
from tests.browser.scenes.scene import Scene, presses
from tests.browser.walker import Walker

QUEUE: Final = "/staff/queue"
DESK: Final = "/staff/applications/{application_id}"
ISSUE: Final = "/staff/applications/{application_id}/issue"
LOG: Final = "/program/worklog"
SENT: Final = "/program/worklog/{application_id}"
SEVERAL: Final = "/program/worklog/several"
DONE: Final = "/program/worklog/several/done"


def _desk(cast: Cast, title: str = "Content Substitute") -> str:
    """Where staff see what the applicant applied for."""
    return cast.application_of(cast.applied, title).replace("/ecs/", "/staff/")


def _of_demonstration(cast: Cast, state: str, **more: str) -> str:
    """One of the demonstration's applications that stands so."""
    page = cast.analyst.browser.open(f"{QUEUE}?{urlencode({'state': state, 'show': 'all', **more})}")
    return next(href for href in page.links.values() if href.startswith("/staff/applications/"))


def _sent(cast: Cast) -> str:
    return _desk(cast, "Initial Professional").replace("/staff/applications", LOG)


def _pick(cast: Cast) -> str:
    return f"pick={_sent(cast).removeprefix(f'{LOG}/')}.1"


async def _opens_documents(walker: Walker) -> None:
    await walker.page.get_by_text("Record a document").click()


async def _records_nothing(walker: Walker) -> None:
    await _opens_documents(walker)
    await walker.press("Record")


async def _notes_twice(walker: Walker) -> None:
    """Another window wrote a note meanwhile."""
    other = await walker.page.context.new_page()
    elsewhere = Walker(other, walker.origin)
    await elsewhere.open(walker.page.url)
    for one, words in ((elsewhere, "Called; all is well."), (walker, "Called too.")):
        await one.page.get_by_text("Write a note").click()
        await one.fill("Note", words)
        await one.press("Keep the note")
    await other.close()


SCENES: Final = (
    # --- the department ---
    Scene("queue", QUEUE, "the oldest first", who="analyst", needs=("applied",)),
    Scene("queue-ended", QUEUE, "the newest ended first", f"{QUEUE}?show=ended", "analyst", needs=("withdrawn",)),
    Scene("queue-none", QUEUE, "No application fits the filter.", f"{QUEUE}?q=zzzz&held=yes", "analyst"),
    Scene("queue-ssn", QUEUE, "never by Social Security Number", f"{QUEUE}?q=512-34-5678", "analyst", status=422),
    Scene(
        "queue-errors",
        QUEUE,
        "Tick the applications",
        who="analyst",
        act=presses("Assign to me"),
        status=422,
        needs=("applied",),
    ),
    Scene("concerned", "/staff/concerned", "is cleared no longer", who="analyst"),
    Scene(
        "concerned-errors",
        "/staff/concerned",
        "There is a problem",
        "/staff/concerned?q=512-34-5678&since=soon",
        "administrator",
        status=422,
    ),
    Scene("queue-administrator", QUEUE, "the oldest first", who="administrator", needs=("applied",)),
    Scene("desk", DESK, "It cannot be issued now", _desk, "analyst"),
    Scene("desk-professional", DESK, "With the institution", lambda c: _desk(c, "Initial Professional"), "analyst"),
    Scene(
        "desk-areas",
        DESK,
        "For which content areas",
        lambda c: _of_demonstration(c, "at_institution", q="Turner"),
        "analyst",
        _opens_documents,
    ),
    Scene("desk-conduct", DESK, "Review conduct", lambda c: _of_demonstration(c, "in_review"), "analyst"),
    Scene("desk-question", DESK, "Close the question", lambda c: _of_demonstration(c, "question"), "analyst"),
    Scene("desk-issued", DESK, "Certificate issued", lambda c: _of_demonstration(c, "issued"), "analyst"),
    Scene(
        "desk-administrator", DESK, "Only analysts read", lambda c: _of_demonstration(c, "in_review"), "administrator"
    ),
    Scene("desk-errors", DESK, "Select the document.", _desk, "analyst", _records_nothing, 422),
    Scene("desk-overtaken", DESK, "What happened meanwhile", _desk, "analyst", _notes_twice, 409),
    Scene("issue", ISSUE, "Expiration date", lambda c: f"{_of_demonstration(c, 'ready')}/issue", "analyst"),
    Scene("issue-refused", ISSUE, "It cannot be issued now", lambda c: f"{_desk(c)}/issue", "analyst", status=409),
    # --- institutions ---
    Scene("worklog", LOG, "Recommend those ticked", who="program", needs=("applied",)),
    Scene("worklog-all", LOG, "Returned", f"{LOG}?state=all&sort=name", "program"),
    Scene("worklog-none", LOG, "No application fits.", f"{LOG}?q=zzzz", "program"),
    Scene("worklog-one", SENT, "Why you return it", _sent, "program"),
    Scene("worklog-one-errors", SENT, "Enter the day", _sent, "program", presses("Recommend"), 422),
    Scene("worklog-several", SEVERAL, "Completed on", lambda c: f"{SEVERAL}?do=recommend&{_pick(c)}", "program"),
    Scene(
        "worklog-several-errors",
        SEVERAL,
        "Write why you return it.",
        lambda c: f"{SEVERAL}?do=return&{_pick(c)}",
        "program",
        presses("Return all listed"),
        422,
    ),
    Scene("worklog-unticked", SEVERAL, "Tick the applications first", f"{SEVERAL}?do=return", "program", status=422),
    Scene("worklog-done", DONE, "Recommended: 0 of 1.", lambda c: f"{DONE}?do=recommend&{_pick(c)}", "program"),
)
