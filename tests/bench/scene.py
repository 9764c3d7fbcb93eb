"""The servers, the databases and the million issues that the benchmarks run on."""

import asyncio
import contextlib
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import asyncpg

from deploy.embedded import LOOPBACK, Nats, Postgres, Server
from deploy.local import project_environment
from shared.access.actor import Role
from shared.access.tokens import development_token, make_development_key
from tests.servers import DATA_KEY, PASSWORD, ServiceUnderTest, application, prepare, settings_for

DISTRICT, TOWNSHIP = "500106", "500106001"

# Spread over all townships and the last year; one in sixteen is not closed yet.
_ISSUES = """
WITH township AS MATERIALIZED (
    SELECT code, parent, row_number() OVER (ORDER BY code) - 1 AS place, count(*) OVER () AS places
    FROM division WHERE level = 'township' AND valid_to IS NULL
)
INSERT INTO issue (id, number, title, description, kind, severity, major, source, division, domains,
                   legal_basis, level, state, arrived_at, due_at, due_provisional, measures,
                   created_by, created_at, version, district, township, parties)
SELECT uuidv7((n - $1) * interval '30 seconds'),
       '渝协〔2025〕' || n || '号', '占道经营执法职责 ' || n,
       '赋权事项承接后,日常巡查与处罚由谁负责,镇与区主管部门各执一词。',
       (ARRAY['new_situation', 'dispute', 'complaint', 'cooperation'])[1 + n % 4],
       (ARRAY['minor', 'serious', 'grave'])[1 + n % 3], n % 50 = 0, 'manual', code,
       ARRAY['urban_management'], '{}', (ARRAY['township', 'district', 'bureau'])[1 + n % 3],
       CASE WHEN n / places % 16 < 15 THEN 'closed'
            ELSE (ARRAY['raised', 'handling', 'escalated', 'paused'])[1 + n % 4] END,
       now(), CASE WHEN n / places % 16 = 15 THEN now() + n % 1000 * interval '1 hour' END,
       false, '{}', 'bench', now() - ($1 - n) * interval '30 seconds', 1, parent, code, '{}'
FROM generate_series(1, $1) AS n JOIN township ON place = n % places
"""


class Process(Server):
    """A Python process of ours that serves HTTP: `tests.bench.server`."""

    name: ClassVar[str] = "process"
    patience: ClassVar[float] = 60

    def __init__(self, folder: Path, *arguments: str, settings: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.arguments, self.settings = arguments, settings

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.bench.server", *self.arguments, str(self.port)]

    def environment(self) -> Mapping[str, str]:
        return {**project_environment(), **self.settings}

    def ready(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            return True
        return False


@dataclass
class Scene:
    """A running PostgreSQL and nats-server, and what is made on them."""

    folder: Path
    postgres: Postgres
    nats: Nats

    @property
    def key_file(self) -> Path:
        return self.folder / "development-key.json"

    def token(self, role: Role = Role.DISTRICT_SUPERVISOR, division: str = DISTRICT) -> str:
        return development_token(self.key_file, roles=[role], division=division)

    def settings(self, service: str) -> dict[str, str]:
        """As in production, but for the tokens: see `tests.bench.server`."""
        return {
            "XIEJIAN_ENVIRONMENT": "production",
            "XIEJIAN_OIDC_ISSUER": "https://identity.invalid",
            "XIEJIAN_DATABASE_URL": self.postgres.url(
                f"xj_{service}", f"xj_{service}_app", PASSWORD
            ),
            "XIEJIAN_NATS_URL": self.nats.url(service),
            "XIEJIAN_DATA_KEY": DATA_KEY,
            "XIEJIAN_LEDGER_KEY": DATA_KEY,
            "XIEJIAN_LOG_LEVEL": "WARNING",
            "BENCH_KEY_FILE": str(self.key_file),
        }

    async def service(self, name: str) -> ServiceUnderTest:
        """The database of a service with its divisions, and the service in this process."""
        await prepare(self.postgres, name)
        app = application(settings_for(self.postgres, name, self.key_file), name)
        service = ServiceUnderTest(app, name, self.key_file, self.postgres.url(f"xj_{name}"))
        await service.keep_divisions()
        return service

    async def load_issues(self, count: int) -> None:
        """So many issues in escalation's table; its indexes are built afterwards."""
        connection = await asyncpg.connect(self.postgres.url("xj_escalation"))
        try:
            indexes = await connection.fetch(
                "SELECT indexname, indexdef FROM pg_indexes"
                " WHERE tablename = 'issue' AND indexname <> 'pk_issue'"
            )
            await connection.execute("SET maintenance_work_mem = '256MB'")
            async with connection.transaction():
                for index in indexes:
                    await connection.execute(f"DROP INDEX {index['indexname']}")
                await connection.execute(_ISSUES, count, timeout=1800)
                for index in indexes:
                    await connection.execute(index["indexdef"], timeout=1800)
            await connection.execute("VACUUM (ANALYZE) issue", timeout=1800)
            await connection.execute("CHECKPOINT", timeout=1800)
        finally:
            await connection.close()

    @asynccontextmanager
    async def process(self, *arguments: str, settings: Mapping[str, str]) -> AsyncIterator[Process]:
        """A process of ours, until the block ends."""
        folder = self.folder / f"{arguments[0]}-{secrets.token_hex(2)}"
        process = Process(folder, *arguments, settings=settings)
        await asyncio.to_thread(process.start)
        try:
            yield process
        finally:
            await asyncio.to_thread(process.stop)


@asynccontextmanager
async def scene(folder: Path, *, fsync: bool) -> AsyncIterator[Scene]:
    """PostgreSQL set as docker-compose.yml sets it, commit times kept, and nats-server."""
    postgres = Postgres(
        folder / "postgres",
        fsync=fsync,
        settings={
            "track_commit_timestamp": "on",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "effective_cache_size": "768MB",
            "max_wal_size": "1GB",
        },
    )
    nats = Nats(folder / "nats")
    try:
        await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(nats.start))
        make_development_key(folder / "development-key.json")
        yield Scene(folder, postgres, nats)
    finally:
        await asyncio.gather(asyncio.to_thread(postgres.stop), asyncio.to_thread(nats.stop))
