"""Budget lines: enforcement and supervision apart, spent within what was appropriated, steady."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.budgets import actions
from services.registry.budgets.rules import LIFECYCLE
from services.registry.budgets.tables import BudgetLine
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
    reversal_of,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/budgets"
HEAD = ("district_supervisor", DISTRICT)


def this_year(registry: ServiceUnderTest) -> int:
    return registry.today().year


def line(registry: ServiceUnderTest, **fields: Any) -> dict[str, Any]:
    return {
        "division": DISTRICT,
        "year": this_year(registry),
        "purpose": "supervision",
        "source": "own_budget",
        "in_budget": True,
        "amount": "120000.00",
        **fields,
    }


async def drafted(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, PATH, *HEAD, sub="clerk", **line(registry, **fields)), 201)


async def submitted(registry: ServiceUnderTest, **fields: Any) -> Any:
    budget = await drafted(registry, **fields)
    return ok(await post(registry, f"{PATH}/{budget['id']}/submit", sub="clerk"))


async def approved(
    registry: ServiceUnderTest, appropriated: str = "120000.00", **fields: Any
) -> Any:
    budget = await submitted(registry, **fields)
    body: dict[str, Any] = {"appropriated": appropriated, "document_no": "沙财行〔2026〕8号"}
    return ok(await post(registry, f"{PATH}/{budget['id']}/approve", sub="head", **body))


async def test_a_line_goes_from_draft_to_the_final_accounts(registry: ServiceUnderTest) -> None:
    budget = await drafted(registry)
    assert {name: budget[name] for name in line(registry)} == line(registry)
    assert (budget["state"], budget["spent"], budget["appropriated"]) == ("drafted", "0.00", None)
    path = f"{PATH}/{budget['id']}"
    changed = ok(await patch(registry, path, version=1, amount="130000.5"))
    assert (changed["amount"], changed["version"]) == ("130000.50", 2)
    steps: list[tuple[str, str, dict[str, Any], str]] = [
        ("submit", "clerk", {}, "submitted"),
        ("return", "head", {"reason": "测算依据不足"}, "drafted"),
        ("submit", "clerk", {}, "submitted"),
        ("approve", "head", {"appropriated": "110000.00", "document_no": "8号"}, "approved"),
        ("spend", "clerk", {"amount": "5600.50", "item": "执法记录仪"}, "executed"),
        ("spend", "clerk", {"amount": "400.00", "item": "印刷"}, "executed"),
        ("close", "head", {}, "closed"),
    ]
    for action, sub, body, state in steps:
        view = ok(await post(registry, f"{path}/{action}", sub=sub, **body))
        assert view["state"] == state
    assert (view["appropriated"], view["spent"]) == ("110000.00", "6000.50")
    assert view["allowed_actions"] == []
    spent = ok(await get(registry, f"{path}/spendings", sort="id", count="exact"))
    assert [(s["amount"], s["item"], s["recorded_by"]) for s in spent["items"]] == [
        ("5600.50", "执法记录仪", "clerk"),
        ("400.00", "印刷", "clerk"),
    ]
    facts = await registry.facts()
    assert [fact["type"].removeprefix("xiejian.registry.budget.") for fact in facts] == [
        "drafted.v1",
        "changed.v1",
        "submitted.v1",
        "returned.v1",
        "submitted.v1",
        "approved.v1",
        "spent.v1",
        "spent.v1",
        "closed.v1",
    ]
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    assert (facts[-1]["data"]["purpose"], facts[-1]["data"]["spent"]) == ("supervision", "6000.50")
    async with registry.session() as session:
        row = (await session.scalars(select(BudgetLine))).one()
    assert (row.district, row.township, str(row.spent)) == (DISTRICT, None, "6000.50")


async def test_enforcement_and_its_supervision_are_budgeted_apart(
    registry: ServiceUnderTest,
) -> None:
    await drafted(registry)
    await drafted(registry, purpose="enforcement")
    own = credit_code()
    agency = ("agency_user", DISTRICT)
    body = line(registry, purpose="enforcement")
    token = registry.token(*agency, organisation=own)
    other = credit_code()
    filed = {**body, "organisation": own}
    mine = ok(await registry.post(BASE + PATH, as_=token, json=filed), 201)
    assert mine["organisation"] == own
    refused(
        await registry.post(BASE + PATH, as_=token, json={**filed, "purpose": "supervision"}),
        403,
        "supervision-budget-by-office",
    )
    foreign = await registry.post(BASE + PATH, as_=token, json={**body, "organisation": other})
    refused(foreign, 403, "not-in-charge")
    listed = await registry.get(BASE + PATH, as_=token)
    assert [item["id"] for item in ok(listed)["items"]] == [mine["id"]]
    assert ok(await get(registry, PATH, purpose="supervision", count="exact"))["count"] == 1
    found = await registry.get(f"{BASE}{PATH}?organisation={own}", as_=registry.token(*HEAD))
    assert [item["id"] for item in ok(found)["items"]] == [mine["id"]]


async def test_no_more_is_spent_than_was_appropriated_without_a_reason(
    registry: ServiceUnderTest,
) -> None:
    budget = await approved(registry, "100.00")
    path = f"{PATH}/{budget['id']}/spend"
    ok(await post(registry, path, amount="100.00", item="印刷"))
    problem = refused(
        await post(registry, path, amount="0.01", item="印刷"), 422, "budget-overspent"
    )
    assert problem["details"] == {"spent": "100.01", "appropriated": "100.00"}
    view = ok(await post(registry, path, amount="0.01", item="印刷", reason="追加任务"))
    assert (view["spent"], view["overspent_reason"]) == ("100.01", "追加任务")
    # Of many at once, only what fits.
    other = await approved(registry, "100.00", purpose="enforcement")
    path = f"{PATH}/{other['id']}/spend"
    answers = await asyncio.gather(
        *(post(registry, path, amount="40.00", item="印刷") for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422]
    assert ok(await get(registry, f"{PATH}/{other['id']}"))["spent"] == "80.00"


async def test_money_is_spent_in_its_year_and_not_tomorrow(registry: ServiceUnderTest) -> None:
    budget = await approved(registry)
    path = f"{PATH}/{budget['id']}/spend"
    for on in ("2099-01-01", f"{this_year(registry) - 1}-12-31"):
        answer = await post(registry, path, amount="1.00", item="印刷", on=on)
        refused(answer, 422, "budget-spending-day-invalid")
    coming = await approved(registry, year=this_year(registry) + 1)
    assert coming["allowed_actions"] == ["close"]


async def test_who_drafted_or_submitted_does_not_approve(registry: ServiceUnderTest) -> None:
    budget = await drafted(registry)
    path = f"{PATH}/{budget['id']}"
    ok(await post(registry, f"{path}/submit", sub="second"))
    body: dict[str, Any] = {"appropriated": "1.00", "document_no": "8号"}
    for sub in ("clerk", "second"):
        answer = await post(registry, f"{path}/approve", sub=sub, **body)
        refused(answer, 409, "budget-self-approved")
    ok(await post(registry, f"{path}/approve", sub="head", **body))


async def test_a_fall_against_last_year_is_flagged(registry: ServiceUnderTest) -> None:
    """投入稳定: by the dated rule, over all sources of the same purpose."""
    last = this_year(registry) - 1
    await approved(registry, "100000.00", year=last)
    await approved(registry, "20000.00", year=last, source="transfer")
    await approved(registry, "999.00", year=last, purpose="enforcement")
    budget = await submitted(registry, amount="100000.00")
    assert (budget["last_year"], budget["this_year"]) == ("120000.00", "100000.00")
    assert (budget["falls_by"], budget["flagged"]) == ("20000.00", True)
    other = await approved(registry, "15000.00", amount="15000.00", source="transfer")
    assert (other["falls_by"], other["flagged"]) == ("5000.00", False)
    again = ok(await get(registry, f"{PATH}/{budget['id']}"))
    assert (again["falls_by"], again["flagged"]) == ("5000.00", False)
    body: dict[str, Any] = {"appropriated": "90000.00", "document_no": "8号"}
    less = ok(await post(registry, f"{PATH}/{budget['id']}/approve", sub="head", **body))
    assert (less["falls_by"], less["flagged"]) == ("15000.00", True)
    fact = (await registry.facts("registry.budget.approved.v1"))[-1]["data"]
    assert (fact["falls_by"], fact["flagged"]) == ("15000.00", True)
    new = await drafted(registry, division=TOWNSHIP)
    assert (new["last_year"], new["falls_by"], new["flagged"]) == (None, "0.00", False)


async def test_a_division_without_a_budget_for_the_coming_year_is_told_once(
    registry: ServiceUnderTest,
) -> None:
    async with registry.session() as session:
        await actions.watch(session)
        await actions.watch(session)
        await session.commit()
    due = date(this_year(registry), 11, 30)
    if registry.today() > due:
        due = due.replace(year=due.year + 1)
        registry.advance(days=32)
    coming = due.year + 1
    await submitted(registry, year=coming)
    await drafted(registry, year=coming, purpose="enforcement")
    registry.advance(days=max((due - registry.today()).days, 0) + 2)
    assert await registry.fire_timers() == 1
    missing = {
        fact["data"]["division"]: fact
        for fact in await registry.facts("registry.budget.missing.v1")
    }
    assert missing[DISTRICT]["data"]["purposes"] == ["enforcement"]
    assert missing[DISTRICT]["data"]["year"] == coming
    assert missing[DISTRICT]["division"] == f"50.{DISTRICT}._"
    assert missing[FOREIGN]["data"]["purposes"] == ["enforcement", "supervision"]
    assert missing["50"]["data"]["level"] == "city"
    assert not any(len(code) == 9 for code in missing)
    assert await registry.fire_timers() == 0
    count = len(missing)
    registry.advance(days=366)
    assert await registry.fire_timers() == 1
    later = (await registry.facts("registry.budget.missing.v1"))[count:]
    assert {fact["data"]["year"] for fact in later} == {coming + 1}


async def test_of_two_lines_at_once_one_is_drafted(registry: ServiceUnderTest) -> None:
    answers = await asyncio.gather(
        *(post(registry, PATH, *HEAD, sub=f"{n}", **line(registry)) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(next(a for a in answers if a.status_code == 409), 409, "budget-line-exists")
    (budget,) = ok(await get(registry, PATH))["items"]
    ok(await post(registry, f"{PATH}/{budget['id']}/withdraw", reason="并入部门预算"))
    await drafted(registry)


@pytest.mark.parametrize("amount", ["0", "-1.00", "1.001", 120000, 0.1, "1e3", "1,000"])
async def test_an_amount_is_text_in_yuan(registry: ServiceUnderTest, amount: Any) -> None:
    answer = await post(registry, PATH, *HEAD, **line(registry, amount=amount))
    ((pointer, code),) = wrong_fields(answer)
    assert pointer == "/amount"
    assert code in {"amount-not-in-yuan", "greater-than"}


async def test_lines_are_seen_by_their_division(registry: ServiceUnderTest) -> None:
    budget = await drafted(registry, division=TOWNSHIP)
    path = f"{PATH}/{budget['id']}"
    office = ok(await get(registry, path, "township_supervision_office", TOWNSHIP))
    assert office["allowed_actions"] == []
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    refused(
        await post(registry, f"{path}/submit", "district_supervisor", FOREIGN), 404, "not-found"
    )
    outside = await post(registry, PATH, "district_supervisor", FOREIGN, **line(registry))
    refused(outside, 422, "division-unknown")
    refused(await get(registry, path, "lay_monitor", TOWNSHIP), 403, "forbidden")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    years = iter(range(2000, this_year(registry) + 1))

    async def create() -> Any:
        # Every other one approved already: most drafts are withdrawn on a walk.
        year = next(years)
        made = approved if year % 2 else drafted
        return await made(registry, division=TOWNSHIP, year=year)

    def change(thing: Any) -> dict[str, Any]:
        return {"amount": f"{float(thing['amount']) + 1:.2f}"}

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + PATH,
        create,
        {
            "bureau": registry.token("bureau_supervisor", "50", sub="bureau"),
            "clerk": registry.token(*HEAD, sub="clerk"),
            "head": registry.token(*HEAD, sub="head"),
            "office": registry.token("township_supervision_office", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": change,
            "withdraw": {"reason": "并入"},
            "return": {"reason": "依据不足"},
            "approve": {"appropriated": "100.00", "document_no": "8号"},
            "spend": {"amount": "30.00", "item": "印刷", "reason": "追加任务"},
            "reverse": reversal_of(registry, PATH, "spendings"),
        },
    )
    await walk.run(seed=seed, alive=5)
    assert len(walk.seen) >= 5
    assert ("executed", "reverse") in walk.seen
