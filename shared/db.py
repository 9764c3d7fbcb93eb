"""The database of a service: its engine, the sessions of a request, and what its tables share."""

import io
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from itertools import repeat
from typing import Annotated, Any
from uuid import UUID

import uuid_utils
import uuid_utils.compat
from fastapi import Depends, Request
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Executable,
    Index,
    MetaData,
    Result,
    Text,
    any_,
    event,
    literal,
    make_url,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.util import greenlet_spawn

from shared.law.divisions import Scope as Scope
from shared.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TYPES: dict[Any, Any] = {
    str: Text(),
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB(),
    list[dict[str, Any]]: JSONB(),
    list[str]: ARRAY(Text()),
}


in_request: ContextVar[bool] = ContextVar("in_request", default=False)
"""Set while a request is handled; reactions and timers are the system's own and see everything."""


without_token: ContextVar[bool] = ContextVar("without_token", default=False)
"""Set while a request is handled on a route that needs no token: it sees what is published."""


class EveryService(DeclarativeBase):
    """Base of the tables that each service's database has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def new_id() -> UUID:
    """A UUIDv7: ids sort by the time they were made."""
    return uuid_utils.compat.uuid7()


def new_key() -> str:
    """The same as text, for what is written as text anyway: a tenth of the time."""
    return str(uuid_utils.uuid7())


class Versioned:
    """A row that counts its changes; the count is the ETag and guards concurrent writes."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        column = cls.__dict__.get("version") or cls.version
        return {"version_id_col": column, "version_id_generator": False}


_COUNTED = "counted"


def _count_changes(session: SyncSession, *_: Any) -> None:
    """One more with each transaction that changes a row, however often it is flushed."""
    counted = session.info.setdefault(_COUNTED, set())
    for row in session.dirty:
        if isinstance(row, Versioned) and row not in counted and session.is_modified(row):
            row.version += 1
            counted.add(row)


def _forget_counted(session: SyncSession, *_: Any) -> None:
    session.info.pop(_COUNTED, None)


class Scoped:
    """A row that belongs to a division and is seen by its holders (`access.visibility`).

    `district` and `township` are whole codes matched by equality: both NULL is the city's own, a
    NULL `township` is the district's own. `parties` are further division codes or credit codes
    that take part (a former district, the other side of a dispute).
    """

    district: Mapped[str | None] = mapped_column(default=None)
    township: Mapped[str | None] = mapped_column(default=None)
    parties: Mapped[list[str]] = mapped_column(default=list, server_default="{}")

    @property
    def scope(self) -> Scope:
        return Scope(district=self.district, township=self.township)


class Statements:
    """Statements on plain columns, each atomic by itself, used as a session is.

    A session that loads entities costs more than a short select. Here a statement has its
    connection for as long as it runs, so there is nothing to begin and nothing to close.
    """

    def __init__(self, engine: AsyncEngine, info: dict[Any, Any]) -> None:
        self._engine = engine
        self._connect = engine.sync_engine.connect
        self.info = dict(info)

    def get_bind(self) -> Engine:
        return self._engine.sync_engine

    async def execute(
        self, statement: Executable, parameters: dict[str, Any] | None = None
    ) -> Result[Any]:
        """All rows, read before this returns."""
        return await greenlet_spawn(self._execute, statement, parameters)

    async def scalar(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    def _execute(self, statement: Executable, parameters: dict[str, Any] | None) -> Result[Any]:
        # One hop into the greenlet for taking the connection, the statement and giving it back.
        with self._connect() as connection:
            result = connection.execute(statement, parameters)
            return result.freeze()() if result.returns_rows else result


class Database:
    """One connection pool and the sessions made from it."""

    def __init__(
        self,
        settings: Settings,
        *,
        service: str,
        info: dict[str, Any],
        on_facts: Callable[[], None],
    ) -> None:
        """`info` is found in every session; `on_facts` is called after a commit that left facts."""
        self._info, self.on_facts = info, on_facts
        self.engine = create_async_engine(
            make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+asyncpg"),
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=2,
            pool_pre_ping=False,
            hide_parameters=True,  # values of a failed statement are personal data
            # For the pool, since most connections are taken out to read: setting it for each time
            # would cost a fifth of a read.
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            connect_args={
                "timeout": 5,
                "command_timeout": settings.statement_timeout_ms / 1000 + 5,
                "server_settings": {
                    "application_name": f"xiejian-{service}",
                    "timezone": "UTC",
                    "statement_timeout": str(settings.statement_timeout_ms),
                    "lock_timeout": "2000",
                    "idle_in_transaction_session_timeout": "10000",
                },
            },
        )

        class ServiceSession(SyncSession):
            pass

        event.listen(ServiceSession, "before_flush", _count_changes)
        event.listen(ServiceSession, "after_commit", _forget_counted)
        event.listen(ServiceSession, "after_soft_rollback", _forget_counted)

        @event.listens_for(ServiceSession, "after_commit")
        def wake_relay(session: SyncSession) -> None:
            if session.info.pop("facts", False):
                on_facts()

        def sessions(**options: Any) -> async_sessionmaker[AsyncSession]:
            return async_sessionmaker(
                sync_session_class=ServiceSession, expire_on_commit=False, info=info, **options
            )

        self.sessions = sessions(
            bind=self.engine.execution_options(isolation_level="READ COMMITTED")
        )
        """Transactions: the caller commits."""
        self.readers = sessions(bind=self.engine)
        """Reads without BEGIN and COMMIT, a third of a read's cost."""
        self.reads = self.statements()
        """The same without entities, half of what is left."""

    def statements(self) -> Statements:
        """With an `info` of their own; whoever leaves facts calls `on_facts`."""
        return Statements(self.engine, self._info)

    async def close(self) -> None:
        await self.engine.dispose()


def copy_line(values: Iterable[Any]) -> str:
    """A row as COPY reads it; made of pieces, each with a tab between. Ends without a line break.

    The driver's own encoding takes several times as long, above all for lists.
    """
    return "\t".join([_COPIED[type(value)](value) for value in values])


def copy_columns(columns: Iterable[Sequence[Any]]) -> list[str]:
    """The rows of a table as COPY reads them, of its columns, all of one length.

    Half of what row by row takes: what is the same in all rows is written out once.
    """
    told: list[Iterable[str]] = []
    for column in columns:
        first = column[0]
        if all(value is first for value in column):
            told.append(repeat(_COPIED[type(first)](first), len(column)))
        else:
            told.append([_COPIED[type(value)](value) for value in column])
    return ["\t".join(row) for row in zip(*told, strict=True)]


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _copied_list(values: list[str]) -> str:
    told = '","'.join(values)
    if "\\" in told or told.count('"') != 2 * (len(values) - 1):
        told = '","'.join(value.translate(_QUOTES) for value in values)
    return _escaped('{"' + told + '"}') if values else "{}"


_SPECIAL = re.compile(r"[\\\t\n\r]")

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_QUOTES = str.maketrans({"\\": "\\\\", '"': '\\"'})


class _ByType(dict[type[Any], Callable[[Any], str]]):
    def __missing__(self, kind: type[Any]) -> Callable[[Any], str]:
        """What is known of its base: enumerations are text, the driver has ids of its own."""
        self[kind] = next(self[base] for base in kind.__mro__[1:] if base in self)
        return self[kind]


_COPIED = _ByType(
    {
        type(None): lambda _: "\\N",
        str: _escaped,
        int: str,
        bool: lambda value: "t" if value else "f",
        UUID: str,
        bytes: lambda value: "\\\\x" + value.hex(),
        date: date.isoformat,
        datetime: datetime.isoformat,
        list: _copied_list,
    }
)


async def copy_lines(
    session: AsyncSession,
    table: type[DeclarativeBase],
    columns: Sequence[str],
    lines: Iterable[str],
) -> None:
    """Load rows made with `copy_line` by COPY, within the session's transaction.

    A tenth of what inserting them costs. Raises the driver's own errors (`asyncpg.PostgresError`).
    """
    connection = await session.connection()
    await connection.exec_driver_sql("SELECT 1")  # begins the transaction if nothing has yet
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    source = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
    await driver.copy_to_table(table.__tablename__, source=source, columns=columns)


def found_before(session: AsyncSession) -> dict[Any, Any]:
    """What the transaction under way has found out and holds: gone when it, or its savepoint, ends.

    Whoever changes in the transaction what is kept here clears it.
    """
    sync = session.sync_session
    running = sync.get_nested_transaction() or sync.get_transaction()
    if running is None:
        return {}
    kept: tuple[Any, dict[Any, Any]] | None = session.info.get(_FOUND)
    if kept is None or kept[0] is not running:
        kept = session.info[_FOUND] = (running, {})
    return kept[1]


_FOUND = "found before"


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's transaction: committed after the handler and before the answer is sent."""
    database: Database = request.app.state.database
    async with database.sessions() as session:
        yield session
        await session.commit()


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for reading: every statement sees the newest committed state."""
    database: Database = request.app.state.database
    async with database.readers() as session:
        yield session


async def reads(request: Request) -> Statements:
    """For reading plain columns: every statement sees the newest committed state."""
    database: Database = request.app.state.database
    return database.reads


# Function scope: with FastAPI's default a failed commit would come after the answer was sent.
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(read_session, scope="function")]
Reading = Annotated[Statements, Depends(reads)]


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether `column` is one of many values, as one parameter.

    With `IN` each number of values is a statement of its own: to be built, sent and planned anew.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))  # type: ignore[no-any-return]


def scope_indexes(table: str) -> tuple[Index, ...]:
    """The indexes that `visible` needs on a scoped table."""
    return (
        Index(f"ix_{table}_district", "district", "id"),
        Index(f"ix_{table}_township", "township", "id"),
        Index(f"ix_{table}_parties", "parties", postgresql_using="gin"),
    )
