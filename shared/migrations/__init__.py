"""Migrations: the one Alembic environment of all services.

Every database has two branches: `every_service` (the event spine and what else `shared` keeps) and
the service's own. They are read by hand, wait for a lock two seconds at most, and go expand →
deploy → contract. The owner role migrates; the application role gets what it needs and no more.
"""

import importlib
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, inspect, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from shared.clock import Clock, now
from shared.db import EveryService
from shared.law.tables import (
    CALENDAR_CHANGED,
    FIRST_COUNTED,
    CalendarDay,
    seed_calendar,
    seed_rules,
)
from shared.sealing import Seal
from shared.service import Service
from shared.settings import Settings
from shared.timers import schedule

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
APPEND_ONLY = ("event_log", "ledger_tile", "ledger_checkpoint", "ledger_cosignature")
"""Tables whose rows the application role can add and read, never change or delete."""


def service_of(name: str) -> Service:
    """The definition in `services/<name>/app.py`."""
    service: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return service


def metadatas(service: Service) -> list[MetaData]:
    """All tables of a service's database."""
    return [EveryService.metadata, service.base.metadata]


def config_for(service: Service, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one service's database."""
    config = Config()
    folders = [HERE / "versions", ROOT / "services" / service.name / "migrations"]
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["metadatas"] = metadatas(service)
    return config


async def migrate(service: Service, owner_url: str, application_role: str) -> None:
    """Bring a database to the newest revision; two at a time wait for each other.

    Then grant the application role its rights, and load the calendar and the dated rules.
    """
    engine = create_async_engine(
        make_url(owner_url).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": 10, "server_settings": {"timezone": "UTC"}},
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(hashtext('xiejian migrate'))"))
            await connection.commit()
            await connection.run_sync(_upgrade, service)
            await connection.run_sync(grant, application_role)
            await connection.commit()
        async with AsyncSession(
            engine, info={"clock": Clock(), "service": service.name}
        ) as session:
            known = await session.scalar(select(CalendarDay.day).limit(1))
            changed = await seed_calendar(session)
            if changed and known is not None and CALENDAR_CHANGED in service.timers:
                await schedule(session, CALENDAR_CHANGED, FIRST_COUNTED, now(session))
            await seed_rules(session)
            if service.install is not None:
                await service.install(session)
            await session.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: Service) -> None:
    command.upgrade(config_for(service, connection), "heads")


def grant(connection: Connection, role: str) -> None:
    """Give the application role what it needs on the tables there are, and no more."""
    present = set(inspect(connection).get_table_names())
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}" for table in APPEND_ONLY),
        *(f"REVOKE ALL ON {table} FROM {quoted}" for table in {"alembic_version"} & present),
    ):
        connection.execute(text(statement))


async def seed(service: Service, settings: Settings) -> None:
    """Load what an installation of `service` begins with; again and again without harm."""
    if service.seed is None:
        return
    url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    info: dict[str, Any] = {
        "clock": Clock(),
        "service": service.name,
        "seal": Seal(settings.data_key),
        "actor": "system:seed",
    }
    try:
        async with AsyncSession(engine, info=info, expire_on_commit=False) as session:
            await service.seed(session)
            await session.commit()
    finally:
        await engine.dispose()
