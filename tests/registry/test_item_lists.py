"""Township item lists through HTTP: from the first draft to the list that supersedes it."""

import asyncio
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.registry.item_lists.rules import ITEMS_A_FACT, LIFECYCLE
from services.registry.item_lists.tables import ItemList
from services.registry.items.rules import MOST_ITEMS
from services.registry.items.tables import Item
from shared.clock import legal_day
from shared.timers import Timer
from tests.registry.handing_over import BUREAU, draw_up, office
from tests.registry.handing_over import in_force as delegated
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    active_power,
    get,
    ok,
    post,
    power,
    published,
    refused,
    subject_body,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OWN = ("township_enforcement", TOWNSHIP)
_codes = itertools.count(1)


def item(**fields: Any) -> dict[str, Any]:
    """What adds an item that names no power."""
    return {
        "kind": "statutory",
        "code": f"I{next(_codes):06d}",
        "name": "对损毁绿化行为的处罚",
        "power_kind": "penalty",
        "domains": ["urban_management"],
        "basis": ["《重庆市城市园林绿化条例》第四十条"],
        **fields,
    }


async def put(registry: ServiceUnderTest, path: str, *items: dict[str, Any], **more: Any) -> Any:
    token = registry.token(*OWN, **more)
    return await registry.put(f"{BASE}{path}/items", as_=token, json={"items": list(items)})


async def prepared(registry: ServiceUnderTest, *items: dict[str, Any], **fields: Any) -> Any:
    """A draft of the township with items."""
    body = {"division": TOWNSHIP, **fields}
    made = ok(await post(registry, "/item-lists", *OWN, sub="clerk", **body), 201)
    ok(await put(registry, f"/item-lists/{made['id']}", *items, sub="clerk"))
    return ok(await get(registry, f"/item-lists/{made['id']}", *OWN))


async def go(registry: ServiceUnderTest, made: Any, action: str, **body: Any) -> Any:
    """The next step, by whom it is for."""
    caller = ("district_supervisor", DISTRICT) if action == "review" else OWN
    path = f"/item-lists/{made['id']}/{action}"
    return ok(await post(registry, path, *caller, sub=caller[0], **body))


async def reviewed(registry: ServiceUnderTest, *items: dict[str, Any], **fields: Any) -> Any:
    """A list that the council has decided on."""
    made = await prepared(registry, *(items or (item(),)), **fields)
    for action in ("submit", "review"):
        await go(registry, made, action)
    return await go(
        registry, made, "decide", decision_no="青府会纪〔2023〕3号", decided_on="2023-06-01"
    )


async def in_force(
    registry: ServiceUnderTest, *items: dict[str, Any], since: str | None = None, **fields: Any
) -> Any:
    made = await reviewed(registry, *items, **fields)
    return await go(registry, made, "publish", **({"effective_from": since} if since else {}))


async def codes(registry: ServiceUnderTest, id: str, **params: Any) -> list[str]:
    listed = await get(registry, f"/item-lists/{id}/items", **params)
    return [one["code"] for one in ok(listed)["items"]]


async def test_a_list_lives_from_draft_over_review_and_council_to_publication(
    registry: ServiceUnderTest,
) -> None:
    one, two = item(kind="statutory"), item(kind="empowered", domains=["health"])
    made = await prepared(registry, one, two)
    assert (made["state"], made["edition"]) == ("draft", None)
    assert (made["statutory"], made["empowered"], made["entrusted"]) == (1, 1, 0)
    assert made["domains"] == ["health", "urban_management"]
    assert made["allowed_actions"] == ["items", "submit", "withdraw"]
    assert (await go(registry, made, "submit"))["state"] == "legal_review"
    path = f"/item-lists/{made['id']}"
    sent_back = ok(await post(registry, f"{path}/return", reason="缺少依据"))
    assert (sent_back["state"], sent_back["reason"]) == ("draft", "缺少依据")
    for action, state in (("submit", "legal_review"), ("review", "council")):
        assert (await go(registry, made, action))["state"] == state
    refused(await post(registry, f"{path}/publish"), 409, "item-list-without-council-decision")
    told = {"decision_no": "青府会纪〔2023〕3号", "decided_on": "2023-06-01"}
    decided = await go(registry, made, "decide", **told)
    assert (decided["decision_no"], decided["decided_on"]) == tuple(told.values())
    final = await go(registry, made, "publish", effective_from="2023-07-01")
    assert (final["state"], final["edition"]) == ("published", 1)
    assert (final["effective_from"], final["effective_to"]) == ("2023-07-01", None)
    verbs = [
        fact["type"].removeprefix("xiejian.registry.item_list.") for fact in await registry.facts()
    ]
    assert verbs == [
        "drafted.v1",
        "changed.v1",
        "submitted.v1",
        "reviewed.v1",
        "submitted.v1",
        "reviewed.v1",
        "decided.v1",
        "published.v1",
    ]
    (fact,) = await registry.facts("registry.item_list.published.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["effective_from"] == "2023-07-01"
    assert fact["data"]["items"] == [
        {
            "code": each["code"],
            "kind": each["kind"],
            "power_kind": "penalty",
            "power_id": None,
            "delegation_id": None,
        }
        for each in (one, two)
    ]


async def test_who_drew_up_a_list_does_not_review_it(registry: ServiceUnderTest) -> None:
    made = await prepared(registry, item())
    path = f"/item-lists/{made['id']}"
    ok(await post(registry, f"{path}/items", sub="helper", **item()), 201)
    submitted = ok(await post(registry, f"{path}/submit", sub="helper"))
    assert submitted["allowed_actions"] == ["return", "withdraw"]
    for author in ("clerk", "helper"):
        refused(await post(registry, f"{path}/review", sub=author), 409, "item-list-self-review")
    assert ok(await post(registry, f"{path}/review", sub="head"))["state"] == "council"
    refused(await post(registry, f"{path}/review", *OWN), 403, "forbidden")


async def test_a_repealed_power_is_marked_in_the_lists_that_name_it_and_told(
    registry: ServiceUnderTest,
) -> None:
    bureau = await published(registry, level="district", division=DISTRICT)
    named = await active_power(registry, bureau, township_allowed=True)
    by_power = {"kind": "empowered", "power_id": named["id"]}
    other = item()
    made = await in_force(registry, by_power, other)
    draft = await prepared(registry, by_power)
    registry.advance(days=1)
    done = ok(await post(registry, f"/powers/{named['id']}/repeal", reason="法律修改"))
    path = f"/item-lists/{made['id']}/items"
    shown = {one["code"]: one["power_ended_on"] for one in ok(await get(registry, path))["items"]}
    assert shown == {named["code"]: done["since"], other["code"]: None}
    assert await codes(registry, made["id"], power_ended="true") == [named["code"]]
    assert await codes(registry, draft["id"], power_ended="true") == [named["code"]]
    assert await codes(registry, made["id"], power_ended="false") == [other["code"]]
    facts = await registry.facts("registry.item_list.power_ended.v1")
    assert {fact["data"]["item_list_id"] for fact in facts} == {made["id"], draft["id"]}
    for fact in facts:
        assert fact["data"]["item_codes"] == [named["code"]]
        assert (fact["data"]["power_code"], fact["data"]["ended_on"]) == (
            named["code"],
            done["since"],
        )
        assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    # The list in force says what was decided; what a list says of the past is not rewritten.
    assert ok(await get(registry, f"/item-lists/{made['id']}"))["state"] == "published"


async def test_publication_supersedes_the_list_before_in_one_step(
    registry: ServiceUnderTest,
) -> None:
    former = await in_force(registry, since="2023-07-01")
    later = await in_force(registry, since="2024-07-01")
    assert (later["edition"], later["effective_to"]) == (2, None)
    seen = ok(await get(registry, f"/item-lists/{former['id']}"))
    assert (seen["state"], seen["effective_to"]) == ("superseded", "2024-07-01")
    assert (seen["allowed_actions"], seen["due_at"]) == ([], None)
    last = (await registry.facts())[-2:]
    assert [fact["type"].split(".")[-2] for fact in last] == ["superseded", "published"]
    assert last[0]["data"]["successor_id"] == later["id"]
    async with registry.session() as session:
        assert [timer.ref.hex for timer in await session.scalars(select(Timer))] == [
            later["id"].replace("-", "")
        ]


async def test_the_list_in_force_on_a_day_is_found(registry: ServiceUnderTest) -> None:
    former = await in_force(registry, since="2023-07-01")
    later = await in_force(registry, since="2024-07-01")
    draft = await prepared(registry)

    async def ids(**params: Any) -> list[str]:
        found = ok(await get(registry, "/item-lists", township=TOWNSHIP, **params))["items"]
        return [one["id"] for one in found]

    assert await ids(as_of="2023-06-30") == []
    assert await ids(as_of="2023-07-01") == await ids(as_of="2024-06-30") == [former["id"]]
    assert await ids(as_of="2024-07-01") == [later["id"]]
    assert await ids(as_of="2024-01-01", state="published") == [former["id"]]
    assert await ids(as_of="2024-01-01", state="draft") == []
    assert await ids() == [draft["id"], later["id"], former["id"]]
    assert await ids(state="superseded", domain="urban_management") == [former["id"]]
    path = f"/item-lists/{former['id']}"
    then = ok(await get(registry, path, as_of="2024-01-01"))
    assert (then["state"], then["effective_to"]) == ("published", None)
    assert then["allowed_actions"] == []
    refused(await get(registry, path, as_of="2024-07-01"), 404, "not-found")


async def test_a_township_has_one_list_in_force_and_one_in_preparation_at_most(
    registry: ServiceUnderTest,
) -> None:
    body: dict[str, Any] = {"division": TOWNSHIP}
    answers = await asyncio.gather(*(post(registry, "/item-lists", *OWN, **body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "item-list-in-preparation")
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    ok(await post(registry, f"/item-lists/{made['id']}/withdraw", *OWN))
    decided = await reviewed(registry)
    path = f"/item-lists/{decided['id']}/publish"
    answers = await asyncio.gather(*(post(registry, path, *OWN) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await registry.facts("registry.item_list.published.v1")) == 1
    # Whoever else writes: the database holds it too.
    other = await prepared(registry)
    async with registry.session() as session:
        with pytest.raises(IntegrityError, match="uq_item_list_published"):
            await session.execute(
                update(ItemList)
                .where(ItemList.id == other["id"])
                .values(state="published", edition=9, effective_from=date(2024, 1, 1))
            )


async def test_the_items_of_a_list_that_left_the_draft_never_change(
    registry: ServiceUnderTest,
) -> None:
    made = await in_force(registry)
    (one,) = ok(await get(registry, f"/item-lists/{made['id']}/items"))["items"]
    path = f"/item-lists/{made['id']}"
    refused(await put(registry, path, item()), 409, "item-list-closed")
    refused(await post(registry, f"{path}/items", *OWN, **item()), 409, "item-list-closed")
    removal = await registry.request(
        "DELETE", f"{BASE}/power-items/{one['id']}", as_=registry.token(*OWN)
    )
    refused(removal, 409, "item-list-closed")
    row = item(item_list_id=made["id"], position=2)
    for statement in (
        update(Item).values(name="x"),
        delete(Item),
        insert(Item).values(**row),
    ):
        async with registry.session() as session:
            with pytest.raises(DBAPIError, match="do not change"):
                await session.execute(statement)
    assert await codes(registry, made["id"]) == [one["code"]]


async def test_items_are_replaced_added_and_removed(registry: ServiceUnderTest) -> None:
    many = [item() for _ in range(120)]
    made = await prepared(registry, *many)
    assert made["statutory"] == 120
    path = f"/item-lists/{made['id']}"
    told = [one["code"] for one in many]
    assert await codes(registry, made["id"], limit=200) == told
    last = ok(await post(registry, f"{path}/items", *OWN, **item(kind="empowered")), 201)
    assert (last["position"], last["division"]) == (121, TOWNSHIP)
    seen = ok(await get(registry, path))
    assert (seen["empowered"], seen["version"]) == (1, made["version"] + 1)
    gone = await registry.request(
        "DELETE", f"{BASE}/power-items/{last['id']}", as_=registry.token(*OWN)
    )
    assert gone.status_code == 204
    refused(await get(registry, f"/power-items/{last['id']}"), 404, "not-found")
    twice = item(code=told[0])
    refused(await post(registry, f"{path}/items", *OWN, **twice), 422, "item-code-repeated")
    refused(await put(registry, path, twice, twice), 422, "item-code-repeated")
    fewer = ok(await put(registry, path, *reversed(many[:3])))
    assert fewer["statutory"] == 3
    assert await codes(registry, made["id"]) == told[2::-1]
    assert await codes(registry, made["id"], q=told[1]) == [told[1]]
    assert await codes(registry, made["id"], kind="entrusted") == []
    stale = await registry.put(
        f"{BASE}{path}/items",
        as_=registry.token(*OWN),
        headers={"If-Match": '"1"'},
        json={"items": []},
    )
    refused(stale, 412, "precondition-failed")
    ok(await put(registry, path))
    refused(await post(registry, f"{path}/submit", *OWN), 422, "item-list-empty")


async def test_a_list_has_no_more_items_than_it_may(registry: ServiceUnderTest) -> None:
    made = await prepared(registry, *(item() for _ in range(MOST_ITEMS)))
    one = await post(registry, f"/item-lists/{made['id']}/items", *OWN, **item())
    refused(one, 422, "item-list-too-long")
    for action in ("submit", "review"):
        await go(registry, made, action)
    await go(registry, made, "decide", decision_no="1", decided_on="2023-06-01")
    await go(registry, made, "publish")
    facts = await registry.facts("registry.item_list.published.v1")
    parts = [(f["data"]["chunk"], f["data"]["chunks"], len(f["data"]["items"])) for f in facts]
    assert parts == [(0, 2, ITEMS_A_FACT), (1, 2, MOST_ITEMS - ITEMS_A_FACT)]


async def test_an_item_names_a_power_in_force_of_its_place_or_says_all_itself(
    registry: ServiceUnderTest,
) -> None:
    own = await active_power(registry, await published(registry))
    sibling = await active_power(registry, await published(registry, division=SIBLING))
    draft = await power(registry, await published(registry))
    made = await prepared(registry)
    path = f"/item-lists/{made['id']}/items"
    named = {"kind": "statutory", "power_id": own["id"]}
    listed = ok(await post(registry, path, *OWN, **named), 201)
    for name in ("code", "name", "domains", "basis"):
        assert listed[name] == own[name]
    assert listed["power_kind"] == own["kind"]
    for other in (sibling, draft):
        body = {"kind": "statutory", "power_id": other["id"]}
        refused(await post(registry, path, *OWN, **body), 422, "item-power-unknown")
    bare = refused(await post(registry, path, *OWN, kind="statutory"), 422, "item-incomplete")
    assert bare["details"]["missing"] == ["code", "name", "power_kind", "domains", "basis"]


async def district_power(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A power in force of a body of the district."""
    body = {
        "name": "沙坪坝区城市管理局",
        "level": "district",
        "division": DISTRICT,
        "domains": ["urban_management"],
    }
    token = registry.token("district_supervisor", DISTRICT, sub="clerk")
    answer = await registry.post(f"{BASE}/subjects", as_=token, json=subject_body(**body))
    subject = ok(answer, 201)
    for step, sub in (("submit", "clerk"), ("review", "head"), ("publish", "head")):
        ok(await post(registry, f"/subjects/{subject['id']}/{step}", sub=sub))
    return await active_power(registry, subject, **fields)


async def test_only_what_may_be_handed_down_is_an_empowered_item(
    registry: ServiceUnderTest,
) -> None:
    kept = await district_power(registry)
    given = await district_power(registry, township_allowed=True)
    made = await prepared(registry)
    path = f"/item-lists/{made['id']}/items"
    body = {"kind": "empowered", "power_id": kept["id"]}
    refused(await post(registry, path, *OWN, **body), 422, "item-power-not-for-townships")
    ok(await post(registry, path, *OWN, kind="empowered", power_id=given["id"]), 201)
    body = {"kind": "statutory", "power_id": given["id"]}
    refused(await post(registry, path, *OWN, **body), 422, "item-power-not-statutory")


async def test_an_entrusted_item_rests_on_a_delegation_in_force(
    registry: ServiceUnderTest,
) -> None:
    delegator = await office(registry)
    given, kept = await active_power(registry, delegator), await active_power(registry, delegator)
    other = await active_power(registry, delegator)
    deed = await delegated(registry, delegator, given, division=TOWNSHIP)
    elsewhere = await delegated(registry, delegator, other, division=SIBLING)
    draft = ok(await draw_up(registry, delegator, kept), 201)
    made = await prepared(registry)
    path = f"/item-lists/{made['id']}/items"

    async def refuses(code: str, /, **fields: Any) -> None:
        refused(await post(registry, path, *OWN, **{"kind": "entrusted", **fields}), 422, code)

    by_deed = {"power_id": given["id"], "delegation_id": deed["id"]}
    await refuses("item-without-delegation", power_id=given["id"])
    await refuses("item-without-delegation", **item(kind="entrusted"))
    await refuses("item-without-delegation", **item(kind="statutory", delegation_id=deed["id"]))
    await refuses("item-incomplete", **item(kind="entrusted", delegation_id=deed["id"]))
    await refuses("item-delegation-unknown", **{**by_deed, "power_id": kept["id"]})
    for power_id, delegation in ((other["id"], elsewhere), (kept["id"], draft)):
        named = {"power_id": power_id, "delegation_id": delegation["id"]}
        await refuses("item-delegation-unknown", **named)
    listed = ok(await post(registry, path, *OWN, kind="entrusted", **by_deed), 201)
    assert (listed["code"], listed["delegation_id"]) == (given["code"], deed["id"])
    for action in ("submit", "review"):
        await go(registry, made, action)
    decided = await go(registry, made, "decide", decision_no="1", decided_on="2023-06-01")
    assert "publish" in decided["allowed_actions"]
    ok(await post(registry, f"/delegations/{deed['id']}/revoke", *BUREAU, reason="收回"))
    seen = ok(await get(registry, f"/item-lists/{made['id']}", *OWN))
    assert "publish" not in seen["allowed_actions"]
    answer = await post(registry, f"/item-lists/{made['id']}/publish", *OWN)
    refused(answer, 409, "item-list-unfounded")


async def test_a_list_does_not_begin_with_what_may_not_be_listed_any_more(
    registry: ServiceUnderTest,
) -> None:
    own = await active_power(registry, await published(registry))
    stays = item()
    former = await in_force(registry, {"kind": "statutory", "power_id": own["id"]}, stays)
    ok(await post(registry, f"/powers/{own['id']}/repeal", reason="依据已废止"))
    body = {"division": TOWNSHIP, "based_on": former["id"]}
    made = ok(await post(registry, "/item-lists", *OWN, **body), 201)
    assert await codes(registry, made["id"]) == [stays["code"]]
    told = ok(await get(registry, f"/item-lists/{made['id']}/diff"))
    assert [one["code"] for one in told["removed"]] == [own["code"]]


async def test_a_list_with_a_repealed_power_is_not_published(registry: ServiceUnderTest) -> None:
    own = await active_power(registry, await published(registry))
    made = await reviewed(registry, {"kind": "statutory", "power_id": own["id"]})
    assert "publish" in made["allowed_actions"]
    ok(await post(registry, f"/powers/{own['id']}/repeal", reason="依据已废止"))
    path = f"/item-lists/{made['id']}"
    seen = ok(await get(registry, path, *OWN))
    assert "publish" not in seen["allowed_actions"]
    (listed,) = ok(await get(registry, "/item-lists", *OWN))["items"]
    assert listed["allowed_actions"] == seen["allowed_actions"]
    refused(await post(registry, f"{path}/publish", *OWN), 409, "item-list-unfounded")


async def test_a_list_is_in_force_from_the_decision_on_and_not_from_tomorrow(
    registry: ServiceUnderTest,
) -> None:
    await in_force(registry, since="2024-07-01")
    made = await reviewed(registry)
    path = f"/item-lists/{made['id']}/publish"
    tomorrow = (registry.today() + timedelta(days=1)).isoformat()
    for day in ("2023-05-31", "2024-06-30", tomorrow):
        answer = await post(registry, path, *OWN, effective_from=day)
        refused(answer, 422, "item-list-effective-day-invalid")
    decide = await post(
        registry,
        f"/item-lists/{made['id']}/decide",
        *OWN,
        decision_no="1",
        decided_on=tomorrow,
    )
    refused(decide, 422, "item-list-day-to-come")
    ok(await post(registry, path, *OWN, effective_from="2024-07-01"))


async def test_two_lists_are_compared_by_their_codes(registry: ServiceUnderTest) -> None:
    stays, changes, goes, comes = item(), item(name="旧名"), item(), item()
    former = await in_force(registry, stays, changes, goes)
    made = await prepared(registry, based_on=former["id"])
    assert made["statutory"] == 0
    changed = {**changes, "name": "新名", "basis": ["《新法》第一条"]}
    ok(await put(registry, f"/item-lists/{made['id']}", stays, changed, comes))
    path = f"/item-lists/{made['id']}/diff"
    for params in ({}, {"against": former["id"]}):
        told = ok(await get(registry, path, **params))
        assert told["against"] == former["id"]
        assert [one["code"] for one in told["added"]] == [comes["code"]]
        assert [one["code"] for one in told["removed"]] == [goes["code"]]
        assert told["changed"] == [
            {
                "code": changes["code"],
                "name": "新名",
                "changes": {
                    "name": ["旧名", "新名"],
                    "basis": [changes["basis"], ["《新法》第一条"]],
                },
            }
        ]
    first = ok(await get(registry, f"/item-lists/{former['id']}/diff"))
    assert (first["against"], len(first["added"]), first["removed"]) == (None, 3, [])


async def test_a_list_begins_with_the_items_of_another(registry: ServiceUnderTest) -> None:
    former = await in_force(registry, item(), item(kind="empowered"))
    body = {"division": TOWNSHIP, "based_on": former["id"]}
    made = ok(await post(registry, "/item-lists", *OWN, **body), 201)
    assert (made["statutory"], made["empowered"]) == (1, 1)
    assert await codes(registry, made["id"]) == await codes(registry, former["id"])


async def test_a_list_in_force_is_evaluated_every_year(registry: ServiceUnderTest) -> None:
    made = await in_force(registry)
    path = f"/item-lists/{made['id']}"
    due_type = "registry.item_list.evaluation_due.v1"
    assert await registry.fire_timers() == 0
    assert made["overdue"] is False
    registry.advance(days=367)
    assert await registry.fire_timers() == 1
    (fact,) = await registry.facts(due_type)
    assert fact["subject"] == made["id"]
    assert date.fromisoformat(fact["data"]["due_at"][:10]) == (
        legal_day(datetime.now(UTC)) + timedelta(days=396)
    ), "in UTC, the evening before the first day that is too late"
    assert ok(await get(registry, path))["overdue"] is False
    assert ok(await get(registry, "/item-lists", overdue="true"))["items"] == []
    registry.advance(days=31)
    assert ok(await get(registry, path))["overdue"] is True
    (late,) = ok(await get(registry, "/item-lists", overdue="true"))["items"]
    assert late["id"] == made["id"]
    note: dict[str, Any] = {"result": "adjust", "note": "三项无法承接"}
    refused(await post(registry, f"{path}/evaluate", *OWN, **note), 403, "forbidden")
    done = ok(await post(registry, f"{path}/evaluate", **note))
    assert (done["overdue"], done["state"]) == (False, "published")
    assert done["evaluated_on"] is not None
    (kept,) = ok(await get(registry, f"{path}/evaluations"))["items"]
    assert (kept["result"], kept["note"]) == ("adjust", "三项无法承接")
    (told,) = await registry.facts("registry.item_list.evaluated.v1")
    assert told["data"]["result"] == "adjust"
    registry.advance(days=360)
    assert await registry.fire_timers() == 0
    registry.advance(days=7)
    assert await registry.fire_timers() == 1
    # Nobody evaluates it: it falls due again a year later.
    registry.advance(days=366)
    assert await registry.fire_timers() == 1
    assert len(await registry.facts(due_type)) == 3


async def test_lists_are_those_of_townships_and_hidden_from_siblings(
    registry: ServiceUnderTest,
) -> None:
    bureau = ("bureau_supervisor", "50")
    for division in (DISTRICT, "50"):
        answer = await post(registry, "/item-lists", *bureau, division=division)
        refused(answer, 422, "item-list-not-for-a-township")
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        answer = await post(registry, "/item-lists", *caller, division=TOWNSHIP)
        refused(answer, 422, "division-unknown")
    made = await in_force(registry)
    (one,) = ok(await get(registry, f"/item-lists/{made['id']}/items"))["items"]
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        for path in ("", "/items", "/diff", "/evaluations"):
            answer = await get(registry, f"/item-lists/{made['id']}{path}", *caller)
            refused(answer, 404, "not-found")
        refused(await get(registry, f"/power-items/{one['id']}", *caller), 404, "not-found")
        assert ok(await get(registry, "/item-lists", *caller, count="exact"))["count"] == 0
    line = ("line_department", "50")
    for domains, count in ((["urban_management"], 1), (["agriculture"], 0)):
        listed = await get(registry, "/item-lists", *line, domains=domains)
        assert len(ok(listed)["items"]) == count


async def test_allowed_actions_are_what_succeeds(registry: ServiceUnderTest) -> None:
    townships = (f"{d}{n:03d}" for n in range(1, 130) for d in (DISTRICT, "500116", "500154"))
    turn = itertools.count()

    async def create() -> Any:
        # One list of a township is prepared at a time, and some are far along already.
        made = None
        while made is None:
            answer = await post(
                registry,
                "/item-lists",
                "bureau_supervisor",
                "50",
                sub="author",
                division=next(townships),
            )
            made = answer.json() if answer.is_success else None
        path = f"/item-lists/{made['id']}"
        steps: list[tuple[str, dict[str, Any]]] = [
            ("items", item()),
            ("submit", {}),
            ("review", {}),
            ("decide", {"decision_no": "1", "decided_on": "2023-06-01"}),
            ("publish", {}),
        ]
        for action, sent in steps[: (1, 3, 5)[next(turn) % 3]]:
            sub = "helper" if action == "review" else "author"
            answer = await post(
                registry, f"{path}/{action}", "bureau_supervisor", "50", sub=sub, **sent
            )
            assert answer.is_success, answer.text
        return made

    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/item-lists",
        create,
        callers={
            "city": registry.token("bureau_supervisor", "50", sub="head"),
            "author": registry.token("bureau_supervisor", "50", sub="author"),
            "district": registry.token("district_supervisor", DISTRICT, sub="district"),
            "township": registry.token("township_enforcement", "500106001", sub="clerk"),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "items": lambda _: item(),
            "return": {"reason": "缺少依据"},
            "decide": {"decision_no": "1", "decided_on": "2023-06-01"},
            "evaluate": {"result": "keep", "note": "良好"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed)
    made = {transition.action for transition in LIFECYCLE.transitions if transition.permission}
    assert {action for _, action in walk.seen} == made
