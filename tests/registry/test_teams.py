"""A township's one team: units merged, officers sent down, one team at a time."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registry.teams.rules import LIFECYCLE
from shared.clock import legal_day
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
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
from tests.servers import ServiceUnderTest
from tests.walks import Walk

TOWN = ("township_enforcement", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
TEAMS = "/teams"


def team_body(subject: Any, **fields: Any) -> dict[str, Any]:
    return {
        "subject_id": subject["id"],
        "name": "青木关镇综合行政执法大队",
        "leader": "周某",
        "domains": ["urban_management"],
        "units": [{"name": "城管执法中队"}, {"name": "应急办公室"}],
        **fields,
    }


async def planned(registry: ServiceUnderTest, subject: Any, **fields: Any) -> Any:
    answer = await post(registry, TEAMS, *BUREAU, sub="planner", **team_body(subject, **fields))
    return ok(answer, 201)


async def formed(registry: ServiceUnderTest, division: str = TOWNSHIP) -> Any:
    subject = await published(registry, division=division)
    team = await planned(registry, subject)
    return ok(await post(registry, f"{TEAMS}/{team['id']}/form", *BUREAU, sub="head"))


async def bureau_officer(registry: ServiceUnderTest, **fields: Any) -> Any:
    """An officer of a body of the district."""
    body = await published(
        registry, division=DISTRICT, level="district", name="沙坪坝区城市管理局", **fields
    )
    return await officer(registry, body)


def today(registry: ServiceUnderTest) -> date:
    return legal_day(registry.app.state.clock.now())


async def test_a_team_is_planned_by_the_township_and_formed_by_the_district(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    unit = await published(registry, name="青木关镇应急管理办公室")
    body = team_body(subject, units=[{"subject_id": unit["id"]}, {"name": "城管执法中队"}])
    team = ok(await post(registry, TEAMS, *TOWN, sub="planner", **body), 201)
    assert team["units"] == [
        {"subject_id": unit["id"], "name": "青木关镇应急管理办公室"},
        {"subject_id": None, "name": "城管执法中队"},
    ]
    assert (team["state"], team["division"], team["officers"]) == ("planned", TOWNSHIP, 0)
    path = f"{TEAMS}/{team['id']}"
    refused(await post(registry, f"{path}/form", *TOWN), 403, "forbidden")
    own = await post(registry, f"{path}/form", sub="planner")
    refused(own, 409, "team-formed-by-planner")
    team = ok(await post(registry, f"{path}/form", sub="head"))
    assert (team["state"], team["formed_on"]) == ("formed", today(registry).isoformat())
    told = (await registry.facts())[-1]
    assert told["type"] == "xiejian.registry.team.formed.v1"
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert told["data"]["units"] == ["青木关镇应急管理办公室", "城管执法中队"]
    assert told["data"]["organisation"] == subject["uscc"]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"leader": None}, ["leader"]),
        ({"units": []}, ["units"]),
        ({"domains": [], "leader": None}, ["leader", "domains"]),
    ],
)
async def test_a_team_without_leader_units_or_domains_is_not_formed(
    registry: ServiceUnderTest, fields: dict[str, Any], missing: list[str]
) -> None:
    team = await planned(registry, await published(registry), **fields)
    answer = await post(registry, f"{TEAMS}/{team['id']}/form", sub="head")
    assert refused(answer, 422, "team-incomplete")["details"]["missing"] == missing


async def test_a_team_enforces_in_the_name_of_a_published_subject_of_a_township(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    team = await planned(registry, subject)
    ok(await post(registry, f"/subjects/{subject['id']}/suspend", reason="整顿"))
    answer = await post(registry, f"{TEAMS}/{team['id']}/form", sub="head")
    refused(answer, 422, "team-subject-not-published")
    district = await published(registry, division=DISTRICT, level="district")
    answer = await post(registry, TEAMS, *BUREAU, **team_body(district))
    assert refused(answer, 422, "team-not-in-township")["details"]["level"] == "district"


async def test_a_unit_is_a_subject_or_a_name(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    for unit in ({}, {"name": "中队", "subject_id": subject["id"]}):
        answer = await post(registry, TEAMS, *TOWN, **team_body(subject, units=[unit]))
        assert wrong_fields(answer) == {("/units/0", "unit-named-once")}


async def test_a_township_has_one_team(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    answers = await asyncio.gather(
        *(post(registry, TEAMS, *TOWN, **team_body(subject)) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "team-exists")
    team = next(answer.json() for answer in answers if answer.is_success)
    ok(await post(registry, f"{TEAMS}/{team['id']}/dissolve", reason="方案未获同意"))
    await planned(registry, subject)


async def test_an_officer_is_sent_down_and_recalled(registry: ServiceUnderTest) -> None:
    team = await formed(registry)
    path = f"{TEAMS}/{team['id']}"
    person = await bureau_officer(registry)
    local = await officer(registry, {"id": team["subject_id"]})
    team = ok(await post(registry, f"{path}/assign", officer_id=person["id"]))
    team = ok(await post(registry, f"{path}/assign", officer_id=local["id"]))
    assert (team["officers"], team["sent_down"]) == (2, 1)
    sent = ok(await get(registry, f"{path}/officers", *TOWN))["items"]
    assert [(one["home_unit"], one["sent_down"]) for one in sent] == [
        ("沙坪坝区城市管理局", True),
        ("青木关镇人民政府", False),
    ]
    told = (await registry.facts("registry.team.officer_assigned.v1"))[0]["data"]
    assert (told["officer_id"], told["home_subject_id"]) == (person["id"], person["subject_id"])
    assert told["from_on"] == today(registry).isoformat()
    team = ok(await post(registry, f"{path}/recall", officer_id=person["id"], reason="轮换"))
    assert (team["officers"], team["sent_down"]) == (1, 0)
    again = await post(registry, f"{path}/recall", officer_id=person["id"], reason="轮换")
    refused(again, 404, "officer-not-in-team")
    (former,) = ok(await get(registry, f"{path}/officers", current="false"))["items"]
    assert (former["officer_id"], former["reason"]) == (person["id"], "轮换")
    (recalled,) = await registry.facts("registry.team.officer_recalled.v1")
    assert recalled["data"]["ended_on"] == today(registry).isoformat()


async def test_an_officer_is_in_one_team_at_a_time(registry: ServiceUnderTest) -> None:
    person = await bureau_officer(registry)
    teams = [await formed(registry, TOWNSHIP), await formed(registry, SIBLING)]
    answers = await asyncio.gather(
        *(
            post(registry, f"{TEAMS}/{team['id']}/assign", officer_id=person["id"])
            for team in teams * 2
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "officer-in-team")
    assert len(await registry.facts("registry.team.officer_assigned.v1")) == 1
    holder = next(answer.json() for answer in answers if answer.is_success)
    other = next(team for team in teams if team["id"] != holder["id"])
    ok(
        await post(
            registry, f"{TEAMS}/{holder['id']}/recall", officer_id=person["id"], reason="轮换"
        )
    )
    ok(await post(registry, f"{TEAMS}/{other['id']}/assign", officer_id=person["id"]))


async def test_an_assignment_ends_by_itself_after_its_last_day(registry: ServiceUnderTest) -> None:
    team, person = await formed(registry), await bureau_officer(registry)
    path = f"{TEAMS}/{team['id']}"
    day = today(registry)
    for fields, code in (
        ({"to_on": day - timedelta(days=1)}, "team-assignment-over"),
        ({"from_on": day + timedelta(days=1)}, "date-in-future"),
    ):
        told: dict[str, Any] = {name: value.isoformat() for name, value in fields.items()}
        answer = await post(registry, f"{path}/assign", officer_id=person["id"], **told)
        refused(answer, 422, code)
    last = (day + timedelta(days=30)).isoformat()
    ok(await post(registry, f"{path}/assign", officer_id=person["id"], to_on=last))
    registry.advance(days=30)
    assert await registry.fire_timers() == 0
    registry.advance(days=1)
    assert await registry.fire_timers() == 1
    assert ok(await get(registry, path))["officers"] == 0
    (told_,) = await registry.facts("registry.team.officer_recalled.v1")
    assert told_["data"]["to_on"] == last


async def test_who_leaves_post_leaves_the_team_with_it(registry: ServiceUnderTest) -> None:
    team, person = await formed(registry), await bureau_officer(registry)
    path = f"{TEAMS}/{team['id']}"
    to_on = (today(registry) + timedelta(days=30)).isoformat()
    ok(await post(registry, f"{path}/assign", officer_id=person["id"], to_on=to_on))
    ok(await post(registry, f"/officers/{person['id']}/retire", reason="退休"))
    [served] = ok(await get(registry, f"{path}/officers"))["items"]
    assert (served["ended_on"], served["reason"]) == (today(registry).isoformat(), "退休")
    [told] = await registry.facts("registry.team.officer_recalled.v1")
    assert told["data"]["officer_id"] == person["id"]
    registry.advance(days=40)
    await registry.fire_timers()  # nobody returns twice
    assert len(await registry.facts("registry.team.officer_recalled.v1")) == 1


async def test_a_retirement_and_an_assignment_at_once_leave_nobody_off_post_in_a_team(
    registry: ServiceUnderTest,
) -> None:
    team = await formed(registry)
    path = f"{TEAMS}/{team['id']}"
    for _ in range(3):
        person = await bureau_officer(registry)
        await asyncio.gather(
            post(registry, f"{path}/assign", officer_id=person["id"]),
            post(registry, f"/officers/{person['id']}/retire", reason="退休"),
        )
        ok(await get(registry, f"/officers/{person['id']}"))
    serving = ok(await get(registry, f"{path}/officers", count="exact"))["items"]
    left = [one for one in serving if one["ended_on"] is None]
    for one in left:
        officer = ok(await get(registry, f"/officers/{one['officer_id']}"))
        assert officer["state"] == "on_post"


async def test_who_is_off_post_or_of_another_district_is_not_sent_down(
    registry: ServiceUnderTest,
) -> None:
    team, person = await formed(registry), await bureau_officer(registry)
    path = f"{TEAMS}/{team['id']}/assign"
    ok(await post(registry, f"/officers/{person['id']}/retire", reason="退休"))
    refused(await post(registry, path, officer_id=person["id"]), 422, "officer-off-post")
    foreign = await officer(registry, await published(registry, division=FOREIGN_TOWNSHIP))
    for id in (foreign["id"], str(uuid4())):
        refused(await post(registry, path, officer_id=id), 404, "not-found")
    subject = await published(registry, division=FOREIGN_TOWNSHIP)
    for id in (subject["id"], str(uuid4())):
        body = {**team_body(subject), "subject_id": id}
        refused(await post(registry, TEAMS, **body), 404, "not-found")
        own = await published(registry, division=SIBLING)
        body = team_body(own, units=[{"subject_id": id}])
        refused(await post(registry, TEAMS, **body), 404, "not-found")


async def test_a_team_is_reorganised_and_dissolved_with_all_who_serve_in_it(
    registry: ServiceUnderTest,
) -> None:
    team, person = await formed(registry), await bureau_officer(registry)
    path = f"{TEAMS}/{team['id']}"
    ok(await post(registry, f"{path}/assign", officer_id=person["id"], to_on="2100-01-01"))
    refused(
        await patch(registry, path, version=team["version"] + 1, leader="吴某"),
        409,
        "transition-not-allowed",
    )
    units = [{"name": "综合行政执法办公室"}]
    team = ok(await post(registry, f"{path}/reorganise", leader="吴某", units=units, reason="调整"))
    assert (team["state"], team["leader"], team["officers"]) == ("reorganised", "吴某", 1)
    assert [unit["name"] for unit in team["units"]] == ["综合行政执法办公室"]
    team = ok(await post(registry, f"{path}/dissolve", reason="机构改革"))
    assert (team["state"], team["officers"], team["allowed_actions"]) == ("dissolved", 0, [])
    (told,) = await registry.facts("registry.team.dissolved.v1")
    assert told["data"]["officer_ids"] == [person["id"]]
    assert await registry.facts("registry.team.officer_recalled.v1") == []
    registry.advance(days=30_000)
    assert await registry.fire_timers() == 0


async def test_a_plan_is_changed_and_a_sibling_sees_nothing_of_it(
    registry: ServiceUnderTest,
) -> None:
    team = await planned(registry, await published(registry))
    path = f"{TEAMS}/{team['id']}"
    told = ok(await patch(registry, path, *TOWN, version=1, leader="吴某"))
    assert (told["leader"], told["version"]) == ("吴某", 2)
    assert ok(await patch(registry, path, *TOWN, version=2, leader="吴某"))["version"] == 2
    assert len(await registry.facts("registry.team.changed.v1")) == 1
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        refused(await get(registry, f"{path}/officers", *caller), 404, "not-found")
        assert ok(await get(registry, TEAMS, *caller, count="exact"))["count"] == 0
    queries: list[tuple[dict[str, Any], int]] = [
        ({"state": "planned"}, 1),
        ({"domain": "health"}, 0),
        ({"subject_id": team["subject_id"]}, 1),
        ({"division": SIBLING}, 0),
    ]
    for params, number in queries:
        assert len(ok(await get(registry, TEAMS, **params))["items"]) == number


class TeamWalk(Walk):
    """A walk that sends down who is free, and recalls who serves."""

    free: Iterator[Any]

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        if action == "assign":
            self.bodies = {**self.bodies, "assign": {"officer_id": next(self.free)["id"]}}
        if action == "recall":
            serving = ok(await get(self.service, f"{TEAMS}/{id}/officers", *BUREAU, current=True))
            known = [one["officer_id"] for one in serving["items"]] or [str(uuid4())]
            self.bodies = {**self.bodies, "recall": {"officer_id": known[0], "reason": "轮换"}}
        return await super()._do(id, action, token, thing)


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    body = await published(registry, division=DISTRICT, level="district")
    people = [await officer(registry, body) for _ in range(80)]

    async def create() -> Any:
        for item in ok(await get(registry, TEAMS, *BUREAU))["items"]:
            if item["state"] != "dissolved":  # a township has one team
                path = f"{TEAMS}/{item['id']}/dissolve"
                ok(await post(registry, path, *BUREAU, reason="下一轮"))
        return await planned(registry, await published(registry))

    walk = TeamWalk(
        registry,
        LIFECYCLE,
        BASE + TEAMS,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "planner": registry.token("district_supervisor", DISTRICT, sub="planner"),
            "township": registry.token(*TOWN),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {
            "change": lambda team: {"leader": f"第{team['version']}任"},
            "reorganise": {"leader": "吴某", "reason": "调整"},
            "dissolve": {"reason": "撤销"},
        },
    )
    walk.free = iter(people)
    for seed in (1, 2):
        await walk.run(seed=seed, alive=1)
    assert len(walk.seen) >= 7, walk.seen
