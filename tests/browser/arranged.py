"""What only time, or a mail server that refuses, would bring: written into the running system's databases."""

from redis import Redis

from deploy.local.system import System
from shared.auth import session_cookie, session_hash
from tests.flow import hearing
from tests.visitor import Visitor


def refuse_letter(system: System, email: str, kind: str) -> str:
    """As if the mail server had refused this letter to the account with this address; the letter's id."""
    hearing.deliver(system)  # what is written down of the sending comes after the letter
    (row,) = hearing.rows(
        system,
        "notifier",
        "UPDATE letters l SET state = 'failed', reply = 550, ended_at = now() FROM accounts a"
        " WHERE a.account_id = l.account_id AND a.email = $1 AND l.kind = $2 RETURNING l.id",
        email,
        kind,
    )
    return str(row["id"])


def let_idle(system: System, visitor: Visitor, minutes: int) -> None:
    """As if this person had done nothing for so long."""
    hash_ = session_hash(visitor.cookies[session_cookie(system.ports.origin)])
    touched = "UPDATE sessions SET touched_at = now() - make_interval(mins => $2) WHERE session_hash = $1 RETURNING 1"
    assert hearing.rows(system, "identity", touched, hash_, minutes)
    with Redis.from_url(system.environment("identity")["ECS_REDIS"]) as cache:
        cache.delete(f"session:{hash_}")
