"""What staff see."""

from typing import Final

from tests.browser.cast.desks import Cast
from tests.browser.scenes.scene import Scene, presses
from tests.browser.walker import Walker

REQUEST: Final = "/staff/access/{request_id}"
ACCOUNT: Final = "/staff/accounts/{account_id}"
CASE: Final = "/staff/cases/{case_id}"
VALUES: Final = "/staff/cases/{case_id}/values"
ANSWER: Final = "/staff/unmatched/{answer_id}"
NAME_CHECK: Final = "/staff/namechecks/{educator_id}/{purpose}/{bureau}"
REVIEW: Final = "/staff/review/{review_id}"
LETTER: Final = "/staff/mail/{letter_id}"


def _account(cast: Cast, username: str) -> str:
    links = cast.administrator.browser.open(f"/staff/accounts?q={username}").links
    return next(href for href in links.values() if href.startswith("/staff/accounts/"))


async def _opens_review(walker: Walker) -> None:
    await walker.fill("Purpose", "Decide the certification check of this educator")
    await walker.press("Open the case")
    await walker.sees("Stated purpose")


async def _decides_without_reason(walker: Walker) -> None:
    await _opens_review(walker)
    await walker.press("Clear")


async def _shows_values(walker: Walker) -> None:
    await walker.page.get_by_text("Show last four digits and birth dates").click()
    await walker.fill("Why do you need to see them?", "Compare with the birth certificate")
    await walker.press("Show")


async def _asks_for_no_reason(walker: Walker) -> None:
    await walker.page.get_by_text("Show last four digits and birth dates").click()
    await walker.press("Show")


SCENES: Final = (
    Scene("staff", "/staff", "Waiting for a person", who="administrator", needs=("asking", "in_case", "unmatched")),
    Scene("staff-analyst", "/staff", "Waiting for a person", who="analyst", needs=("unmatched",)),
    Scene("staff-adjudicator", "/staff", "Waiting for a person", who="adjudicator", needs=("checked",)),
    # --- access ---
    Scene("access", "/staff/access", "Waiting for a decision", who="administrator", needs=("asking", "refused")),
    Scene("access-one", REQUEST, "Needed to refuse", lambda cast: cast.request_of(cast.asking), "administrator"),
    Scene(
        "access-refuse-errors",
        REQUEST,
        "Say why you refuse.",
        lambda cast: cast.request_of(cast.asking),
        "administrator",
        presses("Refuse"),
        422,
    ),
    Scene(
        "access-namesake",
        REQUEST,
        "Perhaps the same person as somebody in the office",
        lambda cast: cast.request_of(cast.namesake),
        "administrator",
        presses("Approve"),
        422,
    ),
    Scene("access-refused", REQUEST, "Refused", lambda cast: cast.refused_request, "administrator"),
    Scene("access-approved", REQUEST, "Approved", lambda cast: cast.approved_request, "administrator"),
    # --- accounts ---
    Scene("accounts", "/staff/accounts", "Find an account", who="administrator"),
    Scene(
        "accounts-found",
        "/staff/accounts",
        "Accounts found",
        "/staff/accounts?q=robin",
        "administrator",
        needs=("nobody",),
    ),
    Scene("accounts-none", "/staff/accounts", "No account begins with", "/staff/accounts?q=zzzz", "administrator"),
    Scene(
        "accounts-locked", "/staff/accounts", "locked", "/staff/accounts?locked=1", "administrator", needs=("locked",)
    ),
    Scene(
        "account",
        ACCOUNT,
        "This account has no role.",
        lambda cast: _account(cast, cast.nobody.username),
        "administrator",
    ),
    Scene(
        "account-own",
        ACCOUNT,
        "This is your own account.",
        lambda cast: _account(cast, cast.administrator.username),
        "administrator",
    ),
    Scene(
        "account-locked",
        ACCOUNT,
        "Talk to the person first",
        lambda cast: _account(cast, cast.locked.username),
        "administrator",
    ),
    Scene(
        "account-errors",
        ACCOUNT,
        "Choose the role to revoke.",
        lambda cast: _account(cast, cast.fresh.username),
        "administrator",
        presses("Revoke role"),
        422,
    ),
    Scene(
        "account-closed", ACCOUNT, "Closed", lambda cast: _account(cast, cast.ended_case[0].username), "administrator"
    ),
    # --- identity cases ---
    Scene(
        "cases",
        "/staff/cases",
        "the oldest first",
        who="administrator",
        needs=("in_case", "without_number", "asked_for_documents"),
    ),
    Scene(
        "cases-ended",
        "/staff/cases",
        "the newest first",
        "/staff/cases?show=ended",
        "administrator",
        needs=("ended_case",),
    ),
    Scene("case-staff", CASE, "Side by side", lambda cast: cast.case_of(cast.in_case), "administrator"),
    Scene(
        "case-staff-no-number",
        CASE,
        "they do not have a Social Security Number",
        lambda cast: cast.case_of(cast.without_number),
        "administrator",
    ),
    Scene(
        "case-staff-errors",
        CASE,
        "There is a problem",
        lambda cast: cast.case_of(cast.in_case),
        "administrator",
        presses("Save decision"),
        422,
    ),
    Scene(
        "case-staff-values", VALUES, "ends in", lambda cast: cast.case_of(cast.in_case), "administrator", _shows_values
    ),
    Scene(
        "case-staff-values-errors",
        VALUES,
        "There is a problem",
        lambda cast: cast.case_of(cast.in_case),
        "administrator",
        _asks_for_no_reason,
        422,
    ),
    Scene("case-staff-ended", CASE, "Same person", lambda cast: cast.ended_case[1], "administrator"),
    # --- results that match nobody ---
    Scene(
        "unmatched",
        "/staff/unmatched",
        "the oldest first",
        who="analyst",
        needs=("unmatched", "set_aside", "unreadable_file"),
    ),
    Scene("unmatched-one", ANSWER, "Assign", lambda cast: cast.unmatched, "analyst"),
    Scene(
        "unmatched-errors", ANSWER, "There is a problem", lambda cast: cast.unmatched, "analyst", presses("Assign"), 422
    ),
    Scene("unmatched-aside", ANSWER, "Undo puts it where it belongs", lambda cast: cast.set_aside, "analyst"),
    # --- checks by name ---
    Scene("namechecks", "/staff/namechecks", "the first deadline first", who="analyst", needs=("rejected_twice",)),
    Scene("namechecks-requested", "/staff/namechecks", "on its way", "/staff/namechecks?show=requested", "analyst"),
    Scene("namecheck", NAME_CHECK, "Say that you asked", lambda cast: cast.name_check, "analyst"),
    Scene(
        "namecheck-errors",
        NAME_CHECK,
        "There is a problem",
        lambda cast: cast.name_check,
        "analyst",
        presses("Requested"),
        422,
    ),
    # --- reviews ---
    Scene("review", "/staff/review", "the oldest first", who="adjudicator", needs=("checked",)),
    Scene(
        "review-closed-door",
        REVIEW,
        "Why do you open this case?",
        lambda cast: cast.review_of(cast.doubtful),
        "adjudicator",
    ),
    Scene(
        "review-errors",
        REVIEW,
        "There is a problem",
        lambda cast: cast.review_of(cast.doubtful),
        "adjudicator",
        presses("Open the case"),
        422,
    ),
    Scene(
        "review-opened",
        REVIEW,
        "EXAMPLE CITY POLICE DEPARTMENT",
        lambda cast: cast.review_of(cast.checked),
        "adjudicator",
        _opens_review,
    ),
    Scene(
        "reviews-closed",
        "/staff/review",
        "the newest first",
        "/staff/review?show=closed",
        "adjudicator",
        needs=("ruled_case",),
    ),
    Scene("review-decided", REVIEW, "did not clear it on", lambda cast: cast.ruled_case, "adjudicator"),
    # --- letters ---
    Scene("mail", "/staff/mail", "the oldest first", who="analyst", needs=("refused_letter",)),
    Scene("mail-none", "/staff/mail", "There is no such letter.", "/staff/mail?show=expired", "analyst"),
    Scene("mail-one", LETTER, "The mail server refused it for good", lambda cast: cast.refused_letter, "analyst"),
    Scene(
        "mail-errors",
        LETTER,
        "Write why this letter should go again.",
        lambda cast: cast.refused_letter,
        "analyst",
        presses("Send again"),
        422,
    ),
)
