"""A database of its own for what every service's database has, and two replicas that use it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, delete, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from deploy.embedded import Postgres
from shared.clock import Clock
from shared.db import NAMING, TYPES, Database, EveryService, Scoped, Versioned, new_id
from shared.law import tables
from shared.migrations import grant
from shared.settings import Environment, Settings


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class Case(Versioned, Scoped, Base):
    """A scoped row that counts its changes."""

    __tablename__ = "case_file"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(default="")


class Visit(Scoped, Base):
    """A scoped row with a key of two columns and no version."""

    __tablename__ = "visit"

    place: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class Word(Base):
    """Not scoped."""

    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)


METADATAS = (EveryService.metadata, Base.metadata)
PASSWORD = secrets.token_hex(8)


@pytest.fixture(scope="session")
async def owner(postgres: Postgres, anyio_backend: Any) -> AsyncIterator[AsyncEngine]:
    """The role that owns the tables: it makes them, and empties them between tests."""
    await asyncio.to_thread(
        postgres.make_database, "law", owner_password=PASSWORD, application_password=PASSWORD
    )
    address = postgres.url("xj_law", "xj_law_owner", PASSWORD)
    engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        for metadata in METADATAS:
            await connection.run_sync(metadata.create_all)
        await connection.run_sync(grant, "xj_law_app")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def law_settings(postgres: Postgres) -> Settings:
    # The application's role: what is tested must need no more than it may.
    return Settings(
        environment=Environment.TEST,
        database_url=postgres.url("xj_law", "xj_law_app", PASSWORD),
        data_key="unused",
        development_key_file=Path("unused"),
    )


def _replica(settings: Settings) -> Database:
    return Database(settings, service="law", info={"clock": Clock()}, on_facts=lambda: None)


@pytest.fixture
async def database(owner: AsyncEngine, law_settings: Settings) -> AsyncIterator[Database]:
    """One replica of a service, its tables empty."""
    async with owner.begin() as connection:
        for metadata in METADATAS:
            for table in metadata.sorted_tables:
                await connection.execute(delete(table))
    tables.forget()
    replica = _replica(law_settings)
    yield replica
    await replica.close()


@pytest.fixture
async def replica(law_settings: Settings, database: Database) -> AsyncIterator[Database]:
    """Another replica on the same database."""
    other = _replica(law_settings)
    yield other
    await other.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.sessions() as session:
        yield session
