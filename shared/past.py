"""What was true on a day: a dated row keeps every state it had, and can be asked as of any day.

A `Dated` row is true from its day `since` on. When another state follows, a trigger keeps the one
that ended in `<table>_past` with the first day on which it was no longer true, whoever writes (the
ORM, COPY, a move of a township). What changes twice on a day is kept as the day left it; a change
may be dated back, but never before the state that it ends.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import Field
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    Table,
    Uuid,
    inspect,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column
from sqlalchemy.types import NullType

from shared.db import Scoped, scope_indexes
from shared.refusals import Refused
from shared.web.schemas import Input

T = TypeVar("T", bound=DeclarativeBase)

AsOf = Annotated[
    date | None,
    Field(
        description="What was true on this day; what is true now if left out",
        examples=["2022-09-01"],
    ),
]
"""A query's parameter `as_of`."""
Since = Annotated[
    date | None,
    Field(description="The day since which this is true (补录); today if left out"),
]
"""A body's field for what began before it is filed."""


class AsOfQuery(Input):
    """As of which day."""

    as_of: AsOf = None


_ENDED: dict[type[Any], Table] = {}
_STATES: dict[type[Any], type[Any]] = {}


class DatedTooEarly(Refused):
    """The day lies before the state that the change would end, or is to come."""

    code = "dated-too-early-or-late"
    status = 422
    zh = "生效日期 {since} 不得早于现行记录的生效日期 {after}，也不得晚于今天。"
    en = "The day {since} must not be before {after}, when the present record began, nor to come."


class Dated:
    """A row that is true, as it stands, from a day on."""

    since: Mapped[date] = mapped_column()
    """The legal day (Asia/Shanghai) from which the row as it stands is true."""


def may_begin(*, since: date, after: date | None, today: date) -> None:
    """A state begins on a day up to today, and not before the one it follows."""
    if since > today or (after is not None and since < after):
        raise DatedTooEarly(since=since.isoformat(), after=(after or date.min).isoformat())


def keep_past(base: type[DeclarativeBase], *tables: type[Any], indexed: Sequence[str] = ()) -> None:
    """Map `<table>_past` for each of `tables`; called once, below the tables of a capability.

    `indexed` are columns that change while the row lives and are looked for as of a day; by others
    the present table finds the rows of the past. The migration that makes the tables calls
    `install_past`.
    """
    for table in tables:
        columns: Sequence[Column[Any]] = table.__table__.columns
        name = f"{table.__tablename__}_past"
        # Nothing that a race could break is checked again here: the row itself was.
        copied = [
            Column(
                column.name,
                # That of a foreign key is settled late; ours point at ids.
                Uuid() if isinstance(column.type, NullType) else column.type,
                primary_key=column.name in {"id", "since"},
                nullable=column.nullable,
                info=column.info,
            )
            for column in columns
        ]
        indexes = [Index(f"ix_{name}_{column}", column) for column in indexed]
        if issubclass(table, Scoped):
            indexes += scope_indexes(name)
        ended = Table(
            name, base.metadata, *copied, Column("until", Date(), nullable=False), *indexes
        )
        present = select(*columns, null().cast(Date()).label("until"))
        states = union_all(select(*ended.columns), present).subquery(
            f"{table.__tablename__}_states"
        )
        _ENDED[table] = ended
        _STATES[table] = type(
            f"{table.__name__}States",
            (base,),
            {
                "__table__": states,
                "__tablename__": table.__tablename__,  # what `visible` marks in the SQL
                "__mapper_args__": {"primary_key": [states.c.id, states.c.since]},
            },
        )


def as_of(table: type[T], day: date | None) -> type[T]:
    """`table`, or with a day what its rows were then: selected, filtered and sorted alike.

    Its entities are for reading. Where rows are scoped, who may see them is asked of the present
    scope: who supervises a township now sees what was true in it before.
    """
    if day is None:
        return table
    names = [attribute.key for attribute in inspect(table).column_attrs]
    ended, present = _ENDED[table].c, inspect(table).columns
    rows = union_all(
        select(*(ended[name] for name in names)).where(ended.since <= day, ended.until > day),
        select(*(present[name] for name in names)).where(present["since"] <= day),
    ).subquery()
    then = aliased(table, rows, adapt_on_names=True)
    then.__tablename__ = table.__tablename__  # what `visible` marks in the SQL
    return then


def past_of(table: type[Any]) -> type[Any]:
    """All states that the rows of `table` had, each `since` a day and `until` a day; of the present
    ones `until` is NULL."""
    return _STATES[table]


def past_tables(metadata: MetaData) -> list[str]:
    """The names of the tables that keep a past."""
    return sorted(table.__tablename__ for table in _ENDED if table.metadata is metadata)


def install_past(connection: Connection, table: str) -> None:
    """Make (or make again, after a column was added) the trigger that keeps the past of `table`.

    By statement and not by row: what moves many rows runs it once.
    """
    columns = [str(column["name"]) for column in inspect(connection).get_columns(table)]
    names = ", ".join(f'"{name}"' for name in columns)
    before = ", ".join(f'ended."{name}"' for name in columns)
    function = f"{table}_past_update"
    connection.execute(
        text(
            f"""
            CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF EXISTS (
                    SELECT FROM ended JOIN written USING (id) WHERE written.since < ended.since
                ) THEN
                    RAISE EXCEPTION 'a state of {table} cannot begin before the one that it ends';
                END IF;
                INSERT INTO {table}_past ({names}, until)
                    SELECT {before}, written.since FROM ended JOIN written USING (id)
                    WHERE written.since > ended.since;
                RETURN NULL;
            END $$"""  # noqa: S608
        )
    )
    connection.execute(
        text(
            f"CREATE OR REPLACE TRIGGER {function} AFTER UPDATE ON {table}"
            f" REFERENCING OLD TABLE AS ended NEW TABLE AS written FOR EACH STATEMENT"
            f" EXECUTE FUNCTION {function}()"
        )
    )
