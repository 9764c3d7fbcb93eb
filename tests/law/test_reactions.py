"""Divisions arrive as facts, and rows move with their township."""

import asyncio
from datetime import date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import SHANGHAI
from shared.db import Database, EveryService, new_id
from shared.events.registry.divisions import DivisionMoved, DivisionsLoaded
from shared.facts.tables import EventLog
from shared.law import reactions
from shared.law.divisions import DivisionExpired
from shared.law.reactions import law_reactions, move_division, scoped_tables
from shared.law.tables import Division, scope_of, upsert_divisions
from tests.law.conftest import Base, Case, Visit
from tests.law.test_divisions import CHANGE, EVE, PILOT, TREE

MOVED = DivisionMoved(
    code="500112002", name="双龙湖街道", former_parent="500112", parent="500157", moved_on=CHANGE
)
BEFORE = [r.model_copy(update={"valid_to": None, "successor": None}) for r in TREE.on(EVE)]
REACTIONS = dict(law_reactions(Base))


def loaded() -> DivisionsLoaded:
    chosen = [r for r in BEFORE if r.code in {"50", "500112", "500112002", "500112004"}]
    founded = [TREE.record_on("500157", CHANGE)]
    return DivisionsLoaded(load_id=uuid4(), chunk=0, chunks=1, records=chosen + founded)


async def arrive(session: AsyncSession, event: DivisionsLoaded | DivisionMoved) -> None:
    await REACTIONS[type(event)](session, event, None)


def case(township: str | None, **more: list[str]) -> Case:
    return Case(district="500112", township=township, **more)


async def test_loaded_records_are_taken_over_and_taken_over_again(session: AsyncSession) -> None:
    event = loaded()
    for _ in range(2):
        await arrive(session, DivisionsLoaded.model_validate_json(event.model_dump_json()))
    assert await session.scalar(select(func.count()).select_from(Division)) == 5
    # An end is told as the record with its last day.
    end = TREE.record_on("500112", EVE)
    await arrive(session, event.model_copy(update={"records": [end]}))
    with pytest.raises(DivisionExpired):
        await scope_of(session, "500112", CHANGE)


async def test_a_moved_township_takes_its_rows_along(session: AsyncSession) -> None:
    await arrive(session, loaded())
    moving = [case("500112002"), case("500112002", parties=["11500228709467150P"])]
    staying = [case("500112004"), case(None)]
    visit = Visit(place="a", number=1, district="500112", township="500112002")
    session.add_all([*moving, *staying, visit, log_entry()])
    await session.commit()

    for _ in range(2):  # the same fact again changes nothing
        await arrive(session, MOVED)
        await session.commit()
        for row in (*moving, *staying, visit):
            await session.refresh(row)
        assert [row.district for row in moving] == ["500157"] * 2
        assert [row.parties for row in moving] == [["500112"], ["11500228709467150P", "500112"]]
        assert [row.version for row in moving] == [2, 2]
        assert [(row.district, row.parties, row.version) for row in staying] == [
            ("500112", [], 1),
            ("500112", [], 1),
        ]
        assert (visit.district, visit.parties) == ("500157", ["500112"])
        assert (await scope_of(session, MOVED.code, EVE)).district == "500112"
        assert (await scope_of(session, MOVED.code, CHANGE)).district == "500157"

    # What happened in the former district stays there.
    assert await session.scalar(select(EventLog.district)) == "500112"


async def test_a_township_that_comes_back_is_no_party_of_its_own_district(
    session: AsyncSession,
) -> None:
    await arrive(session, loaded())
    row = case("500112002")
    session.add(row)
    await session.flush()
    await arrive(session, MOVED)
    back = {"former_parent": "500157", "parent": "500112", "moved_on": date(2026, 3, 1)}
    await arrive(session, MOVED.model_copy(update=back))
    await session.refresh(row)
    assert (row.district, row.parties) == ("500112", ["500157"])
    days = (EVE, CHANGE, date(2026, 3, 1))
    scopes = [(await scope_of(session, MOVED.code, day)).district for day in days]
    assert scopes == ["500112", "500157", "500112"]


async def test_many_rows_move_in_many_statements(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "ROWS_AT_ONCE", 3)
    await arrive(session, loaded())
    session.add_all([case("500112002") for _ in range(7)])
    await session.flush()
    assert await move_division(session, MOVED, Base) == 7
    assert await move_division(session, MOVED, Base) == 0


async def test_whoever_writes_during_a_move_ends_up_in_the_new_district(
    database: Database, replica: Database
) -> None:
    async with database.sessions() as session:
        await arrive(session, loaded())
        await session.commit()

    async def write(where: Database, asked: asyncio.Event, wait: float) -> None:
        async with where.sessions() as session:
            scope = await scope_of(session, MOVED.code, CHANGE)
            asked.set()
            await asyncio.sleep(wait)
            session.add(Case(district=scope.district, township=scope.township))
            await session.commit()

    async def move() -> None:
        async with replica.sessions() as session:
            await arrive(session, MOVED)
            await asyncio.sleep(0.2)
            await session.commit()

    asked, late = asyncio.Event(), asyncio.Event()
    early = asyncio.create_task(write(database, asked, 0.3))
    await asked.wait()
    moving = asyncio.create_task(move())
    await asyncio.sleep(0.1)  # the move now waits for the early writer
    after = asyncio.create_task(write(database, late, 0))
    await asyncio.gather(early, moving, after)
    async with database.sessions() as session:
        assert (await session.scalars(select(Case.district))).all() == ["500157", "500157"]


async def test_only_a_township_moves(session: AsyncSession) -> None:
    with pytest.raises(ValueError, match="not a township"):
        await move_division(session, MOVED.model_copy(update={"code": "500112"}), Base)


async def test_the_whole_change_of_2025_moved_live_equals_the_tree(session: AsyncSession) -> None:
    await upsert_divisions(session, [*BEFORE, TREE.record_on("500157", CHANGE)])
    for record in TREE:
        if record.valid_from == CHANGE and record.parent != "50":
            former = TREE.parent_on(record.code, EVE)
            told = {"former_parent": former, "moved_on": CHANGE, "parent": record.parent}
            event = DivisionMoved(code=record.code, name=record.name, **told)
            await move_division(session, event, Base)
    ended = [TREE.record_on(code, PILOT) for code in ("500105", "500112")]
    await upsert_divisions(session, ended)
    assert await upsert_divisions(session, TREE) == 0


def test_the_scoped_tables_of_a_service_are_its_own_and_not_the_log() -> None:
    assert list(scoped_tables(Base)) == [Case, Visit]
    assert EventLog not in list(scoped_tables(EveryService))


def log_entry() -> EventLog:
    return EventLog(
        log_index=0,
        event_id=new_id(),
        type="t",
        audience="public",
        nats_subject="s",
        event=b"{}",
        leaf_hash=b"",
        district="500112",
        township="500112002",
        parties=[],
        sequenced_at=datetime(2025, 1, 1, tzinfo=SHANGHAI),
    )
