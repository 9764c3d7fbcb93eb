"""Powers handed down to townships, through HTTP."""

import asyncio
import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services.registry.empowerments.rules import LIFECYCLE
from services.registry.empowerments.tables import Empowerment
from shared.timers import Timer
from tests.registry.handing_over import (
    BUREAU,
    capable_township,
    empowered,
    empowerment_body,
    lead_on,
    office,
    propose,
    today,
)
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    active_power,
    certified,
    drafted,
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

CHECK: dict[str, Any] = {"equipment": True, "premises": True, "opinion": "能够有效承接"}


async def scene(registry: ServiceUnderTest) -> tuple[Any, Any, Any]:
    """A district's body, a power of it that townships may have, and a township that is able to."""
    grantor = await office(registry)
    power = await active_power(registry, grantor, township_allowed=True)
    return grantor, power, await capable_township(registry)


async def test_a_power_is_handed_down_step_by_step_and_taken_back(
    registry: ServiceUnderTest,
) -> None:
    grantor, power, township = await scene(registry)
    made = ok(await propose(registry, power, township), 201)
    assert (made["state"], made["version"], made["division"]) == ("proposed", 1, TOWNSHIP)
    assert (made["organisation"], made["grantor_organisation"]) == (
        township["uscc"],
        grantor["uscc"],
    )
    async with registry.session() as session:
        row = (await session.scalars(select(Empowerment))).one()
    assert (row.district, row.township, row.parties) == (DISTRICT, TOWNSHIP, [grantor["uscc"]])
    made = await lead_on(registry, made, "takeover")
    assert made["state"] == "cases_handed_over"
    assert made["capacity"]["certified_officers"] == 2
    assert made["handover"] == {
        "cases": 3,
        "list_ref": "移交清单1号",
        "on": (await today(registry)).isoformat(),
    }
    await registry.fire_timers()
    path = f"/empowerments/{made['id']}"
    made = ok(await get(registry, path))
    assert (made["state"], made["began_on"]) == ("in_force", (await today(registry)).isoformat())
    assert made["due_at"] is not None and not made["overdue"]
    body: dict[str, Any] = {"reason": "承接能力不足", "cases": 1, "list_ref": "退回清单1号"}
    back = ok(await post(registry, f"{path}/withdraw", **body))
    assert (back["state"], back["reason"], back["handback"]["cases"]) == (
        "withdrawn",
        "承接能力不足",
        1,
    )
    assert (back["allowed_actions"], back["due_at"]) == ([], None)
    told = [f for f in await registry.facts() if ".empowerment." in f["type"]]
    assert [f["type"].split(".")[-2] for f in told] == [
        *("proposed", "capacity_checked", "trained", "cases_handed_over", "cases_taken_over"),
        *("began", "withdrawn"),
    ]
    for fact in told:
        assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
        data = fact["data"]
        assert (data["power_id"], data["power_code"]) == (power["id"], power["code"])
        assert (data["subject_id"], data["grantor_id"]) == (township["id"], grantor["id"])
    assert [f["data"]["cases"] for f in told if "cases" in f["data"]] == [3, 3, 1]
    async with registry.session() as session:
        left = await session.scalars(select(Timer).where(Timer.kind.startswith("empowerment")))
        assert left.all() == []


async def test_a_township_without_enough_certified_officers_is_refused(
    registry: ServiceUnderTest,
) -> None:
    grantor = await office(registry)
    power = await active_power(registry, grantor, township_allowed=True)
    township = await published(registry)
    await certified(registry, township, number="渝A-0001", valid_to="2033-01-01")
    await officer(registry, township)  # on post, but without a certificate
    made = ok(await propose(registry, power, township), 201)
    path = f"/empowerments/{made['id']}"
    assert "check" not in ok(await get(registry, path))["allowed_actions"]
    answer = await post(registry, f"{path}/check", **CHECK)
    problem = refused(answer, 409, "empowerment-capacity-short")
    assert problem["details"]["certified_officers"] == 1
    second = await certified(registry, township, number="渝A-0002", valid_to="2033-01-01")
    assert "check" in ok(await get(registry, path))["allowed_actions"]
    suspend = f"/officers/{second['id']}/certificate/suspend"
    ok(await post(registry, suspend, reason="立案"))
    refused(await post(registry, f"{path}/check", **CHECK), 409, "empowerment-capacity-short")
    ok(await post(registry, f"/officers/{second['id']}/certificate/reinstate"))
    for lacking in ({"equipment": False}, {"premises": False}):
        answer = await post(registry, f"{path}/check", **{**CHECK, **lacking})
        refused(answer, 409, "empowerment-capacity-short")
    checked = ok(await post(registry, f"{path}/check", **CHECK))
    assert checked["state"] == "capacity_checked"
    (fact,) = await registry.facts("registry.empowerment.capacity_checked.v1")
    assert fact["data"]["certified_officers"] == 2


async def test_only_what_is_allowed_to_townships_is_handed_down(
    registry: ServiceUnderTest,
) -> None:
    grantor, power, township = await scene(registry)
    kept = await active_power(registry, grantor, township_allowed=False)
    answer = await propose(registry, kept, township)
    refused(answer, 409, "empowerment-power-not-for-townships")
    repeal = f"/powers/{power['id']}/repeal"
    ok(await post(registry, repeal, *BUREAU, sub="head", reason="废止"))
    refused(await propose(registry, power, township), 409, "power-not-active")


async def test_a_power_of_the_district_goes_to_a_township_of_the_district(
    registry: ServiceUnderTest,
) -> None:
    _, power, township = await scene(registry)
    foreign = await published(registry, division=FOREIGN_TOWNSHIP)
    answer = await propose(registry, power, foreign)
    problem = refused(answer, 422, "empowerment-power-not-of-the-district")
    assert "第二十四条" in problem["detail"]
    city = await office(registry, level="city", division="50", name="市城市管理局")
    of_city = await active_power(registry, city, township_allowed=True)
    answer = await propose(registry, of_city, township)
    refused(answer, 422, "empowerment-power-not-of-the-district")
    of_township = await active_power(registry, township, township_allowed=True)
    answer = await propose(registry, of_township, township)
    refused(answer, 422, "empowerment-power-not-of-the-district")
    draft = await drafted(registry, division=SIBLING)
    for subject in (draft, await office(registry, name="沙坪坝区水利局")):
        answer = await propose(registry, power, subject)
        refused(answer, 422, "empowerment-township-not-published")


async def test_the_decision_is_public_before_it_takes_effect(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    day = await today(registry)
    body = empowerment_body(power, township, day)
    for decision, effective_on in (
        ({"published_on": (day + timedelta(days=1)).isoformat()}, None),
        ({"decided_on": "2026-06-02", "published_on": "2026-06-01"}, None),
        ({}, "2026-05-31"),
    ):
        tried = {**body, "decision": {**body["decision"], **decision}}
        tried |= {"effective_on": effective_on} if effective_on else {}
        answer = await post(registry, "/empowerments", *BUREAU, **tried)
        refused(answer, 422, "empowerment-day-impossible")
    without = {**body, "decision": {**body["decision"], "decision_no": ""}}
    answer = await post(registry, "/empowerments", *BUREAU, **without)
    assert {pointer for pointer, _ in wrong_fields(answer)} == {"/decision/decision_no"}


async def test_a_township_has_a_power_once(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    made = ok(await propose(registry, power, township), 201)
    refused(await propose(registry, power, township), 409, "empowerment-exists")
    ok(await propose(registry, power, await published(registry, division=SIBLING)), 201)
    ok(await post(registry, f"/empowerments/{made['id']}/drop", reason="暂缓"))
    ok(await propose(registry, power, township), 201)


async def test_of_many_proposals_at_once_one_wins(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    answers = await asyncio.gather(
        *(propose(registry, power, township, sub=f"clerk-{n}") for n in range(8))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(201) == 1, codes
    assert "empowerment-exists" in {answer.json().get("code") for answer in answers}
    assert len(await registry.facts("registry.empowerment.proposed.v1")) == 1


async def test_who_proposed_it_does_not_check_it(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    made = ok(await propose(registry, power, township, sub="clerk"), 201)
    path = f"/empowerments/{made['id']}"
    later = {"effective_on": (await today(registry) + timedelta(days=9)).isoformat()}
    changed = ok(await patch(registry, path, *BUREAU, version=1, **later))
    assert changed["effective_on"] == later["effective_on"]
    same = ok(await patch(registry, path, *BUREAU, version=2, **later))
    assert same["version"] == 2
    changer = (await registry.facts("registry.empowerment.changed.v1"))[0]["actor"]
    for sub in ("clerk", changer):
        answer = await post(registry, f"{path}/check", *BUREAU, sub=sub, **CHECK)
        refused(answer, 409, "empowerment-self-check")
    ok(await post(registry, f"{path}/check", *BUREAU, sub="head", **CHECK))


async def test_running_cases_change_hands_by_two_who_confirm(registry: ServiceUnderTest) -> None:
    grantor, power, township = await scene(registry)
    made = await lead_on(registry, ok(await propose(registry, power, township), 201), "train")
    path = f"/empowerments/{made['id']}"
    body = ("agency_user", DISTRICT)
    own: dict[str, Any] = {"organisation": grantor["uscc"]}
    theirs = ("township_enforcement", TOWNSHIP)

    refused(await post(registry, f"{path}/takeover", *theirs), 409, "empowerment-cases-not-listed")
    answer = await post(registry, f"{path}/handover", *body, **own, cases=3)
    assert ("", "cases-not-listed") in wrong_fields(answer)
    cases: dict[str, Any] = {"cases": 3, "list_ref": "移交清单1号"}
    # Each side does its own part.
    refused(await post(registry, f"{path}/handover", *theirs, **cases), 403, "not-in-charge")
    tomorrow = (await today(registry) + timedelta(days=1)).isoformat()
    answer = await post(registry, f"{path}/handover", *body, **own, **cases, on=tomorrow)
    refused(answer, 422, "empowerment-day-impossible")
    ok(await post(registry, f"{path}/handover", *body, **own, **cases))
    answer = await post(registry, f"{path}/handover", *body, **own, **cases)
    refused(answer, 409, "empowerment-cases-listed")
    refused(await post(registry, f"{path}/takeover", *body, **own), 403, "not-in-charge")
    yesterday = (await today(registry) - timedelta(days=1)).isoformat()
    answer = await post(registry, f"{path}/takeover", *theirs, on=yesterday)
    refused(answer, 422, "empowerment-day-impossible")
    taken = ok(await post(registry, f"{path}/takeover", *theirs))
    assert taken["state"] == "cases_handed_over"


async def test_one_person_does_not_stand_on_both_sides(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    made = await lead_on(registry, ok(await propose(registry, power, township), 201), "train")
    path = f"/empowerments/{made['id']}"
    ok(await post(registry, f"{path}/handover", sub="li", cases=0))
    refused(await post(registry, f"{path}/takeover", sub="li"), 409, "empowerment-same-hand")
    ok(await post(registry, f"{path}/takeover", sub="wang"))
    async with registry.session() as session:
        with pytest.raises(IntegrityError, match="ck_empowerment_two_hands"):
            await session.execute(update(Empowerment).values(taken_by="li"))


async def test_a_power_begins_on_its_day(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    day = (await today(registry) + timedelta(days=20)).isoformat()
    made = ok(await propose(registry, power, township, effective_on=day), 201)
    made = await lead_on(registry, made, "takeover")
    await registry.fire_timers()
    path = f"/empowerments/{made['id']}"
    assert ok(await get(registry, path))["state"] == "cases_handed_over"
    registry.advance(days=20)
    await registry.fire_timers()
    seen = ok(await get(registry, path))
    assert (seen["state"], seen["began_on"], seen["since"]) == ("in_force", day, day)
    assert len(await registry.facts("registry.empowerment.began.v1")) == 1


async def test_an_evaluation_is_due_each_year_and_told(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    made = await empowered(registry, power, township)
    path = f"/empowerments/{made['id']}"
    registry.advance(days=340)
    await registry.fire_timers()
    (fact,) = await registry.facts("registry.empowerment.evaluation_due.v1")
    assert fact["data"]["evaluation_due_at"][:19] == made["due_at"][:19]
    assert not ok(await get(registry, path))["overdue"]
    registry.advance(days=30)
    await registry.fire_timers()
    assert len(await registry.facts("registry.empowerment.evaluation_overdue.v1")) == 1
    assert ok(await get(registry, path))["overdue"]
    listed = ok(await get(registry, "/empowerments", overdue="true"))["items"]
    assert [item["id"] for item in listed] == [made["id"]]

    async def evaluate(**body: Any) -> Response:
        return await post(registry, f"{path}/evaluate", report="全年办案32件", **body)

    assert ("", "measures-missing") in wrong_fields(await evaluate(result="adjust"))
    kept = ok(await evaluate(result="adjust", measures="补充装备"))
    assert (kept["state"], kept["overdue"]) == ("in_force", False)
    assert date.fromisoformat(kept["due_at"][:10]) > await today(registry)
    registry.advance(days=300)
    ended = ok(await evaluate(result="withdraw"))
    assert (ended["due_at"], ended["evaluation"]["result"]) == (None, "withdraw")
    registry.advance(days=400)
    assert await registry.fire_timers() == 0
    results = await registry.facts("registry.empowerment.evaluated.v1")
    assert [f["data"]["result"] for f in results] == ["adjust", "withdraw"]


async def test_an_empowerment_is_shown_as_it_was_on_a_day(registry: ServiceUnderTest) -> None:
    _, power, township = await scene(registry)
    made = await empowered(registry, power, township)
    path = f"/empowerments/{made['id']}"
    registry.advance(days=5)
    back = ok(await post(registry, f"{path}/withdraw", reason="收回", cases=0))
    then = ok(await get(registry, path, as_of=made["since"]))
    assert (then["state"], then["handback"], then["allowed_actions"]) == ("in_force", None, [])
    assert ok(await get(registry, path, as_of=back["since"]))["state"] == "withdrawn"
    for day, state in ((made["since"], "in_force"), (back["since"], "withdrawn")):
        listed = await get(registry, "/empowerments", as_of=day, state=state)
        assert [item["id"] for item in ok(listed)["items"]] == [made["id"]]


async def test_empowerments_are_listed_by_who_and_what_to_those_they_concern(
    registry: ServiceUnderTest,
) -> None:
    grantor, power, township = await scene(registry)
    made = ok(await propose(registry, power, township), 201)
    other = await active_power(registry, grantor, township_allowed=True, domains=["health"])
    second = ok(await propose(registry, other, township), 201)

    async def listed(*who: str, organisation: str | None = None, **params: Any) -> list[str]:
        answer = await get(registry, "/empowerments", *who, organisation=organisation, **params)
        return [item["id"] for item in ok(answer)["items"]]

    both = [second["id"], made["id"]]
    assert await listed(subject_id=township["id"]) == both
    assert await listed(grantor_id=grantor["id"]) == both
    assert await listed(power_id=power["id"]) == [made["id"]]
    assert await listed(domain="health") == [second["id"]]
    assert await listed(division=DISTRICT) == both
    assert await listed(division=SIBLING) == []
    assert await listed(state="in_force") == []
    assert await listed("township_enforcement", TOWNSHIP) == both
    assert await listed("agency_user", DISTRICT, organisation=grantor["uscc"]) == both
    assert await listed("township_enforcement", SIBLING) == []
    assert await listed("district_supervisor", FOREIGN) == []
    refused(
        await get(registry, f"/empowerments/{made['id']}", "district_supervisor", FOREIGN),
        404,
        "not-found",
    )


async def test_allowed_actions_are_exactly_what_succeeds(registry: ServiceUnderTest) -> None:
    grantor, _, township = await scene(registry)
    starts = itertools.cycle(["", "check", "train", "handover", "takeover"])

    async def create() -> Any:
        power = await active_power(registry, grantor, township_allowed=True)
        made = ok(await propose(registry, power, township), 201)
        last = next(starts)
        made = await lead_on(registry, made, last) if last else made
        await registry.fire_timers()
        return made

    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/empowerments",
        create,
        callers={
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "district": registry.token("district_supervisor", DISTRICT, sub="district"),
            "clerk": registry.token("district_supervisor", DISTRICT, sub="clerk"),
            "body": registry.token(
                "agency_user", DISTRICT, sub="body", organisation=grantor["uscc"]
            ),
            "township": registry.token("township_enforcement", TOWNSHIP, sub="town"),
            "sibling": registry.token("township_enforcement", SIBLING),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"basis": [f"第{thing['version']}条"]},
            "check": CHECK,
            "train": {"topic": "办案", "hours": 8, "participants": 2},
            "handover": {"cases": 0},
            "evaluate": {"result": "keep", "report": "好"},
            "withdraw": {"reason": "收回", "cases": 0},
            "drop": {"reason": "暂缓"},
        },
    )
    for seed in (1, 2, 3):
        await walk.run(seed=seed, alive=6)
    by_people = {t.action for t in LIFECYCLE.transitions if t.permission}
    assert {action for _, action in walk.seen} == by_people
