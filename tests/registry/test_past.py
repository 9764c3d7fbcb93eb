"""What was true on a day, of what changed since, also across a change of divisions."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from services.registry.subjects.tables import Subject
from tests.registry.samples import (
    FOREIGN,
    certified,
    get,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
    subject_body,
)
from tests.servers import ServiceUnderTest

MOVED, FORMER, PRESENT = "500112002", "500112", "500157"


async def ids(registry: ServiceUnderTest, path: str, **params: Any) -> list[str]:
    answer = ok(await get(registry, path, "bureau_supervisor", "50", **params))
    return [item["id"] for item in answer["items"]]


async def test_a_subject_is_shown_as_it_was_on_a_day(registry: ServiceUnderTest) -> None:
    subject = await published(registry, name="旧名镇人民政府", since="2022-06-01")
    path = f"/subjects/{subject['id']}"
    first_day = subject["since"]
    registry.advance(days=10)
    ok(await patch(registry, path, version=subject["version"], name="新名镇人民政府"))
    registry.advance(days=10)
    ok(await post(registry, f"{path}/suspend", reason="整顿"))
    now = ok(await get(registry, path))
    assert (now["name"], now["state"]) == ("新名镇人民政府", "suspended")
    # Filed as true since 2022; published on the day it was; under another name until ten days on.
    then = ok(await get(registry, path, as_of="2022-09-01"))
    assert (then["name"], then["state"]) == ("旧名镇人民政府", "draft")
    assert then["allowed_actions"] == []
    then = ok(await get(registry, path, as_of=first_day))
    assert (then["name"], then["state"]) == ("旧名镇人民政府", "published")
    refused(await get(registry, path, as_of="2022-05-31"), 404, "not-found")
    assert await ids(registry, "/subjects", as_of=first_day, state="published") == [subject["id"]]
    assert await ids(registry, "/subjects", as_of=first_day, state="suspended") == []
    assert await ids(registry, "/subjects", as_of=first_day, q="旧名") == [subject["id"]]
    assert await ids(registry, "/subjects", q="旧名") == []
    # Whose it is not sees as little of the past as of the present.
    foreign = await get(registry, path, "district_supervisor", FOREIGN, as_of=first_day)
    refused(foreign, 404, "not-found")
    listed = await get(registry, "/subjects", "district_supervisor", FOREIGN, as_of=first_day)
    assert ok(listed)["items"] == []


async def test_a_certificate_is_shown_as_it_was_on_a_day(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number="渝A-0001", valid_to="2033-01-01")
    path = f"/officers/{person['id']}"
    issued = person["since"]
    registry.advance(days=5)
    suspended = ok(await post(registry, f"{path}/certificate/suspend", reason="立案"))["since"]
    registry.advance(days=5)
    ok(await post(registry, f"{path}/certificate/reinstate"))
    for day, state in ((issued, "active"), (suspended, "suspended")):
        then = ok(await get(registry, path, as_of=day))
        assert then["certificate"]["state"] == state
        assert await ids(registry, "/officers", as_of=day, certificate_state=state)
    assert ok(await get(registry, path))["certificate"]["state"] == "active"


async def test_a_township_is_found_by_its_old_and_its_new_parent(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry, division=MOVED, since="2022-06-01")
    person = await officer(registry, subject)
    assert await ids(registry, "/subjects", division=PRESENT) == [subject["id"]]
    assert await ids(registry, "/subjects", division=FORMER) == []
    for day, there, elsewhere in (
        ("2022-09-01", FORMER, PRESENT),
        ("2025-11-05", FORMER, PRESENT),
        ("2025-11-06", PRESENT, FORMER),
    ):
        assert await ids(registry, "/subjects", division=there, as_of=day) == [subject["id"]]
        assert await ids(registry, "/subjects", division=elsewhere, as_of=day) == []
    on = person["since"]
    assert await ids(registry, "/officers", division=PRESENT, as_of=on) == [person["id"]]


async def test_a_row_is_not_filed_as_true_before_what_it_follows_nor_from_tomorrow(
    registry: ServiceUnderTest,
) -> None:
    token = registry.token("bureau_supervisor", "50")
    body = subject_body(since="2126-01-01")
    answer = await registry.post("/registry/v1/subjects", as_=token, json=body)
    refused(answer, 422, "dated-too-early-or-late")
    subject = await published(registry)
    async with registry.session() as session:
        row = (await session.scalars(select(Subject).where(Subject.division != "x"))).one()
        row.since = row.since.replace(year=2000)
        with pytest.raises(DBAPIError, match="cannot begin before"):
            await session.flush()
    assert ok(await get(registry, f"/subjects/{subject['id']}"))["since"] != "2000-01-01"
