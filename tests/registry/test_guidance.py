"""Guiding departments and guidance sessions through HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

from services.registry.guidances.rules import LIFECYCLE
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    credit_code,
    get,
    ok,
    patch,
    post,
    published,
    refused,
    subject_body,
)
from tests.registry.test_item_lists import in_force, item
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OFFICE = ("district_supervisor", DISTRICT)


async def department(registry: ServiceUnderTest) -> Any:
    """A published body of the district."""
    body = subject_body(
        name="沙坪坝区城市管理局", level="district", division=DISTRICT, uscc=credit_code()
    )
    token = registry.token(*OFFICE, sub="clerk")
    made = ok(await registry.post(f"{BASE}/subjects", as_=token, json=body), 201)
    for step, sub in (("submit", "clerk"), ("review", "head"), ("publish", "head")):
        ok(await post(registry, f"/subjects/{made['id']}/{step}", sub=sub))
    return made


def link_body(**fields: Any) -> dict[str, Any]:
    return {
        "division": TOWNSHIP,
        "domain": "urban_management",
        "department": "沙坪坝区城市管理局",
        **fields,
    }


async def assigned(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, "/guidance-links", *OFFICE, **link_body(**fields)), 201)


def session_body(**fields: Any) -> dict[str, Any]:
    return {
        "division": DISTRICT,
        "townships": [TOWNSHIP, SIBLING],
        "kind": "case",
        "topic": "占道经营案件取证要点",
        "domains": ["urban_management"],
        "department": "沙坪坝区城市管理局",
        "planned_on": "2026-12-10",
        **fields,
    }


async def planned(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, "/guidances", *OFFICE, **session_body(**fields)), 201)


# ---------------------------------------------------------------- links


async def test_a_department_is_assigned_to_guide_a_township_and_the_assignment_ends(
    registry: ServiceUnderTest,
) -> None:
    guide = await department(registry)
    made = await assigned(registry, department_id=guide["id"], department=None)
    assert (made["state"], made["department"]) == ("active", guide["name"])
    assert made["organisation"] == guide["uscc"]
    assert made["allowed_actions"] == ["end"]
    (fact,) = await registry.facts("registry.guidance.assigned.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["department_id"] == guide["id"]
    assert fact["data"]["guided"] == "城市管理"
    path = f"/guidance-links/{made['id']}"
    for caller in (
        ("township_enforcement", TOWNSHIP, None),
        ("agency_user", DISTRICT, guide["uscc"]),
    ):
        seen = await get(registry, path, *caller[:2], organisation=caller[2])
        assert ok(seen)["allowed_actions"] == []
        answer = await post(
            registry, f"{path}/end", *caller[:2], organisation=caller[2], reason="x"
        )
        refused(answer, 403, "forbidden")
    ended = ok(await post(registry, f"{path}/end", *OFFICE, reason="职责调整"))
    assert (ended["state"], ended["reason"]) == ("ended", "职责调整")
    assert ended["ended_on"] is not None
    (fact,) = await registry.facts("registry.guidance.ended.v1")
    assert fact["data"]["reason"] == "职责调整"
    again = await post(registry, f"{path}/end", *OFFICE, reason="x")
    refused(again, 409, "transition-not-allowed")


async def test_a_domain_or_item_of_a_township_has_one_guide_at_a_time(
    registry: ServiceUnderTest,
) -> None:
    made = await in_force(registry, item())
    (one,) = ok(await get(registry, f"/item-lists/{made['id']}/items"))["items"]
    by_item = link_body(item_id=one["id"])
    del by_item["domain"]
    for body in (link_body(), by_item):
        answers = await asyncio.gather(
            *(post(registry, "/guidance-links", *OFFICE, **body) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        for answer in answers:
            if answer.status_code == 409:
                refused(answer, 409, "guidance-link-assigned-already")
    await assigned(registry, domain="health")
    await assigned(registry, division=SIBLING)
    listed = ok(await get(registry, "/guidance-links", domain="urban_management"))["items"]
    assert len(listed) == 3
    (with_item,) = ok(await get(registry, "/guidance-links", item_code=one["code"]))["items"]
    assert (with_item["item_name"], with_item["domain"]) == (one["name"], None)
    ok(await post(registry, f"/guidance-links/{with_item['id']}/end", *OFFICE, reason="调整"))
    ok(await post(registry, "/guidance-links", *OFFICE, **by_item), 201)


async def test_who_guided_on_a_day_is_found(registry: ServiceUnderTest) -> None:
    first = await assigned(registry, since="2022-06-01")
    registry.advance(days=3)
    ended = ok(await post(registry, f"/guidance-links/{first['id']}/end", *OFFICE, reason="调整"))
    early = link_body(since="2023-01-01")
    answer = await post(registry, "/guidance-links", *OFFICE, **early)
    refused(answer, 422, "dated-too-early-or-late")
    second = await assigned(registry, department="区综合执法局")

    async def ids(**params: Any) -> list[str]:
        found = ok(await get(registry, "/guidance-links", division=TOWNSHIP, **params))
        return [one["id"] for one in found["items"]]

    assert await ids(as_of="2022-05-31") == []
    assert await ids(as_of="2022-06-01") == [first["id"]]
    assert await ids(as_of=ended["ended_on"]) == [second["id"]]
    assert await ids(state="ended") == [first["id"]]
    path = f"/guidance-links/{first['id']}"
    then = ok(await get(registry, path, as_of="2023-01-01"))
    assert (then["state"], then["ended_on"], then["allowed_actions"]) == ("active", None, [])
    refused(await get(registry, path, as_of=ended["ended_on"]), 404, "not-found")


async def test_a_guide_is_a_published_department_for_a_domain_or_an_item_of_a_township(
    registry: ServiceUnderTest,
) -> None:
    own = await published(registry)
    guide = await department(registry)
    ok(await post(registry, f"/subjects/{guide['id']}/suspend", reason="整顿"))
    superseded = await in_force(registry, item(), since="2023-07-01")
    (former,) = ok(await get(registry, f"/item-lists/{superseded['id']}/items"))["items"]
    await in_force(registry, item())
    for fields, code in (
        ({"division": DISTRICT}, "guidance-not-for-a-township"),
        ({"domain": None}, "guidance-of-domain-or-item"),
        ({"item_id": former["id"]}, "guidance-of-domain-or-item"),
        ({"item_id": former["id"], "domain": None}, "guidance-item-not-in-force"),
        ({"department": None}, "guidance-without-department"),
        ({"department_id": own["id"]}, "guidance-by-the-guided"),
        ({"department_id": guide["id"]}, "guidance-department-not-published"),
    ):
        body: dict[str, Any] = link_body(**fields)
        refused(await post(registry, "/guidance-links", *OFFICE, **body), 422, code)
    foreign = link_body(division=FOREIGN_TOWNSHIP)
    refused(await post(registry, "/guidance-links", *OFFICE, **foreign), 422, "division-unknown")
    made = await assigned(registry)
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        path = f"/guidance-links/{made['id']}"
        refused(await get(registry, path, *caller), 404, "not-found")
        assert ok(await get(registry, "/guidance-links", *caller, count="exact"))["count"] == 0


# ---------------------------------------------------------------- sessions


async def test_a_session_is_planned_held_and_reviewed(registry: ServiceUnderTest) -> None:
    made = await planned(registry)
    assert (made["state"], made["participants"]) == ("planned", None)
    assert made["allowed_actions"] == ["change", "hold", "cancel"]
    path = f"/guidances/{made['id']}"
    changed = ok(await patch(registry, path, version=1, topic="取证要点", townships=[SIBLING]))
    assert (changed["topic"], changed["townships"]) == ("取证要点", [SIBLING])
    same = ok(await patch(registry, path, version=2, topic="取证要点"))
    assert same["version"] == 2
    body: dict[str, Any] = {"participants": 36, "material": "案例〔2026〕12号"}
    held = ok(await post(registry, f"{path}/hold", *OFFICE, sub="clerk", **body))
    assert (held["state"], held["participants"]) == ("held", 36)
    assert held["material"] == "案例〔2026〕12号"
    assert held["allowed_actions"] == []
    own = await post(registry, f"{path}/review", *OFFICE, sub="clerk", remarks="好")
    refused(own, 409, "guidance-session-self-review")
    final = ok(await post(registry, f"{path}/review", *OFFICE, sub="head", remarks="差错减少"))
    assert (final["state"], final["remarks"]) == ("reviewed", "差错减少")
    facts = await registry.facts()
    verbs = [fact["type"].removeprefix("xiejian.registry.guidance_session.") for fact in facts]
    assert verbs == ["planned.v1", "changed.v1", "held.v1", "reviewed.v1"]
    assert facts[2]["data"]["participants"] == 36
    assert facts[0]["division"] == f"50.{DISTRICT}._"


async def test_a_session_is_not_held_before_its_day(registry: ServiceUnderTest) -> None:
    made = await planned(registry)
    coming = (registry.today() + timedelta(days=1)).isoformat()
    body: dict[str, Any] = {"participants": 3, "on": coming}
    answer = await post(registry, f"/guidances/{made['id']}/hold", *OFFICE, **body)
    refused(answer, 422, "guidance-session-to-come")


async def test_the_townships_that_are_guided_read_the_session_and_no_others(
    registry: ServiceUnderTest,
) -> None:
    made = await planned(registry, townships=[TOWNSHIP])
    path = f"/guidances/{made['id']}"
    for role in ("township_enforcement", "township_supervision_office"):
        assert ok(await get(registry, path, role, TOWNSHIP))["allowed_actions"] == []
        refused(await get(registry, path, role, SIBLING), 404, "not-found")
    version = made["version"]
    ok(await patch(registry, path, version=version, townships=[SIBLING]))
    refused(await get(registry, path, "township_enforcement", TOWNSHIP), 404, "not-found")
    ok(await get(registry, path, "township_enforcement", SIBLING))
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    (listed,) = ok(await get(registry, "/guidances", "township_enforcement", SIBLING))["items"]
    assert listed["id"] == made["id"]


async def test_a_department_guides_the_townships_of_its_division(
    registry: ServiceUnderTest,
) -> None:
    for fields, code in (
        ({"townships": [TOWNSHIP, FOREIGN_TOWNSHIP]}, "guidance-session-elsewhere"),
        ({"townships": [DISTRICT]}, "guidance-session-elsewhere"),
        ({"townships": ["500199999"]}, "guidance-session-elsewhere"),
        ({"division": TOWNSHIP}, "guidance-session-by-a-township"),
    ):
        body: dict[str, Any] = session_body(**fields)
        refused(await post(registry, "/guidances", *OFFICE, **body), 422, code)
    city = session_body(division="50", townships=[TOWNSHIP, FOREIGN_TOWNSHIP])
    ok(await post(registry, "/guidances", "bureau_supervisor", "50", **city), 201)
    elsewhere = session_body(division=FOREIGN, townships=[FOREIGN_TOWNSHIP])
    refused(await post(registry, "/guidances", *OFFICE, **elsewhere), 422, "division-unknown")


async def test_a_department_plans_for_itself_and_does_not_review(
    registry: ServiceUnderTest,
) -> None:
    guide = await department(registry)
    agency = {"organisation": guide["uscc"]}
    named = session_body()
    answer = await post(registry, "/guidances", "agency_user", DISTRICT, **agency, **named)
    refused(answer, 403, "not-in-charge")
    body = session_body(department_id=guide["id"])
    answer = await post(registry, "/guidances", "agency_user", DISTRICT, **agency, **body)
    made = ok(answer, 201)
    path = f"/guidances/{made['id']}"
    held = await post(registry, f"{path}/hold", "agency_user", DISTRICT, **agency, participants=3)
    assert ok(held)["allowed_actions"] == []
    answer = await post(registry, f"{path}/review", "agency_user", DISTRICT, **agency, remarks="x")
    refused(answer, 403, "forbidden")
    ok(await post(registry, f"{path}/review", *OFFICE, remarks="有效"))


async def test_sessions_are_found_by_what_they_are(registry: ServiceUnderTest) -> None:
    one = await planned(registry, townships=[TOWNSHIP])
    two = await planned(
        registry, townships=[SIBLING], kind="shadow", domains=["health"], planned_on="2026-11-01"
    )
    for params, found in (
        ({}, [one, two]),
        ({"kind": "shadow"}, [two]),
        ({"domain": "health"}, [two]),
        ({"township": TOWNSHIP}, [one]),
        ({"planned_from": "2026-12-01"}, [one]),
        ({"planned_to": "2026-11-30"}, [two]),
        ({"state": "held"}, []),
        ({"division": DISTRICT, "sort": "planned_on"}, [two, one]),
    ):
        sought: dict[str, Any] = params
        listed = ok(await get(registry, "/guidances", **sought))["items"]
        assert [each["id"] for each in listed] == [each["id"] for each in found], params


async def test_allowed_actions_are_what_succeeds(registry: ServiceUnderTest) -> None:
    async def create() -> Any:
        return await planned(registry)

    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/guidances",
        create,
        callers={
            "city": registry.token("bureau_supervisor", "50", sub="head"),
            "district": registry.token(*OFFICE, sub="clerk"),
            "guided": registry.token("township_enforcement", TOWNSHIP),
            "agency": registry.token("agency_user", DISTRICT, organisation=credit_code()),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"topic": f"第{thing['version']}讲"},
            "hold": {"participants": 12},
            "review": {"remarks": "有效"},
            "cancel": {"reason": "汛期"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed)
    assert {action for _, action in walk.seen} == {t.action for t in LIFECYCLE.transitions}
