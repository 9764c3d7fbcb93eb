"""What an operator sees: structured logs, Prometheus metrics, OpenTelemetry traces.

Every request and every fact carries a trace id and a correlation id, whether traces are exported or
not. Nothing personal is logged: paths by their route, never bodies.
"""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from prometheus_client import CollectorRegistry, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.facts import correlation_id
from shared.settings import Settings

CORRELATION = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


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
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = format(context.trace_id, "032x")
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
    """FastAPI's own telemetry: a span a request. Ids always exist; spans only for an exporter."""
    export = settings.otlp_endpoint is not None
    provider = TracerProvider(
        sampler=ParentBased(ALWAYS_ON if export else ALWAYS_OFF),
        resource=Resource.create({"service.name": f"xiejian-{service}"}),
        shutdown_on_exit=False,
    )
    if settings.otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.otlp_endpoint)))
    return TelemetryConfig(
        tracer_provider=provider, metrics=False, logs=False, operation_spans=False
    )


class Observed:
    """Middleware (pure ASGI): correlation id in and out, request metrics, security headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-correlation-id", "")
        correlation = given if CORRELATION.fullmatch(given) else _trace_id()
        token = correlation_id.set(correlation)
        started, status = time.perf_counter(), 0

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if correlation:
                    headers["X-Correlation-Id"] = correlation
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        finally:
            correlation_id.reset(token)
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.requests.labels(scope["method"], route, status).observe(
                time.perf_counter() - started
            )


def _trace_id() -> str | None:
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None
