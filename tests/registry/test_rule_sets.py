"""The rules of law: read as of a day, proposed by one, enacted by another, kept by all."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from services.registry.rule_sets.rules import (
    PROPOSAL,
    RuleShapeDiffers,
    RuleValueInvalid,
    may_be,
    may_replace,
)
from shared.law.tables import RuleSet, rule, seed_rules
from tests.registry.samples import BASE, DISTRICT, get, ok, post, refused, wrong_fields
from tests.registry.test_policies import published
from tests.servers import ServiceUnderTest
from tests.walks import Walk

BUREAU = ("bureau_supervisor", "50")
CODE = "finding.comment"


def body(**fields: Any) -> dict[str, Any]:
    return {
        "code": CODE,
        "effective_from": "2027-01-01",
        "legal_basis": "《重庆市行政执法监督工作办法》第十二条",
        "value": {"n": 10, "unit": "wd"},
        **fields,
    }


async def proposed(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, "/rule-sets", *BUREAU, sub="wang", **body(**fields)), 201)


async def enacted(registry: ServiceUnderTest, **fields: Any) -> Any:
    proposal = await proposed(registry, **fields)
    path = f"/rule-proposals/{proposal['id']}/enact"
    return ok(await post(registry, path, *BUREAU, sub="li"))


async def closing(registry: ServiceUnderTest, code: str, effective_to: str) -> Any:
    told: dict[str, Any] = {"effective_to": effective_to, "legal_basis": "所依据的办法已废止"}
    return await post(registry, f"/rule-sets/{code}/close", *BUREAU, sub="wang", **told)


async def listed(registry: ServiceUnderTest, **params: Any) -> list[tuple[str, str]]:
    answer = await get(registry, "/rule-sets", "lay_monitor", DISTRICT, limit=200, **params)
    return [(item["code"], item["effective_from"]) for item in ok(answer)["items"]]


async def test_everybody_reads_the_rules_of_a_day(registry: ServiceUnderTest) -> None:
    async with registry.session() as session:
        count = await session.scalar(select(func.count()).select_from(RuleSet))
    everything = ok(await get(registry, "/rule-sets", "auditor", "50", limit=200, count="exact"))
    assert everything["count"] == count == len(everything["items"])
    assert ("referral.result_reply", "2006-01-01") in await listed(registry, on="2022-06-17")
    assert "transfer.approve" not in [c for c, _ in await listed(registry, on="2020-12-31")]
    prefixed = await listed(registry, code="re_examination.")
    assert [code for code, _ in prefixed] == ["re_examination.apply", "re_examination.decide"]
    assert (CODE, "2001-01-01") in await listed(registry, provisional=True)
    assert CODE not in [code for code, _ in await listed(registry, provisional=False)]
    found = ok(await get(registry, f"/rule-sets/{CODE}", "agency_user", DISTRICT))
    assert found["rule"]["value"] == {"n": 5, "unit": "wd"}
    assert (found["rule"]["provisional"], found["rule"]["policy_id"]) == (True, None)
    assert len(found["history"]) == 1
    before = ok(await get(registry, f"/rule-sets/{CODE}", as_of="2000-12-31"))
    assert before["rule"] is None
    refused(await get(registry, "/rule-sets/no.such_rule"), 404, "not-found")


async def test_a_rule_is_proposed_by_one_and_enacted_by_another(
    registry: ServiceUnderTest,
) -> None:
    policy = await published(registry)
    proposal = await proposed(registry, policy_id=policy["id"], article="第二条")
    path = f"/rule-proposals/{proposal['id']}"
    assert (proposal["state"], proposal["kind"]) == ("proposed", "new")
    assert proposal["allowed_actions"] == ["withdraw"]
    assert await listed(registry, code=CODE) == [(CODE, "2001-01-01")]
    refused(await post(registry, f"{path}/enact", *BUREAU, sub="wang"), 409, "rule-proposer-enacts")
    waiting = ok(await get(registry, "/rule-proposals", *BUREAU, state="proposed"))["items"]
    assert [item["allowed_actions"] for item in waiting] == [["enact", "withdraw"]]
    done = ok(await post(registry, f"{path}/enact", *BUREAU, sub="li"))
    assert (done["state"], done["decided_by"], done["allowed_actions"]) == ("enacted", "li", [])

    for day, days in (("2026-12-31", 5), ("2027-01-01", 10)):
        found = ok(await get(registry, f"/rule-sets/{CODE}", as_of=day))
        assert found["rule"]["value"]["n"] == days
        in_force = ok(await get(registry, "/rule-sets", code=CODE, on=day))["items"]
        assert [item["value"]["n"] for item in in_force] == [days]
    newest, oldest = found["history"]
    assert (oldest["effective_to"], newest["effective_to"]) == ("2027-01-01", None)
    assert (newest["policy_id"], newest["article"]) == (policy["id"], "第二条")

    facts = await registry.facts()
    assert [fact["type"].split(".", 2)[2] for fact in facts[-2:]] == [
        "rule_set.proposed.v1",
        "rule_set.enacted.v1",
    ]
    told = facts[-1]["data"]
    assert (facts[-1]["subject"], told["code"], told["effective_from"]) == (
        CODE,
        CODE,
        "2027-01-01",
    )
    assert (told["value"], told["article"]) == ({"n": 10, "unit": "wd"}, "第二条")
    assert told["legal_basis"].startswith("《重庆市")
    async with registry.session() as session:  # the registry itself goes by it too
        assert (await rule(session, CODE)).deadline().n == 5
        assert await seed_rules(session) == 0
    for caller in (("district_supervisor", DISTRICT), ("auditor", "50")):
        refused(await post(registry, "/rule-sets", *caller, **body()), 403, "forbidden")
        refused(await get(registry, "/rule-proposals", *caller), 403, "forbidden")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"effective_from": "2001-01-01"}, 409, "rule-not-later"),
        ({"effective_from": "2000-01-01"}, 409, "rule-not-later"),
        ({"value": {"n": 10}}, 422, "rule-shape-differs"),
        ({"value": {"n": 0, "unit": "wd"}}, 422, "rule-value-invalid"),
        ({"value": {"n": "10", "unit": "wd"}}, 422, "rule-value-invalid"),
        ({"value": {"n": 10, "unit": "weeks"}}, 422, "rule-value-invalid"),
        ({"value": {"n": 10, "unit": "h", "roll": "next_wd"}}, 422, "rule-value-invalid"),
        ({"value": {}}, 422, "rule-value-invalid"),
        ({"code": "issue.level_reply"}, 422, "rule-shape-differs"),
        (
            {"code": "inspection.min_inspectors", "value": {"count": True}},
            422,
            "rule-shape-differs",
        ),
        ({"code": "inspection.min_inspectors", "value": {"count": -1}}, 422, "rule-value-invalid"),
        (
            {"code": "certificate.number_pattern", "value": {"pattern": "[0-9"}},
            422,
            "rule-value-invalid",
        ),
        ({"policy_id": str(uuid4())}, 422, "rule-cites-nothing"),
        ({"article": "第一条"}, 422, "rule-cites-nothing"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(
    registry: ServiceUnderTest, fields: dict[str, Any], status: int, code: str
) -> None:
    refused(await post(registry, "/rule-sets", *BUREAU, **body(**fields)), status, code)
    assert await registry.facts() == []


async def test_a_rule_cites_an_article_that_is_there(registry: ServiceUnderTest) -> None:
    policy = await published(registry)
    wrong = body(policy_id=policy["id"], article="第九条")
    refused(await post(registry, "/rule-sets", *BUREAU, **wrong), 422, "rule-cites-nothing")
    fields = await post(registry, "/rule-sets", *BUREAU, **body(code="nodot", value=[1]))
    assert wrong_fields(fields) == {
        ("/code", "string-pattern-mismatch"),
        ("/value", "dict-type"),
    }


async def test_a_new_code_begins_and_ends(registry: ServiceUnderTest) -> None:
    code = "commendation.notice"
    value = {"term": {"n": 5, "unit": "wd"}, "places": ["网站", "公告栏"]}
    await enacted(registry, code=code, effective_from="2026-02-01", value=value)
    refused(await closing(registry, code, "2026-02-01"), 422, "rule-end-invalid")
    end = ok(await closing(registry, code, "2026-06-01"), 201)
    assert (end["kind"], end["effective_to"], end["value"]) == ("close", "2026-06-01", value)
    done = ok(await post(registry, f"/rule-proposals/{end['id']}/enact", *BUREAU, sub="li"))
    assert done["state"] == "enacted"
    fact = (await registry.facts("registry.rule_set.enacted.v1"))[-1]["data"]
    assert (fact["effective_to"], fact["value"], fact["kind"]) == ("2026-06-01", value, "close")
    assert fact["legal_basis"] == body()["legal_basis"]  # the rule's own, not that of its end
    for day, holds in (("2026-01-31", False), ("2026-05-31", True), ("2026-06-01", False)):
        assert (
            ok(await get(registry, f"/rule-sets/{code}", as_of=day))["rule"] is not None
        ) is holds
        assert await listed(registry, code=code, on=day) == [(code, "2026-02-01")] * holds
    refused(await closing(registry, code, "2026-07-01"), 422, "rule-end-invalid")
    refused(await closing(registry, "no.such_rule", "2026-07-01"), 404, "not-found")
    await enacted(registry, code=code, effective_from="2027-01-01", value=value)
    assert len(ok(await get(registry, f"/rule-sets/{code}"))["history"]) == 2


async def test_what_was_proposed_is_held_against_the_law_of_its_enactment(
    registry: ServiceUnderTest,
) -> None:
    early = await proposed(registry, effective_from="2027-01-01")
    await enacted(registry, effective_from="2027-06-01")
    path = f"/rule-proposals/{early['id']}"
    refused(await post(registry, f"{path}/enact", *BUREAU, sub="li"), 409, "rule-not-later")
    assert wrong_fields(await post(registry, f"{path}/withdraw", *BUREAU, reason="")) == {
        ("/reason", "string-too-short")
    }
    gone = ok(await post(registry, f"{path}/withdraw", *BUREAU, reason="已有更晚的规则"))
    assert (gone["state"], gone["reason"]) == ("withdrawn", "已有更晚的规则")
    assert len(await registry.facts("registry.rule_set.withdrawn.v1")) == 1
    refused(await post(registry, f"{path}/enact", *BUREAU, sub="li"), 409, "transition-not-allowed")
    end = ok(await closing(registry, CODE, "2028-01-01"), 201)
    await enacted(registry, effective_from="2027-09-01")
    late = await post(registry, f"/rule-proposals/{end['id']}/enact", *BUREAU, sub="li")
    refused(late, 422, "rule-end-invalid")
    refused(await get(registry, f"/rule-proposals/{uuid4()}", *BUREAU), 404, "not-found")


async def test_of_two_proposals_at_once_one_waits_and_of_two_enactments_one_counts(
    registry: ServiceUnderTest,
) -> None:
    answers = await asyncio.gather(
        *(post(registry, "/rule-sets", *BUREAU, sub=f"{n}", **body()) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    (first,) = (answer.json() for answer in answers if answer.status_code == 201)
    second = await proposed(registry, effective_from="2027-02-01")
    third = await proposed(
        registry, code="new.rule", effective_from="2027-01-01", value={"count": 1}
    )
    fourth = await proposed(
        registry, code="new.rule", effective_from="2027-02-01", value={"days": 1}
    )

    async def enact(*proposals: Any) -> list[int]:
        paths = [f"/rule-proposals/{one['id']}/enact" for one in proposals]
        done = await asyncio.gather(
            *(post(registry, path, *BUREAU, sub=f"li-{n}") for n, path in enumerate(paths))
        )
        return sorted(answer.status_code for answer in done)

    assert await enact(first, first) == [200, 409]
    assert await enact(second, second, second) == [200, 409, 409]
    # Of a new code the first one decides the form, and the day after which others begin.
    assert len([status for status in await enact(third, fourth) if status == 200]) == 1


def test_the_form_of_a_rule_is_kept() -> None:
    present = {"days": [90, 30], "who": ["a"], "longest": {"n": 30, "unit": "d"}, "share": 0.5}
    may_replace(
        {"days": [], "who": ["b", "c"], "longest": {"n": 9, "unit": "wd"}, "share": 1},
        like=present,
    )
    for wrong in (
        {**present, "days": ["90"]},
        {**present, "days": 90},
        {**present, "longest": {"days": 30}},
        {**present, "share": "1"},
        {**present, "more": 1},
        {"days": [90]},
    ):
        with pytest.raises(RuleShapeDiffers):
            may_replace(wrong, like=present)
    deep: Any = 1
    for _ in range(6):
        deep = {"a": deep}
    for bad in (None, {"a": None}, {"A": 1}, {"a": "\x00"}, {"a": 1e12}, {"a": [1] * 101}, deep):
        with pytest.raises(RuleValueInvalid):
            may_be(bad)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    numbers = iter(range(10_000))

    async def create() -> dict[str, Any]:
        return dict(await proposed(registry, code=f"walk.rule_{next(numbers)}"))

    walk = Walk(
        registry,
        PROPOSAL,
        f"{BASE}/rule-proposals",
        create,
        callers={
            "another": registry.token(*BUREAU, sub="li"),
            "proposer": registry.token(*BUREAU, sub="wang"),
            "district": registry.token("district_supervisor", DISTRICT),
        },
        bodies={"withdraw": {"reason": "依据有误"}},
    )
    await walk.run(seed=seed)
    assert walk.seen == {("proposed", "enact"), ("proposed", "withdraw")}
