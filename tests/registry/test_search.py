"""Search: what is found, in which order, and by whom."""

from typing import Any

import pytest

from services.registry.search import actions
from services.registry.search.rules import SearchKind
from shared import search
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    certified,
    get,
    officer,
    ok,
    post,
    power,
    published,
    refused,
)
from tests.servers import ServiceUnderTest


async def found(registry: ServiceUnderTest, q: str, *who: str, **params: Any) -> list[str]:
    """Names, the best first."""
    answer = ok(await get(registry, "/search", *who, q=q, **params))
    return [hit["name"] for hit in answer["items"]]


async def test_a_name_is_found_by_any_part_and_by_its_initials(registry: ServiceUnderTest) -> None:
    await published(registry, name="青木关镇人民政府")
    for q in ("青木关镇人民政府", "青木", "木关", "镇人", "政府", "qmg", "RMZF", "青 木"):
        assert await found(registry, q) == ["青木关镇人民政府"], q
    for q in ("青关", "关木", "qgm", "%", "青木关镇政府", "木_"):
        assert await found(registry, q) == [], q


async def test_a_hit_says_what_it_is_and_where(registry: ServiceUnderTest) -> None:
    subject = await published(registry, name="青木关镇人民政府")
    person = await certified(
        registry, subject, number="渝A-500106-0001", valid_to="2031-06-30", name="陈木关"
    )
    answer = ok(await get(registry, "/search", q="木关"))
    assert answer["more"] is False
    assert answer["items"] == [
        {
            "kind": "officer",
            "id": person["id"],
            "name": "陈木关",
            "code": "渝A-500106-0001",
            "state": "on_post",
            "division": TOWNSHIP,
            "link": f"/registry/v1/officers/{person['id']}",
        },
        {
            "kind": "subject",
            "id": subject["id"],
            "name": "青木关镇人民政府",
            "code": subject["uscc"],
            "state": "published",
            "division": TOWNSHIP,
            "link": f"/registry/v1/subjects/{subject['id']}",
        },
    ]
    for hit in answer["items"]:
        token = registry.token("district_supervisor", DISTRICT)
        thing = ok(await registry.get(hit["link"], as_=token))
        assert thing["name"] == hit["name"]
    assert await found(registry, "木关", kind="subject") == ["青木关镇人民政府"]


async def test_the_name_itself_comes_first_then_beginnings_then_parts_then_initials(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry, name="沙坪镇人民政府")
    for name in ("沙坪", "沙坪坝", "大沙坪", "沙坪街道办", "AB沙坪"):
        await officer(registry, subject, name=name)
    assert await found(registry, "沙坪") == [
        "沙坪",
        "沙坪坝",
        "沙坪街道办",
        "沙坪镇人民政府",
        "大沙坪",
        "AB沙坪",
    ]
    await officer(registry, subject, name="孙鹏")
    await officer(registry, subject, name="spring")
    assert (await found(registry, "sp"))[:3] == ["spring", "孙鹏", "沙坪"]
    assert await found(registry, "s", kind="subject") == ["沙坪镇人民政府"]


async def test_a_code_is_found_whole_and_by_how_it_begins(registry: ServiceUnderTest) -> None:
    subject = await published(registry, name="青木关镇人民政府")
    for number in ("渝A-0001", "渝A-00010", "渝B-渝A-0001"):
        await certified(registry, subject, number=number, valid_to="2031-06-30", name=f"王{number}")
    hits = await found(registry, "渝a-0001")
    assert hits == ["王渝A-0001", "王渝A-00010", "王渝B-渝A-0001"]
    assert await found(registry, subject["uscc"]) == ["青木关镇人民政府"]
    assert await found(registry, subject["uscc"][:8]) == ["青木关镇人民政府"]


async def test_what_is_cut_off_is_told_and_never_the_name_itself(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "CANDIDATES", 1)
    actions._statement.cache_clear()
    subject = await published(registry, name="青木关镇人民政府")
    for name in ("王木关", "李木关", "木关"):
        await officer(registry, subject, name=name)
    assert (await found(registry, "木关", kind="officer"))[0] == "木关"
    actions._statement.cache_clear()
    monkeypatch.undo()
    answer = ok(await get(registry, "/search", q="木关", limit=2))
    assert [hit["name"] for hit in answer["items"]] == ["木关", "李木关"]
    assert answer["more"] is True
    refused(await get(registry, "/search", q="木关", limit=51), 422, "invalid-input")
    refused(await get(registry, "/search"), 422, "invalid-input")


async def test_what_is_not_visible_is_not_found(registry: ServiceUnderTest) -> None:
    ours = await published(registry, name="青木关镇人民政府")
    theirs = await published(registry, name="青木乡人民政府", division=FOREIGN_TOWNSHIP)
    await officer(registry, ours, name="陈青木")
    await officer(registry, theirs, name="李青木")
    assert await found(registry, "青木") == ["青木关镇人民政府", "陈青木"]
    foreign = ("district_supervisor", FOREIGN)
    assert await found(registry, "青木", *foreign) == ["青木乡人民政府", "李青木"]
    assert len(await found(registry, "青木", "bureau_supervisor", "50")) == 4
    sibling = ("township_enforcement", SIBLING)
    assert await found(registry, "青木", *sibling) == []
    agency = {"organisation": theirs["uscc"]}
    answer = ok(await get(registry, "/search", "agency_user", FOREIGN, q="青木", **agency))
    assert [hit["name"] for hit in answer["items"]] == ["青木乡人民政府", "李青木"]


async def test_nobody_finds_what_the_role_may_not_read(registry: ServiceUnderTest) -> None:
    subject = await published(registry, name="青木关镇人民政府")
    await officer(registry, subject, name="陈青木")
    line = ("line_department", "50")
    domains = ["comprehensive"]
    answer = ok(await get(registry, "/search", *line, domains=domains, q="青木"))
    assert [hit["kind"] for hit in answer["items"]] == ["subject"]
    refused(
        await get(registry, "/search", *line, domains=domains, q="青木", kind="officer"),
        403,
        "forbidden",
    )


async def test_powers_and_supervision_officers_are_found_too(registry: ServiceUnderTest) -> None:
    subject = await published(registry, name="青木关镇人民政府")
    made = await power(registry, subject, name="占道经营处罚", code="CG-0017")
    one: dict[str, Any] = {
        "name": "占道先",
        "office": "沙坪坝区司法局",
        "division": DISTRICT,
        "post": "执法监督科科员",
        "degree": "bachelor",
        "experience_years": 6,
        "legal_qualification": False,
    }
    person = ok(await post(registry, "/supervision-officers", **one), 201)
    answer = ok(await get(registry, "/search", q="占道"))
    assert [(hit["kind"], hit["id"]) for hit in answer["items"]] == [
        ("supervision_officer", person["id"]),
        ("power", made["id"]),
    ]
    token = registry.token("district_supervisor", DISTRICT)
    for hit in answer["items"]:
        assert ok(await registry.get(hit["link"], as_=token))["name"] == hit["name"]
    assert await found(registry, "cg-00") == ["占道经营处罚"]


def test_every_kind_is_searched() -> None:
    assert set(actions.SOUGHT) == set(SearchKind)
