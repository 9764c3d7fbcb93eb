"""Migrations lead from nothing to what the tables say, and the application role can do no more."""

from typing import Any, cast

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded import Postgres
from shared.migrations import metadatas, migrate, service_of
from tests.servers import PASSWORD, SERVICES, prepare


@pytest.mark.parametrize("service", SERVICES)
async def test_from_empty_to_head_gives_the_tables(
    postgres: Postgres, prepared: dict[str, bool], service: str
) -> None:
    if service not in prepared:
        await prepare(postgres, service)
    definition = service_of(service)
    url = postgres.url(f"xj_{service}", f"xj_{service}_owner", PASSWORD)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, cast(Any, metadatas(definition))))

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    # Again, and two at a time: nothing happens.
    await migrate(definition, url, f"xj_{service}_app")


async def test_the_application_can_add_to_the_log_and_the_ledger_and_change_neither(
    postgres: Postgres, prepared: dict[str, bool]
) -> None:
    if "notify" not in prepared:
        await prepare(postgres, "notify")
    connection = await asyncpg.connect(postgres.url("xj_notify", "xj_notify_app", PASSWORD))
    try:
        await connection.execute("SELECT 1 FROM event_log")
        for statement in (
            "UPDATE event_log SET type = 'x'",
            "DELETE FROM event_log",
            "TRUNCATE event_log",
            "DROP TABLE event_log",
            "CREATE TABLE mine (id int)",
            "SELECT * FROM alembic_version",
            *(
                statement.format(table)
                for table in ("ledger_tile", "ledger_checkpoint", "ledger_cosignature")
                for statement in ("DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}")
            ),
            "UPDATE ledger_tile SET root = 'x'",
            "UPDATE ledger_checkpoint SET note = 'x'",
            "UPDATE ledger_cosignature SET line = 'x'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        added = "INSERT INTO ledger_cosignature (size, witness, line) VALUES (1, 'w', '')"
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(added)
        await transaction.rollback()
    finally:
        await connection.close()
