"""Divisions through HTTP, their loading, and a township that moves."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from services.registry.app import seed
from services.registry.divisions import rules
from services.registry.divisions.actions import DESCRIPTION, load_divisions
from services.registry.officers.tables import Officer
from services.registry.subjects.tables import Subject
from shared.access.actor import Role
from shared.law.divisions import Level, read_divisions
from shared.law.tables import Division
from shared.refusals import Refused
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    drafted,
    get,
    officer,
    ok,
    post,
    refused,
    subject_body,
)
from tests.servers import ServiceUnderTest

RECORDS = list(read_divisions(DESCRIPTION))
BEFORE, AFTER = "2025-11-05", "2025-11-06"


async def test_every_role_reads_all_divisions(registry: ServiceUnderTest) -> None:
    for role in Role:
        division = "500106104" if role is Role.TOWNSHIP_ENFORCEMENT else DISTRICT
        listed = ok(await get(registry, "/divisions", role, division, count="exact", limit=1))
        assert listed["count"] > 1_000
        assert ok(await get(registry, f"/divisions/{FOREIGN}", role, division))["name"] == "江津区"
    refused(await registry.get("/registry/v1/divisions"), 401, "unauthenticated")


async def test_the_list_is_that_of_a_day(registry: ServiceUnderTest) -> None:
    async def codes(**params: Any) -> list[str]:
        listed = ok(await get(registry, "/divisions", limit=200, **params))
        return [item["code"] for item in listed["items"]]

    before = await codes(level="district", as_of=BEFORE)
    after = await codes(level="district", as_of=AFTER)
    assert set(before) - set(after) == {"500105", "500112"}
    assert set(after) - set(before) == {"500157"}
    assert await codes(level="district") == after
    assert len(await codes(parent="500157")) == 42
    assert await codes(parent="500157", as_of=BEFORE) == []
    assert await codes(level="city") == ["50"]
    assert await codes(as_of="1990-01-01") == []
    assert await codes(level="district", on=BEFORE) == before  # the older name


async def test_the_list_is_searched_and_paged_by_key(registry: ServiceUnderTest) -> None:
    async def found(q: str) -> set[str]:
        listed = ok(await get(registry, "/divisions", q=q))
        return {item["code"] for item in listed["items"]}

    assert len(await found("兴隆镇")) == 4  # a name says nothing; the code does
    assert await found("石柱县") == {"500240"}
    assert await found("50010610") == {"500106104", "500106105", "500106106", "500106108"}
    assert await found("%") == set()
    for sort in ("code", "-code", "name", "-name"):
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            listed = ok(
                await get(registry, "/divisions", level="district", limit=9, sort=sort, **cursor)
            )
            seen += [item["code"] for item in listed["items"]]
            if listed["next_cursor"] is None:
                break
            cursor = {"cursor": listed["next_cursor"]}
        assert len(seen) == len(set(seen)) == 37
    refused(await get(registry, "/divisions", cursor="nonsense"), 422, "bad-cursor")
    refused(await get(registry, "/divisions", level="village"), 422, "invalid-input")


async def test_an_ended_division_names_its_successor(registry: ServiceUnderTest) -> None:
    ended = ok(await get(registry, "/divisions/500112"))
    assert (ended["valid_to"], ended["successor"]) == (AFTER, "500157")
    moved = ok(await get(registry, "/divisions/500112002"))
    assert (moved["parent"], moved["valid_from"]) == ("500157", AFTER)
    former = ok(await get(registry, "/divisions/500112002", as_of=BEFORE))
    assert (former["parent"], former["valid_to"]) == ("500112", AFTER)
    refused(await get(registry, "/divisions/500157", as_of=BEFORE), 404, "not-found")
    refused(await get(registry, "/divisions/500999"), 404, "not-found")
    refused(await get(registry, "/divisions/5001"), 422, "invalid-input")


async def test_loading_tells_everything_once_in_chunks(registry: ServiceUnderTest) -> None:
    async with registry.session() as session:
        await session.execute(delete(Division))
        await session.commit()
    async with registry.session() as session:
        assert await load_divisions(session) == len(RECORDS)
        await session.commit()
    facts = await registry.facts("registry.division.loaded.v1")
    assert [fact["data"]["chunk"] for fact in facts] == list(range(facts[0]["data"]["chunks"]))
    assert len({fact["data"]["load_id"] for fact in facts}) == 1
    assert all(fact["backfill"] is True for fact in facts)
    assert all(len(fact["data"]["records"]) <= 500 for fact in facts)
    told = [(r["code"], r["valid_from"]) for fact in facts for r in fact["data"]["records"]]
    assert told == [(r.code, r.valid_from.isoformat()) for r in RECORDS]
    async with registry.session() as session:
        await seed(session)
        await seed(session)
        await session.commit()
        count = await session.scalar(select(func.count()).select_from(Division))
    assert count == len(RECORDS)
    assert len(await registry.facts("registry.division.loaded.v1")) == len(facts)


async def test_a_newer_edition_closes_what_was_open_and_keeps_recorded_moves(
    registry: ServiceUnderTest,
) -> None:
    async with registry.session() as session:
        # As if the edition before knew nothing of 2025-11-06.
        await session.execute(delete(Division).where(Division.valid_from == date(2025, 11, 6)))
        await session.execute(update(Division).values(valid_to=None, successor=None))
        await session.commit()
    ok(await move(registry, TOWNSHIP, FOREIGN, "2025-06-01"))
    async with registry.session() as session:
        told = await load_divisions(session)
        await session.commit()
    assert told == 47 * 2 + 2 + 1
    assert ok(await get(registry, f"/divisions/{TOWNSHIP}"))["parent"] == FOREIGN
    assert ok(await get(registry, "/divisions/500112"))["successor"] == "500157"


async def test_a_newer_edition_takes_the_rows_of_moved_townships_along(
    registry: ServiceUnderTest,
) -> None:
    async with registry.session() as session:
        await session.execute(delete(Division).where(Division.valid_from == date(2025, 11, 6)))
        await session.execute(update(Division).values(valid_to=None, successor=None))
        await session.commit()
    subject = ok(
        await post(
            registry,
            "/subjects",
            "district_supervisor",
            "500112",
            **subject_body(division="500112002"),
        ),
        201,
    )
    async with registry.session() as session:
        await load_divisions(session)
        await session.commit()
    path = f"/subjects/{subject['id']}"
    shown = ok(await get(registry, path, "district_supervisor", "500157"))
    assert "submit" in shown["allowed_actions"]
    assert ok(await get(registry, path, "district_supervisor", "500112"))["allowed_actions"] == []
    types = [fact["type"].split(".", 2)[2] for fact in await registry.facts()]
    last_load = max(i for i, type in enumerate(types) if type == "division.loaded.v1")
    moved = await registry.facts("registry.division.moved.v1")
    assert len(moved) == 47 and all(fact["backfill"] for fact in moved)
    assert types.index("division.moved.v1") > last_load
    (told,) = [fact for fact in moved if fact["data"]["code"] == "500112002"]
    assert (told["data"]["former_parent"], told["data"]["parent"]) == ("500112", "500157")
    assert told["division"] == "50.500157.500112002"


async def move(
    registry: ServiceUnderTest,
    code: str,
    parent: str,
    on: str,
    role: str = "bureau_supervisor",
    at: str = "50",
) -> Any:
    return await post(registry, f"/divisions/{code}/move", role, at, parent=parent, on=on)


async def test_a_township_moves_and_its_rows_move_along(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    await officer(registry, subject)
    stays = await drafted(registry, division=SIBLING)
    moved = ok(await move(registry, TOWNSHIP, FOREIGN, "2026-03-01"))
    assert (moved["parent"], moved["valid_from"], moved["valid_to"]) == (
        FOREIGN,
        "2026-03-01",
        None,
    )
    async with registry.session() as session:
        rows = [
            *(await session.scalars(select(Subject).where(Subject.township == TOWNSHIP))),
            *(await session.scalars(select(Officer).where(Officer.township == TOWNSHIP))),
        ]
    assert [(row.district, row.parties, row.version) for row in rows] == [
        (FOREIGN, [DISTRICT], 2)
    ] * 2
    (fact,) = await registry.facts("registry.division.moved.v1")
    assert fact["division"] == f"50.{FOREIGN}.{TOWNSHIP}"
    assert fact["data"] == {
        "code": TOWNSHIP,
        "name": "青木关镇",
        "alias": None,
        "former_parent": DISTRICT,
        "parent": FOREIGN,
        "moved_on": "2026-03-01",
    }
    path = f"/subjects/{subject['id']}"
    assert ok(await get(registry, path, "district_supervisor", FOREIGN))["allowed_actions"]
    # The former district reads on what it handled, and does not act.
    assert ok(await get(registry, path))["allowed_actions"] == []
    refused(
        await get(registry, f"/subjects/{stays['id']}", "district_supervisor", FOREIGN),
        404,
        "not-found",
    )
    new = ok(
        await post(registry, "/subjects", "district_supervisor", FOREIGN, **subject_body()), 201
    )
    refused(await get(registry, f"/subjects/{new['id']}"), 404, "not-found")


async def test_only_the_bureau_moves_a_township(registry: ServiceUnderTest) -> None:
    answer = await move(registry, TOWNSHIP, FOREIGN, "2026-03-01", "district_supervisor", DISTRICT)
    refused(answer, 403, "forbidden")
    answer = await move(registry, TOWNSHIP, FOREIGN, "2026-03-01", "system_admin", "50")
    refused(answer, 403, "forbidden")


@pytest.mark.parametrize(
    ("code", "parent", "on", "status", "refusal"),
    [
        (DISTRICT, FOREIGN, "2026-03-01", 422, "division-move-not-a-township"),
        (TOWNSHIP, DISTRICT, "2026-03-01", 422, "division-move-not-to-another-district"),
        (TOWNSHIP, SIBLING, "2026-03-01", 422, "division-move-not-to-another-district"),
        (TOWNSHIP, "50", "2026-03-01", 422, "division-move-not-to-another-district"),
        (TOWNSHIP, "500999", "2026-03-01", 422, "division-unknown"),
        (TOWNSHIP, "500112", "2026-03-01", 422, "division-expired"),
        (TOWNSHIP, "500157", "2025-11-05", 422, "division-unknown"),
        (TOWNSHIP, FOREIGN, "1997-06-18", 422, "division-move-day"),
        (TOWNSHIP, FOREIGN, "2099-01-01", 422, "division-move-day"),
        ("500106999", FOREIGN, "2026-03-01", 404, "not-found"),
    ],
)
async def test_a_move_that_cannot_be_is_refused(
    registry: ServiceUnderTest, code: str, parent: str, on: str, status: int, refusal: str
) -> None:
    refused(await move(registry, code, parent, on), status, refusal)
    assert await registry.facts() == []
    assert ok(await get(registry, f"/divisions/{TOWNSHIP}"))["parent"] == DISTRICT


async def test_of_two_moves_at_once_both_are_recorded_or_one_is_refused(
    registry: ServiceUnderTest,
) -> None:
    answers = await asyncio.gather(
        move(registry, TOWNSHIP, FOREIGN, "2026-03-01"),
        move(registry, TOWNSHIP, "500109", "2026-03-01"),
    )
    # Whoever comes second finds a record that began on that day.
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert len(await registry.facts("registry.division.moved.v1")) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"on": date(2026, 3, 2)}, "division-move-day"),
        ({"on": date(2026, 3, 1) - timedelta(days=100_000)}, "division-move-day"),
        ({"ended": True}, "division-ended"),
        ({"level": Level.CITY}, "division-move-not-a-township"),
        ({"to": "500106"}, "division-move-not-to-another-district"),
    ],
)
def test_when_a_township_may_move(changed: dict[str, Any], code: str | None) -> None:
    told: dict[str, Any] = {
        "level": Level.TOWNSHIP,
        "began": date(1997, 6, 18),
        "ended": False,
        "parent": "500106",
        "to": "500116",
        "to_level": Level.DISTRICT,
        "on": date(2026, 3, 1),
        "today": date(2026, 3, 1),
        **changed,
    }
    if code is None:
        rules.may_move(**told)
    else:
        with pytest.raises(Refused) as refusal:
            rules.may_move(**told)
        assert refusal.value.code == code
