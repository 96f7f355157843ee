"""Certificate's pages: what educators, program officials and the department's staff see."""

from services.certificate.pages import (
    applications,
    apply,
    certificates,
    concerned,
    queue,
    steps,
    submitting,
    working,
    worklog,
)

# Where two paths fit an address the first counts: `check` and `delete` are no questions of a form.
routers = [certificates.router, applications.router, apply.router, submitting.router, steps.router]
routers += [queue.router, concerned.router, working.router, worklog.router]
