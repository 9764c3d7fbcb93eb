"""Staffing plans: how many posts there are, who fills them, and that vacant ones are told once."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.staffing.rules import LIFECYCLE
from services.registry.staffing.tables import StaffingPlan
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    get,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
    wrong_fields,
)
from tests.registry.test_supervision_officers import PATH as OFFICERS
from tests.registry.test_supervision_officers import appointed, nominated
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/staffing"
HEAD = ("district_supervisor", DISTRICT)


def this_year(registry: ServiceUnderTest) -> int:
    return registry.today().year


def plan(registry: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    return {
        "division": DISTRICT,
        "body_kind": "supervision_authority",
        "year": this_year(registry),
        "headcount": 2,
        **fields,
    }


async def filed(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, PATH, *HEAD, sub="clerk", **plan(registry, **fields)), 201)


async def approved(registry: ServiceUnderTest, **fields: Any) -> Any:
    staffing = await filed(registry, **fields)
    body = {"approval_no": "沙委编〔2026〕12号"}
    return ok(await approve(registry, staffing, **body))


async def approve(registry: ServiceUnderTest, staffing: Any, **body: Any) -> Any:
    return await post(registry, f"{PATH}/{staffing['id']}/approve", *HEAD, sub="head", **body)


async def told(registry: ServiceUnderTest) -> list[str]:
    """What was told of plans, in short."""
    prefix = "xiejian.registry.staffing."
    types = [fact["type"] for fact in await registry.facts()]
    return [kind.removeprefix(prefix) for kind in types if kind.startswith(prefix)]


async def test_a_plan_is_filed_and_approved_by_the_staffing_offices_number(
    registry: ServiceUnderTest,
) -> None:
    staffing = await filed(registry)
    assert (staffing["state"], staffing["level"], staffing["short"]) == ("filed", "district", False)
    assert (staffing["actual"], staffing["gap"]) == (0, 2)
    assert staffing["allowed_actions"] == ["change", "withdraw"]
    answer = ok(await approve(registry, staffing, approval_no="沙委编〔2026〕12号"))
    assert (answer["state"], answer["approval_no"]) == ("approved", "沙委编〔2026〕12号")
    assert (answer["short"], answer["short_since"]) == (True, None)
    assert answer["allowed_actions"] == ["adjust"]
    async with registry.session() as session:
        row = (await session.scalars(select(StaffingPlan))).one()
    assert (row.district, row.township, row.filed_by) == (DISTRICT, None, "clerk")
    assert await told(registry) == ["filed.v1", "approved.v1"]
    facts = await registry.facts()
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    assert facts[-1]["data"]["headcount"] == 2


async def test_vacant_posts_are_told_once_and_so_is_that_they_are_filled(
    registry: ServiceUnderTest,
) -> None:
    """配齐配强行政执法协调监督工作力量."""
    people = [await appointed(registry), await nominated(registry)]
    staffing = await approved(registry)
    path = f"{PATH}/{staffing['id']}"
    assert await registry.fire_timers() == 1
    (fact,) = await registry.facts("registry.staffing.short.v1")
    assert (fact["data"]["headcount"], fact["data"]["actual"]) == (2, 1)
    view = ok(await get(registry, path))
    assert (view["actual"], view["gap"], view["short"]) == (1, 1, True)
    assert view["short_since"] is not None
    # Told once, however often it is looked at.
    registry.advance(days=3)
    assert await registry.fire_timers() == 1
    other = await nominated(registry, division=TOWNSHIP)
    ok(await post(registry, f"{OFFICERS}/{other['id']}/appoint", sub="head"))
    assert await registry.fire_timers() == 0
    assert await told(registry) == ["filed.v1", "approved.v1", "short.v1"]
    ok(await post(registry, f"{OFFICERS}/{people[1]['id']}/appoint", sub="head"))
    assert await registry.fire_timers() == 1
    view = ok(await get(registry, path))
    assert (view["actual"], view["gap"], view["short"]) == (2, 0, False)
    assert view["short_since"] is None
    # And again, when somebody leaves.
    ok(await post(registry, f"{OFFICERS}/{people[0]['id']}/leave", reason="退休"))
    assert await registry.fire_timers() == 1
    assert await told(registry) == ["filed.v1", "approved.v1", "short.v1", "filled.v1", "short.v1"]


async def test_enforcement_posts_are_filled_by_staff_on_post(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    elsewhere = await published(registry, division=SIBLING)
    staffing = await approved(
        registry, division=TOWNSHIP, body_kind="enforcement_subject", headcount=1
    )
    path = f"{PATH}/{staffing['id']}"
    assert await registry.fire_timers() == 1
    for where, staff, actual in (
        (subject, "auxiliary", 0),
        (elsewhere, "staff", 0),
        (subject, "staff", 1),
    ):
        person = await officer(registry, where, staffing=staff)
        await registry.fire_timers()
        assert ok(await get(registry, path))["actual"] == actual
    assert await told(registry) == ["filed.v1", "approved.v1", "short.v1", "filled.v1"]
    # To another subject, back, to the auxiliaries, and off post.
    bureau = ("bureau_supervisor", "50")
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("reassign", {"subject_id": elsewhere["id"], "reason": "调动"}, "short.v1"),
        ("reassign", {"subject_id": subject["id"], "reason": "调动"}, "filled.v1"),
        ("retire", {"reason": "退休"}, "short.v1"),
    ]
    for action, body, fact in steps:
        ok(await post(registry, f"/officers/{person['id']}/{action}", *bureau, **body))
        assert await registry.fire_timers() >= 1
        assert (await told(registry))[-1] == fact
    last = await officer(registry, subject)
    await registry.fire_timers()
    assert (await told(registry))[-1] == "filled.v1"
    ok(await patch(registry, f"/officers/{last['id']}", version=1, staffing="auxiliary"))
    await registry.fire_timers()
    assert (await told(registry))[-1] == "short.v1"


async def test_a_plan_of_a_year_to_come_is_looked_at_from_that_year_on_and_closes_after_it(
    registry: ServiceUnderTest,
) -> None:
    year = this_year(registry) + 1
    staffing = await approved(registry, year=year)
    assert staffing["short"] is False
    assert await registry.fire_timers() == 0
    today = registry.today()
    registry.advance(days=(date(year, 1, 2) - today).days)
    assert await registry.fire_timers() == 1
    assert (await told(registry))[-1] == "short.v1"
    registry.advance(days=366)
    assert await registry.fire_timers() == 1
    assert await registry.fire_timers() == 0
    view = ok(await get(registry, f"{PATH}/{staffing['id']}"))
    assert (view["state"], view["short"], view["short_since"]) == ("closed", False, None)
    assert view["allowed_actions"] == []
    assert (await told(registry))[-1] == "closed.v1"
    registry.advance(days=30)
    assert await registry.fire_timers() == 0


async def test_the_posts_of_a_year_that_is_over_are_neither_filed_nor_approved(
    registry: ServiceUnderTest,
) -> None:
    past = await post(registry, PATH, *HEAD, **plan(registry, year=this_year(registry) - 1))
    refused(past, 422, "staffing-year-over")
    staffing = await filed(registry)
    registry.advance(days=366)
    view = ok(await get(registry, f"{PATH}/{staffing['id']}"))
    assert "approve" not in view["allowed_actions"]
    refused(await approve(registry, staffing, approval_no="1号"), 422, "staffing-year-over")


async def test_who_filed_or_changed_a_plan_does_not_approve_it(registry: ServiceUnderTest) -> None:
    staffing = await filed(registry)
    path = f"{PATH}/{staffing['id']}"
    own = await post(registry, f"{path}/approve", *HEAD, sub="clerk", approval_no="1号")
    refused(own, 409, "staffing-self-approved")
    headers = {"If-Match": '"1"'}
    token = registry.token(*HEAD, sub="head")
    changed = await registry.patch(BASE + path, as_=token, headers=headers, json={"headcount": 3})
    assert ok(changed)["headcount"] == 3
    refused(await approve(registry, staffing, approval_no="1号"), 409, "staffing-self-approved")
    ok(await post(registry, f"{path}/approve", *HEAD, sub="third", approval_no="1号"))
    late: dict[str, Any] = {"approval_no": "2号", "headcount": 4, "approved_on": "2099-01-01"}
    refused(await post(registry, f"{path}/adjust", **late), 422, "staffing-approval-in-future")
    adjusted = ok(await post(registry, f"{path}/adjust", approval_no="2号", headcount=4))
    assert (adjusted["headcount"], adjusted["approval_no"]) == (4, "2号")
    assert await told(registry) == ["filed.v1", "changed.v1", "approved.v1", "adjusted.v1"]


async def test_of_two_plans_at_once_one_is_filed(registry: ServiceUnderTest) -> None:
    answers = await asyncio.gather(
        *(post(registry, PATH, *HEAD, sub=f"{n}", **plan(registry)) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(next(a for a in answers if a.status_code == 409), 409, "staffing-plan-exists")
    (staffing,) = ok(await get(registry, PATH))["items"]
    path = f"{PATH}/{staffing['id']}"
    gone = ok(await post(registry, f"{path}/withdraw", reason="重新测算"))
    assert (gone["state"], gone["reason"], gone["allowed_actions"]) == (
        "withdrawn",
        "重新测算",
        [],
    )
    await filed(registry)


async def test_plans_are_found_and_seen_by_their_division(registry: ServiceUnderTest) -> None:
    await approved(registry)
    await filed(registry, division=TOWNSHIP, body_kind="enforcement_subject")

    async def count(*caller: str, **params: Any) -> int:
        return int(ok(await get(registry, PATH, *caller, count="exact", **params))["count"])

    assert await count() == 2
    assert await count(short="true") == 1
    assert await count(short="false") == 1
    assert await count(body_kind="enforcement_subject") == 1
    assert await count(year=this_year(registry) + 1) == 0
    assert await count("township_supervision_office", TOWNSHIP) == 1
    assert await count("district_supervisor", FOREIGN) == 0
    refused(await get(registry, PATH, "agency_user", DISTRICT), 403, "forbidden")
    outside = await post(registry, PATH, "district_supervisor", FOREIGN, **plan(registry))
    refused(outside, 422, "division-unknown")
    wrong = await post(registry, PATH, *HEAD, **plan(registry, headcount=0, colour=1))
    assert wrong_fields(wrong) == {
        ("/headcount", "greater-than-equal"),
        ("/colour", "extra-forbidden"),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    years = iter(range(this_year(registry), 2100))

    async def create() -> Any:
        return await filed(registry, year=next(years))

    def adjust(thing: Any) -> dict[str, Any]:
        return {"approval_no": "2号", "headcount": thing["headcount"] + 1}

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        create,
        {
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "clerk": registry.token(*HEAD, sub="clerk"),
            "head": registry.token(*HEAD, sub="head"),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"headcount": thing["headcount"] + 1},
            "approve": {"approval_no": "1号"},
            "withdraw": {"reason": "重新测算"},
            "adjust": adjust,
        },
    )
    await walk.run(seed=seed, alive=4)
    assert len(walk.seen) >= 3
