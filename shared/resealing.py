"""What an older data key sealed is sealed anew with the newest, in chunks, while the service runs.

Killed, it goes on where it was: what is sealed with the newest key is not looked at again.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData, Select, Table, func, literal, select, update
from sqlalchemy import column as named
from sqlalchemy import values as rows_of

from shared.db import Database
from shared.sealing import ID_BYTES, SEALED_AS, Seal

CHUNK = 500
"""Values of one transaction."""


def sealed_columns(metadatas: Iterable[MetaData]) -> Iterator[tuple[Table, Column[Any], str]]:
    """The columns that hold sealed values, each with what it is sealed for."""
    for metadata in metadatas:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if SEALED_AS in column.info:
                    yield table, column, column.info[SEALED_AS]


async def reseal(
    database: Database, seal: Seal, table: Table, column: Column[Any], context: str
) -> int:
    """Seal anew what an older key of the ring sealed; how many values that were.

    ValueError if a value was sealed with a key that is not in the ring.
    """
    done = 0
    while True:
        async with database.sessions() as session:
            found = (await session.execute(_older(seal, table, column))).all()
            if not found:
                return done
            renewed = [
                (*key, seal.seal_bytes(seal.open_bytes(value, context), context))
                for *key, value in found
            ]
            # In one statement: the trigger that keeps what was true before runs once.
            await session.execute(_renewal(table, column, renewed))
            await session.commit()
        done += len(renewed)


def _older(seal: Seal, table: Table, column: Column[Any]) -> Select[Any]:
    begins = func.substr(column, 1, ID_BYTES)
    return (
        select(*table.primary_key.columns, column)
        .where(column.is_not(None), begins != literal(seal.key_id, LargeBinary()))
        .limit(CHUNK)
        .with_for_update()
    )


def _renewal(table: Table, column: Column[Any], renewed: list[tuple[Any, ...]]) -> Any:
    keys = list(table.primary_key.columns)
    typed = [named(f"key_{n}", key.type) for n, key in enumerate(keys)]
    new = rows_of(*typed, named("sealed", LargeBinary()), name="renewed").data(renewed)
    same = (key == new.c[f"key_{n}"] for n, key in enumerate(keys))
    return update(table).where(*same).values({column: new.c.sealed})
