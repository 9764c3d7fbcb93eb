"""What was true on a day: a dated row keeps every state it had, and can be asked as of any day.

A `Dated` row is true from its day `since` on. Triggers copy each state of it into `<table>_past`
with the first day on which it was no longer true, whoever writes (the ORM, COPY, a move of a
township). What changes twice on a day is kept as the day left it; a change may be dated back, but
never before the state that it ends.
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
    or_,
    select,
    text,
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


_PAST: dict[type[Any], type[Any]] = {}


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
        scoped = issubclass(table, Scoped)
        indexes = [Index(f"ix_{name}_open", "id", postgresql_where=text("until IS NULL"))]
        indexes += [Index(f"ix_{name}_{column}", column) for column in indexed]
        if scoped:
            indexes += scope_indexes(name)
        kept = Table(name, base.metadata, *copied, Column("until", Date()), *indexes)
        bases = (Scoped, base) if scoped else (base,)
        _PAST[table] = type(f"{table.__name__}Past", bases, {"__table__": kept})
        _PAST[table].__tablename__ = name


def as_of(table: type[T], day: date | None) -> type[T]:
    """`table`, or with a day what its rows were then: selected, filtered and sorted alike.

    Its entities are for reading. Where rows are scoped, who may see them is asked of the present
    scope: who supervises a township now sees what was true in it before.
    """
    if day is None:
        return table
    kept = _PAST[table].__table__
    names = [attribute.key for attribute in inspect(table).column_attrs]
    rows = (
        select(*(kept.c[name] for name in names))
        .where(kept.c.since <= day, or_(kept.c.until.is_(None), kept.c.until > day))
        .subquery()
    )
    past = aliased(table, rows, adapt_on_names=True)
    past.__tablename__ = kept.name  # what `visible` marks in the SQL, and its guard looks for
    return past


def past_of(table: type[Any]) -> type[Any]:
    """All states that the rows of `table` ever had, each `since` a day and `until` a day."""
    return _PAST[table]


def past_tables(metadata: MetaData) -> list[str]:
    """The names of the tables that keep a past."""
    return sorted(kind.__table__.name for kind in _PAST.values() if kind.metadata is metadata)


def install_past(connection: Connection, table: str) -> None:
    """Make (or make again, after a column was added) the triggers that keep the past of `table`.

    By statement and not by row: a load of 60,000 rows runs them a few times. Rows that are there
    already begin their past with the state that they have.
    """
    columns = [str(column["name"]) for column in inspect(connection).get_columns(table)]
    names = ", ".join(f'"{name}"' for name in columns)
    insert = f"INSERT INTO {table}_past ({names}, until) SELECT {names}, NULL FROM written;"  # noqa: S608
    update = f"""
        IF EXISTS (
            SELECT FROM written JOIN {table}_past kept USING (id)
            WHERE kept.until IS NULL AND kept.since > written.since
        ) THEN
            RAISE EXCEPTION 'a state of {table} cannot begin before the one that it ends';
        END IF;
        DELETE FROM {table}_past kept USING written
            WHERE kept.id = written.id AND kept.since = written.since;
        UPDATE {table}_past kept SET until = written.since FROM written
            WHERE kept.id = written.id AND kept.until IS NULL;
        {insert}"""  # noqa: S608
    for verb, body in (("insert", insert), ("update", update)):
        function = f"{table}_past_{verb}"
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql"
                f" AS $$ BEGIN {body} RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE OR REPLACE TRIGGER {function} AFTER {verb.upper()} ON {table}"
                f" REFERENCING NEW TABLE AS written FOR EACH STATEMENT"
                f" EXECUTE FUNCTION {function}()"
            )
        )
    connection.execute(
        text(
            f"INSERT INTO {table}_past ({names}, until) SELECT {names}, NULL FROM {table}"  # noqa: S608
            " ON CONFLICT DO NOTHING"
        )
    )
