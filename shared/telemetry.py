"""What an operator sees: structured logs, Prometheus metrics, OpenTelemetry traces.

Every request and every fact carries a trace id and a correlation id, whether traces are exported or
not. Nothing personal is logged: paths by their route, never bodies.
"""

import contextvars
import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from prometheus_client import CollectorRegistry, Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.facts import correlation_id
from shared.settings import Settings

CORRELATION = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class JsonLines(logging.Formatter):
    """One JSON object a line; control characters cannot forge a second one."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (trace_id := _trace_id()) is not None:
            line["trace_id"] = trace_id
        if (correlation := correlation_id.get()) is not None:
            line["correlation_id"] = correlation
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_to_stdout(service: str, level: str) -> None:
    """Send all logs of this process to standard output as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    logging.root.handlers = [handler]
    logging.root.setLevel(level)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "xiejian_request_seconds",
            "Time to answer, by route and status",
            ["method", "route", "status"],
            registry=self.registry,
        )


def tracing(service: str, settings: Settings) -> TelemetryConfig:
    """FastAPI's own telemetry, a span a request, where somebody collects spans.

    Where nobody does, a span would cost more than it says: `Observed` makes the ids alone.
    """
    if settings.otlp_endpoint is None:
        return TelemetryConfig(tracing=False, metrics=False, logs=False)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(
        sampler=ParentBased(ALWAYS_ON),
        resource=Resource.create({"service.name": f"xiejian-{service}"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.otlp_endpoint)))
    return TelemetryConfig(
        tracer_provider=provider, metrics=False, logs=False, operation_spans=False
    )


OBSERVED = "xiejian.observed"
"""Where the ids of a request that failed are found in its scope: who logs it is further out."""


class Observed:
    """Middleware (pure ASGI): trace and correlation ids, request metrics, security headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        traced = None if _trace_id() else context.attach(_traced(headers))
        given = headers.get("x-correlation-id", "")
        correlation = given if CORRELATION.fullmatch(given) else _trace_id()
        token = correlation_id.set(correlation)
        started, status, failed = time.perf_counter(), 0, True

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [(b"x-correlation-id", correlation.encode())] if correlation else []
                message["headers"] = [*message["headers"], *added, *SECURITY_HEADERS]
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
            failed = False
        finally:
            if failed:
                scope[OBSERVED] = contextvars.copy_context()
            correlation_id.reset(token)
            if traced is not None:
                context.detach(traced)
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.requests.labels(scope["method"], route, status).observe(
                time.perf_counter() - started
            )


def _traced(headers: Headers) -> context.Context:
    """The caller's trace, or a new one: ids without a span."""
    if "traceparent" in headers:
        given = propagate.extract(headers)
        if trace.get_current_span(given).get_span_context().is_valid:
            return given
    ids = trace.SpanContext(_ids.generate_trace_id(), _ids.generate_span_id(), is_remote=False)
    return trace.set_span_in_context(trace.NonRecordingSpan(ids))


_ids = RandomIdGenerator()


def _trace_id() -> str | None:
    ids = trace.get_current_span().get_span_context()
    return format(ids.trace_id, "032x") if ids.is_valid else None
