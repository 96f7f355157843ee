"""What Prometheus reads at `/metrics` of each service."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from shared import outbox, parked

RELAYED = Counter("ecs_outbox_sent_total", "Facts that the broker has taken.")
HEARD = Counter("ecs_inbox_facts_total", "Facts heard for the first time.", ["topic"])
REPEATED = Counter("ecs_inbox_repeats_total", "Facts heard again and dropped.")
PARKED = Counter("ecs_parked_total", "Records set aside for a person.", ["topic"])
LAG = Gauge("ecs_consumer_lag_records", "Records at the broker that are not heard yet.", ["topic", "partition"])
HELD = Counter("ecs_held_total", "Batches held because something they need was away.")
BATCH_SECONDS = Histogram(
    "ecs_batch_seconds",
    "From a batch's arrival to its commit.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
)
REQUEST_SECONDS = Histogram(
    "ecs_request_seconds",
    "Time to answer, by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_OLDEST = Gauge("ecs_outbox_oldest_seconds", "Age of the oldest fact not yet sent.")
_WAITING = Gauge("ecs_outbox_rows", "Facts not yet sent.")
_SET_ASIDE = Gauge("ecs_parked_rows", "Records that wait for a person.")

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
async def show(request: Request) -> Response:
    """Counters of this process, and the present state of the service's outbox and parked records."""
    async with request.app.state.service.database.reading() as session:
        seconds, rows = await outbox.backlog(session)
        _SET_ASIDE.set(await parked.count(session))
    _OLDEST.set(seconds)
    _WAITING.set(rows)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
