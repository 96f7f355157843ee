"""The system on one machine that has nothing but Python: real Kafka, PostgreSQL, Valkey, an inbox and the gateway.

Every program started here is tied to the process that started it: if that process dies in any way, they die too.
"""
