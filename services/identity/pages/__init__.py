"""identity's pages: those that everybody sees, a person's own, and the staff's."""

from services.identity.pages import access, accounts, applications, login, public, recovery, registration, staff

ROUTERS = [
    public.router,
    login.router,
    registration.router,
    recovery.router,
    applications.router,
    staff.router,
    access.router,
    accounts.router,
]
