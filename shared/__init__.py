"""Plumbing and vocabulary that all services use. Knows no service.

Vocabulary: `events` and `contracts/`, `educator_id`, `policy/`, `text`.
Facts out: `outbox`, `relay`, `say_again`. Facts in: `bus`, `intake`, `inbox`, `parked`, `rebuild`, `faults`, `topics`.
Pages: `web` (start there), `view`, `auth`, `forms`, `csrf`, `gate`, `headers`, `limits`, `refusals`, `error_pages`,
    `attention`, and the kit in `pages/`.
Secrets and who answers for them: `keys`, `sealed`, `audit`, `ssn`.
What a service is built of: `app`, `service`, `settings`, `db`, `plumbing`, `migrate`, `health`, `metrics`, `traces`,
    `observed`, `logs`, `memory`.
Operators: `ecsctl`, `commands`.
"""
