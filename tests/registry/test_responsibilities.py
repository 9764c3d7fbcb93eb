"""The enforcement responsibility system: who answers for which post, approved and in force."""

import asyncio
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest

from services.registry.responsibilities.rules import LIFECYCLE
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
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

TOWN = ("township_enforcement", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
PATH = "/responsibilities"


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "post": "行政处罚审核岗",
        "duties": "对拟作出的行政处罚决定进行法制审核。",
        "items": ["CQ-001"],
        "person": "孙某",
        "basis": ["《重庆市行政执法责任制条例》第十五条"],
        **fields,
    }


async def drafted(registry: ServiceUnderTest, subject: Any, *entries: dict[str, Any]) -> Any:
    told = {"subject_id": subject["id"], "entries": list(entries) or [entry()]}
    return ok(await post(registry, PATH, *BUREAU, sub="drafter", **told), 201)


async def step(registry: ServiceUnderTest, row: Any, name: str, **body: Any) -> Any:
    return ok(await post(registry, f"{PATH}/{row['id']}/{name}", *BUREAU, sub="head", **body))


async def in_force(registry: ServiceUnderTest, subject: Any) -> Any:
    row = await drafted(registry, subject)
    await step(registry, row, "approve")
    return await step(registry, row, "enforce")


async def test_posts_are_drafted_by_the_body_and_put_in_force_by_another(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await officer(registry, subject)
    entries = [entry(), entry(post="巡查岗", officer_id=person["id"], person=None)]
    told = {"subject_id": subject["id"], "entries": entries}
    row = ok(await post(registry, PATH, *TOWN, sub="drafter", **told), 201)
    assert (row["state"], row["edition"]) == ("drafted", 1)
    path = f"{PATH}/{row['id']}"
    refused(await post(registry, f"{path}/approve", *TOWN), 403, "forbidden")
    own = await post(registry, f"{path}/approve", sub="drafter")
    refused(own, 409, "responsibility-approved-by-drafter")
    row = ok(await post(registry, f"{path}/approve", sub="head"))
    row = ok(await post(registry, f"{path}/enforce", sub="head"))
    assert row["state"] == "in_force" and row["in_force_on"]
    told_ = (await registry.facts("registry.responsibility.enforced.v1"))[0]
    assert told_["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert (told_["data"]["posts"], told_["data"]["replaces_id"]) == (2, None)
    (found,) = ok(await get(registry, PATH, officer_id=person["id"]))["items"]
    assert found["id"] == row["id"]
    assert ok(await get(registry, PATH, officer_id=str(uuid4())))["items"] == []


@pytest.mark.parametrize("fields", [{"person": None}, {"basis": []}])
async def test_a_post_nobody_answers_for_is_not_approved(
    registry: ServiceUnderTest, fields: dict[str, Any]
) -> None:
    row = await drafted(registry, await published(registry), entry(**fields))
    answer = await post(registry, f"{PATH}/{row['id']}/approve", sub="head")
    problem = refused(answer, 422, "responsibility-incomplete")
    assert problem["details"]["posts"] == ["行政处罚审核岗"]


async def test_a_post_is_named_once_and_held_by_the_bodys_own(registry: ServiceUnderTest) -> None:
    subject, other = await published(registry), await published(registry, division=SIBLING)
    stranger = await officer(registry, other)
    retired = await officer(registry, subject)
    ok(await post(registry, f"/officers/{retired['id']}/retire", reason="退休"))
    foreign = await officer(registry, await published(registry, division=FOREIGN_TOWNSHIP))
    cases = [
        ([entry(), entry()], 422, "responsibility-post-twice"),
        ([entry(officer_id=stranger["id"])], 422, "responsibility-officer-of-another"),
        ([entry(officer_id=retired["id"])], 422, "responsibility-officer-of-another"),
        ([entry(officer_id=foreign["id"])], 404, "not-found"),
        ([entry(officer_id=str(uuid4()))], 404, "not-found"),
    ]
    for entries, status, code in cases:
        answer = await post(registry, PATH, subject_id=subject["id"], entries=entries)
        refused(answer, status, code)
    assert await registry.facts("registry.responsibility.drafted.v1") == []


async def test_a_new_version_replaces_the_one_in_force(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    first = await in_force(registry, subject)
    second = await in_force(registry, subject)
    assert (second["edition"], second["state"]) == (2, "in_force")
    former = ok(await get(registry, f"{PATH}/{first['id']}"))
    assert (former["state"], former["allowed_actions"]) == ("replaced", [])
    assert former["replaced_on"] == second["in_force_on"]
    told = (await registry.facts("registry.responsibility.enforced.v1"))[-1]
    assert told["data"]["replaces_id"] == first["id"]


async def test_one_next_version_is_in_hand_at_a_time(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    body = {"subject_id": subject["id"], "entries": [entry()]}
    answers = await asyncio.gather(*(post(registry, PATH, *TOWN, **body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "responsibility-draft-exists")


async def test_who_changed_a_draft_does_not_approve_it(registry: ServiceUnderTest) -> None:
    row = await drafted(registry, await published(registry))
    path = f"{PATH}/{row['id']}"
    token = registry.token("district_supervisor", DISTRICT, sub="head")
    changed = await registry.patch(
        BASE + path, as_=token, headers={"If-Match": '"1"'}, json={"entries": [entry(post="岗")]}
    )
    assert ok(changed)["entries"][0]["post"] == "岗"
    answer = await post(registry, f"{path}/approve", sub="head")
    refused(answer, 409, "responsibility-approved-by-drafter")
    same = await patch(registry, path, version=2, entries=[entry(post="岗")])
    assert ok(same)["version"] == 2
    ok(await post(registry, f"{path}/approve", sub="other"))
    back = ok(await post(registry, f"{path}/return", reason="岗位有变"))
    assert (back["state"], back["reason"]) == ("drafted", "岗位有变")


async def test_the_gaps_are_powers_without_a_post_and_posts_without_anybody(
    registry: ServiceUnderTest,
) -> None:
    row = await drafted(registry, await published(registry), entry(items=["X-9"], basis=[]))
    told = ok(await get(registry, f"{PATH}/{row['id']}/gaps"))
    assert told == {"powers": [], "unknown": ["X-9"], "posts": ["行政处罚审核岗"]}


async def test_a_sibling_sees_nothing_of_it(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    row = await drafted(registry, subject)
    path = f"{PATH}/{row['id']}"
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        refused(await get(registry, f"{path}/gaps", *caller), 404, "not-found")
        assert ok(await get(registry, PATH, *caller, count="exact"))["count"] == 0
        body = {"subject_id": subject["id"], "entries": [entry()]}
        refused(await post(registry, PATH, *caller, **body), 404, "not-found")


async def test_a_draft_entered_by_mistake_is_withdrawn_and_another_begun(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    row = await drafted(registry, subject)
    path = f"{PATH}/{row['id']}/withdraw"
    refused(await post(registry, path, *TOWN), 422, "invalid-input")
    refused(
        await post(registry, path, "district_supervisor", FOREIGN, reason="误录"), 404, "not-found"
    )
    done = ok(await post(registry, path, *TOWN, reason="误录"))
    assert (done["state"], done["reason"], done["allowed_actions"]) == ("withdrawn", "误录", [])
    [told] = await registry.facts("registry.responsibility.withdrawn.v1")
    assert (told["data"]["responsibility_id"], told["data"]["reason"]) == (row["id"], "误录")
    refused(await post(registry, path, *TOWN, reason="误录"), 409, "transition-not-allowed")
    assert (await drafted(registry, subject))["edition"] == row["edition"] + 1


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    divisions = cycle([TOWNSHIP, SIBLING])

    async def create() -> Any:
        return await drafted(registry, await published(registry, division=next(divisions)))

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "district": registry.token("district_supervisor", DISTRICT, sub="other"),
            "township": registry.token(*TOWN),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {
            "change": lambda row: {"entries": [entry(duties=f"第{row['version']}版职责")]},
            "return": {"reason": "岗位有变"},
            "withdraw": {"reason": "误录"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed)
    assert len(walk.seen) >= 4, walk.seen
