"""Databases with the tables of every service, and processes of services without their HTTP side."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.embedded import Nats, Postgres
from shared.db import EveryService
from tests.facts.world import Effects, Node, NodeMaker, create_tables, delete_streams

SERVICES = ("registry", "notify")


@pytest.fixture(scope="session")
async def facts_databases(postgres: Postgres) -> dict[str, str]:
    """Address of each service's database."""
    urls = {}
    for service in SERVICES:
        await asyncio.to_thread(postgres.execute, f"CREATE DATABASE facts_{service}")
        urls[service] = postgres.url(f"facts_{service}")
        await create_tables(urls[service])
    return urls


@pytest.fixture
async def databases(facts_databases: dict[str, str]) -> dict[str, str]:
    """The same, empty."""
    tables = [*EveryService.metadata.tables, *Effects.metadata.tables]
    for url in facts_databases.values():
        connection = await asyncpg.connect(url)
        await connection.execute(";".join(f'DELETE FROM "{table}"' for table in tables))
        await connection.close()
    return facts_databases


@pytest.fixture
async def node(databases: dict[str, str], nats: Nats) -> AsyncIterator[NodeMaker]:
    """Makes processes of services on the common nats-server; they are stopped behind the test."""
    await delete_streams(nats.url("registry"))
    nodes: list[Node] = []

    def make(service: str, **options: Any) -> Node:
        options.setdefault("nats_url", nats.url(service))
        made = Node(databases[service], service, **options)
        nodes.append(made)
        return made

    yield make
    for made in nodes:
        await made.stop()


@pytest.fixture
async def own_nats(tmp_path: Path) -> AsyncIterator[Nats]:
    """A nats-server that the test may kill."""
    server = Nats(tmp_path / "nats")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
def away() -> Callable[[], str]:
    """Address where no NATS is."""
    return lambda: "nats://127.0.0.1:1"
