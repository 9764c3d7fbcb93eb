"""Supervision officers: who comes first, who is appointed, and until when their card is good."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.supervision_officers.rules import (
    LIFECYCLE,
    Criterion,
    points_of,
)
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.law.tables import rule
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    get,
    ok,
    patch,
    post,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/supervision-officers"
HEAD = ("district_supervisor", DISTRICT)


def person(**fields: Any) -> dict[str, Any]:
    """An official without the legal qualification."""
    return {
        "name": "周某",
        "office": "沙坪坝区司法局",
        "division": DISTRICT,
        "post": "行政执法监督科科员",
        "degree": "bachelor",
        "experience_years": 6,
        "legal_qualification": False,
        **fields,
    }


async def nominated(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, PATH, *HEAD, sub="clerk", **person(**fields)), 201)


async def appointed(registry: ServiceUnderTest, **fields: Any) -> Any:
    officer = await nominated(registry, **fields)
    body: dict[str, Any] = {"reason": "急需"}
    return ok(await post(registry, f"{PATH}/{officer['id']}/appoint", sub="head", **body))


async def test_a_candidate_is_filed_with_a_row_and_a_fact(registry: ServiceUnderTest) -> None:
    held = {
        "legal_qualification": True,
        "legal_qualification_no": "A20155001060001",
        "legal_qualification_since": "2015-12-01",
    }
    answer = await nominated(registry, **held)
    assert {name: answer[name] for name in person(**held)} == person(**held)
    assert (answer["state"], answer["level"], answer["card_good"]) == (
        "candidate",
        "district",
        False,
    )
    assert answer["allowed_actions"] == ["change", "leave"]
    async with registry.session() as session:
        row = (await session.scalars(select(SupervisionOfficer))).one()
    assert (row.district, row.township, row.nominated_by) == (DISTRICT, None, "clerk")
    (fact,) = await registry.facts()
    assert fact["type"] == "xiejian.registry.supervision_officer.nominated.v1"
    assert fact["division"] == f"50.{DISTRICT}._"
    assert fact["data"]["legal_qualification"] is True
    assert "A20155001060001" not in str(fact)


async def test_candidates_are_ranked_by_qualification_first_and_the_place_is_explained(
    registry: ServiceUnderTest,
) -> None:
    old = await nominated(registry, name="老某", experience_years=40)
    young = await nominated(registry, name="新某", experience_years=1, legal_qualification=True)
    middle = await nominated(registry, name="中某", experience_years=9, legal_qualification=True)
    same = await nominated(registry, name="同某", experience_years=9, legal_qualification=True)
    await nominated(registry, name="镇某", division=TOWNSHIP, legal_qualification=True)
    view = ok(await get(registry, f"{PATH}/candidates", division=DISTRICT))
    places = [(item["id"], item["rank"], item["total"]) for item in view["items"]]
    assert places == [
        (middle["id"], 1, 590),
        (same["id"], 1, 590),
        (young["id"], 3, 510),
        (old["id"], 4, 400),
    ]
    points = {p["criterion"]: (p["value"], p["points"]) for p in view["items"][0]["points"]}
    assert points["legal_qualification"] == (1, 500)
    assert points["experience"] == (9, 90)
    assert sum(p["points"] for p in view["items"][3]["points"]) == 400
    assert view["provisional"] is True
    assert "优先" in view["rule"]


async def test_no_merit_outweighs_the_qualification(registry: ServiceUnderTest) -> None:
    async with registry.session() as session:
        weights = (await rule(session, "supervision_officer.ranking")).value
    rest = sum(weights[c]["most"] for c in weights if c != Criterion.LEGAL_QUALIFICATION)
    assert weights[Criterion.LEGAL_QUALIFICATION]["points"] > rest


def test_a_criterion_that_the_rule_does_not_name_counts_nothing() -> None:
    weights = {"experience": {"points": 3, "per": 2, "most": 7}}
    (only,) = points_of(weights, legal_qualification=True, experience_years=5, training_hours=0)
    assert only == (Criterion.EXPERIENCE, 5, 6)
    (most,) = points_of(weights, legal_qualification=True, experience_years=50, training_hours=0)
    assert most.points == 7


async def test_an_unqualified_one_comes_before_a_waiting_qualified_one_for_a_reason_only(
    registry: ServiceUnderTest,
) -> None:
    """优先将取得法律职业资格的人员充实到队伍中."""
    plain = await nominated(registry)
    path = f"{PATH}/{plain['id']}/appoint"
    elsewhere = await nominated(registry, division=TOWNSHIP, legal_qualification=True)
    waiting = await nominated(registry, legal_qualification=True)
    problem = refused(await post(registry, path, sub="head"), 422, "qualified-candidate-waits")
    assert problem["details"] == {"waiting": 1}
    assert ok(await get(registry, f"{PATH}/{plain['id']}"))["state"] == "candidate"
    answer = ok(await post(registry, path, sub="head", reason="从事执法监督工作十年"))
    assert (answer["state"], answer["reason"]) == ("appointed", "从事执法监督工作十年")
    assert answer["appointed_on"] is not None
    for person_ in (waiting, elsewhere):
        ok(await post(registry, f"{PATH}/{person_['id']}/appoint", sub="head"))
    last = await nominated(registry)
    ok(await post(registry, f"{PATH}/{last['id']}/appoint", sub="head"))
    assert len(await registry.facts("registry.supervision_officer.appointed.v1")) == 4


async def test_who_nominated_does_not_appoint(registry: ServiceUnderTest) -> None:
    officer = await nominated(registry)
    path = f"{PATH}/{officer['id']}"
    again = await post(registry, f"{path}/appoint", sub="clerk")
    refused(again, 409, "supervision-officer-self-appointed")
    seen = await registry.get(BASE + path, as_=registry.token(*HEAD, sub="head"))
    assert seen.json()["allowed_actions"] == ["change", "appoint", "leave"]


async def test_the_ratio_of_the_qualified_is_told_division_by_division(
    registry: ServiceUnderTest,
) -> None:
    for fields in (
        {"legal_qualification": True},
        {},
        {},
        {"division": TOWNSHIP, "legal_qualification": True},
    ):
        await appointed(registry, **fields)
    gone = await appointed(registry)
    ok(await post(registry, f"{PATH}/{gone['id']}/leave", reason="退休"))
    await nominated(registry, legal_qualification=True)
    told = ok(await get(registry, f"{PATH}/qualification", division=DISTRICT))["items"]
    assert told == [
        {"division": DISTRICT, "appointed": 3, "qualified": 1, "ratio": 0.3333},
        {"division": TOWNSHIP, "appointed": 1, "qualified": 1, "ratio": 1.0},
    ]
    office = ("township_supervision_office", TOWNSHIP)
    own = ok(await get(registry, f"{PATH}/qualification", *office, division=TOWNSHIP))["items"]
    assert [item["division"] for item in own] == [TOWNSHIP]
    foreign = await get(
        registry, f"{PATH}/qualification", "district_supervisor", FOREIGN, division=DISTRICT
    )
    assert ok(foreign)["items"] == []


async def test_a_card_is_good_until_its_last_day_and_its_end_is_told(
    registry: ServiceUnderTest,
) -> None:
    officer = await appointed(registry)
    path = f"{PATH}/{officer['id']}"
    early = await post(registry, f"{path}/card", card_no="渝监500106001", valid_to="2026-01-01")
    refused(early, 422, "supervision-card-period-over")
    card: dict[str, Any] = {"card_no": "渝监500106001", "valid_to": "2027-06-30"}
    given = ok(await post(registry, f"{path}/card", **card))
    assert (given["card_no"], given["card_good"]) == ("渝监500106001", True)
    ok(await post(registry, f"{path}/card", card_no="渝监500106001", valid_to="2028-06-30"))
    registry.advance(days=400)
    assert await registry.fire_timers() == 0
    registry.advance(days=365)
    assert await registry.fire_timers() == 1
    assert ok(await get(registry, path))["card_good"] is False
    (fact,) = await registry.facts("registry.supervision_card.expired.v1")
    assert fact["data"]["card_valid_to"] == "2028-06-30"
    assert (
        ok(await get(registry, PATH, card_valid_before="2028-07-01", count="exact"))["count"] == 1
    )


async def test_the_card_of_somebody_who_left_is_told_of_no_more(registry: ServiceUnderTest) -> None:
    officer = await appointed(registry)
    path = f"{PATH}/{officer['id']}"
    ok(await post(registry, f"{path}/card", card_no="渝监500106002", valid_to="2027-06-30"))
    ok(await post(registry, f"{path}/transfer", reason="调任区信访办"))
    registry.advance(days=800)
    assert await registry.fire_timers() == 0
    # Whoever comes next may carry the same number.
    other = await appointed(registry)
    card: dict[str, Any] = {"card_no": "渝监500106002", "valid_to": "2031-06-30"}
    ok(await post(registry, f"{PATH}/{other['id']}/card", **card))


async def test_two_do_not_carry_one_card_nor_hold_one_qualification(
    registry: ServiceUnderTest,
) -> None:
    officers = [await appointed(registry) for _ in range(3)]
    card: dict[str, Any] = {"card_no": "渝监500106003", "valid_to": "2031-06-30"}
    answers = await asyncio.gather(
        *(post(registry, f"{PATH}/{officer['id']}/card", **card) for officer in officers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    refused(next(a for a in answers if a.status_code == 409), 409, "supervision-card-number-taken")
    held = person(legal_qualification=True, legal_qualification_no="A20155001060002")
    answers = await asyncio.gather(
        *(post(registry, PATH, *HEAD, sub=f"{n}", **held) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(
        next(a for a in answers if a.status_code == 409), 409, "legal-qualification-number-taken"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"legal_qualification_no": "A20155001060003"},
        {"legal_qualification_since": "2015-12-01"},
        {"legal_qualification": True, "legal_qualification_since": "2099-12-01"},
    ],
)
async def test_what_is_said_of_a_qualification_fits_together(
    registry: ServiceUnderTest, fields: dict[str, Any]
) -> None:
    refused(
        await post(registry, PATH, *HEAD, **person(**fields)),
        422,
        "legal-qualification-inconsistent",
    )
    officer = await nominated(registry)
    path = f"{PATH}/{officer['id']}"
    wrong = await patch(registry, path, version=1, **fields)
    refused(wrong, 422, "legal-qualification-inconsistent")


async def test_fields_are_checked_and_a_change_leaves_one_fact(registry: ServiceUnderTest) -> None:
    answer = await post(registry, PATH, *HEAD, **person(experience_years=-1, degree="x", rank=1))
    assert wrong_fields(answer) == {
        ("/experience_years", "greater-than-equal"),
        ("/degree", "enum"),
        ("/rank", "extra-forbidden"),
    }
    officer = await nominated(registry)
    path = f"{PATH}/{officer['id']}"
    refused(await patch(registry, path, post="科长"), 428, "precondition-required")
    changed = ok(await patch(registry, path, version=1, post="科长"))
    assert (changed["post"], changed["version"]) == ("科长", 2)
    assert ok(await patch(registry, path, version=2, post="科长"))["version"] == 2
    refused(await patch(registry, path, version=1, post="处长"), 412, "precondition-failed")
    assert len(await registry.facts("registry.supervision_officer.changed.v1")) == 1


async def test_who_sees_supervision_officers_and_who_is_in_charge(
    registry: ServiceUnderTest,
) -> None:
    held = {"legal_qualification": True, "legal_qualification_no": "A20155001060004"}
    officer = await nominated(registry, division=TOWNSHIP, **held)
    path = f"{PATH}/{officer['id']}"
    office = ok(await get(registry, path, "township_supervision_office", TOWNSHIP))
    assert (office["allowed_actions"], office["legal_qualification_no"]) == ([], None)
    assert ok(await get(registry, path))["legal_qualification_no"] == "A20155001060004"
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    refused(await get(registry, path, "agency_user", TOWNSHIP), 403, "forbidden")
    refused(
        await post(registry, f"{path}/leave", "district_supervisor", FOREIGN, reason="-"),
        404,
        "not-found",
    )
    outside = await post(registry, PATH, "district_supervisor", FOREIGN, **person())
    refused(outside, 422, "division-unknown")
    assert ok(await get(registry, PATH, q="周", count="exact"))["count"] == 1
    assert ok(await get(registry, PATH, legal_qualification="false", count="exact"))["count"] == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    cards = iter(range(10_000, 99_999))

    def card(_: Any) -> dict[str, Any]:
        return {"card_no": f"渝监5001{next(cards)}", "valid_to": "2031-06-30"}

    def change(thing: Any) -> dict[str, Any]:
        return {"experience_years": (thing["experience_years"] + 1) % 60}

    async def create() -> Any:
        return await nominated(registry, legal_qualification=next(cards) % 2 == 0)

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        create,
        {
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "clerk": registry.token(*HEAD, sub="clerk"),
            "head": registry.token(*HEAD, sub="head"),
            "foreign": registry.token("district_supervisor", FOREIGN),
            "office": registry.token("township_supervision_office", TOWNSHIP),
        },
        bodies={
            "change": change,
            "appoint": {"reason": "工作需要"},
            "card": card,
            "transfer": {"reason": "调动"},
            "leave": {"reason": "退休"},
        },
    )
    await walk.run(seed=seed, alive=6)
    assert len(walk.seen) >= 5
