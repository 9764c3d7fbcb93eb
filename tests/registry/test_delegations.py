"""Delegations through HTTP: who may have whom enforce what, where, and until when."""

import asyncio
import itertools
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from services.registry.delegated_powers.tables import DelegatedPower
from services.registry.delegations.rules import (
    LIFECYCLE,
    DelegationState,
    TrusteeKind,
    TrusteeNotPublicBody,
    is_fit,
    may_be_trustee,
)
from services.registry.delegations.tables import Delegation
from shared.refusals import Refused
from shared.timers import Timer
from tests.registry.handing_over import (
    BUREAU,
    DIGEST,
    EVALUATION,
    company_code,
    deed,
    draw_up,
    in_force,
    led_to,
    office,
    terms,
    today,
    trustee,
)
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    active_power,
    drafted,
    get,
    ok,
    patch,
    post,
    power,
    published,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk


async def scene(registry: ServiceUnderTest) -> tuple[Any, Any]:
    """A body of the district with a power in force."""
    delegator = await office(registry)
    return delegator, await active_power(registry, delegator)


async def test_a_delegation_goes_from_draft_by_deed_filing_and_publication_to_its_end(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    two = await active_power(registry, delegator, domains=["health"])
    made = ok(await draw_up(registry, delegator, one, two), 201)
    assert (made["state"], made["version"], made["domains"]) == (
        "drafted",
        1,
        ["comprehensive", "health"],
    )
    assert made["organisation"] == delegator["uscc"]
    async with registry.session() as session:
        row = (await session.scalars(select(Delegation))).one()
    assert (row.district, row.township) == (DISTRICT, None)
    assert row.parties == [made["trustee"]["credit_code"]]
    made = await led_to(registry, made, "publish")
    assert made["state"] == "published"
    assert made["deed"]["sha256"] == DIGEST
    assert (made["filed_late"], made["due_at"], made["overdue"]) == (False, None, False)
    assert made["evaluation"]["qualified_staff"] == 6
    await registry.fire_timers()
    path = f"/delegations/{made['id']}"
    assert ok(await get(registry, path))["state"] == "active"
    registry.advance(days=210)
    await registry.fire_timers()
    assert ok(await get(registry, path))["state"] == "expiring"
    registry.advance(days=60)
    await registry.fire_timers()
    registry.advance(days=31)
    await registry.fire_timers()
    ended = ok(await get(registry, path))
    assert (ended["state"], ended["allowed_actions"]) == ("expired", [])
    assert ended["since"] == (date.fromisoformat(made["valid_to"]) + timedelta(days=1)).isoformat()
    told = [f for f in await registry.facts() if ".delegation." in f["type"]]
    verbs = [f["type"].split(".")[-2] for f in told]
    assert verbs == [
        *("drafted", "evaluated", "approved", "signed", "filed", "published", "activated"),
        *("expiring", "expiring", "expired"),
    ]
    assert [f["data"]["days_left"] for f in told if "days_left" in f["data"]] == [90, 30]
    for fact in told:
        assert fact["division"] == f"50.{DISTRICT}._"
        data = fact["data"]
        assert data["power_codes"] == [one["code"], two["code"]]
        assert data["power_ids"] == [one["id"], two["id"]]
        assert (data["delegator_id"], data["trustee_code"]) == (
            delegator["id"],
            made["trustee"]["credit_code"],
        )
        assert (data["valid_from"], data["valid_to"]) == (made["valid_from"], made["valid_to"])
    assert [f["data"]["state"] for f in told] == [
        *("drafted", "evaluated", "approved", "approved", "filed", "published", "active"),
        *("expiring", "expiring", "expired"),
    ]
    async with registry.session() as session:
        assert (await session.scalars(select(Timer))).all() == []


@pytest.mark.parametrize(
    "who",
    [
        {"kind": "enterprise", "name": "某保安服务有限公司"},
        {"kind": "individual", "name": "张某"},
        {"kind": "other", "name": "某商会"},
        {"kind": "enterprise"},
    ],
    ids=["company", "person", "other", "company without a name"],
)
async def test_a_company_or_a_person_is_refused_with_the_article_named(
    registry: ServiceUnderTest, who: dict[str, Any]
) -> None:
    delegator, one = await scene(registry)
    answer = await draw_up(registry, delegator, one, trustee=who)
    problem = refused(answer, 422, "delegation-trustee-not-public-body")
    assert "《中华人民共和国行政处罚法》第二十条、第二十一条" in problem["detail"]
    # By the rule, before the table would refuse it.
    assert problem["details"]["trustee"] == TrusteeKind(who["kind"]).label
    assert TrusteeNotPublicBody.basis == "《中华人民共和国行政处罚法》第二十条、第二十一条"
    assert await registry.facts("registry.delegation.drafted.v1") == []


async def test_a_company_that_is_called_a_public_body_is_refused(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    disguised = trustee(credit_code=company_code())
    answer = await draw_up(registry, delegator, one, trustee=disguised)
    refused(answer, 422, "delegation-trustee-not-public-body")
    # A company that got itself registered as a subject is one all the same.
    subject = await published(registry, uscc=company_code())
    registered = {"kind": "subject", "subject_id": subject["id"]}
    answer = await draw_up(registry, delegator, one, trustee=registered)
    refused(answer, 422, "delegation-trustee-not-public-body")
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    changed = await patch(registry, path, *BUREAU, version=1, trustee=disguised)
    refused(changed, 422, "delegation-trustee-not-public-body")
    changed = await patch(registry, path, *BUREAU, version=1, trustee={"kind": "enterprise"})
    refused(changed, 422, "delegation-trustee-not-public-body")


async def test_the_database_holds_no_company_as_trustee(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    ok(await draw_up(registry, delegator, one), 201)
    async with registry.session() as session:
        for values in ({"trustee_kind": "enterprise"}, {"trustee_code": company_code()}):
            with pytest.raises(IntegrityError, match="ck_delegation_trustee"):
                await session.execute(update(Delegation).values(**values))
            await session.rollback()


def test_only_two_kinds_of_trustee_are_public_bodies() -> None:
    told = {}
    for kind in TrusteeKind:
        try:
            may_be_trustee(kind=kind, credit_code=None)
            told[kind.value] = True
        except Refused:
            told[kind.value] = False
    assert [kind for kind, allowed in told.items() if allowed] == ["subject", "public_affairs"]


async def test_a_trustee_is_named_by_id_or_by_name_and_code(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    for who in (
        {"kind": "subject", "name": "某镇"},
        {"kind": "public_affairs", "name": "某中心"},
        trustee(subject_id=delegator["id"]),
    ):
        answer = await draw_up(registry, delegator, one, trustee=who)
        assert wrong_fields(answer) == {("/trustee", "trustee-not-named")}
    answer = await draw_up(registry, delegator, one, trustee=trustee(credit_code="9" * 18))
    assert ("/trustee/credit_code", "credit-code-invalid") in wrong_fields(answer)


async def test_only_a_published_subject_and_another_one_is_a_trustee(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    draft = await drafted(registry)

    async def to(subject_id: str) -> Response:
        who = {"kind": "subject", "subject_id": subject_id}
        return await draw_up(registry, delegator, one, trustee=who)

    refused(await to(draft["id"]), 422, "delegation-trustee-not-published")
    refused(await to(str(UUID(int=1))), 422, "delegation-trustee-not-published")
    refused(await to(delegator["id"]), 422, "delegation-trustee-is-delegator")
    itself = trustee(credit_code=delegator["uscc"])
    answer = await draw_up(registry, delegator, one, trustee=itself)
    refused(answer, 422, "delegation-trustee-is-delegator")
    township = await published(registry)
    made = ok(await to(township["id"]), 201)
    assert made["trustee"] == {
        "kind": "subject",
        "subject_id": township["id"],
        "name": township["name"],
        "credit_code": township["uscc"],
    }


async def test_only_held_powers_in_force_are_delegated(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    another = await office(registry, name="沙坪坝区水利局")
    theirs = await active_power(registry, another)
    answer = await draw_up(registry, delegator, one, theirs)
    problem = refused(answer, 422, "delegation-power-not-held")
    assert problem["details"]["powers"] == theirs["id"]
    draft = await power(registry, delegator)
    refused(await draw_up(registry, delegator, one, draft), 409, "power-not-active")
    ok(await post(registry, f"/powers/{one['id']}/repeal", *BUREAU, sub="head", reason="废止"))
    refused(await draw_up(registry, delegator, one), 409, "power-not-active")


async def test_what_is_held_by_delegation_is_not_delegated_on(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    township = await published(registry)
    who = {"kind": "subject", "subject_id": township["id"]}
    await in_force(registry, delegator, one, trustee=who)
    answer = await draw_up(registry, township, one)
    problem = refused(answer, 422, "delegation-passed-on")
    assert "第二十条" in problem["detail"]
    # Nor does a body delegate that is there by delegation altogether.
    entrusted = await published(registry, kind="entrusted", division=SIBLING)
    own = await active_power(registry, entrusted)
    refused(await draw_up(registry, entrusted, own), 422, "delegation-passed-on")


async def test_a_delegator_that_is_suspended_delegates_nothing(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    ok(await post(registry, f"{path}/evaluate", *BUREAU, sub="office", **EVALUATION))
    ok(await post(registry, f"/subjects/{delegator['id']}/suspend", *BUREAU, reason="整顿"))
    answer = await draw_up(registry, delegator, one)
    refused(answer, 409, "delegation-delegator-not-published")
    assert "approve" not in ok(await get(registry, path))["allowed_actions"]
    answer = await post(registry, f"{path}/approve", *BUREAU, sub="head")
    refused(answer, 409, "delegation-delegator-not-published")


async def test_a_power_repealed_meanwhile_stops_the_approval(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    ok(await post(registry, f"{path}/evaluate", *BUREAU, sub="office", **EVALUATION))
    assert "approve" in ok(await get(registry, path))["allowed_actions"]
    ok(await post(registry, f"/powers/{one['id']}/repeal", *BUREAU, sub="head", reason="废止"))
    assert "approve" not in ok(await get(registry, path))["allowed_actions"]
    refused(await post(registry, f"{path}/approve", *BUREAU, sub="head"), 409, "power-not-active")


async def test_a_period_is_bounded_by_the_rule_in_force(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    day = await today(registry)
    first = date(day.year + 1, 3, 1)
    for last, status, code in (
        (date(first.year + 3, 3, 1), 422, "delegation-too-long"),
        (date(9999, 12, 31), 422, "delegation-too-long"),
        (first - timedelta(days=1), 422, "delegation-period-invalid"),
    ):
        period = {"valid_from": first.isoformat(), "valid_to": last.isoformat()}
        refused(await draw_up(registry, delegator, one, **period), status, code)
    over: dict[str, Any] = {"valid_from": "2020-01-01", "valid_to": "2021-01-01"}
    refused(await draw_up(registry, delegator, one, **over), 422, "delegation-period-invalid")
    longest = {"valid_from": first.isoformat(), "valid_to": f"{first.year + 3}-02-28"}
    ok(await draw_up(registry, delegator, one, **longest), 201)


async def test_nobody_delegates_beyond_the_own_division(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    for division in ("50", FOREIGN, "500116106"):
        answer = await draw_up(registry, delegator, one, division=division)
        refused(answer, 422, "delegation-area-not-the-delegators")
    refused(await draw_up(registry, delegator, one, division="599999"), 422, "division-unknown")
    ok(await draw_up(registry, delegator, one, division=TOWNSHIP), 201)


async def test_a_power_is_delegated_once_at_a_place_and_a_time(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    two = await active_power(registry, delegator)
    day = await today(registry)
    here = ok(await draw_up(registry, delegator, one, division=TOWNSHIP), 201)

    async def again(*powers: Any, **fields: Any) -> Response:
        return await draw_up(registry, delegator, *powers, **fields)

    # The same township, all of the district with it, and one power of two.
    for powers, division in (((one,), TOWNSHIP), ((one,), DISTRICT), ((two, one), TOWNSHIP)):
        answer = await again(*powers, division=division)
        refused(answer, 409, "delegation-overlaps")
    ok(await again(one, division=SIBLING), 201)
    ok(await again(two, division=DISTRICT), 201)
    refused(await again(two, division=TOWNSHIP), 409, "delegation-overlaps")
    # The day after its last day is free, its last day is not.
    for days, status in ((300, 409), (301, 201)):
        first = day + timedelta(days=days)
        last = first + timedelta(days=30)
        period = {"valid_from": first.isoformat(), "valid_to": last.isoformat()}
        answer = await again(one, division=TOWNSHIP, **period)
        assert answer.status_code == status, answer.text
    # What was dropped is free again.
    ok(await post(registry, f"/delegations/{here['id']}/revoke", *BUREAU, reason="不再需要"))
    ok(await again(one, division=TOWNSHIP), 201)


async def test_a_changed_draft_claims_what_it_says_now(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    two = await active_power(registry, delegator, domains=["health"])
    made = ok(await draw_up(registry, delegator, one), 201)
    ok(await draw_up(registry, delegator, two, division=TOWNSHIP), 201)
    path = f"/delegations/{made['id']}"
    both = [one["id"], two["id"]]
    answer = await patch(registry, path, *BUREAU, version=1, power_ids=both)
    refused(answer, 409, "delegation-overlaps")
    moved: dict[str, Any] = {"power_ids": both, "division": SIBLING}
    changed = ok(await patch(registry, path, *BUREAU, version=1, **moved))
    assert (changed["domains"], changed["division"]) == (["comprehensive", "health"], SIBLING)
    async with registry.session() as session:
        row = await session.get(Delegation, UUID(made["id"]))
    assert row is not None
    assert row.parties == sorted([made["trustee"]["credit_code"], SIBLING])
    ok(await draw_up(registry, delegator, one, division=TOWNSHIP), 201)
    same = ok(await patch(registry, path, *BUREAU, version=changed["version"], **moved))
    assert same["version"] == changed["version"]
    assert len(await registry.facts("registry.delegation.changed.v1")) == 1


async def test_of_twenty_grants_at_once_one_wins(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    body = await terms(registry, delegator, one)
    answers = await asyncio.gather(
        *(post(registry, "/delegations", *BUREAU, sub=f"clerk-{n}", **body) for n in range(20))
    )
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 1, [answer.text for answer in answers]
    codes = {answer.json()["code"] for answer in answers if answer not in won}
    # Whoever waited too long for the first was told to come again.
    assert codes <= {"delegation-overlaps", "busy", "query-timeout"}
    assert "delegation-overlaps" in codes
    assert len(await registry.facts("registry.delegation.drafted.v1")) == 1


async def test_the_database_itself_refuses_an_overlap(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    day = date.fromisoformat(made["valid_to"])
    claim = {
        "delegation_id": UUID(made["id"]),
        "power_id": UUID(one["id"]),
        "area": [Range(int(TOWNSHIP), int(TOWNSHIP), bounds="[]")],
        "period": Range(day, None),
    }
    async with registry.session() as session:
        with pytest.raises(IntegrityError, match="ex_delegated_power_overlap"):
            await session.execute(insert(DelegatedPower).values(**claim))


async def test_a_revoked_delegation_gives_back_the_days_that_are_left(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    made = await in_force(registry, delegator, one)
    registry.advance(days=10)
    path = f"/delegations/{made['id']}"
    ended = ok(await post(registry, f"{path}/revoke", *BUREAU, reason="受委托组织撤销"))
    assert (ended["state"], ended["reason"]) == ("revoked", "受委托组织撤销")
    (fact,) = await registry.facts("registry.delegation.revoked.v1")
    assert fact["data"]["ended_on"] == ended["since"]
    back = {"valid_from": made["valid_from"], "valid_to": made["valid_to"]}
    refused(await draw_up(registry, delegator, one, **back), 409, "delegation-overlaps")
    ok(await draw_up(registry, delegator, one), 201)
    async with registry.session() as session:
        assert (await session.scalars(select(Timer))).all() == []


async def test_evaluation_and_approval_are_of_two_who_did_not_draw_it_up(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    ok(await patch(registry, path, *BUREAU, version=1, authority="调查取证"))  # by one more person
    changer = (await registry.facts("registry.delegation.changed.v1"))[0]["actor"]

    async def step(action: str, sub: str, **body: Any) -> Response:
        return await post(registry, f"{path}/{action}", *BUREAU, sub=sub, **body)

    for sub in ("clerk", changer):
        refused(await step("evaluate", sub, **EVALUATION), 409, "delegation-self-approval")
    ok(await step("evaluate", "office", **EVALUATION))
    for sub in ("clerk", changer, "office"):
        refused(await step("approve", sub), 409, "delegation-self-approval")
    assert ok(await step("approve", "head"))["state"] == "approved"


async def test_an_unfit_trustee_is_refused_with_what_it_lacks(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    for lacking in (
        {"administers_public_affairs": False},
        {"qualified_staff": 0},
        {"equipped": False},
    ):
        body = {**EVALUATION, **lacking}
        answer = await post(registry, f"{path}/evaluate", *BUREAU, sub="office", **body)
        problem = refused(answer, 422, "delegation-trustee-unfit")
        assert "第二十一条" in problem["detail"]
    answer = await post(registry, f"{path}/refuse", *BUREAU, sub="office", reason="不具备条件")
    assert ok(answer)["state"] == "refused"
    ok(await draw_up(registry, delegator, one), 201)  # its powers are free again


def test_a_fit_trustee_meets_all_three_conditions() -> None:
    is_fit(administers_public_affairs=True, qualified_staff=1, equipped=True)


async def test_what_was_sent_back_is_a_draft_with_the_reason(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    ok(await post(registry, f"{path}/evaluate", *BUREAU, sub="office", **EVALUATION))
    back = ok(await post(registry, f"{path}/return", *BUREAU, sub="head", reason="权限不明"))
    assert (back["state"], back["reason"], back["evaluation"]) == ("drafted", "权限不明", None)
    (fact,) = await registry.facts("registry.delegation.returned.v1")
    assert fact["data"]["reason"] == "权限不明"


async def test_a_deed_is_recorded_once_and_before_filing(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = await led_to(registry, ok(await draw_up(registry, delegator, one), 201), "approve")
    path = f"/delegations/{made['id']}"
    refused(await post(registry, f"{path}/file", *BUREAU), 409, "delegation-deed-missing")
    tomorrow = (await today(registry) + timedelta(days=1)).isoformat()
    answer = await post(registry, f"{path}/sign", *BUREAU, **deed(), signed_on=tomorrow)
    refused(answer, 422, "delegation-day-impossible")
    answer = await post(registry, f"{path}/sign", *BUREAU, deed_no="1", sha256="abc")
    assert {pointer for pointer, _ in wrong_fields(answer)} == {"/sha256"}
    signed = deed()
    ok(await post(registry, f"{path}/sign", *BUREAU, **signed))
    refused(await post(registry, f"{path}/sign", *BUREAU, **deed()), 409, "delegation-deed-signed")
    yesterday = (await today(registry) - timedelta(days=1)).isoformat()
    answer = await post(registry, f"{path}/file", *BUREAU, filed_on=yesterday)
    refused(answer, 422, "delegation-day-impossible")
    other = await active_power(registry, delegator)
    second = await led_to(registry, ok(await draw_up(registry, delegator, other), 201), "approve")
    answer = await post(registry, f"/delegations/{second['id']}/sign", *BUREAU, **signed)
    refused(answer, 409, "delegation-deed-number-taken")


async def test_a_deed_not_filed_within_ten_working_days_is_overdue_and_told(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    made = await led_to(registry, ok(await draw_up(registry, delegator, one), 201), "sign")
    path = f"/delegations/{made['id']}"
    assert made["due_at"] is not None and not made["overdue"]
    assert ok(await get(registry, "/delegations", overdue="true"))["items"] == []
    registry.advance(days=25)
    await registry.fire_timers()
    seen = ok(await get(registry, path))
    assert (seen["state"], seen["overdue"]) == ("approved", True)
    listed = ok(await get(registry, "/delegations", overdue="true"))["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    (fact,) = await registry.facts("registry.delegation.filing_overdue.v1")
    assert fact["data"]["filing_due_at"][:19] == made["due_at"][:19]
    late = ok(await post(registry, f"{path}/file", *BUREAU))
    assert (late["state"], late["filed_late"]) == ("filed", True)
    (fact,) = await registry.facts("registry.delegation.filed.v1")
    assert fact["data"]["late"] is True
    # Its first day has passed by now: the publication is overdue in its turn.
    assert late["overdue"] is True
    in_time = {"filed_on": made["valid_from"]}
    assert in_time["filed_on"] < late["filed_on"]


async def test_what_was_filed_in_time_is_not_late(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = await led_to(registry, ok(await draw_up(registry, delegator, one), 201), "file")
    assert made["filed_late"] is False
    registry.advance(days=60)
    assert await registry.fire_timers() == 0
    assert await registry.facts("registry.delegation.filing_overdue.v1") == []


async def test_a_published_delegation_begins_on_its_first_day(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    day = await today(registry)
    later = {
        "valid_from": (day + timedelta(days=20)).isoformat(),
        "valid_to": (day + timedelta(days=60)).isoformat(),
    }
    made = await in_force(registry, delegator, one, **later)
    path = f"/delegations/{made['id']}"
    assert made["state"] == "published"
    registry.advance(days=20)
    await registry.fire_timers()
    # Fewer than ninety days are left as it begins, so that its end is told at once.
    seen = ok(await get(registry, path))
    assert (seen["state"], seen["since"]) == ("expiring", later["valid_from"])
    (fact,) = await registry.facts("registry.delegation.expiring.v1")
    assert fact["data"]["days_left"] == 40
    assert len(await registry.facts("registry.delegation.activated.v1")) == 1


async def test_what_was_over_before_it_was_published_never_begins(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    made = await led_to(registry, ok(await draw_up(registry, delegator, one, days=5), 201), "file")
    registry.advance(days=10)
    path = f"/delegations/{made['id']}"
    assert ok(await get(registry, path))["allowed_actions"] == ["revoke"]
    answer = await post(registry, f"{path}/publish", *BUREAU, published_in="网站")
    refused(answer, 409, "delegation-over")


async def test_a_delegation_is_shown_as_it_was_on_a_day(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = await in_force(registry, delegator, one)
    path = f"/delegations/{made['id']}"
    began = made["since"]
    registry.advance(days=10)
    revoked = ok(await post(registry, f"{path}/revoke", *BUREAU, reason="收回"))
    then = ok(await get(registry, path, as_of=began))
    assert (then["state"], then["allowed_actions"], then["reason"]) == ("active", [], None)
    listed = ok(await get(registry, "/delegations", as_of=began, state="active"))["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    assert ok(await get(registry, path, as_of=revoked["since"]))["state"] == "revoked"
    refused(await get(registry, path, as_of="2020-01-01"), 404, "not-found")


async def test_a_correction_of_a_draft_does_not_reach_back(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    made = ok(await draw_up(registry, delegator, one), 201)
    path = f"/delegations/{made['id']}"
    registry.advance(days=3)
    ok(await patch(registry, path, *BUREAU, version=1, authority="调查取证"))
    then = ok(await get(registry, path, as_of=made["since"]))
    assert then["authority"] == "调查取证、作出警告"
    registry.advance(days=3)
    signed = await led_to(registry, made, "sign")
    before = (date.fromisoformat(signed["since"]) - timedelta(days=1)).isoformat()
    then = ok(await get(registry, path, as_of=before))
    assert (then["deed"], then["state"]) == (None, "drafted")


async def test_the_body_files_and_a_legal_office_decides(registry: ServiceUnderTest) -> None:
    delegator, one = await scene(registry)
    body = await terms(registry, delegator, one)
    own: dict[str, Any] = {"organisation": delegator["uscc"]}
    agency = ("agency_user", DISTRICT)
    made = ok(await post(registry, "/delegations", *agency, **own, **body), 201)
    path = f"/delegations/{made['id']}"
    assert made["allowed_actions"] == ["change", "revoke"]
    refused(
        await post(registry, f"{path}/evaluate", *agency, **own, **EVALUATION), 403, "forbidden"
    )
    ok(await post(registry, f"{path}/evaluate", sub="office", **EVALUATION))
    ok(await post(registry, f"{path}/approve", sub="head"))
    ok(await post(registry, f"{path}/sign", *agency, **own, **deed()))
    ok(await post(registry, f"{path}/file", *agency, **own))
    ok(await post(registry, f"{path}/publish", *agency, **own, published_in="网站"))
    # Another body of the district sees nothing of it.
    other = await office(registry, name="沙坪坝区水利局")
    answer = await get(registry, path, *agency, organisation=other["uscc"])
    refused(answer, 404, "not-found")


async def test_trustee_and_township_read_what_they_are_party_to(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    township = await published(registry)
    who = {"kind": "subject", "subject_id": township["id"]}
    made = await in_force(registry, delegator, one, trustee=who, division=TOWNSHIP)
    path = f"/delegations/{made['id']}"
    for role, division, organisation in (
        ("township_enforcement", TOWNSHIP, None),
        ("township_supervision_office", TOWNSHIP, None),
        ("agency_user", DISTRICT, township["uscc"]),
    ):
        seen = ok(await get(registry, path, role, division, organisation=organisation))
        assert seen["allowed_actions"] == []
    for role, division in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, role, division), 404, "not-found")
        assert ok(await get(registry, "/delegations", role, division))["items"] == []
    answer = await post(registry, f"{path}/revoke", "township_enforcement", TOWNSHIP, reason="x")
    refused(answer, 403, "not-in-charge")
    lines = await get(registry, path, "line_department", "50", domains=["comprehensive"])
    assert ok(lines)["id"] == made["id"]


async def test_delegations_are_listed_by_who_what_and_until_when(
    registry: ServiceUnderTest,
) -> None:
    delegator, one = await scene(registry)
    two = await active_power(registry, delegator, domains=["health"])
    township = await published(registry)
    first = ok(await draw_up(registry, delegator, one, days=100), 201)
    who = {"kind": "subject", "subject_id": township["id"]}
    second = ok(await draw_up(registry, delegator, two, trustee=who), 201)

    async def listed(**params: Any) -> list[str]:
        answer = await get(registry, "/delegations", **params)
        return [item["id"] for item in ok(answer)["items"]]

    assert await listed(delegator_id=delegator["id"]) == [second["id"], first["id"]]
    assert await listed(sort="valid_to") == [first["id"], second["id"]]
    assert await listed(trustee_id=township["id"]) == [second["id"]]
    assert await listed(power_id=one["id"]) == [first["id"]]
    assert await listed(domain="health") == [second["id"]]
    assert await listed(ends_before=second["valid_to"]) == [first["id"]]
    assert await listed(division=DISTRICT) == [second["id"], first["id"]]
    assert await listed(division=FOREIGN) == []
    assert await listed(q="市政设施") == [first["id"]]
    assert await listed(q="szss") == [first["id"]]
    assert await listed(state="approved") == []
    assert await listed(overdue="false") == [second["id"], first["id"]]


async def test_allowed_actions_are_exactly_what_succeeds(registry: ServiceUnderTest) -> None:
    delegator = await office(registry)

    async def create() -> Any:
        one = await active_power(registry, delegator)
        made = ok(await draw_up(registry, delegator, one), 201)
        # Most would be revoked before they come far.
        last = next(starts)
        return await led_to(registry, made, last) if last else made

    starts = itertools.cycle(["", "evaluate", "", "approve", "evaluate", "file"])
    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/delegations",
        create,
        callers={
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "district": registry.token("district_supervisor", DISTRICT, sub="district"),
            "clerk": registry.token("district_supervisor", DISTRICT, sub="clerk"),
            "body": registry.token(
                "agency_user", DISTRICT, sub="body", organisation=delegator["uscc"]
            ),
            "sibling": registry.token("township_enforcement", SIBLING),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"authority": f"权限{thing['version']}"},
            "evaluate": EVALUATION,
            "return": {"reason": "补充"},
            "refuse": {"reason": "不同意"},
            "sign": lambda thing: deed(),
            "publish": {"published_in": "网站"},
            "revoke": {"reason": "不再需要"},
        },
    )
    for seed in (1, 2, 3):
        await walk.run(seed=seed, alive=6)
    by_people = {t.action for t in LIFECYCLE.transitions if t.permission}
    assert {action for _, action in walk.seen} == by_people
    assert len(walk.seen) >= 12


def test_every_state_is_reached_by_the_lifecycle() -> None:
    assert {t.to for t in LIFECYCLE.transitions if t.to} | {LIFECYCLE.initial} == set(
        DelegationState
    )
