"""Recusals: asked for by one, decided by another, and nothing is signed meanwhile."""

import asyncio
from typing import Any

from tests.oversight.scene import BUREAU_CODE, DISTRICT, Scene, refused

CHEN = {"sub": "chen", "name": "陈洁", "organisation": BUREAU_CODE}
ASKED = {"inspector": "li", "reason": "与负责人有近亲属关系"}
STAYS = {"inspector": "li", "reason": "查无此关系"}


async def asked(scene: Scene, as_: str, row: dict[str, Any]) -> dict[str, Any]:
    return await scene.step("inspections", row, "request-recusal", as_, ASKED)


async def test_a_recusal_is_asked_for_by_one_and_decided_by_another(scene: Scene) -> None:
    row = await asked(scene, scene.colleague, await scene.on_site())
    (request,) = row["recusal_requests"]
    assert (request["asked_by"], request["granted"]) == ("qian", None)
    path = f"inspections/{row['id']}"
    for step in ("recuse", "refuse-recusal"):
        body = {**ASKED, "replacement": CHEN} if step == "recuse" else STAYS
        answer = await scene.call(f"{path}/{step}", scene.colleague, body)
        refused(answer, 403, "own-recusal-request")
    again = await scene.call(f"{path}/request-recusal", scene.bureau, ASKED)
    refused(again, 409, "recusal-asked")
    nobody = {**ASKED, "inspector": "nobody"}
    answer = await scene.call(f"{path}/request-recusal", scene.bureau, nobody)
    refused(answer, 422, "inspector-not-assigned")
    granted = {"inspector": "li", "reason": "情况属实", "replacement": CHEN}
    row = await scene.step("inspections", row, "recuse", scene.supervisor, granted)
    (request,) = row["recusal_requests"]
    assert (request["granted"], request["decided_by"], request["decision"]) == (
        True,
        "zhao",
        "情况属实",
    )
    assert [one["sub"] for one in row["inspectors"]] == ["wang", "chen"]
    assert (await scene.fact_types())[-2:] == [
        "inspection.recusal_requested.v1",
        "inspection.reassigned.v1",
    ]


async def test_while_it_is_undecided_the_inspector_stops_and_nothing_is_signed(
    scene: Scene,
) -> None:
    li = scene.oversight.token("district_supervisor", DISTRICT, sub="li")
    row = await asked(scene, scene.agency, await scene.on_site())
    assert row["allowed_actions"] == ["request_recusal"]
    path = f"inspections/{row['id']}"
    assert (await scene.read(path, li))["allowed_actions"] == []
    seal = {"reason": "r"}
    refused(await scene.call(f"{path}/seal", li, seal), 403, "actor-recused")
    finding = {"inspection_id": row["id"], "code": "single-officer", "description": "x"}
    refused(await scene.call("findings", li, finding), 403, "actor-recused")
    # The others go on.
    await scene.step("inspections", row, "seal", scene.supervisor)
    refused(await scene.call(f"{path}/sign", scene.supervisor), 409, "recusal-undecided")
    await scene.done("findings", as_=scene.supervisor, json=finding, status=201)
    row = await scene.step("inspections", row, "refuse-recusal", scene.supervisor, STAYS)
    assert row["recusal_requests"][0]["granted"] is False
    refused(
        await scene.call(f"{path}/refuse-recusal", scene.supervisor, STAYS),
        409,
        "recusal-not-asked",
    )
    await scene.step("inspections", row, "sign", li)
    assert "inspection.recusal_refused.v1" in await scene.fact_types()


async def test_nobody_takes_themselves_off_but_anybody_may_ask_to_be(scene: Scene) -> None:
    li = scene.oversight.token("district_supervisor", DISTRICT, sub="li")
    row = await scene.assign()
    body = {**ASKED, "replacement": CHEN}
    answer = await scene.call(f"inspections/{row['id']}/recuse", li, body)
    refused(answer, 403, "recusal-of-oneself")
    row = await asked(scene, li, row)
    assert row["allowed_actions"] == []
    await scene.step("inspections", row, "recuse", scene.supervisor, body)


async def test_strangers_and_the_townships_office_do_not_challenge(scene: Scene) -> None:
    row = await scene.assign()
    path = f"inspections/{row['id']}/request-recusal"
    refused(await scene.call(path, scene.office, ASKED), 403, "not-the-supervisor")
    for name in ("sibling office", "other agency", "foreign district"):
        refused(await scene.call(path, scene.foreigners[name], ASKED), 404, "not-found")


async def test_a_request_that_nobody_decides_is_told_once(scene: Scene) -> None:
    row = await asked(scene, scene.colleague, await scene.assign())
    scene.oversight.advance(days=2)
    other = {"inspector": "wang", "reason": "r"}
    await scene.step("inspections", row, "request-recusal", scene.colleague, other)
    assert await scene.oversight.fire_timers() == 0
    scene.oversight.advance(days=2)
    await scene.oversight.fire_timers()
    await scene.oversight.fire_timers()
    assert (await scene.fact_types()).count("inspection.recusal_overdue.v1") == 1
    # The second one has its own day; decided, it is told no more.
    body = {"inspector": "wang", "reason": "不予回避"}
    await scene.step("inspections", row, "refuse-recusal", scene.supervisor, body)
    scene.oversight.advance(days=5)
    await scene.oversight.fire_timers()
    assert (await scene.fact_types()).count("inspection.recusal_overdue.v1") == 1


async def test_two_decisions_at_once_are_one(scene: Scene) -> None:
    row = await asked(scene, scene.agency, await scene.assign())
    answers = await asyncio.gather(
        *(
            scene.call(f"inspections/{row['id']}/refuse-recusal", who, STAYS)
            for who in (scene.supervisor, scene.colleague)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_challenge_to_a_concealed_inspection_stays_inside(scene: Scene) -> None:
    row = await scene.assign(mode="unannounced")
    answer = await scene.call(f"inspections/{row['id']}/request-recusal", scene.agency, ASKED)
    refused(answer, 404, "not-found")
    await asked(scene, scene.colleague, row)
    facts = await scene.oversight.facts()
    assert {fact["type"] for fact in facts} == {"xiejian.oversight.inspection.prepared.v1"}
    assert [fact["data"]["step"] for fact in facts] == ["assigned", "recusal_requested"]
