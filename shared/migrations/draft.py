"""Drafts a revision from the difference between the tables and a database at head; to be read by
hand before it is kept. `python -m shared.migrations.draft registry "subjects get a seal"`.
"""

import argparse
import asyncio

from alembic import command
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from shared.migrations import config_for, service_of


async def draft(service: str, message: str, branch: str, owner_url: str) -> None:
    """Write a revision file on `branch` for the database that `owner_url` names (at head)."""
    definition = service_of(service)
    engine = create_async_engine(make_url(owner_url).set(drivername="postgresql+asyncpg"))

    def write(connection: Connection) -> None:
        config = config_for(definition, connection)
        command.upgrade(config, "heads")
        command.revision(config, message, autogenerate=True, head=f"{branch}@head")

    async with engine.connect() as connection:
        await connection.run_sync(write)
        await connection.commit()
    await engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service")
    parser.add_argument("message")
    parser.add_argument("--branch", help="`every_service` for the tables of shared/")
    parser.add_argument("--url", required=True, help="owner's address of an empty scratch database")
    given = parser.parse_args()
    asyncio.run(draft(given.service, given.message, given.branch or given.service, given.url))
