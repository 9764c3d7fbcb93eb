"""Procedures of items through HTTP: who leads, who supports, and since when."""

import asyncio
from typing import Any

from sqlalchemy import select

from services.registry.procedures.tables import Procedure
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    get,
    ok,
    post,
    published,
    refused,
    wrong_fields,
)
from tests.registry.test_item_lists import OWN, in_force, item, prepared
from tests.servers import ServiceUnderTest

LEAD: dict[str, Any] = {"lead": {"name": "综合行政执法大队"}}


async def listed(registry: ServiceUnderTest, **fields: Any) -> tuple[Any, Any]:
    """A list in force and its item."""
    made = await in_force(registry, item(**fields))
    (one,) = ok(await get(registry, f"/item-lists/{made['id']}/items"))["items"]
    return made, one


async def put(
    registry: ServiceUnderTest,
    one: Any,
    role: str = OWN[0],
    at: str = OWN[1],
    /,
    *,
    if_match: str | None = None,
    **body: Any,
) -> Any:
    return await registry.put(
        f"{BASE}/power-items/{one['id']}/procedure",
        as_=registry.token(role, at, sub="clerk"),
        headers={"If-Match": if_match} if if_match else {},
        json=body,
    )


async def test_a_procedure_says_who_leads_who_supports_the_steps_and_the_time(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    _, one = await listed(registry)
    path = f"/power-items/{one['id']}/procedure"
    refused(await get(registry, path), 404, "not-found")
    steps = [
        {"name": "巡查发现", "by": "网格员", "time_limit": None},
        {"name": "立案", "by": None, "time_limit": {"n": 7, "unit": "wd", "roll": "none"}},
    ]
    limit = {"n": 90, "unit": "d", "roll": "none"}
    answer = await put(
        registry,
        one,
        lead={"subject_id": subject["id"], "duty": "处罚"},
        support=[{"name": "区城市管理局"}],
        steps=steps,
        time_limit=limit,
    )
    made = ok(answer)
    assert answer.headers["etag"].startswith('"1-')
    assert made["lead"] == {"subject_id": subject["id"], "name": subject["name"], "duty": "处罚"}
    assert made["support"] == [{"subject_id": None, "name": "区城市管理局", "duty": None}]
    assert (made["steps"], made["time_limit"]) == (steps, limit)
    assert (made["code"], made["division"]) == (one["code"], TOWNSHIP)
    assert ok(await get(registry, path)) == made
    (fact,) = await registry.facts("registry.procedure.laid_down.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["lead_id"] == subject["id"]
    assert fact["data"]["support"] == ["区城市管理局"]


async def test_exactly_one_unit_leads_and_none_takes_part_twice(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    _, one = await listed(registry)
    assert wrong_fields(await put(registry, one, support=[{"name": "大队"}])) == {
        ("/lead", "missing")
    }
    two = await put(registry, one, lead=[{"name": "甲"}, {"name": "乙"}])
    assert {pointer for pointer, _ in wrong_fields(two)} == {"/lead"}
    refused(await put(registry, one, lead={"duty": "处罚"}), 422, "procedure-unit-nameless")
    code = "procedure-unit-repeated"
    refused(await put(registry, one, **LEAD, support=[LEAD["lead"]]), 422, code)
    by_id = {"subject_id": subject["id"]}
    again = await put(registry, one, lead=by_id, support=[{**by_id, "name": "别名"}])
    refused(again, 422, code)


async def test_each_edition_is_kept_and_asked_as_of_a_day(registry: ServiceUnderTest) -> None:
    _, one = await listed(registry)
    first = ok(await put(registry, one, **LEAD, since="2022-06-01"))
    other: dict[str, Any] = {"lead": {"name": "综合行政执法办公室"}}
    refused(await put(registry, one, **other, since="2022-05-01"), 422, "dated-too-early-or-late")
    ok(await put(registry, one, **other, since="2024-01-01", if_match='"1"'))
    refused(await put(registry, one, **LEAD, if_match='"1"'), 412, "precondition-failed")
    path = f"/power-items/{one['id']}/procedure"
    then = ok(await get(registry, path, as_of="2023-01-01"))
    assert (then["id"], then["version"], then["until"]) == (first["id"], 1, "2024-01-01")
    assert ok(await get(registry, path, as_of="2024-01-01"))["lead"]["name"] == "综合行政执法办公室"
    refused(await get(registry, path, as_of="2022-05-31"), 404, "not-found")
    kept = ok(await get(registry, f"{path}/editions"))["items"]
    assert [edition["version"] for edition in kept] == [2, 1]


async def test_two_who_lay_it_down_at_once_make_two_editions_or_one(
    registry: ServiceUnderTest,
) -> None:
    _, one = await listed(registry)
    answers = await asyncio.gather(*(put(registry, one, **LEAD) for _ in range(4)))
    done = sum(answer.is_success for answer in answers)
    assert done >= 1
    for answer in answers:
        if not answer.is_success:
            refused(answer, 409, "procedure-changed")
    async with registry.session() as session:
        rows = (await session.scalars(select(Procedure).order_by(Procedure.edition))).all()
    assert [row.edition for row in rows] == list(range(1, done + 1))
    assert [row.until is None for row in rows] == [False] * (done - 1) + [True]


async def test_a_procedure_goes_on_in_the_next_list(registry: ServiceUnderTest) -> None:
    former, one = await listed(registry)
    made = ok(await put(registry, one, **LEAD))
    later = await in_force(registry, item(code=one["code"]))
    (again,) = ok(await get(registry, f"/item-lists/{later['id']}/items"))["items"]
    assert ok(await get(registry, f"/power-items/{again['id']}/procedure"))["id"] == made["id"]
    refused(await put(registry, one, **LEAD), 409, "procedure-of-a-former-item")
    assert ok(await put(registry, again, **LEAD))["version"] == 2
    assert former["id"] != later["id"]


async def test_a_procedure_is_kept_when_its_item_leaves_the_draft(
    registry: ServiceUnderTest,
) -> None:
    draft = await prepared(registry, item())
    (one,) = ok(await get(registry, f"/item-lists/{draft['id']}/items"))["items"]
    ok(await put(registry, one, **LEAD))
    gone = await registry.request(
        "DELETE", f"{BASE}/power-items/{one['id']}", as_=registry.token(*OWN)
    )
    assert gone.status_code == 204
    async with registry.session() as session:
        row = (await session.scalars(select(Procedure))).one()
    assert (row.code, row.until) == (one["code"], None)


async def test_a_procedure_is_the_townships_own_business(registry: ServiceUnderTest) -> None:
    elsewhere = await published(registry, division=SIBLING)
    _, one = await listed(registry)
    unknown = await put(registry, one, lead={"subject_id": elsewhere["id"]})
    refused(unknown, 422, "procedure-unit-unknown")
    ok(await put(registry, one, "district_supervisor", DISTRICT, **LEAD))
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await put(registry, one, *caller, **LEAD), 404, "not-found")
        for path in ("", "/editions"):
            answer = await get(registry, f"/power-items/{one['id']}/procedure{path}", *caller)
            refused(answer, 404, "not-found")
    line = ("line_department", "50")
    path = f"/power-items/{one['id']}/procedure"
    ok(await get(registry, path, *line, domains=["urban_management"]))
    refused(await get(registry, path, *line, domains=["health"]), 404, "not-found")
    refused(await put(registry, one, *line, **LEAD), 403, "forbidden")
    answer = await post(registry, f"/power-items/{one['id']}/procedure", *OWN, **LEAD)
    assert answer.status_code == 405
