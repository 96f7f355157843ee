"""The programs that the services stand on, from packages: PostgreSQL, Kafka, Valkey and the Mailroom.

Each listens on 127.0.0.1 only and keeps what it writes in `home`.
"""

from deploy.local.parts.kafka import Kafka
from deploy.local.parts.mailroom import Mailroom
from deploy.local.parts.postgres import Postgres
from deploy.local.parts.valkey import Valkey

__all__ = ["Kafka", "Mailroom", "Postgres", "Valkey"]
