"""Real servers and services for tests: one PostgreSQL a worker, one migrated database a service."""

import asyncio
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx2
import uvicorn
from fastapi import FastAPI
from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.embedded import HERE, Postgres, free_port
from shared.access.actor import Role
from shared.access.tokens import development_token
from shared.clock import legal_day
from shared.db import EveryService, Scope
from shared.events import Event
from shared.facts import record
from shared.facts.inbox import Reactions, react_once
from shared.facts.tables import EventLog, Inbox, Outbox
from shared.law import tables
from shared.law.divisions import read_divisions
from shared.law.tables import upsert_divisions
from shared.migrations import migrate, service_of
from shared.service import Service, create_service
from shared.settings import Environment, Settings
from shared.timers import Timers
from shared.web.streams import Server

SERVICES = ("registry", "oversight", "escalation", "notify")
KEPT = {"alembic_version", "calendar_day", "rule_set", "division"}
DATA_KEY = urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").decode()
DIVISIONS = (
    Path(__file__).parent.parent / "services/registry/divisions/data/chongqing_divisions.toml"
)
PASSWORD = secrets.token_hex(8)


def settings_for(
    postgres: Postgres,
    service: str,
    key_file: Path,
    nats_url: str = "nats://127.0.0.1:1",
    **more: Any,
) -> Settings:
    """Settings of a service under test."""
    return Settings(
        environment=Environment.TEST,
        database_url=postgres.url(f"xj_{service}", f"xj_{service}_app", PASSWORD),
        owner_database_url=postgres.url(f"xj_{service}", f"xj_{service}_owner", PASSWORD),
        nats_url=nats_url,
        data_key=DATA_KEY,
        development_key_file=key_file,
        evidence_dir=key_file.parent / "evidence" / service,
        **{"public_rate_limit": "1000000/second", **more},
    )


async def prepare(postgres: Postgres, service: str) -> None:
    """Make, migrate and fill the database of a service."""
    await asyncio.to_thread(
        postgres.make_database, service, owner_password=PASSWORD, application_password=PASSWORD
    )
    definition = service_of(service)
    await migrate(
        definition,
        postgres.url(f"xj_{service}", f"xj_{service}_owner", PASSWORD),
        f"xj_{service}_app",
    )


CITY = Scope()


class ServiceUnderTest:
    """One service in this process, on a real database; background work runs when asked to."""

    def __init__(
        self,
        app: FastAPI,
        service: str,
        key_file: Path,
        admin_url: str,
        definition: Service | None = None,
    ) -> None:
        self.app = app
        self.name = service
        self.definition = definition or service_of(service)
        self._key_file = key_file
        self._admin_url = admin_url
        self._reactions = Reactions(self.definition.all_reactions)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://test", timeout=30)

    # Calling it.

    def token(
        self,
        role: str,
        division: str = "50",
        *,
        organisation: str | None = None,
        domains: list[str] | None = None,
        sub: str | None = None,
        ttl_s: int = 3600,
    ) -> str:
        """A bearer token of the development issuer."""
        return development_token(
            self._key_file,
            roles=[Role(role)],
            division=division,
            organisation=organisation,
            domains=domains,
            sub=sub,
            ttl_s=ttl_s,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        as_: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Call the service over HTTP; `as_` is a token."""
        sent = dict(headers or {})
        if as_ is not None:
            sent["Authorization"] = f"Bearer {as_}"
        return await self.http.request(method, path, headers=sent, **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("PATCH", path, **options)

    # Looking behind.

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session of the system: commit it yourself."""
        async with self.app.state.database.sessions() as session:
            yield session

    async def facts(self, type: str | None = None) -> list[dict[str, Any]]:
        """The facts this service has left, in order; `type` without `xiejian.` narrows them."""
        async with self.session() as session:
            logged = (
                await session.scalars(select(EventLog.event).order_by(EventLog.log_index))
            ).all()
            waiting = (await session.scalars(select(Outbox.event).order_by(Outbox.id))).all()
        facts = [json.loads(event) for event in (*logged, *waiting)]
        return [fact for fact in facts if type is None or fact["type"] == f"xiejian.{type}"]

    async def react(
        self, event: Event, at: Scope = CITY, *, backfill: bool = False, again: bool = False
    ) -> UUID:
        """Let `event` arrive from its service; `again` repeats the index of the one before."""
        source = event.type.split(".")[0]
        async with self.session() as session:
            row = record(session, event, at, backfill=backfill)
            mark = await session.scalar(select(Inbox.stream_index).where(Inbox.source == source))
            index = (-1 if mark is None else mark) + (0 if again else 1)
            await react_once(session, self._reactions, source, [(index, cast(bytes, row["event"]))])
            await session.commit()
        return cast(UUID, row["event_id"])

    def today(self) -> date:
        """The legal day by this service's clock."""
        return legal_day(self.app.state.clock.now())

    def advance(self, **distance: float) -> None:
        """Move this service's clock forward: `advance(days=3)`."""
        self.app.state.clock.offset += timedelta(**distance)

    async def fire_timers(self) -> int:
        """Run the timers that are due; returns how many ran."""
        timers = Timers(self.app.state.database, self.name, self.definition.timers)
        fired = 0
        while await timers.fire_next():
            fired += 1
        return fired

    # Between tests.

    async def wipe(self) -> None:
        """Empty every table but those an installation begins with; one round trip."""
        self.app.state.clock.offset = timedelta(0)
        metadatas: list[MetaData] = [EveryService.metadata, self.definition.base.metadata]
        names = [name for data in metadatas for name in data.tables if name not in KEPT]
        statements = [f'DELETE FROM "{name}"' for name in names]
        for name in ("division", "rule_set"):
            statements += [f"DELETE FROM {name}", f"INSERT INTO {name} SELECT * FROM kept.{name}"]
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(
                "SET session_replication_role = replica;" + ";".join(statements)
            )
        finally:
            await connection.close()
        tables.forget()

    async def keep_divisions(self) -> None:
        """Load the divisions and remember them, and the rules of law, for `wipe`."""
        async with self.session() as session:
            await upsert_divisions(session, read_divisions(DIVISIONS))
            await session.commit()
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(
                "CREATE SCHEMA IF NOT EXISTS kept; DROP TABLE IF EXISTS kept.division;"
                " CREATE TABLE kept.division AS TABLE division;"
                " DROP TABLE IF EXISTS kept.rule_set; CREATE TABLE kept.rule_set AS TABLE rule_set"
            )
        finally:
            await connection.close()

    async def close(self) -> None:
        await self.http.aclose()
        await self.app.state.database.close()


def application(settings: Settings, service: str) -> FastAPI:
    return create_service(service_of(service), settings)


@asynccontextmanager
async def listening(app: FastAPI, *, grace_s: int = 2) -> AsyncIterator[str]:
    """The application behind a real server on a free port, with its lifespan: for streams."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=grace_s
    )
    ours = hasattr(app.state, "stopping")
    server = Server(config, app) if ours else uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            serving.result()
            raise RuntimeError("the server did not start")
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


async def eventually(check: Any, *, seconds: float = 20) -> Any:
    """What the coroutine function `check` returns once it is true; TimeoutError if it never is."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await check():
                return found
            await asyncio.sleep(0.02)


def with_agency(folder: Path) -> Path:
    """The broker's own configuration with the agency that it describes switched on."""
    text = (HERE / "nats.conf").read_text()
    lines, inside = [], False
    for line in text.splitlines():
        said = line.strip()
        inside = inside or said == "# AGENCY_500157 {"
        switched = inside or re.match(r"# (\{ service:|  response_type:)", said)
        lines.append(re.sub(r"# ?", "", line, count=1) if switched else line)
        inside = inside and not line.startswith("  # }")
    path = folder / "agency.conf"
    path.write_text("\n".join(lines) + "\n")
    return path
