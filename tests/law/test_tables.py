"""Days, rules and divisions in the database: how they get there, and who sees a change when."""

import asyncio
import re
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import SHANGHAI
from shared.db import Database, found_before
from shared.law import tables
from shared.law.calendar import Deadline, Unit, due, working_days_between
from shared.law.divisions import DivisionExpired, DivisionUnknown, Scope
from shared.law.tables import (
    AnnouncedDay,
    CalendarDay,
    Division,
    NoRuleInForce,
    RuleSet,
    calendar_of,
    import_days,
    rule,
    scope_of,
    seed_calendar,
    seed_rules,
    upsert_divisions,
)
from tests.law.test_divisions import CHANGE, EVE, PILOT, TREE

NEW_YEAR = date(2027, 1, 1)
NOTICE = "国办发明电〔2026〕7号"


async def test_the_calendar_is_known_to_2026_and_provisional_to_2030(session: AsyncSession) -> None:
    assert await seed_calendar(session) == (date(2031, 1, 1) - date(2004, 1, 1)).days
    await session.commit()
    assert await seed_calendar(session) == 0
    await session.commit()
    provisional = select(func.min(CalendarDay.day), func.max(CalendarDay.day), func.count()).where(
        CalendarDay.provisional
    )
    assert (await session.execute(provisional)).one() == (NEW_YEAR, date(2030, 12, 31), 1461)
    make_up = await session.get_one(CalendarDay, date(2022, 10, 8))
    assert (make_up.workday, make_up.name, make_up.source) == (True, "国庆节", "chinesecalendar")
    calendar = await calendar_of(session)
    assert working_days_between(date(2021, 12, 31), date(2022, 12, 31), calendar) == 249
    start = datetime(2026, 12, 25, 12, tzinfo=SHANGHAI)
    assert due(start, Deadline(n=15, unit=Unit.WORKING_DAYS), calendar).provisional


async def test_an_imported_day_is_never_overwritten(session: AsyncSession) -> None:
    await seed_calendar(session)
    days = [AnnouncedDay(NEW_YEAR, False, "元旦"), AnnouncedDay(date(2026, 12, 25), False)]
    assert await import_days(session, days, source=NOTICE) == 2
    assert await seed_calendar(session) == 0
    assert await import_days(session, days, source=NOTICE) == 0
    calendar = await calendar_of(session)
    assert not calendar.is_workday(NEW_YEAR)
    assert not calendar.is_provisional(NEW_YEAR)
    assert not calendar.is_workday(date(2026, 12, 25))
    assert calendar.is_provisional(date(2027, 1, 4))


async def test_a_year_announced_whole_is_provisional_no_more(session: AsyncSession) -> None:
    await seed_calendar(session)
    await import_days(session, [AnnouncedDay(date(2027, 1, 2), True)], source="earlier")
    days = [AnnouncedDay(NEW_YEAR, False, "元旦")]
    assert await import_days(session, days, source=NOTICE, whole_years=[2027]) == 364
    calendar = await calendar_of(session)
    assert not calendar.is_provisional(date(2027, 12, 31))
    assert calendar.is_provisional(date(2028, 1, 1))
    assert calendar.is_workday(date(2027, 1, 2))


async def test_an_announcement_that_makes_no_sense_is_refused(session: AsyncSession) -> None:
    with pytest.raises(ValueError, match="twice"):
        await import_days(session, [AnnouncedDay(NEW_YEAR, True)] * 2, source=NOTICE)
    with pytest.raises(ValueError, match="announcement"):
        await import_days(session, [AnnouncedDay(NEW_YEAR, True)], source="weekday-rule")


async def test_a_newer_library_replaces_what_was_guessed(session: AsyncSession) -> None:
    await seed_calendar(session)
    guessed = await session.get_one(CalendarDay, date(2026, 10, 1))
    guessed.workday, guessed.provisional, guessed.source = True, True, tables.WEEKDAY_RULE
    wrong = await session.get_one(CalendarDay, date(2026, 10, 2))
    wrong.workday = True
    # A day that an older library does not know, as a newer one left it.
    newer = await session.get_one(CalendarDay, NEW_YEAR)
    newer.workday, newer.provisional, newer.source = False, False, tables.PUBLISHED
    await session.flush()
    assert await seed_calendar(session) == 2
    for row in (guessed, wrong, newer):
        await session.refresh(row)
        assert (row.workday, row.provisional, row.source) == (False, False, tables.PUBLISHED)


async def test_an_import_reaches_every_replica_within_seconds(
    session: AsyncSession, replica: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FRESH_FOR", 0.2)
    await seed_calendar(session)
    await session.commit()
    async with replica.readers() as reader:
        before = await calendar_of(reader)
        assert before.is_workday(NEW_YEAR)
        await import_days(session, [AnnouncedDay(NEW_YEAR, False)], source=NOTICE)
        assert not (await calendar_of(session)).is_workday(NEW_YEAR)  # its own change
        await asyncio.sleep(0.25)
        assert await calendar_of(reader) is before  # not committed, and not read again either
        await session.commit()
        await asyncio.sleep(0.25)
        assert not (await calendar_of(reader)).is_workday(NEW_YEAR)


async def test_an_import_that_is_rolled_back_never_was(
    session: AsyncSession, database: Database
) -> None:
    assert (await calendar_of(session)).is_workday(NEW_YEAR)
    await import_days(session, [AnnouncedDay(NEW_YEAR, False)], source=NOTICE)
    assert not (await calendar_of(session)).is_workday(NEW_YEAR)
    await session.rollback()
    async with database.sessions() as other:
        assert (await calendar_of(other)).is_workday(NEW_YEAR)
    assert (await calendar_of(session)).is_workday(NEW_YEAR)


async def test_two_imports_at_once_are_both_seen(
    session: AsyncSession, database: Database, replica: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FRESH_FOR", 0.0)
    days = [date(2027, 3, 1), date(2027, 3, 6)]
    first_has_written = asyncio.Event()

    async def slow() -> None:
        async with database.sessions() as writer:
            await import_days(writer, [AnnouncedDay(days[0], True)], source=NOTICE)
            first_has_written.set()
            await asyncio.sleep(0.3)
            await writer.commit()

    async def quick() -> None:
        await first_has_written.wait()
        async with replica.sessions() as writer:
            await import_days(writer, [AnnouncedDay(days[1], False)], source=NOTICE)
            await writer.commit()
        await calendar_of(session)  # must not take the later stamp for the last word
        await session.commit()

    await asyncio.gather(slow(), quick())
    calendar = await calendar_of(session)
    assert not any(calendar.is_provisional(day) for day in days)


async def test_a_database_clock_that_went_back_hides_no_import(
    session: AsyncSession, replica: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FRESH_FOR", 0.0)
    future = datetime(2099, 1, 1, tzinfo=SHANGHAI)
    told = {"workday": True, "provisional": False, "source": NOTICE, "changed_at": future}
    session.add(CalendarDay(day=date(2027, 3, 1), **told))
    await session.commit()
    async with replica.readers() as reader:
        assert (await calendar_of(reader)).is_provisional(date(2027, 3, 6))
        await import_days(session, [AnnouncedDay(date(2027, 3, 6), False)], source=NOTICE)
        await session.commit()
        assert not (await calendar_of(reader)).is_provisional(date(2027, 3, 6))


async def test_rules_are_seeded_once_and_keep_what_an_installation_set(
    session: AsyncSession,
) -> None:
    count = await seed_rules(session)
    assert count == await session.scalar(select(func.count()).select_from(RuleSet))
    row = (await session.scalars(select(RuleSet).where(RuleSet.code == "finding.comment"))).one()
    row.value = {"n": 3, "unit": "wd"}
    await session.flush()
    assert await seed_rules(session) == 0
    assert (await rule(session, "finding.comment", PILOT)).deadline().n == 3


@pytest.mark.parametrize(
    ("code", "key", "n", "unit"),
    [
        ("rectification.period", None, 30, "d"),
        ("rectification.extension", "longest", 30, "d"),
        ("issue.level_reply", "township", 15, "wd"),
        ("issue.level_reply", "district", 15, "wd"),
        ("issue.level_reply", "bureau", 15, "wd"),
        ("finding.comment", None, 5, "wd"),
    ],
)
async def test_the_deadlines_an_installation_begins_with(
    session: AsyncSession, code: str, key: str | None, n: int, unit: str
) -> None:
    await seed_rules(session)
    found = await rule(session, code, PILOT)
    assert found.deadline(key) == Deadline(n=n, unit=Unit(unit))
    assert found.legal_basis


async def test_the_other_rules_an_installation_begins_with(session: AsyncSession) -> None:
    await seed_rules(session)
    inspectors = await rule(session, "inspection.min_inspectors")
    assert (inspectors.value, inspectors.provisional) == ({"count": 2}, False)
    assert (await rule(session, "rectification.extension")).value["times"] == 1
    pattern = (await rule(session, "certificate.number_pattern")).value["pattern"]
    assert re.fullmatch(pattern, "渝A-012345")


async def test_the_rule_is_that_of_the_day(session: AsyncSession) -> None:
    def row(begin: date, end: date | None, n: int) -> RuleSet:
        return RuleSet(
            code="x",
            effective_from=begin,
            effective_to=end,
            legal_basis="b",
            provisional=False,
            value={"n": n, "unit": "d"},
        )

    session.add_all([row(PILOT, None, 1), row(EVE, CHANGE, 2)])
    await session.commit()
    assert (await rule(session, "x", PILOT)).deadline().n == 1
    assert (await rule(session, "x", EVE)).deadline().n == 2
    for code, day in (("x", date(2022, 6, 16)), ("x", CHANGE), ("y", PILOT)):
        with pytest.raises(NoRuleInForce) as caught:
            await rule(session, code, day)
        assert caught.value.details == {"rule": code, "on": day.isoformat()}
    session.add(row(PILOT, None, 3))
    with pytest.raises(IntegrityError, match="uq_rule_set_code_effective_from"):
        await session.flush()


async def test_the_tree_in_the_database_answers_like_the_pure_one(session: AsyncSession) -> None:
    records = list(TREE)
    assert await upsert_divisions(session, records) == len(records) == 1 + 39 + 1_031 + 47
    assert await upsert_divisions(session, records) == 0
    await session.commit()
    codes = ["50", "500157", "500105", "500112", "500109", "5001", "500199"]
    codes += [r.code for r in TREE.children_on("500112", EVE)]
    for code in [*codes, "500240", "500106001"]:
        for day in (date(1997, 6, 17), PILOT, EVE, CHANGE):
            try:
                expected: Scope | str = TREE.scope_on(code, day)
            except (DivisionUnknown, DivisionExpired) as refused:
                expected = repr((refused.code, refused.details))
            try:
                found: Scope | str = await scope_of(session, code, day)
            except (DivisionUnknown, DivisionExpired) as refused:
                found = repr((refused.code, refused.details))
            assert found == expected


async def test_the_parent_too_is_that_of_the_day(session: AsyncSession) -> None:
    district, township = TREE.record_on("500101", PILOT), TREE.record_on("500101001", PILOT)
    early = district.model_copy(update={"parent": "51", "valid_to": PILOT})
    late = district.model_copy(update={"valid_from": PILOT})
    await upsert_divisions(session, [early, late, township])
    assert (await scope_of(session, "500101001", date(2022, 6, 16))).city == "51"
    assert (await scope_of(session, "500101001", PILOT)).city == "50"
    await session.execute(delete(Division).where(Division.parent == "51"))
    found_before(session).clear()
    with pytest.raises(DivisionUnknown) as caught:
        await scope_of(session, "500101001", date(2022, 6, 16))
    assert caught.value.details["division"] == "500101"


async def test_a_scope_is_asked_once_in_a_transaction_until_divisions_change(
    session: AsyncSession,
) -> None:
    district, township = TREE.record_on("500101", PILOT), TREE.record_on("500101001", PILOT)
    await upsert_divisions(session, [district, township])
    asked: list[str] = []
    connection = await session.connection()

    def count(*told: Any) -> None:
        asked.append(told[2])

    event.listen(connection.sync_connection, "before_cursor_execute", count)
    for _ in range(3):
        assert (await scope_of(session, "500101001", PILOT)).city == "50"
    assert len(asked) == 1
    elsewhere = district.model_copy(update={"parent": "51"})
    await upsert_divisions(session, [elsewhere])
    assert (await scope_of(session, "500101001", PILOT)).city == "51"


async def test_a_code_has_one_open_record(session: AsyncSession) -> None:
    await upsert_divisions(session, [TREE.record_on("500101", PILOT)])
    again = TREE.record_on("500101", PILOT).model_dump() | {"valid_from": CHANGE}
    session.add(Division(**again))
    with pytest.raises(IntegrityError, match="uq_division_open"):
        await session.flush()
