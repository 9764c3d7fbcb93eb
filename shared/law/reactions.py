"""How a service keeps its copy of the divisions and rules of law that the registry owns."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from sqlalchemy import case, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.access.visibility import unscoped
from shared.db import Scoped, found_before
from shared.events import Event
from shared.events.registry.divisions import DivisionMoved, DivisionsLoaded
from shared.events.registry.rule_sets import RuleSetEnacted
from shared.facts.tables import EventLog
from shared.law.divisions import Level, level_of
from shared.law.tables import Division, Rule, upsert_divisions, upsert_rule

# One statement must end well within the statement timeout, however many rows a township has.
ROWS_AT_ONCE = 5_000

LawReaction = Callable[[AsyncSession, Any, Any], Coroutine[Any, Any, None]]


def law_reactions(base: type[DeclarativeBase]) -> list[tuple[type[Event], LawReaction]]:
    """What every copying service listens to; `base` is the base of its own tables."""

    async def on_division_moved(session: AsyncSession, event: DivisionMoved, fact: object) -> None:
        await move_division(session, event, base)

    return [
        (DivisionsLoaded, on_divisions_loaded),
        (DivisionMoved, on_division_moved),
        (RuleSetEnacted, on_rule_enacted),
    ]


async def on_rule_enacted(session: AsyncSession, event: RuleSetEnacted, fact: object) -> None:
    """The rule holds here too, from its day on."""
    await upsert_rule(session, Rule.model_validate(event))


async def on_divisions_loaded(session: AsyncSession, event: DivisionsLoaded, fact: object) -> None:
    """Take over the records."""
    await upsert_divisions(session, event.records)


async def move_division(
    session: AsyncSession, moved: DivisionMoved, base: type[DeclarativeBase]
) -> int:
    """Give a township its new district, and every scoped row of it too; idempotent.

    The former district becomes a party and keeps seeing what it handled. The log of facts stays:
    a fact belongs to the district of its day. Returns how many rows moved; objects of them that
    the session already holds are stale.
    """
    if level_of(moved.code) is not Level.TOWNSHIP:
        raise ValueError(f"{moved.code} is not a township")
    # Waits for every transaction that has asked `scope_of` and may still insert rows of the old
    # district; whoever asks from now on waits for this commit and gets the new one.
    await session.execute(text("LOCK TABLE division IN ACCESS EXCLUSIVE MODE"))
    found_before(session).clear()
    await session.execute(
        update(Division)
        .where(
            Division.code == moved.code,
            Division.valid_from < moved.moved_on,
            or_(Division.valid_to.is_(None), Division.valid_to > moved.moved_on),
        )
        .values(valid_to=moved.moved_on)
        .execution_options(synchronize_session=False)
    )
    told = {"name": moved.name, "parent": moved.parent, "alias": moved.alias}
    await session.execute(
        insert(Division)
        .values(code=moved.code, valid_from=moved.moved_on, level=Level.TOWNSHIP.value, **told)
        .on_conflict_do_update(index_elements=["code", "valid_from"], set_=told)
    )
    return sum([await _move_rows(session, table, moved) for table in scoped_tables(base)])


def scoped_tables(base: type[DeclarativeBase]) -> Iterator[type[Any]]:
    """The mapped classes below `base` whose rows belong to a division, by table; not the log."""
    mappers = sorted(base.registry.mappers, key=lambda mapper: str(mapper.local_table))
    for mapper in mappers:
        if mapper.inherits is not None or mapper.local_table is EventLog.__table__:
            continue
        if issubclass(mapper.class_, Scoped) and issubclass(mapper.class_, base):
            yield mapper.class_


async def _move_rows(session: AsyncSession, table: type[Any], moved: DivisionMoved) -> int:
    mapper = table.__mapper__
    key = tuple_(*mapper.primary_key)
    left_behind = (
        select(*mapper.primary_key)
        .where(
            table.township == moved.code,
            table.district.is_distinct_from(moved.parent),
            unscoped(table, reason="a township moves with all its rows, whoever may see them"),
        )
        .limit(ROWS_AT_ONCE)
    )
    known = or_(table.district.is_(None), table.district == func.any(table.parties))
    parties = case((known, table.parties), else_=func.array_append(table.parties, table.district))
    values: dict[Any, Any] = {
        "district": moved.parent,
        "parties": func.array_remove(parties, moved.parent),
    }
    if mapper.version_id_col is not None:
        # Whoever read the row before the move must not overwrite it unseen.
        values[mapper.version_id_col.key] = mapper.version_id_col + 1
    statement = (
        update(table)
        .where(key.in_(left_behind))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    total = 0
    while True:
        count: int = (await session.execute(statement)).rowcount  # type: ignore[attr-defined]
        total += count
        if count < ROWS_AT_ONCE:
            return total
