"""`publish` leaves a fact in the transaction that made it true.

It only adds an outbox row: no I/O, no waiting. If the transaction commits, the relay carries the
fact into the log and to NATS; if not, it never was.
"""

import json
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import UUID

from opentelemetry import propagate
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import HasInfo, now
from shared.db import Scope, Scoped, new_id
from shared.events import Event
from shared.facts.tables import Outbox

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""What ties together all that one outside request caused, over every service."""
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)
"""Id of the fact that a reaction is working on."""

MAX_FACT_BYTES = 512 * 1024
"""Half of what nats-server takes in one message; a fact that NATS refused would stop all others."""


class FactTooLong(ValueError):
    """It would not get through NATS: split it into several."""


def publish(
    session: AsyncSession,
    event: Event,
    at: Scope | Scoped,
    *,
    backfill: bool = False,
    actor: str | None = None,
) -> UUID:
    """Leave `event` at a division; returns its id.

    `backfill` marks history loaded late: listeners keep it, but remind and notify nobody. `actor`
    is the `sub` of the person who caused it (session.info's caller when not given).
    """
    row = record(session, event, at, backfill=backfill, actor=actor)
    session.add(Outbox(**row))
    session.info["facts"] = True
    return row["event_id"]  # type: ignore[return-value]


def record(
    session: HasInfo,
    event: Event,
    at: Scope | Scoped,
    *,
    backfill: bool = False,
    actor: str | None = None,
) -> dict[str, object]:
    """The outbox row of a fact as values, for statements that write it together with its rows."""
    scope, parties = (at, []) if isinstance(at, Scope) else (at.scope, at.parties or [])
    service, entity, verb = event.type.split(".")[:3]
    event_id = new_id()
    attributes: dict[str, object] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/xiejian/{service}",
        "type": f"xiejian.{event.type}",
        "subject": str(getattr(event, event.subject_field)),
        "time": now(session).astimezone(UTC).isoformat(timespec="microseconds"),
        "datacontenttype": "application/json",
        "dataschema": f"/{service}/v1/event-schemas/{event.type}",
        "division": scope.path,
    }
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    for name, value in (
        ("traceparent", carrier.get("traceparent")),
        ("correlationid", correlation_id.get()),
        ("causationid", causation_id.get()),
        ("actor", actor or session.info.get("actor")),
        ("backfill", backfill or None),
    ):
        if value is not None:
            attributes[name] = value
    head = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    body = f'{head[:-1]},"data":{event.model_dump_json()}}}'.encode()
    if len(body) > MAX_FACT_BYTES:
        raise FactTooLong(f"a {event.type} of {len(body)} bytes: split it into several facts")
    # Other systems get wildcards below xj; what is internal cannot match them.
    root = "xi" if event.told_to == "internal" else "xj"
    return {
        "event_id": event_id,
        "type": event.type,
        "audience": event.told_to,
        "nats_subject": f"{root}.{service}.{entity}.{verb}.{scope.path}",
        "district": scope.district,
        "township": scope.township,
        "parties": list(parties),
        "event": body,
    }


def parse_time(event_time: str) -> datetime:
    """The `time` of a CloudEvent as a moment."""
    return datetime.fromisoformat(event_time)
