"""Provisions of the five kinds: from plan to retirement, and what each division is short of."""

from typing import Any

import pytest
from sqlalchemy import select

from services.registry.provisions.rules import LIFECYCLE
from services.registry.provisions.tables import Provision
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    credit_code,
    get,
    ok,
    patch,
    post,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/provisions"
HEAD = ("district_supervisor", DISTRICT)
KINDS = ["institution", "staff", "information_system", "equipment", "funds"]


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "equipment",
        "division": DISTRICT,
        "year": 2026,
        "name": "执法记录仪",
        "quantity": 20,
        "unit": "台",
        "amount": "36000.00",
        **fields,
    }


async def planned(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, PATH, *HEAD, sub="clerk", **entry(**fields)), 201)


async def brought_to(registry: ServiceUnderTest, *actions: str, **fields: Any) -> Any:
    provision = await planned(registry, **fields)
    bodies: dict[str, dict[str, Any]] = {
        "approve": {"document_no": "沙财采〔2026〕3号"},
        "retire": {"reason": "报废"},
        "cancel": {"reason": "不再需要"},
    }
    for action in actions:
        path = f"{PATH}/{provision['id']}/{action}"
        provision = ok(await post(registry, path, sub="head", **bodies.get(action, {})))
    return provision


async def test_an_entry_goes_from_plan_to_retirement(registry: ServiceUnderTest) -> None:
    provision = await planned(registry)
    assert {name: provision[name] for name in entry()} == entry()
    assert (provision["state"], provision["level"]) == ("planned", "district")
    assert provision["allowed_actions"] == ["change", "cancel"]
    path = f"{PATH}/{provision['id']}"
    steps: list[tuple[str, str, dict[str, Any], str]] = [
        ("approve", "head", {"document_no": "沙财采〔2026〕3号"}, "approved"),
        ("deliver", "clerk", {"quantity": 18}, "delivered"),
        ("use", "clerk", {}, "in_use"),
        ("retire", "clerk", {"reason": "报废"}, "retired"),
    ]
    for action, sub, body, state in steps:
        view = ok(await post(registry, f"{path}/{action}", sub=sub, **body))
        assert view["state"] == state
    assert (view["delivered_quantity"], view["document_no"]) == (18, "沙财采〔2026〕3号")
    assert (view["reason"], view["allowed_actions"]) == ("报废", [])
    facts = await registry.facts()
    assert [fact["type"].removeprefix("xiejian.registry.provision.") for fact in facts] == [
        "planned.v1",
        "approved.v1",
        "delivered.v1",
        "used.v1",
        "retired.v1",
    ]
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    assert (facts[-1]["data"]["amount"], facts[-1]["data"]["delivered_quantity"]) == (
        "36000.00",
        18,
    )
    async with registry.session() as session:
        row = (await session.scalars(select(Provision))).one()
    assert (row.district, row.township, row.planned_by) == (DISTRICT, None, "clerk")


async def test_who_planned_or_changed_does_not_approve(registry: ServiceUnderTest) -> None:
    provision = await planned(registry)
    path = f"{PATH}/{provision['id']}"
    document: dict[str, Any] = {"document_no": "3号"}
    own = await post(registry, f"{path}/approve", sub="clerk", **document)
    refused(own, 409, "provision-self-approved")
    changed = await registry.patch(
        BASE + path,
        as_=registry.token(*HEAD, sub="head"),
        headers={"If-Match": '"1"'},
        json={"quantity": 25},
    )
    assert ok(changed)["quantity"] == 25
    late = await post(registry, f"{path}/approve", sub="head", **document)
    refused(late, 409, "provision-self-approved")
    ok(await post(registry, f"{path}/approve", sub="third", **document))
    refused(await patch(registry, path, version=3, quantity=30), 409, "transition-not-allowed")


async def test_no_more_arrives_than_was_approved(registry: ServiceUnderTest) -> None:
    provision = await brought_to(registry, "approve")
    path = f"{PATH}/{provision['id']}/deliver"
    problem = refused(await post(registry, path, quantity=21), 422, "provision-more-than-approved")
    assert problem["details"] == {"delivered": 21, "approved": 20}
    assert ok(await post(registry, path))["delivered_quantity"] == 20


async def test_the_summary_tells_the_five_kinds_and_their_gaps(registry: ServiceUnderTest) -> None:
    """机构、人员以及信息系统、装备、经费等保障措施."""
    in_use = ("approve", "deliver", "use")
    await brought_to(registry, *in_use, kind="institution", year=2024, amount="0.00")
    await brought_to(registry, *in_use, amount="100.00")
    await brought_to(registry, "approve", amount="30.50")
    await brought_to(registry, *in_use, "retire", kind="staff")
    await brought_to(registry, "cancel", kind="funds")
    some = await brought_to(registry, "approve", kind="information_system")
    path = f"{PATH}/{some['id']}"
    ok(await post(registry, f"{path}/deliver", quantity=15))
    ok(await post(registry, f"{path}/use"))
    await planned(registry, kind="staff", year=2027)
    told = ok(await get(registry, f"{PATH}/summary", division=DISTRICT, year=2026))
    assert told["year"] == 2026
    (district,) = told["items"]
    kinds = {kind["kind"]: kind for kind in district["kinds"]}
    assert list(kinds) == KINDS
    assert {kind: (k["missing"], k["gap"]) for kind, k in kinds.items()} == {
        "institution": (False, False),
        "staff": (True, True),
        "information_system": (False, True),
        "equipment": (False, True),
        "funds": (True, True),
    }
    equipment = kinds["equipment"]
    assert (equipment["in_use"], equipment["approved"], equipment["planned"]) == (1, 1, 0)
    assert (equipment["provided_amount"], equipment["outstanding_amount"]) == ("100.00", "30.50")
    assert kinds["information_system"]["undelivered"] == 5
    assert kinds["staff"]["planned"] == 0
    later = ok(await get(registry, f"{PATH}/summary", division=DISTRICT, year=2027))
    assert later["items"][0]["kinds"][1]["planned"] == 1


async def test_the_summary_shows_a_division_that_has_nothing_and_no_foreign_one(
    registry: ServiceUnderTest,
) -> None:
    await planned(registry, division=TOWNSHIP)
    office = ("township_supervision_office", TOWNSHIP)
    (item,) = ok(await get(registry, f"{PATH}/summary", *office, division=TOWNSHIP))["items"]
    assert item["division"] == TOWNSHIP
    items = ok(await get(registry, f"{PATH}/summary", division=DISTRICT))["items"]
    assert [item["division"] for item in items] == [DISTRICT, TOWNSHIP]
    assert all(kind["missing"] for kind in items[0]["kinds"])
    foreign = ("district_supervisor", FOREIGN)
    assert ok(await get(registry, f"{PATH}/summary", *foreign, division=DISTRICT))["items"] == []


async def test_a_body_enters_its_own_and_sees_no_others(registry: ServiceUnderTest) -> None:
    await planned(registry)
    own = credit_code()
    token = registry.token("agency_user", DISTRICT, organisation=own)
    body = entry(organisation=own)
    mine = ok(await registry.post(BASE + PATH, as_=token, json=body), 201)
    listed = ok(await registry.get(f"{BASE}{PATH}?count=exact", as_=token))
    assert (listed["count"], listed["items"][0]["id"]) == (1, mine["id"])
    assert mine["allowed_actions"] == ["change", "cancel"]
    other = await registry.post(BASE + PATH, as_=token, json=entry())
    refused(other, 403, "not-in-charge")
    refused(
        await post(registry, PATH, "district_supervisor", FOREIGN, **entry()),
        422,
        "division-unknown",
    )
    path = f"{PATH}/{mine['id']}"
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    found: dict[str, Any] = {
        "kind": "equipment",
        "year": 2026,
        "state": "planned",
        "count": "exact",
    }
    assert ok(await get(registry, PATH, **found))["count"] == 2
    wrong = await post(registry, PATH, *HEAD, **entry(quantity=0, amount=1.5, colour="red"))
    assert wrong_fields(wrong) == {
        ("/quantity", "greater-than-equal"),
        ("/amount", "amount-not-in-yuan"),
        ("/colour", "extra-forbidden"),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        lambda: planned(registry, division=TOWNSHIP),
        {
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "clerk": registry.token(*HEAD, sub="clerk"),
            "head": registry.token(*HEAD, sub="head"),
            "office": registry.token("township_supervision_office", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"quantity": thing["quantity"] + 1},
            "approve": {"document_no": "3号"},
            "deliver": {"quantity": 10},
            "retire": {"reason": "报废"},
            "cancel": {"reason": "不再需要"},
        },
    )
    await walk.run(seed=seed, alive=5)
    assert len(walk.seen) >= 6
