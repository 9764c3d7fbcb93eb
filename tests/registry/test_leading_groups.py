"""Leading groups: one a division, its office co-located with the justice office, its history."""

import asyncio
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest

from services.registry.leading_groups.rules import LIFECYCLE
from shared.clock import legal_day
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
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OFFICE = ("township_supervision_office", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
GROUPS = "/leading-groups"
HEAD: dict[str, Any] = {"role": "head", "name": "郑某", "post": "镇长"}
DIRECTOR: dict[str, Any] = {"role": "office_director", "name": "冯某", "post": "司法所所长"}
CLERK: dict[str, Any] = {"role": "office_staff", "name": "陈某", "post": "司法所干部"}


def group_body(**fields: Any) -> dict[str, Any]:
    return {
        "division": TOWNSHIP,
        "name": "青木关镇行政执法协调监督领导小组",
        "duties": "统筹本镇行政执法协调监督工作。",
        "office": "领导小组办公室",
        "co_located_with": "青木关司法所",
        "members": [HEAD, DIRECTOR, CLERK],
        **fields,
    }


async def proposed(registry: ServiceUnderTest, **fields: Any) -> Any:
    answer = await post(registry, GROUPS, *BUREAU, sub="proposer", **group_body(**fields))
    return ok(answer, 201)


async def established(registry: ServiceUnderTest, **fields: Any) -> Any:
    group = await proposed(registry, **fields)
    return ok(await post(registry, f"{GROUPS}/{group['id']}/establish", sub="head"))


def today(registry: ServiceUnderTest) -> date:
    return legal_day(registry.app.state.clock.now())


async def test_a_leading_group_is_proposed_by_one_and_established_by_another(
    registry: ServiceUnderTest,
) -> None:
    answer = await post(registry, GROUPS, *OFFICE, sub="proposer", **group_body())
    group = ok(answer, 201)
    path = f"{GROUPS}/{group['id']}"
    refused(await post(registry, f"{path}/establish", *OFFICE), 403, "forbidden")
    own = await post(registry, f"{path}/establish", sub="proposer")
    refused(own, 409, "leading-group-established-by-proposer")
    group = ok(await post(registry, f"{path}/establish", sub="head"))
    assert (group["state"], group["established_on"]) == ("established", str(today(registry)))
    assert [one["name"] for one in group["members"]] == ["郑某", "冯某", "陈某"]
    told = (await registry.facts("registry.leading_group.established.v1"))[0]
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert (told["data"]["members"], told["data"]["office_staff"]) == (1, 2)
    assert told["data"]["co_located_with"] == "青木关司法所"


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"co_located_with": None}, ["co_located_with"]),
        ({"members": [DIRECTOR]}, ["head"]),
        ({"members": [HEAD], "duties": None}, ["office_director", "duties"]),
    ],
)
async def test_the_office_works_with_the_justice_office_and_the_group_is_complete(
    registry: ServiceUnderTest, fields: dict[str, Any], missing: list[str]
) -> None:
    group = await proposed(registry, **fields)
    answer = await post(registry, f"{GROUPS}/{group['id']}/establish", sub="head")
    problem = refused(answer, 422, "leading-group-incomplete")
    assert problem["details"]["missing"] == missing
    assert await registry.facts("registry.leading_group.established.v1") == []


async def test_a_group_stays_complete_as_long_as_it_stands(registry: ServiceUnderTest) -> None:
    group = await established(registry)
    path = f"{GROUPS}/{group['id']}"
    for field in ("co_located_with", "duties"):
        answer = await patch(registry, path, version=group["version"], **{field: None})
        refused(answer, 409, "leading-group-cannot-be-without")
    head = group["members"][0]
    answer = await post(registry, f"{path}/release", member_id=head["id"], reason="调离")
    refused(answer, 409, "leading-group-cannot-be-without")
    changed = ok(await patch(registry, path, version=group["version"], office="监督办公室"))
    assert changed["office"] == "监督办公室"
    same = ok(await patch(registry, path, version=changed["version"], office="监督办公室"))
    assert same["version"] == changed["version"]


async def test_who_is_named_head_takes_the_place_of_the_former_and_both_are_on_record(
    registry: ServiceUnderTest,
) -> None:
    group = await established(registry)
    path = f"{GROUPS}/{group['id']}"
    registry.advance(days=40)
    day = today(registry)
    successor = {**HEAD, "name": "韩某"}
    group = ok(await post(registry, f"{path}/members", *OFFICE, **successor), 201)
    heads = [one["name"] for one in group["members"] if one["role"] == "head"]
    assert heads == ["韩某"]
    (former,) = ok(await get(registry, f"{path}/members", current="false"))["items"]
    assert (former["name"], former["left_on"]) == ("郑某", str(day))
    clerk = next(one for one in group["members"] if one["role"] == "office_staff")
    group = ok(
        await post(registry, f"{path}/release", *OFFICE, member_id=clerk["id"], reason="调离")
    )
    history = ok(await get(registry, f"{path}/members"))["items"]
    assert [(one["name"], one["reason"]) for one in history if one["left_on"]] == [
        ("郑某", None),
        ("陈某", "调离"),
    ]
    for id in (clerk["id"], str(uuid4())):
        answer = await post(registry, f"{path}/release", member_id=id, reason="调离")
        refused(answer, 404, "leading-group-no-such-member")
    assert len(await registry.facts("registry.leading_group.changed.v1")) == 2
    tomorrow = str(day + timedelta(days=1))
    answer = await post(registry, f"{path}/members", **{**CLERK, "joined_on": tomorrow})
    refused(answer, 422, "date-in-future")


async def test_a_division_has_one_leading_group(registry: ServiceUnderTest) -> None:
    answers = await asyncio.gather(
        *(post(registry, GROUPS, *OFFICE, **group_body()) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "leading-group-exists")
    group = next(answer.json() for answer in answers if answer.is_success)
    group = ok(await post(registry, f"{GROUPS}/{group['id']}/dissolve", reason="试点结束"))
    assert (group["members"], group["allowed_actions"]) == ([], [])
    await proposed(registry)
    await proposed(registry, division=DISTRICT)
    city = await post(registry, GROUPS, *BUREAU, **group_body(division="50"))
    refused(city, 422, "leading-group-not-local")


async def test_a_sibling_sees_no_group_and_proposes_none_there(registry: ServiceUnderTest) -> None:
    group = await established(registry)
    path = f"{GROUPS}/{group['id']}"
    for caller in (("township_supervision_office", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        refused(await get(registry, f"{path}/members", *caller), 404, "not-found")
        assert ok(await get(registry, GROUPS, *caller, count="exact"))["count"] == 0
        refused(await post(registry, GROUPS, *caller, **group_body()), 422, "division-unknown")
    seen = ok(await get(registry, path, "township_enforcement", TOWNSHIP))
    assert seen["allowed_actions"] == []
    queries: list[tuple[dict[str, Any], int]] = [
        ({"state": "established"}, 1),
        ({"division": DISTRICT}, 1),
        ({"division": SIBLING}, 0),
    ]
    for params, number in queries:
        assert len(ok(await get(registry, GROUPS, **params))["items"]) == number


class GroupWalk(Walk):
    """A walk that releases somebody who can be spared."""

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        if action == "release":
            spare = [one["id"] for one in thing["members"] if one["role"] == "member"]
            chosen = (spare or [str(uuid4())])[0]
            self.bodies = {**self.bodies, "release": {"member_id": chosen, "reason": "调离"}}
        return await super()._do(id, action, token, thing)


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    makers = cycle([established, proposed])

    async def create() -> Any:
        for item in ok(await get(registry, GROUPS, *BUREAU))["items"]:
            if item["state"] != "dissolved":  # a division has one
                path = f"{GROUPS}/{item['id']}/dissolve"
                ok(await post(registry, path, *BUREAU, reason="下一轮"))
        spare = [{"role": "member", "name": f"成员{n}", "post": "副镇长"} for n in range(20)]
        return await next(makers)(registry, members=[HEAD, DIRECTOR, *spare])

    walk = GroupWalk(
        registry,
        LIFECYCLE,
        BASE + GROUPS,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "proposer": registry.token("district_supervisor", DISTRICT, sub="proposer"),
            "township": registry.token("township_enforcement", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {
            "change": lambda group: {"document_no": f"青府发〔2022〕{group['version']}号"},
            "members": {"role": "member", "name": "褚某", "post": "副镇长"},
            "dissolve": {"reason": "撤销"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=1)
    assert len(walk.seen) >= 7, walk.seen
