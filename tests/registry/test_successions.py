"""What a body that ends leaves behind: powers, and delegations by it and to it."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from services.registry.delegations.tables import Delegation
from tests.registry.handing_over import (
    BUREAU,
    capable_township,
    draw_up,
    empowered,
    in_force,
    led_to,
    office,
    today,
    trustee,
)
from tests.registry.samples import active_power, get, ok, post, power, published, refused
from tests.servers import ServiceUnderTest


async def end(registry: ServiceUnderTest, subject: Any, how: str, **body: Any) -> Any:
    path = f"/subjects/{subject['id']}/{how}"
    return ok(await post(registry, path, *BUREAU, reason="机构改革", **body))


async def powers(registry: ServiceUnderTest, **params: Any) -> dict[str, Any]:
    listed = ok(await get(registry, "/powers", *BUREAU, limit=200, **params))["items"]
    return {one["id"]: one for one in listed}


async def delegation(registry: ServiceUnderTest, made: Any, **params: Any) -> Any:
    return ok(await get(registry, f"/delegations/{made['id']}", *BUREAU, **params))


async def told(registry: ServiceUnderTest, kind: str) -> list[Any]:
    return [fact["data"] for fact in await registry.facts(f"registry.{kind}.v1")]


async def test_the_powers_of_a_revoked_body_and_what_was_delegated_of_them_end(
    registry: ServiceUnderTest,
) -> None:
    body, other = await office(registry), await office(registry, name="沙坪坝区水利局")
    held = await active_power(registry, body, since="2024-01-01")
    draft = await power(registry, body)
    down = await active_power(registry, body, township_allowed=True)
    township = await capable_township(registry)
    await empowered(registry, down, township)
    by_it = await in_force(registry, body, held)
    its = {"kind": "subject", "subject_id": body["id"]}
    to_it = await in_force(registry, other, await active_power(registry, other), trustee=its)
    registry.advance(days=3)
    await end(registry, body, "revoke")
    day = (await today(registry)).isoformat()
    now = await powers(registry, subject_id=body["id"])
    assert (now[held["id"]]["state"], now[held["id"]]["reason"]) == ("repealed", "机构改革")
    assert (now[held["id"]]["since"], now[draft["id"]]["state"]) == (day, "withdrawn")
    (repealed,) = await told(registry, "power.repealed")
    assert (repealed["power_id"], repealed["reason"]) == (held["id"], "机构改革")
    # What a township exercises by empowerment goes on; whose it is now is open.
    assert (now[down["id"]]["state"], now[down["id"]]["unassigned"]) == ("active", True)
    held_by = ok(await get(registry, "/authority", *BUREAU, power_id=down["id"]))["items"]
    assert [one["authority"] for one in held_by] == ["empowerment"]
    assert list(await powers(registry, unassigned=True)) == [down["id"]]
    for made in (by_it, to_it):
        ended = await delegation(registry, made)
        assert (ended["state"], ended["reason"]) == ("revoked", "机构改革")
    assert {fact["delegation_id"] for fact in await told(registry, "delegation.revoked")} == {
        by_it["id"],
        to_it["id"],
    }
    assert {fact["ended_on"] for fact in await told(registry, "delegation.revoked")} == {day}
    assert ok(await get(registry, "/authority", *BUREAU, power_id=held["id"]))["items"] == []
    # Another body takes it over.
    taken = await post(
        registry, f"/powers/{down['id']}/assign", *BUREAU, subject_id=other["id"], reason="承接"
    )
    assert ok(taken)["subject_id"] == other["id"]
    assert await powers(registry, unassigned=True) == {}


async def test_the_powers_of_a_split_body_are_open_until_they_are_assigned_to_a_successor(
    registry: ServiceUnderTest,
) -> None:
    body, one, two = [await office(registry, name=f"{n}局") for n in ("甲", "乙", "丙")]
    first, second = await active_power(registry, body), await active_power(registry, body)
    made = await in_force(registry, body, first)
    path = f"/powers/{first['id']}/assign"

    async def assign(to: Any, path: str = path, *caller: str) -> Any:
        who = caller or BUREAU
        return await post(registry, path, *who, subject_id=to["id"], reason="三定方案")

    assert "assign" not in (await powers(registry))[first["id"]]["allowed_actions"]
    refused(await assign(one), 409, "power-held")
    registry.advance(days=1)
    await end(registry, body, "split", successor_ids=[one["id"], two["id"]])
    open_ones = await powers(registry, unassigned=True)
    assert set(open_ones) == {first["id"], second["id"]}
    assert {p["state"] for p in open_ones.values()} == {"active"}
    assert all("assign" in p["allowed_actions"] for p in open_ones.values())
    assert set(await powers(registry, in_force=False)) == set(open_ones)
    assert (await delegation(registry, made))["state"] == "revoked"
    stranger = await office(registry, name="丁局")
    refused(await assign(stranger), 422, "power-not-to-a-successor")
    refused(await assign(one, path, "agency_user", "500106"), 403, "forbidden")
    ok(await post(registry, f"/subjects/{two['id']}/suspend", *BUREAU, reason="整改"))
    refused(await assign(two), 409, "power-holder-not-published")
    answers = await asyncio.gather(assign(one), assign(one))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (moved,) = await told(registry, "power.transferred")
    assert (moved["former_subject_id"], moved["subject_id"]) == (body["id"], one["id"])
    assert list(await powers(registry, unassigned=True)) == [second["id"]]
    # Or several at once, all or none.
    several = f"/subjects/{body['id']}/succession"
    both = {"successor_id": one["id"], "power_ids": [second["id"], first["id"]], "reason": "三定"}
    refused(await post(registry, several, *BUREAU, **both), 404, "not-found")
    left = {**both, "power_ids": [second["id"]]}
    done = ok(await post(registry, several, *BUREAU, **left))
    assert (done["assigned"], done["unassigned"]) == (1, 0)
    assert set(await powers(registry, in_force=True)) == {first["id"], second["id"]}
    # Of the past each is answered as it was.
    yesterday = (await today(registry) - timedelta(days=1)).isoformat()
    assert await powers(registry, unassigned=True, as_of=yesterday) == {}
    then = {"subject_id": body["id"], "as_of": yesterday}
    held = ok(await get(registry, "/authority", *BUREAU, authority="own", **then))["items"]
    assert {one["power_id"] for one in held} == {first["id"], second["id"]}


async def test_a_delegation_goes_on_in_the_name_of_the_body_that_its_delegator_was_merged_into(
    registry: ServiceUnderTest,
) -> None:
    body, successor = await office(registry), await office(registry, name="沙坪坝区水利局")
    kept = await active_power(registry, body)
    doubled = await active_power(registry, body, code="P-2")
    same = await active_power(registry, successor, code="P-2")
    made = await in_force(registry, body, kept, doubled)
    handed = await active_power(registry, body, township_allowed=True)
    twice = await active_power(registry, body, code="P-3", township_allowed=True)
    await active_power(registry, successor, code="P-3")
    township = await capable_township(registry)
    down = [await empowered(registry, one, township) for one in (handed, twice)]
    before = made["since"]
    # The successor numbers its own deeds: the same number is no conflict.
    theirs = await active_power(registry, successor)
    other = await led_to(registry, ok(await draw_up(registry, successor, theirs), 201), "approve")
    deed = {"deed_no": made["deed"]["deed_no"], "sha256": made["deed"]["sha256"]}
    ok(await post(registry, f"/delegations/{other['id']}/sign", *BUREAU, **deed))
    draft = ok(await draw_up(registry, body, await active_power(registry, body)), 201)
    waiting_for = await active_power(registry, body, code="P-4")
    await active_power(registry, successor, code="P-4")
    waiting = ok(await draw_up(registry, body, waiting_for), 201)
    await led_to(registry, waiting, "evaluate")
    registry.advance(days=2)
    await end(registry, body, "merge", successor_id=successor["id"])
    now = await delegation(registry, made)
    assert (now["state"], now["delegator_id"]) == ("active", successor["id"])
    assert now["organisation"] == successor["uscc"]
    assert now["power_ids"] == [kept["id"], same["id"]]
    assert now["deed"] == made["deed"]
    assert (await delegation(registry, draft))["delegator_id"] == successor["id"]
    # The power that it named before is repealed, and stands in no way.
    assert "approve" in (await delegation(registry, waiting))["allowed_actions"]
    facts = await told(registry, "delegation.transferred")
    assert [fact["delegation_id"] for fact in facts] == [made["id"], draft["id"], waiting["id"]]
    # A township goes on with what was handed down, whoever the power is now.
    (moved,) = await told(registry, "empowerment.transferred")
    assert (moved["empowerment_id"], moved["grantor_id"]) == (down[0]["id"], successor["id"])
    assert moved["former_grantor_id"] == body["id"]
    seen = ok(await get(registry, f"/empowerments/{down[0]['id']}", *BUREAU))
    assert seen["grantor_organisation"] == successor["uscc"]
    assert list(await powers(registry, unassigned=True)) == [twice["id"]]
    asked = {"authority": "empowerment", "subject_id": township["id"]}
    exercised = ok(await get(registry, "/authority", *BUREAU, **asked))["items"]
    assert {one["power_id"] for one in exercised} == {handed["id"], twice["id"]}
    assert (facts[0]["former_delegator_id"], facts[0]["reason"]) == (body["id"], "机构改革")
    assert facts[0]["power_codes"] == [kept["code"], "P-2"]
    await authorised(registry, {kept["id"], same["id"]}, successor, made)
    await authorised(registry, {kept["id"], doubled["id"]}, body, made, as_of=before)
    async with registry.session() as session:
        row = (await session.scalars(select(Delegation).where(Delegation.id == made["id"]))).one()
    assert (row.deed_by, row.organisation) == (body["uscc"], successor["uscc"])
    # Who is in charge of the successor is of the deed.
    revoke = f"/delegations/{made['id']}/revoke"
    agency: dict[str, Any] = {"organisation": successor["uscc"]}
    ok(await post(registry, revoke, "agency_user", "500106", **agency, reason="收回"))


async def authorised(
    registry: ServiceUnderTest, power_ids: set[str], of: Any, made: Any, **params: Any
) -> None:
    """Exactly these are delegated, and by whom."""
    params = {"organisation": made["trustee"]["credit_code"], **params}
    found = ok(await get(registry, "/authority", *BUREAU, authority="delegation", **params))
    told = {(one["power_id"], one["authority_of"]) for one in found["items"]}
    assert told == {(id, of["id"]) for id in power_ids}


async def test_a_delegation_that_the_successor_could_not_have_made_ends_with_its_delegator(
    registry: ServiceUnderTest,
) -> None:
    body, successor = await office(registry), await office(registry, name="沙坪坝区水利局")
    doubled = await active_power(registry, body, code="P-2")
    same = await active_power(registry, successor, code="P-2")
    await in_force(registry, successor, same)
    taken = await in_force(registry, body, doubled)
    who = {"kind": "subject", "subject_id": successor["id"]}
    to_itself = await in_force(registry, body, await active_power(registry, body), trustee=who)
    public = trustee(credit_code=successor["uscc"])
    again = await in_force(registry, body, await active_power(registry, body), trustee=public)
    await end(registry, body, "merge", successor_id=successor["id"])
    for made in (taken, to_itself, again):
        assert (await delegation(registry, made))["state"] == "revoked"
    assert len(await told(registry, "delegation.revoked")) == 3
    assert await told(registry, "delegation.transferred") == []


async def test_a_delegation_ends_with_its_trustee_whoever_takes_its_place(
    registry: ServiceUnderTest,
) -> None:
    body, first, second = (
        await office(registry),
        await published(registry),
        await published(registry),
    )
    who = {"kind": "subject", "subject_id": first["id"]}
    held = await active_power(registry, body)
    made = await in_force(registry, body, held, trustee=who)
    await end(registry, first, "merge", successor_id=second["id"])
    assert (await delegation(registry, made))["state"] == "revoked"
    (fact,) = await told(registry, "delegation.revoked")
    assert (fact["trustee_id"], fact["reason"]) == (first["id"], "机构改革")
    # Its days are free again for the one that took its place, once it was looked into.
    who = {"kind": "subject", "subject_id": second["id"]}
    day = (await today(registry)).isoformat()
    ok(await draw_up(registry, body, held, trustee=who, valid_from=day), 201)


async def test_an_approval_and_the_merger_of_the_delegator_do_not_wait_for_each_other_in_vain(
    registry: ServiceUnderTest,
) -> None:
    for _ in range(2):
        body, successor = await office(registry), await office(registry)
        made = ok(await draw_up(registry, body, await active_power(registry, body)), 201)
        made = await led_to(registry, made, "evaluate")
        merged, approved = await asyncio.gather(
            post(
                registry,
                f"/subjects/{body['id']}/merge",
                *BUREAU,
                successor_id=successor["id"],
                reason="机构改革",
            ),
            post(registry, f"/delegations/{made['id']}/approve", *BUREAU, sub="head"),
        )
        assert merged.status_code == 200, merged.text
        assert approved.status_code in {200, 409}, approved.text
        assert (await delegation(registry, made))["delegator_id"] == successor["id"]
