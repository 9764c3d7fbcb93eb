"""Pilot townships: which a district may designate, when, and how it ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registry.pilot_townships.rules import PILOT_TOWNSHIP
from shared.clock import legal_day
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    get,
    ok,
    post,
    refused,
    wrong_fields,
)
from tests.registry.test_programmes import BUREAU, opened, seeded
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = f"/pilots/{DISTRICT}/townships"
YUBEI, HEIR, MOVED = "500112", "500157", "500112002"
"""A pilot of 2022 that has ended, its successor, and a township that lies there now."""


def day(days: int = 0) -> str:
    return (legal_day(datetime.now(UTC)) + timedelta(days=days)).isoformat()


async def designated(registry: ServiceUnderTest, programme: Any, **fields: Any) -> Any:
    body = {"programme_id": programme["id"], "township": TOWNSHIP, **fields}
    return ok(await post(registry, PATH, **body), 201)


async def test_a_pilot_district_designates_its_townships(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    here = await designated(registry, programme, designated_on="2026-03-02")
    assert (here["division"], here["township"]) == (DISTRICT, TOWNSHIP)
    assert (here["state"], here["designated_on"], here["ended_on"]) == (
        "designated",
        "2026-03-02",
        None,
    )
    assert here["allowed_actions"] == ["end"]
    there = await designated(registry, programme, township=SIBLING)
    assert there["designated_on"] == day()
    facts = await registry.facts("registry.pilot_township.designated.v1")
    assert [fact["division"] for fact in facts] == [
        f"50.{DISTRICT}.{TOWNSHIP}",
        f"50.{DISTRICT}.{SIBLING}",
    ]
    assert facts[0]["data"]["township"] == TOWNSHIP
    assert not any("backfill" in fact for fact in facts)

    async def listed(*caller: str, **params: Any) -> list[str]:
        items = ok(await get(registry, PATH, *caller, **params))["items"]
        return [item["township"] for item in items]

    assert await listed() == [TOWNSHIP, SIBLING]
    assert await listed(*BUREAU, sort="-designated_on") == [SIBLING, TOWNSHIP]
    assert await listed("township_enforcement", TOWNSHIP) == [TOWNSHIP]
    assert await listed("district_supervisor", FOREIGN) == []
    assert await listed(on="2026-03-01") == []
    assert await listed(on="2026-03-02") == [TOWNSHIP]
    assert await listed(state="ended") == []
    assert await listed(programme_id=str(uuid4())) == []
    read = ok(
        await get(registry, f"/pilot-townships/{here['id']}", "township_enforcement", TOWNSHIP)
    )
    assert read["allowed_actions"] == []
    foreign = await get(registry, f"/pilot-townships/{here['id']}", "district_supervisor", FOREIGN)
    refused(foreign, 404, "not-found")
    by_township = await post(
        registry,
        PATH,
        "township_enforcement",
        TOWNSHIP,
        programme_id=programme["id"],
        township=TOWNSHIP,
    )
    refused(by_township, 403, "forbidden")


@pytest.mark.parametrize(
    ("division", "fields", "status", "code"),
    [
        (FOREIGN, {"township": FOREIGN_TOWNSHIP}, 422, "pilot-township-not-a-pilot-district"),
        (DISTRICT, {"township": FOREIGN_TOWNSHIP}, 422, "pilot-township-elsewhere"),
        (DISTRICT, {"township": DISTRICT}, 422, "pilot-township-not-a-township"),
        (DISTRICT, {"township": "500106999"}, 422, "division-unknown"),
        (DISTRICT, {"designated_on": "2026-01-31"}, 422, "pilot-township-outside-programme"),
        (DISTRICT, {"designated_on": day(1)}, 422, "pilot-township-outside-programme"),
        (DISTRICT, {"ended_on": day()}, 422, "pilot-township-end-only-in-backfill"),
        (DISTRICT, {"ended_on": day(1), "backfill": True}, 422, "pilot-township-outside-programme"),
        (
            DISTRICT,
            {"designated_on": "2026-03-02", "ended_on": "2026-03-01", "backfill": True},
            422,
            "pilot-township-end-before-designation",
        ),
        (DISTRICT, {"programme_id": str(uuid4())}, 404, "not-found"),
    ],
)
async def test_a_designation_that_cannot_be_is_refused(
    registry: ServiceUnderTest, division: str, fields: dict[str, Any], status: int, code: str
) -> None:
    programme = await opened(registry)
    body = {"programme_id": programme["id"], "township": TOWNSHIP, **fields}
    refused(await post(registry, f"/pilots/{division}/townships", *BUREAU, **body), status, code)
    assert await registry.facts("registry.pilot_township.designated.v1") == []


async def test_a_district_that_follows_voluntarily_designates_no_pilots(
    registry: ServiceUnderTest,
) -> None:
    programme = await opened(registry)
    foreign = ("district_supervisor", FOREIGN)
    path = f"/programmes/{programme['id']}/participants"
    ok(await post(registry, path, *foreign, division=FOREIGN), 201)
    body = {"programme_id": programme["id"], "township": FOREIGN_TOWNSHIP}
    answer = await post(registry, f"/pilots/{FOREIGN}/townships", *foreign, **body)
    refused(answer, 422, "pilot-township-not-a-pilot-district")
    # A township of somebody else looks like none.
    other = await post(registry, PATH, *foreign, programme_id=programme["id"], township=TOWNSHIP)
    refused(other, 422, "division-unknown")


async def test_a_township_is_designated_once_at_a_time(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    first = await designated(registry, programme, designated_on="2026-03-02")
    body = {"programme_id": programme["id"], "township": TOWNSHIP}
    refused(await post(registry, PATH, **body), 409, "pilot-township-already-designated")
    path = f"/pilot-townships/{first['id']}/end"
    assert wrong_fields(await post(registry, path, reason="")) == {("/reason", "string-too-short")}
    sibling = await post(registry, path, "district_supervisor", FOREIGN, reason="不承担")
    refused(sibling, 404, "not-found")
    ended = ok(await post(registry, path, reason="不再承担"))
    assert (ended["state"], ended["ended_on"], ended["reason"]) == ("ended", day(), "不再承担")
    assert ended["allowed_actions"] == []
    refused(await post(registry, path, reason="不再承担"), 409, "transition-not-allowed")
    (fact,) = await registry.facts("registry.pilot_township.ended.v1")
    assert (fact["data"]["ended_on"], fact["data"]["state"]) == (day(), "ended")
    refused(await post(registry, PATH, **body), 409, "pilot-township-already-designated")
    registry.advance(days=1)
    again = await designated(registry, programme)
    assert again["designated_on"] == day(1)
    before = {**body, "backfill": True, "designated_on": "2026-02-10"}
    overlapping = await post(registry, PATH, **before, ended_on="2026-03-02")
    refused(overlapping, 409, "pilot-township-already-designated")
    earlier = ok(await post(registry, PATH, **before, ended_on="2026-03-01"), 201)
    assert (earlier["state"], earlier["allowed_actions"]) == ("ended", [])


async def test_of_two_designations_at_once_one_wins(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    body = {"programme_id": programme["id"], "township": TOWNSHIP}
    answers = await asyncio.gather(*(post(registry, PATH, sub=f"{n}", **body) for n in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await registry.facts("registry.pilot_township.designated.v1")) == 1


async def test_pilot_townships_end_with_their_programme(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    here = await designated(registry, programme)
    there = await designated(registry, programme, township=SIBLING)
    ok(await post(registry, f"/pilot-townships/{there['id']}/end", reason="不再承担"))
    ok(await post(registry, f"/programmes/{programme['id']}/close", *BUREAU))
    closed = ok(await get(registry, f"/pilot-townships/{here['id']}"))
    assert (closed["state"], closed["ended_on"], closed["reason"]) == ("ended", day(), None)
    facts = await registry.facts("registry.pilot_township.ended.v1")
    assert [fact["data"]["designation_id"] for fact in facts] == [there["id"], here["id"]]
    late = {"programme_id": programme["id"], "township": "500106106"}
    refused(await post(registry, PATH, **late), 409, "pilot-township-programme-over")


async def test_history_is_filed_by_where_a_township_lay_then(registry: ServiceUnderTest) -> None:
    """渝北区 was a pilot in 2022 and ended in 2025; its township lies in 两江新区 now."""
    programme = await seeded(registry)
    path, heir = f"/pilots/{YUBEI}/townships", ("district_supervisor", HEIR)
    body = {
        "programme_id": programme["id"],
        "township": MOVED,
        "designated_on": "2022-09-01",
    }
    over = await post(registry, path, *heir, **body)
    refused(over, 409, "pilot-township-programme-over")
    wrong = await post(registry, f"/pilots/{HEIR}/townships", *heir, **body, backfill=True)
    refused(wrong, 422, "pilot-township-not-a-pilot-district")
    late = {**body, "designated_on": "2023-07-01", "backfill": True}
    refused(await post(registry, path, *heir, **late), 422, "pilot-township-outside-programme")
    filed = ok(await post(registry, path, *heir, **body, backfill=True), 201)
    assert (filed["state"], filed["ended_on"]) == ("ended", "2023-06-30")
    assert (filed["division"], filed["township"]) == (YUBEI, MOVED)
    (fact,) = await registry.facts("registry.pilot_township.designated.v1")
    assert fact["backfill"] is True
    for caller, count in ((heir, 1), (BUREAU, 1), (("district_supervisor", DISTRICT), 0)):
        assert len(ok(await get(registry, path, *caller))["items"]) == count
    assert await registry.fire_timers() == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    programme = await opened(registry)
    townships = iter(
        item["code"]
        for item in ok(await get(registry, "/divisions", parent=DISTRICT, limit=50))["items"]
    )

    async def create() -> dict[str, Any]:
        return dict(await designated(registry, programme, township=next(townships)))

    walk = Walk(
        registry,
        PILOT_TOWNSHIP,
        f"{BASE}/pilot-townships",
        create,
        callers={
            "bureau": registry.token(*BUREAU),
            "district": registry.token("district_supervisor", DISTRICT),
            "foreign": registry.token("district_supervisor", FOREIGN),
            "township": registry.token("township_enforcement", TOWNSHIP),
        },
        bodies={"end": {"reason": "不再承担"}},
    )
    await walk.run(seed=seed)
    assert walk.seen == {("designated", "end")}
