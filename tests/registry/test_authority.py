"""Who may enforce what, where, on whose authority and until when."""

from datetime import date, timedelta
from typing import Any

from tests.registry.handing_over import (
    BUREAU,
    capable_township,
    empowered,
    in_force,
    office,
    today,
)
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    active_power,
    get,
    ok,
    post,
    power,
    published,
)
from tests.servers import ServiceUnderTest


async def authority(
    registry: ServiceUnderTest, *who: str, **params: Any
) -> list[tuple[str, str, str]]:
    """How, by whom (credit code) and where."""
    items = await listed(registry, *who, **params)
    return [(item["authority"], item["organisation"], item["division"]) for item in items]


async def listed(registry: ServiceUnderTest, *who: str, **params: Any) -> list[Any]:
    """The answer to a question; `organisation` is asked for, not the caller's."""
    token = registry.token(*(who or BUREAU))
    answer = await registry.get("/registry/v1/authority", as_=token, params=params)
    return list(ok(answer)["items"])


async def test_a_body_enforces_its_own_powers_in_force_while_it_is_published(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one = await active_power(registry, body)
    await power(registry, body)  # a draft is none
    (item,) = ok(await get(registry, "/authority", subject_id=body["id"]))["items"]
    assert item == {
        "id": one["id"],
        "authority": "own",
        "subject_id": body["id"],
        "organisation": body["uscc"],
        "name": body["name"],
        "power_id": one["id"],
        "power_code": one["code"],
        "power_name": one["name"],
        "power_kind": "penalty",
        "domains": one["domains"],
        "division": DISTRICT,
        "except_in": [],
        "authority_of": body["id"],
        "authority_of_organisation": body["uscc"],
        "source_id": one["id"],
        "document_no": None,
        "basis": one["basis"],
        "since": one["since"],
        "until": None,
    }
    registry.advance(days=1)
    ok(await post(registry, f"/subjects/{body['id']}/suspend", *BUREAU, reason="整顿"))
    assert await authority(registry, subject_id=body["id"]) == []
    yesterday = (await today(registry) - timedelta(days=1)).isoformat()
    assert await authority(registry, subject_id=body["id"], as_of=yesterday) == [
        ("own", body["uscc"], DISTRICT)
    ]
    ok(await post(registry, f"/subjects/{body['id']}/resume", *BUREAU))
    ok(await post(registry, f"/powers/{one['id']}/repeal", *BUREAU, sub="head", reason="废止"))
    assert await authority(registry, subject_id=body["id"]) == []


async def test_a_trustee_enforces_from_the_first_day_to_the_last(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one, two = await active_power(registry, body), await active_power(registry, body)
    made = await in_force(registry, body, one, two, division=TOWNSHIP, days=20)
    code = made["trustee"]["credit_code"]
    items = await listed(registry, organisation=code)
    assert [item["power_id"] for item in items] == [one["id"], two["id"]]
    for item in items:
        assert (item["authority"], item["subject_id"]) == ("delegation", None)
        assert (item["name"], item["division"]) == (made["trustee"]["name"], TOWNSHIP)
        assert (item["authority_of"], item["source_id"]) == (body["id"], made["id"])
        assert (item["since"], item["until"]) == (made["valid_from"], made["valid_to"])
        assert (item["document_no"], item["basis"]) == (made["deed"]["deed_no"], made["basis"])
    registry.advance(days=20)
    assert len(await authority(registry, organisation=code)) == 2
    registry.advance(days=1)
    # Before the timer that ends it has run, and after.
    assert await authority(registry, organisation=code) == []
    await registry.fire_timers()
    assert await authority(registry, organisation=code) == []
    for day, count in (
        (date.fromisoformat(made["valid_from"]) - timedelta(days=1), 0),
        (date.fromisoformat(made["valid_from"]), 2),
        (date.fromisoformat(made["valid_to"]), 2),
        (date.fromisoformat(made["valid_to"]) + timedelta(days=1), 0),
    ):
        then = await authority(registry, organisation=code, as_of=day.isoformat())
        assert len(then) == count, day


async def test_a_delegation_that_is_not_published_or_was_revoked_gives_no_authority(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one = await active_power(registry, body)
    township = await published(registry)
    who = {"kind": "subject", "subject_id": township["id"]}
    later = (await today(registry) + timedelta(days=5)).isoformat()
    made = await in_force(registry, body, one, trustee=who, valid_from=later)
    assert await authority(registry, subject_id=township["id"]) == []
    registry.advance(days=5)
    await registry.fire_timers()
    held = [("delegation", township["uscc"], DISTRICT)]
    assert await authority(registry, subject_id=township["id"]) == held
    ok(await post(registry, f"/subjects/{township['id']}/suspend", *BUREAU, reason="整顿"))
    assert await authority(registry, subject_id=township["id"]) == []
    ok(await post(registry, f"/subjects/{township['id']}/resume", *BUREAU))
    registry.advance(days=5)
    ok(await post(registry, f"/delegations/{made['id']}/revoke", *BUREAU, reason="收回"))
    assert await authority(registry, subject_id=township["id"]) == []
    yesterday = (await today(registry) - timedelta(days=1)).isoformat()
    assert await authority(registry, subject_id=township["id"], as_of=yesterday) == held


async def test_a_township_enforces_what_was_handed_down_in_the_place_of_the_district(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one = await active_power(registry, body, township_allowed=True)
    township = await capable_township(registry)
    before = await today(registry)
    registry.advance(days=1)
    made = await empowered(registry, one, township)
    own, down = ("own", body["uscc"], DISTRICT), ("empowerment", township["uscc"], TOWNSHIP)
    assert await authority(registry, power_id=one["id"]) == [own, down]
    items = ok(await get(registry, "/authority", power_code=one["code"]))["items"]
    assert [item["except_in"] for item in items] == [[TOWNSHIP], []]
    assert (items[1]["document_no"], items[1]["basis"]) == (
        "渝府令〔2026〕1号",
        ["《中华人民共和国行政处罚法》第二十四条"],
    )
    assert (items[1]["authority_of"], items[1]["since"]) == (body["id"], made["began_on"])
    # In the township it is the township, elsewhere in the district the district's body.
    assert await authority(registry, power_id=one["id"], division=TOWNSHIP) == [down]
    assert await authority(registry, power_id=one["id"], division=SIBLING) == [own]
    assert await authority(registry, power_id=one["id"], division=DISTRICT) == [own]
    assert await authority(registry, power_id=one["id"], division="50") == []
    assert await authority(registry, power_id=one["id"], division=FOREIGN_TOWNSHIP) == []
    then = {"power_id": one["id"], "division": TOWNSHIP, "as_of": before.isoformat()}
    assert await authority(registry, **then) == [own]
    began = {"power_id": one["id"], "division": TOWNSHIP, "as_of": made["began_on"]}
    registry.advance(days=3)
    ok(await post(registry, f"/empowerments/{made['id']}/withdraw", reason="收回", cases=0))
    assert await authority(registry, power_id=one["id"], division=TOWNSHIP) == [own]
    assert await authority(registry, **began) == [down]
    (item,) = ok(await get(registry, "/authority", power_id=one["id"]))["items"]
    assert item["except_in"] == []


async def test_a_delegation_covers_its_division_and_what_lies_in_it(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one, two = await active_power(registry, body), await active_power(registry, body)
    city = await office(registry, level="city", division="50", name="市城市管理局")
    three = await active_power(registry, city)
    here = await in_force(registry, body, one, division=TOWNSHIP)
    wide = await in_force(registry, body, two)
    all_over = await in_force(registry, city, three)

    async def delegated(division: str) -> list[str]:
        params: dict[str, Any] = {"authority": "delegation", "division": division}
        items = ok(await get(registry, "/authority", *BUREAU, **params))["items"]
        return [item["source_id"] for item in items]

    assert await delegated(TOWNSHIP) == [here["id"], wide["id"], all_over["id"]]
    assert await delegated(SIBLING) == [wide["id"], all_over["id"]]
    assert await delegated(DISTRICT) == [wide["id"], all_over["id"]]
    assert await delegated(FOREIGN) == [all_over["id"]]
    assert await delegated("50") == [all_over["id"]]


async def test_authority_is_seen_where_its_sources_are(registry: ServiceUnderTest) -> None:
    body = await office(registry)
    one = await active_power(registry, body, township_allowed=True)
    two = await active_power(registry, body)
    township = await capable_township(registry)
    made = await empowered(registry, one, township)
    who = {"kind": "subject", "subject_id": township["id"]}
    given = await in_force(registry, body, two, trustee=who, division=TOWNSHIP)

    async def sources(*caller: str, organisation: str | None = None) -> list[str]:
        answer = await get(registry, "/authority", *caller, organisation=organisation)
        return sorted(item["source_id"] for item in ok(answer)["items"])

    theirs = sorted([made["id"], given["id"]])
    assert await sources("township_enforcement", TOWNSHIP) == theirs
    assert await sources("township_enforcement", SIBLING) == []
    assert await sources("district_supervisor", FOREIGN) == []
    assert await sources("agency_user", DISTRICT, organisation=body["uscc"]) == sorted(
        [one["id"], two["id"], *theirs]
    )


async def test_authority_is_paged_and_counted_over_all_its_kinds(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    powers = [await active_power(registry, body, township_allowed=True) for _ in range(3)]
    await in_force(registry, body, *powers[:2])
    await empowered(registry, powers[2], await capable_township(registry))
    first = ok(await get(registry, "/authority", limit="4", count="exact"))
    assert (first["count"], len(first["items"])) == (6, 4)
    second = ok(await get(registry, "/authority", limit="4", cursor=first["next_cursor"]))
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == sorted(set(ids)) and len(ids) == 6
    kinds = [item["authority"] for item in (*first["items"], *second["items"])]
    assert (kinds.count("own"), kinds.count("delegation"), kinds.count("empowerment")) == (3, 2, 1)
    for kind, number in (("own", 3), ("delegation", 2), ("empowerment", 1)):
        assert len(await authority(registry, authority=kind)) == number
    assert await authority(registry, domain="health") == []
    assert len(await authority(registry, domain="comprehensive")) == 6


async def test_where_a_power_was_handed_down_its_delegation_reaches_no_further(
    registry: ServiceUnderTest,
) -> None:
    body = await office(registry)
    one = await active_power(registry, body, township_allowed=True)
    made = await in_force(registry, body, one)
    township = await capable_township(registry)
    await empowered(registry, one, township)
    delegation = ("delegation", made["trustee"]["credit_code"], DISTRICT)
    down = ("empowerment", township["uscc"], TOWNSHIP)
    own = ("own", body["uscc"], DISTRICT)
    assert await authority(registry, power_id=one["id"], division=TOWNSHIP) == [down]
    there = await authority(registry, power_id=one["id"], division=SIBLING)
    assert sorted(there) == sorted([own, delegation])
    today_ = (await today(registry)).isoformat()
    for day in ({}, {"as_of": today_}):
        asked: dict[str, Any] = {"power_id": one["id"], **day}
        answer = await get(registry, "/authority", **asked)
        excepted = {item["authority"]: item["except_in"] for item in ok(answer)["items"]}
        assert excepted == {"own": [TOWNSHIP], "delegation": [TOWNSHIP], "empowerment": []}
