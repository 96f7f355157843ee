"""Who may use which route: the one table, in the order in which people meet the pages.

A route of a service without a row here, or a row without a route, fails a test; so does a row that says something
else than the route asks for. `OPEN` asks for nothing and is closed at the gateway; `INSIDE` is for other services.
"""

from typing import Final, NamedTuple

PUBLIC: Final = frozenset({"public"})
SIGNED_IN: Final = frozenset({"signed_in"})
EDUCATOR: Final = frozenset({"educator"})
STAFF: Final = frozenset({"analyst", "adjudicator", "administrator"})
OFFICE: Final = frozenset({"analyst", "administrator"})
ANALYST: Final = frozenset({"analyst"})
PROGRAM: Final = frozenset({"program"})
ADJUDICATOR: Final = frozenset({"adjudicator"})
ADMINISTRATOR: Final = frozenset({"administrator"})
OPEN: Final = frozenset[str]()
ALL_OTHERS: Final = frozenset({"service:educator", "service:fingerprint", "service:certificate", "service:notifier"})
FROM_IDENTITY: Final = frozenset({"service:identity"})
FROM_EDUCATOR: Final = frozenset({"service:educator"})
FROM_FINGERPRINT: Final = frozenset({"service:fingerprint"})

SERVICES: Final = ("identity", "educator", "fingerprint", "certificate", "notifier")


class Row(NamedTuple):
    """One route and who may use it."""

    service: str
    method: str
    path: str
    who: frozenset[str]


_EVERY_SERVICE: Final = tuple(
    Row(service, "GET", path, who)
    for service in SERVICES
    for path, who in (
        ("/health/live", OPEN),
        ("/health/ready", OPEN),
        ("/health/system", OPEN),
        ("/metrics", OPEN),
        ("/internal/attention", FROM_IDENTITY),
    )
)

TABLE: Final = (
    *_EVERY_SERVICE,
    # --- before signing in ---
    Row("identity", "GET", "/", PUBLIC),
    Row("identity", "GET", "/weblogin/login.aspx", PUBLIC),
    Row("identity", "GET", "/help", PUBLIC),
    Row("identity", "GET", "/privacy", PUBLIC),
    Row("identity", "GET", "/accessibility", PUBLIC),
    Row("identity", "GET", "/login", PUBLIC),
    Row("identity", "POST", "/login", PUBLIC),
    Row("identity", "GET", "/register", PUBLIC),
    Row("identity", "POST", "/register", PUBLIC),
    Row("identity", "GET", "/register/done", PUBLIC),
    Row("identity", "POST", "/register/again", PUBLIC),
    Row("identity", "POST", "/register/address", PUBLIC),
    Row("identity", "GET", "/register/confirm/{token}", PUBLIC),
    Row("identity", "POST", "/register/confirm/{token}", PUBLIC),
    Row("identity", "GET", "/forgot", PUBLIC),
    Row("identity", "POST", "/forgot", PUBLIC),
    Row("identity", "GET", "/reset/{token}", PUBLIC),
    Row("identity", "POST", "/reset/{token}", PUBLIC),
    # --- signed in ---
    Row("identity", "POST", "/logoff", PUBLIC),  # a session may have ended by itself
    Row("identity", "POST", "/session/extend", SIGNED_IN),
    Row("identity", "GET", "/applications", SIGNED_IN),
    Row("identity", "GET", "/applications/ecs/request", SIGNED_IN),
    Row("identity", "POST", "/applications/ecs/request", SIGNED_IN),
    Row("identity", "GET", "/applications/ecs/role", SIGNED_IN),
    Row("identity", "POST", "/applications/ecs/role", SIGNED_IN),
    Row("identity", "POST", "/internal/sessions/resolve", ALL_OTHERS),
    # --- educators ---
    Row("educator", "GET", "/ecs", SIGNED_IN),  # who lacks access is told where to request it
    Row("educator", "GET", "/ecs/identify", EDUCATOR),
    Row("educator", "POST", "/ecs/identify", EDUCATOR),
    Row("educator", "POST", "/ecs/identify/documents", EDUCATOR),
    Row("educator", "GET", "/ecs/profile", EDUCATOR),
    Row("educator", "POST", "/ecs/profile", EDUCATOR),
    Row("educator", "GET", "/ecs/profile/contact", EDUCATOR),
    Row("educator", "POST", "/ecs/profile/contact", EDUCATOR),
    Row("educator", "POST", "/ecs/profile/contact/again", EDUCATOR),
    Row("educator", "POST", "/ecs/profile/contact/cancel", EDUCATOR),
    Row("educator", "GET", "/ecs/contact/confirm/{token}", PUBLIC),  # the link's token is what opens it
    Row("educator", "POST", "/ecs/contact/confirm/{token}", PUBLIC),
    Row("educator", "GET", "/ecs/contact/confirmed", PUBLIC),
    Row("educator", "POST", "/internal/numbers/compare", FROM_FINGERPRINT),
    Row("fingerprint", "GET", "/ecs/fingerprints", EDUCATOR),
    Row("fingerprint", "POST", "/ecs/fingerprints", EDUCATOR),
    Row("fingerprint", "POST", "/ecs/fingerprints/receipt", EDUCATOR),
    Row("fingerprint", "GET", "/_fragments/fingerprints", FROM_EDUCATOR),
    Row("certificate", "GET", "/ecs/certificates", EDUCATOR),
    Row("certificate", "GET", "/ecs/applications", EDUCATOR),
    Row("certificate", "GET", "/ecs/applications/{application_id}", EDUCATOR),
    Row("certificate", "POST", "/ecs/applications/{application_id}", EDUCATOR),
    Row("certificate", "GET", "/ecs/applications/{application_id}/received", EDUCATOR),
    Row("certificate", "GET", "/ecs/applications/{application_id}/withdraw", EDUCATOR),
    Row("certificate", "POST", "/ecs/applications/{application_id}/withdraw", EDUCATOR),
    Row("certificate", "POST", "/ecs/applications/{application_id}/correct", EDUCATOR),
    Row("certificate", "GET", "/ecs/apply/{code}", EDUCATOR),
    Row("certificate", "POST", "/ecs/apply/{code}", EDUCATOR),
    Row("certificate", "GET", "/ecs/apply/{code}/delete", EDUCATOR),
    Row("certificate", "POST", "/ecs/apply/{code}/delete", EDUCATOR),
    Row("certificate", "GET", "/ecs/apply/{code}/check", EDUCATOR),
    Row("certificate", "POST", "/ecs/apply/{code}/check", EDUCATOR),
    Row("certificate", "GET", "/ecs/apply/{code}/{step}", EDUCATOR),
    Row("certificate", "POST", "/ecs/apply/{code}/{step}", EDUCATOR),
    Row("notifier", "GET", "/ecs/messages", SIGNED_IN),  # letters about the account come before any role
    Row("notifier", "GET", "/ecs/messages/{letter_id}", SIGNED_IN),
    # --- staff ---
    Row("identity", "GET", "/staff", STAFF),
    Row("identity", "GET", "/staff/access", ADMINISTRATOR),
    Row("identity", "GET", "/staff/access/{request_id}", ADMINISTRATOR),
    Row("identity", "POST", "/staff/access/{request_id}", ADMINISTRATOR),
    Row("identity", "GET", "/staff/accounts", ADMINISTRATOR),
    Row("identity", "GET", "/staff/accounts/{account_id}", ADMINISTRATOR),
    Row("identity", "POST", "/staff/accounts/{account_id}/release", ADMINISTRATOR),
    Row("identity", "POST", "/staff/accounts/{account_id}/revoke", ADMINISTRATOR),
    Row("educator", "GET", "/staff/cases", ADMINISTRATOR),
    Row("educator", "GET", "/staff/cases/{case_id}", ADMINISTRATOR),
    Row("educator", "POST", "/staff/cases/{case_id}", ADMINISTRATOR),
    Row("educator", "GET", "/staff/cases/{case_id}/values", ADMINISTRATOR),
    Row("educator", "POST", "/staff/cases/{case_id}/values", ADMINISTRATOR),
    Row("fingerprint", "GET", "/staff/unmatched", STAFF),
    Row("fingerprint", "GET", "/staff/unmatched/{answer_id}", STAFF),
    Row("fingerprint", "POST", "/staff/unmatched/{answer_id}/assign", STAFF),
    Row("fingerprint", "POST", "/staff/unmatched/{answer_id}/aside", STAFF),
    Row("fingerprint", "POST", "/staff/unmatched/{answer_id}/undo", STAFF),
    Row("fingerprint", "GET", "/staff/imports", STAFF),
    Row("fingerprint", "GET", "/staff/imports/upload", STAFF),
    Row("fingerprint", "POST", "/staff/imports/upload", STAFF),
    Row("fingerprint", "GET", "/staff/imports/upload/{upload_id}", STAFF),
    Row("fingerprint", "POST", "/staff/imports/upload/{upload_id}", STAFF),
    Row("fingerprint", "GET", "/staff/imports/{batch_id}", STAFF),
    Row("fingerprint", "POST", "/staff/imports/{batch_id}/undo", STAFF),
    Row("fingerprint", "GET", "/staff/imports/{batch_id}/errors.csv", STAFF),
    Row("fingerprint", "GET", "/staff/quarantine", STAFF),
    Row("fingerprint", "GET", "/staff/quarantine/export.csv", STAFF),
    Row("fingerprint", "GET", "/staff/quarantine/{file_id}", STAFF),
    Row("fingerprint", "POST", "/staff/quarantine/{file_id}", STAFF),
    Row("fingerprint", "GET", "/staff/results/search", STAFF),
    Row("fingerprint", "GET", "/staff/results/turnaround", STAFF),
    Row("fingerprint", "GET", "/staff/namechecks", STAFF),
    Row("fingerprint", "GET", "/staff/namechecks/{educator_id}/{purpose}/{bureau}", STAFF),
    Row("fingerprint", "POST", "/staff/namechecks/{educator_id}/{purpose}/{bureau}/request", STAFF),
    Row("fingerprint", "POST", "/staff/namechecks/{educator_id}/{purpose}/{bureau}/undo", STAFF),
    # administrators read applications; analysts alone act on them
    Row("certificate", "GET", "/staff/queue", OFFICE),
    Row("certificate", "POST", "/staff/queue", ANALYST),
    Row("certificate", "GET", "/staff/queue/export.csv", OFFICE),
    Row("certificate", "GET", "/staff/queue/export.xlsx", OFFICE),
    Row("certificate", "GET", "/staff/concerned", OFFICE),
    Row("certificate", "GET", "/staff/applications/{application_id}", OFFICE),
    Row("certificate", "GET", "/staff/applications/{application_id}/issue", ANALYST),
    Row("certificate", "POST", "/staff/applications/{application_id}/{deed}", ANALYST),
    # criminal history: nobody else, ever
    Row("fingerprint", "GET", "/staff/review", ADJUDICATOR),
    Row("fingerprint", "GET", "/staff/review/{review_id}", ADJUDICATOR),
    Row("fingerprint", "POST", "/staff/review/{review_id}/open", ADJUDICATOR),
    Row("fingerprint", "POST", "/staff/review/{review_id}", ADJUDICATOR),
    Row("notifier", "GET", "/staff/mail", OFFICE),
    Row("notifier", "GET", "/staff/mail/{letter_id}", OFFICE),
    Row("notifier", "POST", "/staff/mail/{letter_id}", OFFICE),
    # --- program officials ---
    Row("certificate", "GET", "/program/worklog", PROGRAM),
    Row("certificate", "GET", "/program/worklog/several", PROGRAM),
    Row("certificate", "POST", "/program/worklog/several", PROGRAM),
    Row("certificate", "GET", "/program/worklog/several/done", PROGRAM),
    Row("certificate", "GET", "/program/worklog/{application_id}", PROGRAM),
    Row("certificate", "POST", "/program/worklog/{application_id}/recommend", PROGRAM),
    Row("certificate", "POST", "/program/worklog/{application_id}/return", PROGRAM),
    Row("certificate", "POST", "/program/worklog/{application_id}/take-back", PROGRAM),
)
