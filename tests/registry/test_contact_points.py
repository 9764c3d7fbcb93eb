"""Grassroots contact points: from proposal to visits each quarter, and which townships have one."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.registry.contact_points.rules import (
    LIFECYCLE,
    last_day_of_period,
    next_visit_by,
)
from shared.clock import legal_day
from shared.law.calendar import end_of
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    get,
    ok,
    patch,
    post,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OFFICE = ("township_supervision_office", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
VISIT: dict[str, Any] = {"visitors": ["王某"], "topics": ["占道经营"], "heard": "检查过于频繁。"}
POINTS = "/contact-points"


def point_body(**fields: Any) -> dict[str, Any]:
    return {
        "name": "关口村联系点",
        "kind": "village_community",
        "division": TOWNSHIP,
        "host": "关口村村民委员会",
        "liaison": "刘某",
        "liaison_phone": "13900001234",
        **fields,
    }


async def proposed(registry: ServiceUnderTest, *caller: str, **fields: Any) -> Any:
    answer = await post(
        registry, POINTS, *(caller or OFFICE), sub="proposer", **point_body(**fields)
    )
    return ok(answer, 201)


async def opened(registry: ServiceUnderTest, **fields: Any) -> Any:
    point = await proposed(registry, *BUREAU, **fields)
    return ok(await post(registry, f"{POINTS}/{point['id']}/open", *BUREAU, sub="head"))


def day_of(registry: ServiceUnderTest) -> date:
    return legal_day(registry.app.state.clock.now())


def rfc(day: date) -> str:
    return end_of(day).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("last", "by"),
    [
        (date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 3, 31), date(2026, 6, 30)),
        (date(2026, 4, 1), date(2026, 9, 30)),
        (date(2026, 11, 5), date(2027, 3, 31)),
    ],
)
def test_a_visit_is_due_in_the_quarter_after_the_last_one(last: date, by: date) -> None:
    assert next_visit_by(last, 3) == by
    assert last_day_of_period(last, 12) == date(2026, 12, 31)


async def test_a_contact_point_is_proposed_by_one_and_opened_by_another(
    registry: ServiceUnderTest,
) -> None:
    point = await proposed(registry)
    assert (point["state"], point["due_at"]) == ("proposed", None)
    assert point["liaison_phone"] == "139******34"
    path = f"{POINTS}/{point['id']}"
    refused(await post(registry, f"{path}/open", *OFFICE), 403, "forbidden")
    own = await post(registry, f"{path}/open", sub="proposer")
    refused(own, 409, "contact-point-opened-by-proposer")
    point = ok(await post(registry, f"{path}/open", sub="head"))
    day = day_of(registry)
    assert (point["state"], point["opened_on"]) == ("open", day.isoformat())
    assert point["due_at"] == rfc(next_visit_by(day, 3))
    assert point["overdue"] is False
    filed, told = await registry.facts()
    assert filed["type"] == "xiejian.registry.contact_point.proposed.v1"
    assert told["type"] == "xiejian.registry.contact_point.opened.v1"
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert told["data"]["host"] == "关口村村民委员会"


async def test_the_liaisons_phone_is_sealed_masked_and_in_no_fact(
    registry: ServiceUnderTest,
) -> None:
    point = await proposed(registry)
    path = f"{POINTS}/{point['id']}"
    answer = await patch(registry, path, *OFFICE, version=1, liaison_phone="02365432100")
    assert ok(answer)["liaison_phone"] == "023******00"
    same = ok(await patch(registry, path, *OFFICE, version=2, liaison_phone="02365432100"))
    assert same["version"] == 2
    none = ok(await patch(registry, path, *OFFICE, version=2, liaison_phone=None))
    assert none["liaison_phone"] is None
    facts = json.dumps(await registry.facts(), ensure_ascii=False)
    assert "13900001234" not in facts and "刘某" not in facts
    async with registry.session() as session:
        stored = (
            await session.execute(text("SELECT contact_point::text FROM contact_point"))
        ).all()
    assert "13900001234" not in str(stored)
    bad = await post(registry, POINTS, *OFFICE, **point_body(liaison_phone="call me"))
    assert wrong_fields(bad) == {("/liaison_phone", "phone-number-invalid")}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"division": "50"}, "contact-point-not-at-grassroots"),
        ({"division": "500999"}, "division-unknown"),
        ({"division": "500112"}, "division-expired"),
    ],
)
async def test_a_contact_point_that_cannot_be_is_refused(
    registry: ServiceUnderTest, fields: dict[str, Any], code: str
) -> None:
    refused(await post(registry, POINTS, *BUREAU, **point_body(**fields)), 422, code)
    assert await registry.facts() == []


async def test_two_at_once_cannot_bear_one_name_in_a_township(registry: ServiceUnderTest) -> None:
    answers = await asyncio.gather(
        *(post(registry, POINTS, *OFFICE, **point_body()) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "contact-point-name-taken")
    point = next(answer.json() for answer in answers if answer.is_success)
    ok(await post(registry, f"{POINTS}/{point['id']}/close", reason="不再设立"))
    await proposed(registry)


async def test_a_visit_moves_the_day_on_which_the_next_is_due(registry: ServiceUnderTest) -> None:
    point = await opened(registry)
    path = f"{POINTS}/{point['id']}"
    day = day_of(registry)
    registry.advance(days=100)
    later = day + timedelta(days=100)
    point = ok(await post(registry, f"{path}/visits", *OFFICE, **VISIT), 201)
    assert point["last_visited_on"] == later.isoformat()
    assert point["due_at"] == rfc(next_visit_by(later, 3))
    # One told afterwards, of an earlier day, moves nothing back.
    earlier = {**VISIT, "visited_on": day.isoformat(), "heard": None}
    again = ok(await post(registry, f"{path}/visits", *OFFICE, **earlier), 201)
    assert (again["due_at"], again["last_visited_on"]) == (point["due_at"], later.isoformat())
    listed = ok(await get(registry, f"{path}/visits", *OFFICE))["items"]
    assert [visit["visited_on"] for visit in listed] == [later.isoformat(), day.isoformat()]
    assert listed[0]["heard"] == "检查过于频繁。"
    (first, second) = await registry.facts("registry.contact_point.visited.v1")
    assert first["data"]["topics"] == ["占道经营"] and "heard" not in first["data"]
    assert second["data"]["visited_on"] == day.isoformat()
    before, future = day - timedelta(days=1), later + timedelta(days=1)
    for on, code in ((before, "contact-point-visit-too-early"), (future, "date-in-future")):
        wrong = {**VISIT, "visited_on": on.isoformat()}
        refused(await post(registry, f"{path}/visits", *OFFICE, **wrong), 422, code)


async def test_who_is_in_charge_is_reminded_of_the_visit_and_told_when_it_is_overdue(
    registry: ServiceUnderTest,
) -> None:
    point = await opened(registry)
    assert await registry.fire_timers() == 0
    due = next_visit_by(day_of(registry), 3)
    left = (due - day_of(registry)).days
    registry.advance(days=left - 15)
    assert await registry.fire_timers() == 0
    registry.advance(days=1, hours=1)
    assert await registry.fire_timers() == 1
    (reminder,) = await registry.facts("registry.contact_point.visit_due.v1")
    assert reminder["data"]["overdue"] is False
    assert reminder["data"]["due_at"] == point["due_at"]
    assert reminder["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    registry.advance(days=15)
    assert await registry.fire_timers() == 1
    told = await registry.facts("registry.contact_point.visit_due.v1")
    assert told[-1]["data"]["overdue"] is True
    (listed,) = ok(await get(registry, POINTS, overdue="true"))["items"]
    assert (listed["id"], listed["overdue"]) == (point["id"], True)
    assert ok(await get(registry, POINTS, overdue="false"))["items"] == []
    # As long as nobody goes, it is told again each quarter; once somebody went, no more.
    registry.advance(days=92)
    assert await registry.fire_timers() == 1
    ok(await post(registry, f"{POINTS}/{point['id']}/visits", *OFFICE, **VISIT), 201)
    registry.advance(days=40)
    assert await registry.fire_timers() == 0
    assert ok(await get(registry, POINTS, overdue="true"))["items"] == []


async def test_no_visit_is_due_while_a_contact_point_rests(registry: ServiceUnderTest) -> None:
    point = await opened(registry)
    path = f"{POINTS}/{point['id']}"
    point = ok(await post(registry, f"{path}/suspend", reason="场所装修"))
    assert (point["due_at"], point["reason"]) == (None, "场所装修")
    refused(await post(registry, f"{path}/visits", **VISIT), 409, "transition-not-allowed")
    registry.advance(days=400)
    assert await registry.fire_timers() == 0
    point = ok(await post(registry, f"{path}/resume"))
    assert point["due_at"] == rfc(next_visit_by(day_of(registry), 3))
    assert point["reason"] is None
    facts = [fact["type"].split(".")[3] for fact in await registry.facts()]
    assert facts == ["proposed", "opened", "suspended", "opened"]


async def test_coverage_tells_which_townships_have_an_open_contact_point(
    registry: ServiceUnderTest,
) -> None:
    await opened(registry)
    await opened(registry, name="集市联系点", kind="market")
    await proposed(registry, *BUREAU, name="学校联系点", division=SIBLING)
    told = ok(await get(registry, f"{POINTS}/coverage", district=DISTRICT))
    assert (told["division"], told["townships"], told["covered"]) == (DISTRICT, 26, 1)
    by_code = {item["division"]: item for item in told["items"]}
    assert (by_code[TOWNSHIP]["covered"], by_code[TOWNSHIP]["open"]) == (1, 2)
    assert (by_code[SIBLING]["covered"], by_code[SIBLING]["open"]) == (0, 0)
    assert by_code[TOWNSHIP]["name"] == "青木关镇"
    # Without a district it is the caller's own division.
    assert ok(await get(registry, f"{POINTS}/coverage")) == told
    own = ok(await get(registry, f"{POINTS}/coverage", *OFFICE))
    assert [item["division"] for item in own["items"]] == [TOWNSHIP]
    city = ok(await get(registry, f"{POINTS}/coverage", *BUREAU))
    assert (city["townships"], city["covered"]) == (1031, 1)
    by_district = {item["division"]: item for item in city["items"]}
    assert len(by_district) == 37
    assert by_district[DISTRICT]["name"] == "沙坪坝区"
    assert (by_district[DISTRICT]["townships"], by_district[DISTRICT]["covered"]) == (26, 1)


async def test_coverage_of_another_district_is_nobodys_business(registry: ServiceUnderTest) -> None:
    await opened(registry)
    foreign = ("district_supervisor", FOREIGN)
    refused(
        await get(registry, f"{POINTS}/coverage", *foreign, district=DISTRICT), 404, "not-found"
    )
    sibling = ("township_supervision_office", SIBLING)
    refused(
        await get(registry, f"{POINTS}/coverage", *sibling, district=TOWNSHIP), 404, "not-found"
    )
    agency = await get(
        registry, f"{POINTS}/coverage", "agency_user", DISTRICT, organisation="11500228709467150P"
    )
    refused(agency, 404, "not-found")


async def test_a_sibling_sees_nothing_and_cannot_propose_there(registry: ServiceUnderTest) -> None:
    point = await opened(registry)
    path = f"{POINTS}/{point['id']}"
    for caller in (("township_supervision_office", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        assert ok(await get(registry, POINTS, *caller, count="exact"))["count"] == 0
        refused(await post(registry, POINTS, *caller, **point_body()), 422, "division-unknown")
    seen = ok(await get(registry, path, "township_enforcement", TOWNSHIP))
    assert seen["allowed_actions"] == []
    refused(
        await post(registry, f"{path}/visits", "integration", DISTRICT, **VISIT), 403, "forbidden"
    )


async def test_contact_points_are_found_by_name_host_and_state(registry: ServiceUnderTest) -> None:
    await opened(registry)
    await proposed(registry, *BUREAU, name="集市联系点", kind="market", host="青木关农贸市场")
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"q": "农贸"}, ["集市联系点"]),
        ({"q": "关口"}, ["关口村联系点"]),
        ({"state": "open"}, ["关口村联系点"]),
        ({"kind": "market"}, ["集市联系点"]),
        ({"division": DISTRICT, "sort": "id"}, ["关口村联系点", "集市联系点"]),
        ({"division": SIBLING}, []),
    ]
    for params, names in cases:
        found = ok(await get(registry, POINTS, *BUREAU, **params))["items"]
        assert [item["name"] for item in found] == names


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    number = iter(range(1_000))

    async def create() -> Any:
        return await proposed(registry, *BUREAU, name=f"联系点{next(number)}")

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + POINTS,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "proposer": registry.token("district_supervisor", DISTRICT, sub="proposer"),
            "township": registry.token("township_enforcement", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {
            "change": lambda point: {"liaison": f"{point['version']}号联络员"},
            "visits": VISIT,
            "suspend": {"reason": "装修"},
            "close": {"reason": "合并"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=1)
    assert len(walk.seen) >= 8, walk.seen
