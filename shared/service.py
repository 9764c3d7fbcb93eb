"""`create_service`: the only assembly code. A service is a table of contents; this makes it run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from shared.access.actor import ADMINISTRATORS, Permissions, Role
from shared.access.tickets import Tickets
from shared.access.tokens import Tokens
from shared.access.visibility import guard
from shared.clock import Clock
from shared.db import Database, EveryService, Scoped
from shared.development import follow_clock, load_clock
from shared.events import Event
from shared.facts.inbox import Reaction
from shared.facts.intake import Taking
from shared.facts.ledger.signing import algorithms, signing_key, witness_keys
from shared.facts.spine import Spine
from shared.figures import Interval, Measure
from shared.files.store import Store
from shared.law.lifecycle import Lifecycle
from shared.law.reactions import law_reactions
from shared.retries import end, keep_up
from shared.sealing import Seal
from shared.settings import Settings
from shared.telemetry import Metrics, Observed, tracing
from shared.timers import TimerHandler
from shared.vocabulary import Term
from shared.web import every_service, figures, ledger, openapi, problems
from shared.web.concurrency import forget_answers
from shared.web.rate_limit import RateLimits

EVERYONE = frozenset(Role)
EVERY_SERVICE: Permissions = {
    "me:read": EVERYONE,
    "event:read": frozenset(
        {
            Role.BUREAU_SUPERVISOR,
            Role.DISTRICT_SUPERVISOR,
            Role.TOWNSHIP_SUPERVISION_OFFICE,
            Role.INTEGRATION,
            Role.AUDITOR,
        }
    ),
    "event:audit": frozenset({Role.AUDITOR}),
    "dead_letter:read": frozenset({Role.SYSTEM_ADMIN}),
    "development:clock": frozenset({Role.BUREAU_SUPERVISOR, Role.SYSTEM_ADMIN}),
}
"""Permissions of the routes that every service has."""
OF_FIGURES: Permissions = {"figure:read": EVERYONE - ADMINISTRATORS}
"""And of those of a service that counts something."""


@dataclass(frozen=True)
class Service:
    """A service as its `app.py` names it."""

    name: str
    title: str
    summary: str
    base: type[DeclarativeBase]
    permissions: Permissions
    routers: Sequence[APIRouter]
    vocabulary: Sequence[type[Term]] = ()
    figures: Sequence[Measure] = ()
    """What can be counted."""
    lifecycles: Mapping[str, Lifecycle[Any]] = field(default_factory=dict)
    """The state machines, by whose life each is; the service's README draws them."""
    reactions: Sequence[tuple[type[Event], Reaction]] = ()
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    workers: Sequence[Callable[[FastAPI], Awaitable[None]]] = ()
    """What else runs beside the requests, in each process; begun again if it fails."""
    says: Callable[[Settings], Mapping[str, str]] | None = None
    """What readiness tells of the service's own settings: nothing that makes it unready."""
    take: Taking | None = None
    """What is done with what others send to the service over NATS (`shared.facts.intake`)."""
    owns_law: bool = False
    """The registry owns the divisions and the rules of law; the others copy them from its facts."""
    seed: Callable[[AsyncSession], Awaitable[None]] | None = None
    """Loads what an installation begins with; can run again without harm."""
    install: Callable[[AsyncSession], Awaitable[None]] | None = None
    """Loads the reference data of this release, with each migration; what is there stays."""

    @property
    def all_permissions(self) -> Permissions:
        return {**EVERY_SERVICE, **(OF_FIGURES if self.figures else {}), **self.permissions}

    @property
    def all_reactions(self) -> Sequence[tuple[type[Event], Reaction]]:
        return [*(() if self.owns_law else law_reactions(self.base)), *self.reactions]


def scoped_names(base: type[DeclarativeBase]) -> list[str]:
    """Names of the scoped tables of a service, the event log among them."""
    mapped = [*base.registry.mappers, *EveryService.registry.mappers]
    return sorted({str(m.local_table) for m in mapped if issubclass(m.class_, Scoped)})


def create_service(service: Service, settings: Settings) -> FastAPI:
    """The application of one service, ready to be served."""
    clock = Clock()

    def wake() -> None:
        spine.wake()

    ledger_key = signing_key(settings, service.name)
    info = {
        "clock": clock,
        "service": service.name,
        "seal": Seal(settings.data_key),
        "files": Store(settings),
        "signer": ledger_key,
    }
    database = Database(settings, service=service.name, info=info, on_facts=wake)
    metrics = Metrics()
    spine = Spine(
        database,
        service=service.name,
        nats_url=settings.nats_url.get_secret_value(),
        reactions=service.all_reactions,
        timers=service.timers,
        take=service.take,
        metrics=metrics.registry,
        ledger_key=ledger_key,
        ledger_algorithms=algorithms(settings),
    )
    permissions = service.all_permissions

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(forget_answers(database))]
        if settings.development:
            with contextlib.suppress(OSError, SQLAlchemyError):
                await load_clock(database, clock)
            tasks.append(asyncio.create_task(follow_clock(database, clock)))
        await spine.start()
        tasks += [asyncio.create_task(keep_up(partial(work, app))) for work in service.workers]
        try:
            yield
        finally:
            await spine.stop(settings.shutdown_grace_s)
            await end(*tasks)
            await database.close()

    app = FastAPI(
        title=service.title,
        summary=service.summary,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry=tracing(service.name, settings),
        separate_input_output_schemas=False,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.says = service.says(settings) if service.says else {}
    app.state.clock = clock
    app.state.database = database
    app.state.spine = spine
    app.state.metrics = metrics
    app.state.rate_limits = RateLimits(settings)
    app.state.tokens = Tokens(settings, permissions)
    app.state.tickets = Tickets(database, permissions)
    app.state.stopping = asyncio.Event()  # set by `web.streams.Server`

    for router in service.routers:
        app.include_router(router)
    if service.figures:
        app.include_router(figures.routes(service.name, service.figures))
    terms: list[type[Term]] = [*service.vocabulary, Interval]
    vocabulary = {term.__name__: term for term in terms}
    app.include_router(
        every_service.routes(service.name, vocabulary, development=settings.development)
    )
    app.include_router(
        ledger.routes(
            service.name, ledger_key.public if ledger_key else None, witness_keys(settings)
        )
    )
    openapi.install(app, service.name, permissions)
    problems.install(app, [service.base.metadata, EveryService.metadata])
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(
        problems.DeclaredTooLarge,
        limit=settings.max_body_bytes,
        larger={
            route.path_format: route.max_body_size
            for route in (context.original_route for context in iter_route_contexts(app.routes))
            if isinstance(route, APIRoute) and route.max_body_size is not None
        },
    )
    app.add_middleware(Observed, metrics=metrics)
    if settings.development:
        guard(database.engine, scoped_names(service.base))
    return app
