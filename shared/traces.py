"""One trace through HTTP, outbox, Kafka, consumer and mail: the W3C trace context, carried by OpenTelemetry.

Spans are always made, since the ids in logs and headers come from them; they leave the process only where
`OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

_LENGTH: Final = 55  # 00-<32 hex>-<16 hex>-<2 hex>


def configure(service: str) -> None:
    """Make this process's spans carry the service's name, and send them to the collector if one is named.

    The first call counts: a process is one service, but for tests and tools that build several.
    """
    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    collected = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    # Without a collector a span is its ids and nothing else, which costs a tenth.
    sampler = sampling.DEFAULT_ON if collected else sampling.ALWAYS_OFF
    provider = TracerProvider(resource=Resource.create({"service.name": service}), sampler=sampler)
    if collected:
        # imported here because it brings protobuf: memory that a service without a collector does not need
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def current() -> str | None:
    """The `traceparent` of what happens now, to send along; None outside any span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def parse(traceparent: str | None) -> SpanContext | None:
    """The sender's span, or None if the header is absent or malformed (it comes from outside)."""
    if traceparent is None or len(traceparent) != _LENGTH:
        return None
    try:
        version, trace_id, span_id, flags = traceparent.split("-")
        context = SpanContext(int(trace_id, 16), int(span_id, 16), True, TraceFlags(int(flags, 16)))
    except ValueError:
        return None
    return context if version == "00" and context.is_valid else None


@cache
def _tracer() -> trace.Tracer:
    return trace.get_tracer("ecs")


@contextmanager
def span(name: str, *, parent: str | None = None, links: tuple[str, ...] = (), server: bool = False) -> Iterator[None]:
    """Do the block as one span, a child of `parent` if given, linked to others (a batch has many causes)."""
    above = parse(parent)
    context = trace.set_span_in_context(NonRecordingSpan(above)) if above else None
    others = [Link(found) for found in map(parse, links) if found]
    kind = SpanKind.SERVER if server else SpanKind.INTERNAL
    tracer = _tracer()
    # the text of an exception may quote what somebody typed: only that it failed is kept
    with tracer.start_as_current_span(
        name, context=context, links=others, kind=kind, record_exception=False, set_status_on_exception=False
    ):
        yield
