"""The routes that each service has: me, tickets, the feed of facts, health, metrics, clock."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from asyncpg import PostgresError
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.access.actor import Actor, May, Public, Role
from shared.db import ReadSession, Session
from shared.development import move_clock
from shared.events import published
from shared.facts.dead_letters import waiting
from shared.facts.feed import FeedPage, follow, read_feed, readable
from shared.refusals import Invalid, NotFound, Refused
from shared.vocabulary import Term
from shared.web.asyncapi import document_of
from shared.web.concurrency import Route
from shared.web.openapi import SSE, sse_schema
from shared.web.schemas import Input, View
from shared.web.streams import EventStream

BATCH = "application/cloudevents-batch+json"


class MeView(View):
    """The caller as this service sees them."""

    sub: str
    name: str
    roles: list[Role]
    division: str
    organisation: str | None
    domains: list[str]
    permissions: list[str] = Field(description="What the roles allow in this service")
    expires_at: datetime


class TicketView(View):
    """A ticket that opens one stream: `?ticket=…`."""

    ticket: str
    expires_at: datetime


class ClockRequest(Input):
    """How far the service's clock is ahead of real time."""

    offset_s: int = Field(ge=0, le=60 * 366 * 86_400, description="Seconds; never less than before")


class ClockView(View):
    offset_s: int
    now: datetime


class HealthView(View):
    status: Literal["ok", "degraded", "unavailable"]
    details: dict[str, Any]


class FeedQuery(Input):
    """Which facts."""

    after: int = Field(
        default=-1, ge=-1, le=2**62, description="Log index of the last fact you have; -1 for none"
    )
    limit: int = Field(default=100, ge=1, le=500)
    wait_s: int = Field(default=0, ge=0, le=25, description="Long poll: wait for a fact")
    ticket: str | None = Field(default=None, description="A one-use ticket instead of the token")


class CursorAheadOfLog(Refused):
    """The reader has seen facts that this log does not have: it was put back to an older state."""

    code = "cursor-ahead-of-log"
    zh = "游标 {after} 超出日志末尾（{last}），日志可能已从备份恢复，请从末尾重新开始。"
    en = (
        "The log ends at {last}, before {after}: it may have been restored; start again from there."
    )


class DeadLetterView(View):
    """Work in the background that failed for good; what it was about is not shown."""

    id: UUID
    kind: str = Field(description="`reaction` to a fact, `timer` or `intake`")
    source: str
    type: str = Field(description="Of the fact, or which timer")
    attempts: int
    failed_at: datetime


class TermView(View):
    key: str
    label: str


def routes(service: str, vocabulary: dict[str, type[Term]], *, development: bool) -> APIRouter:
    """The router of what every service answers."""
    router = APIRouter()
    api = APIRouter(prefix=f"/{service}/v1", route_class=Route)

    @api.get("/me", tags=["me"])
    async def who_am_i(actor: Annotated[Actor, May("me:read")]) -> MeView:
        """Who the token stands for, and what that allows in this service."""
        return MeView(
            sub=actor.sub,
            name=actor.name,
            roles=sorted(actor.roles),
            division=actor.division,
            organisation=actor.organisation,
            domains=sorted(actor.domains),
            permissions=sorted(actor.permissions),
            expires_at=actor.expires_at,
        )

    @api.post("/tickets", tags=["me"], status_code=201)
    async def give_ticket(request: Request, actor: Annotated[Actor, May("me:read")]) -> TicketView:
        """A one-use ticket, good for thirty seconds, that opens a stream from a browser.

        An EventSource cannot send a bearer token; `GET …/stream?ticket=` takes this instead.
        """
        ticket, expires_at = await request.app.state.tickets.give(actor)
        return TicketView(ticket=ticket, expires_at=expires_at)

    @api.get("/vocabulary", tags=["vocabulary"], dependencies=[Public])
    async def list_vocabulary() -> dict[str, list[TermView]]:
        """Every enumeration of this service: keys and their Chinese labels."""
        return {
            name: [TermView(key=term.value, label=term.label) for term in terms]
            for name, terms in sorted(vocabulary.items())
        }

    @api.get("/dead-letters", tags=["health"])
    async def list_dead_letters(
        session: ReadSession, actor: Annotated[Actor, May("dead_letter:read")]
    ) -> list[DeadLetterView]:
        """What this service gave up and nobody had tried again yet, the oldest first, at most 200.

        `xiejian dead-letters` shows why, and tries it again.
        """
        return [DeadLetterView.model_validate(one) for one in await waiting(session)]

    schemas = {name: kind.model_json_schema() for name, kind in published(service).items()}

    @api.get("/event-schemas/{type}", tags=["events"], dependencies=[Public])
    async def get_event_schema(
        type: Annotated[str, Path(description="As in `dataschema` of a fact", max_length=200)],
    ) -> dict[str, Any]:
        """The JSON Schema of the `data` of one type of fact."""
        if type not in schemas:
            raise NotFound
        return schemas[type]

    @router.get(f"/{service}/asyncapi.json", include_in_schema=False, dependencies=[Public])
    async def asyncapi_document() -> dict[str, Any]:
        return document_of(service)

    @api.get(
        "/events",
        tags=["events"],
        response_class=Response,
        responses={
            200: {
                "description": "Facts in order; with `Accept: text/event-stream` a stream of them",
                "content": {
                    BATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
                    SSE: {"schema": sse_schema({"type": "object"})},
                },
            }
        },
    )
    async def read_events(
        request: Request,
        actor: Annotated[Actor, May("event:read", ticket=True)],
        query: Annotated[FeedQuery, Query()],
        accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
        last_event_id: Annotated[str | None, Header(description="Where a stream goes on")] = None,
    ) -> Response:
        """The facts of this service that the caller may see, in the order they became true.

        A batch of CloudEvents, whose `Xj-Last-Index` header is the next `after`; or, asked for as
        `text/event-stream`, a stream that goes on at `Last-Event-ID`. A fact belongs to the
        division it had on its day.
        """
        audiences, criterion = readable(actor)
        database, news = request.app.state.database, request.app.state.spine.news
        after, limit, wait_s = query.after, query.limit, query.wait_s
        if SSE in accept:
            wait_s = 0
            if last_event_id is not None:
                after = _index(last_event_id)
        rings = news.rings
        for last_look in (wait_s == 0, True):
            async with database.readers() as session:
                page = await read_feed(
                    session, after=after, limit=limit, criterion=criterion, audiences=audiences
                )
            if page.next_after < after:
                raise CursorAheadOfLog(after=after, last=page.next_after)
            if page.rows or last_look:
                break
            await news.after(rings, wait_s)
        if SSE in accept:
            pages = follow(
                database, news, after=after, criterion=criterion, audiences=audiences, limit=limit
            )
            return EventStream(_lines(pages, actor), request.app.state.stopping)
        body = b"[" + b",".join(row.event for row in page.rows) + b"]"
        return Response(body, media_type=BATCH, headers={"Xj-Last-Index": str(page.next_after)})

    if development:

        @api.get("/development/clock", tags=["development"])
        async def read_the_clock(
            request: Request, actor: Annotated[Actor, May("development:clock")]
        ) -> ClockView:
            """How far this service's clock is ahead of real time. Absent in production."""
            clock = request.app.state.clock
            return ClockView(offset_s=int(clock.offset.total_seconds()), now=clock.now())

        @api.put("/development/clock", tags=["development"])
        async def move_the_clock(
            request: Request,
            session: Session,
            body: ClockRequest,
            actor: Annotated[Actor, May("development:clock")],
        ) -> ClockView:
            """Move this service's clock forward, so that deadlines pass. Absent in production."""
            clock = request.app.state.clock
            await move_clock(session, clock, body.offset_s)
            request.app.state.spine.timers.wake()
            return ClockView(offset_s=body.offset_s, now=clock.now())

    @router.get(f"/{service}/health/live", tags=["health"], dependencies=[Public])
    async def live() -> HealthView:
        """Whether the process turns."""
        return HealthView(status="ok", details={})

    @router.get(
        f"/{service}/health/ready",
        tags=["health"],
        dependencies=[Public],
        responses={503: {"model": HealthView, "description": "The database is not reachable"}},
    )
    async def ready(request: Request) -> Response:
        """Whether requests can be answered; `degraded` while NATS is away and facts wait here."""
        view = await readiness(request)
        status = 503 if view.status == "unavailable" else 200
        return JSONResponse(view.model_dump(mode="json"), status_code=status)

    @router.get(f"/{service}/metrics", tags=["health"], include_in_schema=False)
    async def metrics(request: Request) -> Response:
        return Response(
            generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST
        )

    router.include_router(api)
    return router


async def readiness(request: Request) -> HealthView:
    """Database reachable, and the event spine's state."""
    details: dict[str, Any] = {**request.app.state.spine.status(), **request.app.state.says}
    try:
        async with request.app.state.database.readers() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, PostgresError) as error:
        details["database"] = type(error).__name__
        return HealthView(status="unavailable", details=details)
    well = details["nats"] == details["ledger"] == "ok" and not details["stuck"]
    return HealthView(status="ok" if well else "degraded", details=details)


async def _lines(pages: AsyncIterator[FeedPage], actor: Actor) -> AsyncIterator[bytes]:
    """Facts as server-sent events, a comment when there are none; ends when the token does."""
    yield b"retry: 2000\n\n"
    async for page in pages:
        if actor.expired:
            yield b"event: expired\ndata: {}\n\n"
            return
        lines = [b"id: %d\ndata: %s\n\n" % row for row in page.rows]
        yield b"".join(lines) or b": nothing new\n\n"


def _index(last_event_id: str) -> int:
    if not last_event_id.isdecimal() or len(last_event_id) > 18:
        raise Invalid(reason="Last-Event-ID")
    return int(last_event_id)
