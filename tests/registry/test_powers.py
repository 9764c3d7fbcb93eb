"""Powers through HTTP: who may do what, on which articles, from which day on."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services.registry.powers.rules import LIFECYCLE, PowerNotActive, may_be_used
from services.registry.powers.tables import Power
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    active_power,
    drafted,
    get,
    ok,
    patch,
    post,
    power,
    power_body,
    published,
    refused,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

BUREAU = ("bureau_supervisor", "50")


async def ids(registry: ServiceUnderTest, **params: Any) -> list[str]:
    return [item["id"] for item in ok(await get(registry, "/powers", **params))["items"]]


async def test_a_power_is_drafted_under_a_subject_and_leaves_a_row_and_a_fact(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    body = power_body(subject, township_allowed=True)
    answer = await post(registry, "/powers", "township_enforcement", TOWNSHIP, **body)
    made = ok(answer, 201)
    assert {name: made[name] for name in body} == body
    assert (made["state"], made["edition"], made["version"]) == ("draft", 1, 1)
    assert (made["level"], made["division"]) == ("township", TOWNSHIP)
    assert made["allowed_actions"] == ["change", "withdraw"]
    async with registry.session() as session:
        row = (await session.scalars(select(Power))).one()
    assert (row.district, row.township) == (DISTRICT, TOWNSHIP)
    assert row.organisation == subject["uscc"]
    (fact,) = await registry.facts("registry.power.drafted.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["power_id"] == fact["subject"] == made["id"]
    assert fact["data"]["organisation"] == subject["uscc"]
    assert fact["data"]["basis"] == body["basis"]


async def test_a_power_lives_from_draft_through_an_amendment_to_its_repeal(
    registry: ServiceUnderTest,
) -> None:
    made = await active_power(registry, await published(registry))
    assert (made["state"], made["edition"]) == ("active", 1)
    path = f"/powers/{made['id']}"
    registry.advance(days=1)
    proposed = ok(
        await post(
            registry, f"{path}/propose", sub="clerk", basis=["《新法》第一条"], reason="修法"
        )
    )
    assert proposed["basis"] == made["basis"]
    assert proposed["proposal"]["changes"] == {"basis": ["《新法》第一条"]}
    assert proposed["since"] == made["since"]
    amended = ok(await post(registry, f"{path}/amend", sub="head"))
    assert (amended["state"], amended["edition"]) == ("active", 2)
    assert (amended["basis"], amended["proposal"]) == (["《新法》第一条"], None)
    assert amended["reason"] == "修法"
    registry.advance(days=1)
    repealed = ok(await post(registry, f"{path}/repeal", sub="head", reason="依据已废止"))
    assert (repealed["state"], repealed["reason"]) == ("repealed", "依据已废止")
    assert repealed["allowed_actions"] == []
    verbs = [
        fact["type"].removeprefix("xiejian.registry.power.")
        for fact in await registry.facts()
        if ".power." in fact["type"]
    ]
    assert verbs == [
        "drafted.v1",
        "activated.v1",
        "amendment_proposed.v1",
        "amended.v1",
        "repealed.v1",
    ]
    (amendment,) = await registry.facts("registry.power.amended.v1")
    assert (amendment["data"]["edition"], amendment["data"]["since"]) == (2, amended["since"])
    listed = ok(await get(registry, f"{path}/editions", sort="since"))["items"]
    assert [(one["edition"], one["state"], one["until"]) for one in listed] == [
        (1, "active", amended["since"]),
        (2, "active", repealed["since"]),
        (2, "repealed", None),
    ]


async def test_a_power_without_a_basis_does_not_become_active(registry: ServiceUnderTest) -> None:
    made = await power(registry, await published(registry), basis=[])
    path = f"/powers/{made['id']}"
    seen = ok(await get(registry, path))
    assert "activate" not in seen["allowed_actions"]
    refused(await post(registry, f"{path}/activate", sub="head"), 422, "power-without-basis")
    ok(await patch(registry, path, version=1, basis=["《某法》第一条"]))
    assert ok(await post(registry, f"{path}/activate", sub="head"))["state"] == "active"
    emptied = await post(registry, f"{path}/propose", basis=[], reason="x")
    refused(emptied, 422, "power-without-basis")


async def test_the_database_holds_no_active_power_without_a_basis(
    registry: ServiceUnderTest,
) -> None:
    await active_power(registry, await published(registry))
    async with registry.session() as session:
        with pytest.raises(IntegrityError, match="ck_power_basis"):
            await session.execute(update(Power).values(basis=[]))


async def test_only_a_published_subjects_power_becomes_active(registry: ServiceUnderTest) -> None:
    subject = await drafted(registry)
    made = await power(registry, subject)
    path = f"/powers/{made['id']}"
    assert "activate" not in ok(await get(registry, path))["allowed_actions"]
    problem = refused(
        await post(registry, f"{path}/activate", sub="head"), 409, "power-holder-not-published"
    )
    assert problem["details"] == {"state": "draft"}
    for step, sub in (("submit", "clerk"), ("review", "head"), ("publish", "head")):
        ok(await post(registry, f"/subjects/{subject['id']}/{step}", sub=sub))
    seen = ok(await get(registry, path))["allowed_actions"]
    assert seen == ["change", "withdraw", "activate"]
    (listed,) = ok(await get(registry, "/powers"))["items"]
    assert listed["allowed_actions"] == seen
    ok(await post(registry, f"{path}/activate", sub="head"))


async def test_an_ended_subject_is_given_no_power(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    ok(await post(registry, f"/subjects/{subject['id']}/revoke", reason="撤并"))
    refused(await post(registry, "/powers", **power_body(subject)), 409, "subject-ended")


async def test_who_drew_it_up_does_not_approve_it(registry: ServiceUnderTest) -> None:
    made = await power(registry, await published(registry), sub="one")
    path = f"/powers/{made['id']}"
    token = registry.token("district_supervisor", DISTRICT, sub="two")
    changed = await registry.patch(
        f"/registry/v1{path}", as_=token, headers={"If-Match": '"1"'}, json={"name": "改名"}
    )
    assert "activate" not in ok(changed)["allowed_actions"]
    for sub in ("one", "two"):
        refused(await post(registry, f"{path}/activate", sub=sub), 409, "power-self-approval")
    ok(await post(registry, f"{path}/activate", sub="three"))
    ok(await post(registry, f"{path}/propose", sub="four", name="再改名", reason="规范名称"))
    refused(await post(registry, f"{path}/amend", sub="four"), 409, "power-self-approval")
    assert ok(await post(registry, f"{path}/amend", sub="one"))["name"] == "再改名"


async def test_the_body_drafts_and_proposes_and_the_legal_office_decides(
    registry: ServiceUnderTest,
) -> None:
    made = await active_power(registry, await published(registry))
    path = f"/powers/{made['id']}"
    body = ("township_enforcement", TOWNSHIP)
    assert ok(await get(registry, path, *body))["allowed_actions"] == ["propose"]
    ok(await post(registry, f"{path}/propose", *body, name="新名", reason="规范名称"))
    decisions: dict[str, dict[str, Any]] = {"amend": {}, "dismiss": {"reason": "x"}}
    for action, sent in {**decisions, "repeal": {"reason": "x"}}.items():
        refused(await post(registry, f"{path}/{action}", *body, **sent), 403, "forbidden")
    dismissed = ok(await post(registry, f"{path}/dismiss", reason="不必改"))
    assert (dismissed["proposal"], dismissed["name"]) == (None, made["name"])
    (fact,) = await registry.facts("registry.power.amendment_dismissed.v1")
    assert fact["data"]["reason"] == "不必改"
    for action, sent in decisions.items():
        answer = await post(registry, f"{path}/{action}", sub="head", **sent)
        refused(answer, 409, "power-amendment-missing")


async def test_an_amendment_begins_on_its_day_and_is_kept_beside_what_was_before(
    registry: ServiceUnderTest,
) -> None:
    made = await active_power(registry, await published(registry), since="2022-06-01")
    path = f"/powers/{made['id']}"
    assert made["since"] == "2022-06-01"
    back: dict[str, Any] = {"name": "旧事项(2023)", "since": "2023-01-01", "reason": "修法"}
    ok(await post(registry, f"{path}/propose", sub="clerk", **back))
    ok(await post(registry, f"{path}/amend", sub="head"))
    coming = (registry.today() + timedelta(days=10)).isoformat()
    ahead: dict[str, Any] = {"name": "新事项", "since": coming, "reason": "修法"}
    ok(await post(registry, f"{path}/propose", sub="clerk", **ahead))
    problem = refused(
        await post(registry, f"{path}/amend", sub="head"), 409, "power-amendment-not-due"
    )
    assert problem["details"] == {"since": coming}
    assert "amend" not in ok(await get(registry, path))["allowed_actions"]
    registry.advance(days=12)
    amended = ok(await post(registry, f"{path}/amend", sub="head"))
    assert (amended["name"], amended["since"]) == ("新事项", coming)
    for day, name in (
        ("2022-09-01", made["name"]),
        ("2023-01-01", "旧事项(2023)"),
        (coming, "新事项"),
    ):
        then = ok(await get(registry, path, as_of=day))
        assert (then["name"], then["state"], then["allowed_actions"]) == (name, "active", [])
        assert await ids(registry, as_of=day, q=name) == [made["id"]]
    refused(await get(registry, path, as_of="2022-05-31"), 404, "not-found")
    early = await post(registry, f"{path}/propose", name="x", since="2022-01-01", reason="x")
    refused(early, 422, "dated-too-early-or-late")
    same = await post(registry, f"{path}/propose", name="新事项", reason="x")
    refused(same, 422, "power-amendment-empty")


async def test_a_code_is_used_once_by_what_has_not_ended(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    body = power_body(subject, code="330217001000")
    answers = await asyncio.gather(*(post(registry, "/powers", **body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    made = next(a.json() for a in answers if a.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "power-code-taken")
    other = await published(registry, division=SIBLING)
    ok(await post(registry, "/powers", **power_body(other, code=body["code"])), 201)
    withdrawn = ok(await post(registry, f"/powers/{made['id']}/withdraw"))
    assert (withdrawn["state"], withdrawn["allowed_actions"]) == ("withdrawn", [])
    ok(await post(registry, "/powers", **body), 201)


async def test_two_approvals_at_once_make_one_edition(registry: ServiceUnderTest) -> None:
    made = await active_power(registry, await published(registry))
    path = f"/powers/{made['id']}"
    ok(await post(registry, f"{path}/propose", sub="clerk", name="新名", reason="x"))
    answers = await asyncio.gather(
        *(post(registry, f"{path}/amend", sub=f"head-{i}") for i in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert ok(await get(registry, path))["edition"] == 2


async def test_a_sibling_sees_no_power_and_a_body_only_its_own(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    made = await active_power(registry, subject)
    path = f"/powers/{made['id']}"
    for role, division in (("district_supervisor", FOREIGN), ("township_enforcement", SIBLING)):
        refused(await get(registry, path, role, division), 404, "not-found")
        refused(await get(registry, f"{path}/editions", role, division), 404, "not-found")
        assert ok(await get(registry, "/powers", role, division, count="exact"))["count"] == 0
    own = await get(registry, path, "agency_user", TOWNSHIP, organisation=subject["uscc"])
    assert ok(own)["allowed_actions"] == ["propose"]
    line = await get(registry, path, "line_department", "50", domains=["comprehensive"])
    assert ok(line)["allowed_actions"] == []
    hidden = await post(
        registry, "/powers", "district_supervisor", FOREIGN, **power_body(subject, code="X1")
    )
    refused(hidden, 404, "not-found")
    elsewhere = power_body(await published(registry, division=SIBLING))
    answer = await post(
        registry, "/powers", "agency_user", TOWNSHIP, organisation=subject["uscc"], **elsewhere
    )
    refused(answer, 404, "not-found")


async def test_powers_are_found_by_what_they_are(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    one = await active_power(
        registry, subject, name="对擅自摆摊设点的处罚", code="330217001000", township_allowed=True
    )
    two = await power(registry, subject, kind="check", domains=["health"], name="公共场所卫生检查")
    assert await ids(registry) == [two["id"], one["id"]]
    for params, found in (
        ({"kind": "check"}, two),
        ({"state": "active"}, one),
        ({"domain": "health"}, two),
        ({"township_allowed": "true"}, one),
        ({"q": "摆摊"}, one),
        ({"q": "ggcs"}, two),
        ({"q": "3302170"}, one),
    ):
        assert await ids(registry, **params) == [found["id"]], params
    assert await ids(registry, subject_id=subject["id"], division=DISTRICT, level="township") == [
        two["id"],
        one["id"],
    ]
    assert await ids(registry, proposed="true") == []
    ok(await post(registry, f"/powers/{one['id']}/propose", name="新名", reason="x"))
    assert await ids(registry, proposed="true") == [one["id"]]
    assert await ids(registry, proposed="false") == [two["id"]]


def test_only_a_power_in_force_is_used() -> None:
    may_be_used(code="1", state="active")
    for state in ("draft", "repealed", "withdrawn"):
        with pytest.raises(PowerNotActive):
            may_be_used(code="1", state=state)


async def test_allowed_actions_are_what_succeeds(registry: ServiceUnderTest) -> None:
    subject, other = await published(registry), await published(registry)

    made = itertools.count()

    async def create() -> Any:
        # Most in force already: drafts are withdrawn soon on a walk.
        number = next(made)
        if number % 2:
            return await (power if number % 4 == 1 else active_power)(registry, subject)
        # Or one whose subject was split.
        ended = await published(registry)
        left = await active_power(registry, ended)
        ids, path = [subject["id"], other["id"]], f"/subjects/{ended['id']}/split"
        ok(await post(registry, path, "bureau_supervisor", "50", successor_ids=ids, reason="分立"))
        return left

    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/powers",
        create,
        callers={
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "district": registry.token("district_supervisor", DISTRICT, sub="district"),
            "body": registry.token("township_enforcement", TOWNSHIP, sub="clerk"),
            "sibling": registry.token("township_enforcement", SIBLING),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"name": f"事项{thing['version']}"},
            "propose": lambda thing: {"name": f"新事项{thing['version']}", "reason": "修法"},
            "dismiss": {"reason": "不必"},
            "repeal": {"reason": "废止"},
            "assign": {"subject_id": subject["id"], "reason": "承接"},
        },
    )
    for seed in (1, 2, 3):
        await walk.run(seed=seed, alive=4)
    asked_for = {t.action for t in LIFECYCLE.transitions if t.permission}
    assert {action for _, action in walk.seen} == asked_for
