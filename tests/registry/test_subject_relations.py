"""Bodies that rest on others (派出, 受委托), and subjects that split."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    active_power,
    certified,
    drafted,
    get,
    ok,
    patch,
    post,
    power,
    published,
    refused,
    subject_body,
)
from tests.servers import ServiceUnderTest

BUREAU = ("bureau_supervisor", "50")


async def publish(registry: ServiceUnderTest, subject: Any) -> Any:
    """What the last of the steps to publication answers."""
    path = f"/subjects/{subject['id']}"
    for step, sub in (("submit", "clerk"), ("review", "head")):
        ok(await post(registry, f"{path}/{step}", *BUREAU, sub=sub))
    return await post(registry, f"{path}/publish", *BUREAU, sub="head")


async def read(registry: ServiceUnderTest, subject: Any, role: str, sub: str) -> Any:
    token = registry.token(role, "50" if role == "bureau_supervisor" else DISTRICT, sub=sub)
    return ok(await registry.get(f"{BASE}/subjects/{subject['id']}", as_=token))


async def test_a_dispatched_body_names_its_parent_which_lists_it(
    registry: ServiceUnderTest,
) -> None:
    parent = await published(registry)
    child = await drafted(registry, kind="dispatched", parent_id=parent["id"])
    assert child["parent_id"] == parent["id"]
    entrusted = await drafted(registry, kind="entrusted", delegator_id=parent["id"])
    for params, subject in (
        ({"parent_id": parent["id"]}, child),
        ({"delegator_id": parent["id"]}, entrusted),
    ):
        listed = ok(await get(registry, "/subjects", *BUREAU, **params))["items"]
        assert [item["id"] for item in listed] == [subject["id"]]
    assert ok(await publish(registry, child))["state"] == "published"
    fact = (await registry.facts("registry.subject.published.v1"))[-1]
    assert (fact["data"]["parent_id"], fact["data"]["delegator_id"]) == (parent["id"], None)


@pytest.mark.parametrize("kind", ["dispatched", "entrusted"])
async def test_a_body_that_rests_on_another_is_not_published_without_it(
    registry: ServiceUnderTest, kind: str
) -> None:
    support = {"dispatched": "parent_id", "entrusted": "delegator_id"}[kind]
    child = await drafted(registry, kind=kind)
    refused(await publish(registry, child), 422, "subject-support-missing")
    waiting = await read(registry, child, "bureau_supervisor", "head")
    assert "publish" not in waiting["allowed_actions"]

    other = await drafted(registry)
    fields: dict[str, Any] = {support: other["id"]}
    child = await drafted(registry, kind=kind, **fields)
    refused(await publish(registry, child), 409, "subject-support-not-published")
    ok(await publish(registry, other))
    waiting = await read(registry, child, "bureau_supervisor", "head")
    assert "publish" in waiting["allowed_actions"]
    ok(await post(registry, f"/subjects/{child['id']}/publish", *BUREAU, sub="head"))


async def test_only_the_kind_that_rests_on_another_names_one(registry: ServiceUnderTest) -> None:
    parent = await published(registry)
    wrong = [
        {"kind": "statutory", "parent_id": parent["id"]},
        {"kind": "entrusted", "parent_id": parent["id"]},
        {"kind": "dispatched", "delegator_id": parent["id"]},
    ]
    for fields in wrong:
        answer = await post(registry, "/subjects", *BUREAU, **subject_body(**fields))
        refused(answer, 422, "subject-support-mismatch")
    child = await drafted(registry, kind="dispatched", parent_id=parent["id"])
    path = f"/subjects/{child['id']}"
    refused(
        await patch(registry, path, version=1, kind="statutory"), 422, "subject-support-mismatch"
    )
    ok(await patch(registry, path, version=1, kind="statutory", parent_id=None))
    entry = ok(await get(registry, f"{path}/history"))["items"][0]
    assert entry["changes"] == {
        "kind": ["dispatched", "statutory"],
        "parent_id": [parent["id"], None],
    }


async def test_nobody_rests_on_themselves_on_what_ended_or_on_what_is_not_theirs(
    registry: ServiceUnderTest,
) -> None:
    top = await published(registry)
    middle = await published(registry, kind="dispatched", parent_id=top["id"])
    low = await published(registry, kind="dispatched", parent_id=middle["id"])
    for subject, parent in ((middle, middle), (middle, low)):
        path = f"/subjects/{subject['id']}"
        answer = await patch(registry, path, version=subject["version"], parent_id=parent["id"])
        refused(answer, 422, "subject-support-in-circle")
    ended = await published(registry)
    ok(await post(registry, f"/subjects/{ended['id']}/revoke", reason="撤销"))
    gone = subject_body(kind="dispatched", parent_id=ended["id"])
    refused(await post(registry, "/subjects", **gone), 409, "subject-ended")
    foreign = await published(registry, division=FOREIGN_TOWNSHIP)
    theirs = subject_body(kind="dispatched", parent_id=foreign["id"])
    refused(await post(registry, "/subjects", **theirs), 404, "not-found")


async def test_of_two_changes_that_would_close_a_circle_at_once_one_wins(
    registry: ServiceUnderTest,
) -> None:
    top = await published(registry)
    for _ in range(4):
        one, two = [
            await published(registry, kind="dispatched", parent_id=top["id"]) for _ in range(2)
        ]
        # Far enough from each other that no row is locked by both.
        low = await published(registry, kind="dispatched", parent_id=two["id"])
        answers = await asyncio.gather(
            *(
                patch(registry, f"/subjects/{a['id']}", version=a["version"], parent_id=b["id"])
                for a, b in ((one, low), (two, one))
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_an_entrusted_organisation_entrusts_nobody(registry: ServiceUnderTest) -> None:
    agency = await published(registry)
    trustee = await published(registry, kind="entrusted", delegator_id=agency["id"])
    body = subject_body(kind="entrusted", delegator_id=trustee["id"])
    problem = refused(await post(registry, "/subjects", **body), 422, "subject-entrusted-entrusts")
    assert problem["status"] == 422
    other = await published(registry)
    become = {"kind": "entrusted", "delegator_id": other["id"]}
    answer = await patch(registry, f"/subjects/{agency['id']}", version=agency["version"], **become)
    refused(answer, 422, "subject-entrusted-entrusts")


async def test_what_rests_on_a_revoked_body_is_suspended_until_it_has_another(
    registry: ServiceUnderTest,
) -> None:
    parent, other = await published(registry), await published(registry)
    child = await published(registry, kind="dispatched", parent_id=parent["id"])
    ok(await post(registry, f"/subjects/{parent['id']}/revoke", *BUREAU, reason="机构撤销"))
    path = f"/subjects/{child['id']}"
    shown = await read(registry, child, "district_supervisor", "head")
    assert (shown["state"], shown["reason"]) == ("suspended", "机构撤销")
    assert "resume" not in shown["allowed_actions"]
    assert len(await registry.facts("registry.subject.suspended.v1")) == 1
    refused(await post(registry, f"{path}/resume"), 409, "subject-support-not-published")
    ok(await patch(registry, path, version=shown["version"], parent_id=other["id"]))
    assert ok(await post(registry, f"{path}/resume"))["state"] == "published"


async def test_what_rests_on_a_merged_body_comes_to_its_successor(
    registry: ServiceUnderTest,
) -> None:
    parent, successor = await published(registry), await published(registry, division=SIBLING)
    child = await published(registry, kind="dispatched", parent_id=parent["id"])
    draft = await drafted(registry, kind="entrusted", delegator_id=parent["id"])
    path = f"/subjects/{parent['id']}/merge"
    own = await post(registry, path, *BUREAU, successor_id=child["id"], reason="改革")
    refused(own, 422, "subject-successor-rests-on-it")
    ok(await post(registry, path, *BUREAU, successor_id=successor["id"], reason="改革"))
    shown = await read(registry, child, "bureau_supervisor", "head")
    assert (shown["state"], shown["parent_id"]) == ("published", successor["id"])
    assert (await read(registry, draft, "bureau_supervisor", "head"))["delegator_id"] == successor[
        "id"
    ]
    entry = ok(await get(registry, f"/subjects/{child['id']}/history"))["items"][0]
    assert entry["action"] == "follow"
    assert entry["changes"] == {"parent_id": [parent["id"], successor["id"]]}
    merged = ok(await get(registry, f"/subjects/{parent['id']}/history"))["items"][0]
    assert merged["changes"] == {"successor_id": [None, successor["id"]]}


async def test_the_powers_of_a_merged_body_come_to_its_successor(
    registry: ServiceUnderTest,
) -> None:
    merged, successor = await published(registry), await published(registry)
    kept = await active_power(registry, merged, code="P-1")
    doubled = await active_power(registry, merged, code="P-2")
    drafted_twice = await power(registry, merged, code="P-3")
    draft = await power(registry, merged, code="P-4")
    for code in ("P-2", "P-3"):
        await active_power(registry, successor, code=code)
    registry.advance(days=2)
    path = f"/subjects/{merged['id']}/merge"
    done = ok(await post(registry, path, successor_id=successor["id"], reason="机构改革"))
    rows = {
        one["id"]: (one["subject_id"], one["state"])
        for one in ok(await get(registry, "/powers", limit=200))["items"]
    }
    assert rows[kept["id"]] == (successor["id"], "active")
    assert rows[draft["id"]] == (successor["id"], "draft")
    # Its codes are given once.
    assert rows[doubled["id"]] == (merged["id"], "repealed")
    assert rows[drafted_twice["id"]] == (merged["id"], "withdrawn")
    told = await registry.facts("registry.power.transferred.v1")
    assert [fact["data"]["power_id"] for fact in told] == [kept["id"], draft["id"]]
    assert {fact["data"]["former_subject_id"] for fact in told} == {merged["id"]}
    assert told[0]["data"]["organisation"] == successor["uscc"]
    # What was true before stays so.
    then = ok(await get(registry, f"/powers/{kept['id']}", as_of=kept["since"]))
    assert then["subject_id"] == merged["id"]
    now = ok(await get(registry, f"/powers/{kept['id']}"))
    assert (now["organisation"], now["since"]) == (successor["uscc"], done["since"])
    authority = ok(await get(registry, "/authority", power_id=kept["id"]))["items"]
    assert [one["organisation"] for one in authority] == [successor["uscc"]]


async def test_a_split_subject_names_its_published_successors(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    holder = await certified(registry, subject, number="渝A-0001", valid_to="2031-01-01")
    child = await published(registry, kind="dispatched", parent_id=subject["id"])
    one, two = await published(registry), await published(registry, division=SIBLING)
    draft = await drafted(registry)
    path = f"/subjects/{subject['id']}/split"

    async def split(*successors: Any) -> Any:
        ids = [successor["id"] for successor in successors]
        return await post(registry, path, successor_ids=ids, reason="机构分设")

    refused(await split(one), 422, "invalid-input")
    refused(await split(one, one), 422, "invalid-input")
    for other in (draft, subject):
        refused(await split(one, other), 422, "subject-successor-not-published")
    refused(await split(one, child), 422, "subject-successor-rests-on-it")
    foreign = await published(registry, division=FOREIGN_TOWNSHIP)
    refused(await split(one, foreign), 404, "not-found")
    answer = ok(await split(one, two))
    ids = [one["id"], two["id"]]
    assert (answer["state"], answer["successor_ids"]) == ("split", ids)
    assert answer["allowed_actions"] == []
    (fact,) = await registry.facts("registry.subject.split.v1")
    assert fact["data"]["successor_ids"] == ids
    entry = ok(await get(registry, f"/subjects/{subject['id']}/history"))["items"][0]
    assert (entry["action"], entry["changes"]) == ("split", {"successor_ids": [[], ids]})
    shown = ok(await get(registry, f"/officers/{holder['id']}"))
    assert shown["certificate"]["state"] == "surrendered"
    assert (await read(registry, child, "bureau_supervisor", "x"))["state"] == "suspended"
    # The code is free again.
    ok(await post(registry, "/subjects", **subject_body(uscc=subject["uscc"])), 201)
    refused(
        await post(registry, path, "district_supervisor", FOREIGN, successor_ids=ids, reason="x"),
        404,
        "not-found",
    )


async def test_the_database_itself_refuses_a_split_into_one(registry: ServiceUnderTest) -> None:
    subject, other = await published(registry), await published(registry)
    for statement, constraint in (
        ("state = 'split', successor_ids = ARRAY[:other]::uuid[]", "ck_subject_successors"),
        ("parent_id = :other", "ck_subject_parent"),
        ("kind = 'dispatched', parent_id = id", "ck_subject_support"),
    ):
        values = {"id": subject["id"], "other": other["id"]}
        async with registry.session() as session:
            with pytest.raises(IntegrityError, match=constraint):
                await session.execute(
                    text(f"UPDATE subject SET {statement} WHERE id = :id"),
                    {
                        name: value
                        for name, value in values.items()
                        if f":{name}" in statement or name == "id"
                    },
                )
