"""The registry's share of the five full coverages: each number is a full recount's."""

from typing import Any

from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    active_power,
    certified,
    get,
    officer,
    ok,
    post,
    power,
    published,
    refused,
)
from tests.registry.samples import drafted as drafted_subject
from tests.servers import ServiceUnderTest

DOMAINS = 14


async def listed(registry: ServiceUnderTest, path: str, **params: Any) -> list[Any]:
    """All of a list, as the Bureau reads it."""
    answer = ok(await get(registry, path, "bureau_supervisor", "50", limit=200, **params))
    assert answer["next_cursor"] is None
    items: list[Any] = answer["items"]
    return items


async def recounted(registry: ServiceUnderTest, **where: str) -> dict[str, tuple[int, int]]:
    """Numerators and denominators from the rows themselves, one by one."""
    day = {name: value for name, value in where.items() if name == "as_of"}
    bodies = {one["id"]: one for one in await listed(registry, "/subjects", **day)}
    subjects = await listed(registry, "/subjects", **where)
    officers = await listed(registry, "/officers", **where)
    powers = await listed(registry, "/powers", **where)
    known = [one for one in subjects if one["state"] not in ("revoked", "merged", "split")]
    public = [one for one in known if one["state"] == "published"]
    claimed = [one for one in powers if one["state"] in ("draft", "active")]
    forced = [
        one
        for one in claimed
        if one["state"] == "active" and bodies[one["subject_id"]]["state"] == "published"
    ]
    staff = [one for one in officers if (one["state"], one["staffing"]) == ("on_post", "staff")]
    able = [one for one in staff if one["may_enforce"]]
    covered = {domain for one in public for domain in one["domains"]}
    covered &= {domain for one in forced for domain in one["domains"]}
    covered &= {domain for one in able for domain in bodies[one["subject_id"]]["domains"]}
    return {
        "powers": (len(forced), len(claimed)),
        "domains": (len(covered - {"comprehensive", "other"}), DOMAINS),
        "subjects": (len(public), len(known)),
        "officers": (len(able), len(staff)),
    }


async def check(registry: ServiceUnderTest, **query: Any) -> dict[str, tuple[int, int]]:
    """The coverages, after each number was held against a recount and each gap against its list."""
    answer = ok(await get(registry, "/coverage", "bureau_supervisor", "50", **query))
    token = registry.token("bureau_supervisor", "50")
    day = {name: value for name, value in query.items() if name == "as_of"}
    totals = await recounted(
        registry, **{name: value for name, value in query.items() if name != "by"}
    )
    for coverage in answer["coverages"]:
        kind = coverage["kind"]
        numbers = (coverage["numerator"], coverage["denominator"])
        assert numbers == totals[kind], (kind, query)
        for one in (coverage, *coverage["groups"]):
            missing = one["denominator"] - one["numerator"]
            rows = ok(await registry.get(one["gaps"], as_=token))
            shown = rows["domains"] if kind == "domains" else rows["items"]
            assert len(shown) == missing, one
            assert (one["ratio"] is None) == (one["denominator"] == 0)
        for group in coverage["groups"]:
            whole = len(group["key"]) == (9 if query["by"] == "division" else 6)
            own = {} if whole or query["by"] == "township" else {"direct": "true"}
            there = await recounted(registry, division=group["key"], **own, **day)
            assert (group["numerator"], group["denominator"]) == there[kind], (kind, group)
    return totals


async def scene(registry: ServiceUnderTest) -> dict[str, Any]:
    """Two townships and a district body: some of all is covered."""
    made: dict[str, Any] = {}
    made["moving"] = await published(registry, domains=["urban_management", "transport"])
    made["staying"] = await published(registry, division=SIBLING, domains=["agriculture"])
    made["district"] = await published(
        registry, level="district", division=DISTRICT, domains=["health", "transport"]
    )
    made["draft"] = await drafted_subject(registry)
    for number, (name, domains) in enumerate(
        (("moving", ["urban_management"]), ("staying", ["agriculture"]), ("district", ["health"]))
    ):
        body = made[name]
        made[f"{name} power"] = await active_power(registry, body, domains=domains)
        await power(registry, body)
        made[f"{name} officer"] = await certified(
            registry, body, number=f"渝A-{number}", valid_to="2033-01-01"
        )
        await officer(registry, body)
        await officer(registry, body, staffing="auxiliary")
    return made


async def test_each_coverage_is_what_a_recount_finds_and_its_gap_list_shows(
    registry: ServiceUnderTest,
) -> None:
    made = await scene(registry)
    first = made["district officer"]["since"]
    totals = await check(registry)
    assert totals == {
        "powers": (3, 6),
        "domains": (3, DOMAINS),
        "subjects": (3, 4),
        "officers": (3, 6),
    }
    for by in ("district", "township", "division"):
        await check(registry, by=by)
    await check(registry, by="district", division=DISTRICT)
    await check(registry, by="division", division=SIBLING)
    # A suspended body's powers and officers are as uncovered as it is itself.
    registry.advance(days=3)
    ok(await post(registry, f"/subjects/{made['district']['id']}/suspend", reason="整顿"))
    path = f"/officers/{made['staying officer']['id']}/certificate/suspend"
    ok(await post(registry, path, reason="立案"))
    totals = await check(registry, by="division")
    assert (totals["powers"], totals["subjects"]) == ((2, 6), (2, 4))
    assert (totals["officers"], totals["domains"]) == ((1, 6), (1, DOMAINS))
    # What was true before is told as it was.
    assert (await check(registry, as_of=first, by="division"))["officers"] == (3, 6)
    long_ago = await check(registry, as_of="2020-01-01")
    assert {numbers for kind, numbers in long_ago.items() if kind != "domains"} == {(0, 0)}


async def test_a_certificate_that_is_over_covers_nobody_on_the_day_after(
    registry: ServiceUnderTest,
) -> None:
    body = await published(registry)
    person = await certified(registry, body, number="渝A-1", valid_to="2033-01-01")
    assert (await check(registry))["officers"] == (1, 1)
    registry.advance(days=3650)  # the timer has not fired yet: a day decides, not a state
    assert (await check(registry))["officers"] == (0, 1)
    [missing] = await listed(registry, "/officers", certified="false")
    assert missing["id"] == person["id"]
    await registry.fire_timers()
    assert (await check(registry))["officers"] == (0, 1)


async def test_coverage_goes_along_with_a_township_from_its_day_on(
    registry: ServiceUnderTest,
) -> None:
    made = await scene(registry)
    before = made["district officer"]["since"]
    registry.advance(days=5)
    after = (await published(registry, division=FOREIGN, level="district"))["since"]
    path = f"/divisions/{TOWNSHIP}/move"
    ok(await post(registry, path, "bureau_supervisor", "50", parent=FOREIGN, on=after))
    for day, there in ((before, DISTRICT), (after, FOREIGN)):
        await check(registry, as_of=day, by="district")
        await check(registry, as_of=day, by="township", division=there)
        answer = ok(
            await get(registry, "/coverage", "bureau_supervisor", "50", as_of=day, by="district")
        )
        shares = {one["kind"]: one for one in answer["coverages"]}
        groups = {group["key"]: group for group in shares["powers"]["groups"]}
        powers = {key: group["denominator"] for key, group in groups.items()}
        assert powers == ({DISTRICT: 6} if day == before else {DISTRICT: 4, FOREIGN: 2})
    await check(registry, by="district")


async def test_a_caller_sees_the_coverage_of_what_they_see(registry: ServiceUnderTest) -> None:
    await scene(registry)

    async def seen(role: str, at: str, **params: Any) -> dict[str, int]:
        answer = ok(await get(registry, "/coverage", role, at, **params))
        return {one["kind"]: one["denominator"] for one in answer["coverages"]}

    own = await seen("district_supervisor", DISTRICT)
    assert own == {"powers": 6, "domains": DOMAINS, "subjects": 4, "officers": 6}
    foreign = await seen("district_supervisor", FOREIGN)
    assert foreign == {"powers": 0, "domains": DOMAINS, "subjects": 0, "officers": 0}
    assert (await seen("township_enforcement", TOWNSHIP))["powers"] == 2
    answer = await get(registry, "/coverage", "lay_monitor", TOWNSHIP)
    refused(answer, 403, "forbidden")
