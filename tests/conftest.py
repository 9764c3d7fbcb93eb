"""Fixtures: servers once a worker, services with empty tables for every test."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from deploy.embedded import Nats, Postgres
from services.oversight.act_batches.actions import WORKERS as READERS
from services.oversight.document_files.actions import RENDERER
from services.registry.imports.actions import WORKERS
from shared.access.tokens import make_development_key
from shared.settings import Environment, Settings
from tests import walks
from tests.servers import DATA_KEY, SERVICES, ServiceUnderTest, application, prepare, settings_for

# httpx2 looks for it with every request that it makes to an application in the same process.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
# The applications of four services are millions of objects that stay: to look through them every
# 700 new ones, as is usual, took a quarter of the time in which they are made.
gc.set_threshold(50_000, 20, 20)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="the full edition of the faults, the attacks and the walks",
    )


def pytest_configure(config: pytest.Config) -> None:
    walks.LONG = config.getoption("--long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One PostgreSQL a worker; without fsync, which only tests may do."""
    server = Postgres(
        tmp_path_factory.mktemp("postgres"), fsync=False, settings={"max_connections": "200"}
    )
    with server:
        yield server


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """One nats-server a worker."""
    with Nats(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development issuer's key."""
    path = tmp_path_factory.mktemp("key") / "development-key.json"
    make_development_key(path)
    return path


@pytest.fixture(scope="session")
def applications(key_file: Path) -> dict[str, FastAPI]:
    """The four applications, connected to nothing: for what can be read off them."""
    return {
        name: application(
            Settings(
                environment=Environment.TEST,
                database_url=SecretStr("postgresql://nobody:nothing@127.0.0.1:1/nowhere"),
                data_key=SecretStr(DATA_KEY),
                development_key_file=key_file,
            ),
            name,
        )
        for name in SERVICES
    }


@pytest.fixture(scope="session")
async def prepared(postgres: Postgres, anyio_backend: Any) -> dict[str, bool]:
    """Which services' databases are made; filled as they are asked for."""
    return {}


async def _service(
    name: str, postgres: Postgres, key_file: Path, prepared: dict[str, bool]
) -> ServiceUnderTest:
    if first := name not in prepared:
        await prepare(postgres, name)
        prepared[name] = True
    settings = settings_for(postgres, name, key_file)
    service = ServiceUnderTest(
        application(settings, name), name, key_file, postgres.url(f"xj_{name}")
    )
    if first:
        await service.keep_divisions()
    return service


@pytest.fixture(scope="session")
async def services(
    postgres: Postgres, key_file: Path, prepared: dict[str, bool]
) -> AsyncIterator[dict[str, ServiceUnderTest]]:
    """The services under test that were asked for, made once a worker."""
    made: dict[str, ServiceUnderTest] = {}
    yield made
    for service in made.values():
        await service.close()
    for worker in (*WORKERS, *READERS, RENDERER):
        await worker.close()


async def _wiped(
    name: str,
    services: dict[str, ServiceUnderTest],
    postgres: Postgres,
    key_file: Path,
    prepared: dict[str, bool],
) -> ServiceUnderTest:
    if name not in services:
        services[name] = await _service(name, postgres, key_file, prepared)
    await services[name].wipe()
    return services[name]


def _fixture(name: str) -> Any:
    @pytest.fixture(name=name)
    async def service(
        services: dict[str, ServiceUnderTest],
        postgres: Postgres,
        key_file: Path,
        prepared: dict[str, bool],
    ) -> ServiceUnderTest:
        return await _wiped(name, services, postgres, key_file, prepared)

    return service


registry = _fixture("registry")
oversight = _fixture("oversight")
escalation = _fixture("escalation")
notify = _fixture("notify")


class Stack:
    """Four services with everything running: relays, reactions, timers, a real broker."""

    registry: ServiceUnderTest
    oversight: ServiceUnderTest
    escalation: ServiceUnderTest
    notify: ServiceUnderTest

    def __init__(self, services: dict[str, ServiceUnderTest], nats: Nats) -> None:
        self.nats = nats
        self.services = services
        for name, service in services.items():
            setattr(self, name, service)

    def advance(self, **distance: float) -> None:
        """Move all clocks forward."""
        for service in self.services.values():
            service.advance(**distance)
            service.app.state.spine.timers.wake()


@pytest.fixture
async def stack(
    postgres: Postgres, key_file: Path, prepared: dict[str, bool], tmp_path: Path
) -> AsyncIterator[Stack]:
    """Four running services on an own nats-server, for journeys."""
    async with AsyncExitStack() as running:
        nats = Nats(tmp_path / "nats")
        await asyncio.to_thread(nats.start)
        running.callback(nats.stop)
        made: dict[str, ServiceUnderTest] = {}
        for name in SERVICES:
            plain = await _service(name, postgres, key_file, prepared)
            await plain.wipe()
            await plain.close()
            settings = settings_for(postgres, name, key_file, nats.url(name))
            made[name] = ServiceUnderTest(
                application(settings, name), name, key_file, postgres.url(f"xj_{name}")
            )
            app = made[name].app
            running.push_async_callback(made[name].http.aclose)
            await running.enter_async_context(app.router.lifespan_context(app))
        yield Stack(made, nats)
