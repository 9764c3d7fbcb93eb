"""Figures that are frozen to be cited: what was counted, for each division, for ever."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.registry.app import seed
from services.registry.frozen_figures.rules import month_of
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    certified,
    get,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
)
from tests.servers import ServiceUnderTest

FROZEN = "/figures/frozen"
BUREAU = ("bureau_supervisor", "50")


async def freeze(registry: ServiceUnderTest, first: str, last: str, *who: str) -> Any:
    period: dict[str, Any] = {"from": first, "to": last}
    return await post(registry, FROZEN, *(who or BUREAU), **period)


async def row_of(registry: ServiceUnderTest, division: str, *who: str, **params: Any) -> Any:
    params = {"division": division, "direct": "true", **params}
    [row] = ok(await get(registry, FROZEN, *(who or BUREAU), **params))["items"]
    return row


def values(row: Any) -> dict[str, int]:
    return {one["measure"]: one["value"] for one in row["figures"]}


async def filed(registry: ServiceUnderTest) -> tuple[Any, str]:
    """A township's body with two officers, one of them certified; the day after."""
    subject = await published(registry)
    person = await certified(registry, subject, number="渝A-1", valid_to="2033-01-01")
    await officer(registry, subject)
    day = person["since"]
    registry.advance(days=1)
    return subject, day


async def test_what_is_frozen_is_what_the_figures_say_for_each_division(
    registry: ServiceUnderTest,
) -> None:
    _, day = await filed(registry)
    first = (date.fromisoformat(day) - timedelta(9)).isoformat()
    told = ok(await freeze(registry, first, day), 201)
    assert told["divisions"] > 1_000
    for division in ("50", TOWNSHIP):
        row = await row_of(registry, division)
        for one in row["figures"]:
            query = {"measure": one["measure"], "from": first, "to": day, "division": division}
            figure = ok(await get(registry, "/figures", *BUREAU, **query))
            numbers = (one["value"], one["previous"])
            assert numbers == (figure["value"], figure["previous"]), query
        answer = ok(await get(registry, "/coverage", *BUREAU, division=division, as_of=day))
        shares = {one["kind"]: one for one in answer["coverages"]}
        for one in row["coverages"]:
            for part in ("numerator", "denominator"):
                assert one[part] == shares[one["kind"]][part]
    assert values(await row_of(registry, TOWNSHIP))["officers_on_post"] == 2
    assert (await row_of(registry, "50"))["id"] == told["city_id"]
    facts = await registry.facts("registry.figures.frozen.v1")
    assert len(facts) == told["divisions"]
    [fact] = [one for one in facts if one["data"]["division"] == TOWNSHIP]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["figures"]["officers_on_post"] == 2
    assert fact["data"]["coverages"]["officers"] == [1, 2]


async def test_nothing_changes_what_is_frozen(registry: ServiceUnderTest) -> None:
    subject, day = await filed(registry)
    ok(await freeze(registry, day, day), 201)
    before = await row_of(registry, TOWNSHIP)
    # Filed late, and changed: the figures of the day change, and what was frozen does not.
    await officer(registry, subject, since=day)
    path = f"/subjects/{subject['id']}"
    ok(await patch(registry, path, version=subject["version"], name="新名镇人民政府"))
    ok(await post(registry, f"{path}/suspend", reason="整顿"))
    figure: dict[str, Any] = {"measure": "officers_on_post", "from": day, "to": day}
    assert ok(await get(registry, "/figures", *BUREAU, **figure))["value"] == 3
    assert await row_of(registry, TOWNSHIP) == before
    for statement in (
        "UPDATE frozen_figure SET figures = '{}'",
        "UPDATE frozen_figure SET last_day = last_day + 1",
        "DELETE FROM frozen_figure",
    ):
        async with registry.session() as session:
            with pytest.raises(DBAPIError, match="do not change"):
                await session.execute(text(statement))
    # It goes along with its township, as everything does.
    move: dict[str, Any] = {
        "parent": FOREIGN,
        "on": (date.fromisoformat(day) + timedelta(1)).isoformat(),
    }
    ok(await post(registry, f"/divisions/{TOWNSHIP}/move", *BUREAU, **move))
    seen = await row_of(registry, TOWNSHIP, "district_supervisor", FOREIGN)
    assert seen == before


async def test_a_period_is_frozen_once_when_it_is_over_and_by_the_bureau(
    registry: ServiceUnderTest,
) -> None:
    today = (await published(registry))["since"]
    refused(await freeze(registry, today, today), 422, "period-not-over")
    refused(await freeze(registry, today, "2022-01-01"), 422, "period-not-meant")
    refused(await freeze(registry, "2015-01-01", "2022-01-01"), 422, "period-not-meant")
    own = await freeze(registry, "2022-06-17", "2022-10-31", "district_supervisor", DISTRICT)
    refused(own, 403, "forbidden")
    answers = await asyncio.gather(
        *(freeze(registry, "2022-06-17", "2022-10-31") for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [late] = [answer for answer in answers if answer.status_code == 409]
    refused(late, 409, "figures-already-frozen")
    # Of the divisions of that time; the district that took their place did not exist yet.
    former = await row_of(registry, "500112")
    assert (former["level"], former["from"], former["to"]) == (
        "district",
        "2022-06-17",
        "2022-10-31",
    )
    none = ok(await get(registry, FROZEN, *BUREAU, division="500157", direct="true"))
    assert none["items"] == []


async def test_each_month_is_frozen_when_it_is_over(registry: ServiceUnderTest) -> None:
    async with registry.session() as session:
        await seed(session)
        await seed(session)
        await session.commit()
    subject = await published(registry)
    month = month_of(date.fromisoformat(subject["since"]))
    following = month_of(month.last + timedelta(1))
    registry.advance(days=(month.last - date.fromisoformat(subject["since"])).days)
    await registry.fire_timers()
    assert ok(await get(registry, FROZEN, *BUREAU))["items"] == []
    # Two months in which nothing ran: each has its figures.
    registry.advance(days=following.length + 1)
    await registry.fire_timers()
    rows = ok(await get(registry, FROZEN, *BUREAU, level="city", sort="id"))["items"]
    assert [(row["from"], row["to"], row["frozen_by"]) for row in rows] == [
        (one.first.isoformat(), one.last.isoformat(), "system:timer") for one in (month, following)
    ]
    by_day = await get(registry, FROZEN, *BUREAU, level="city", last_day_from=str(following.last))
    assert [row["id"] for row in ok(by_day)["items"]] == [rows[1]["id"]]


async def test_a_caller_sees_the_frozen_figures_of_the_own_division_and_only_what_they_may_read(
    registry: ServiceUnderTest,
) -> None:
    _, day = await filed(registry)
    ok(await freeze(registry, day, day), 201)
    own = await row_of(registry, TOWNSHIP, "township_enforcement", TOWNSHIP)
    assert "officers_on_post" in values(own)
    assert "supervision_officers_appointed" not in values(own)
    path = f"{FROZEN}/{own['id']}"
    assert ok(await get(registry, path, "district_supervisor", DISTRICT))["id"] == own["id"]
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    foreign = await get(registry, FROZEN, "district_supervisor", FOREIGN, division=DISTRICT)
    assert ok(foreign)["items"] == []
