"""Lay monitors: vetted by another than who nominated, appointed for a term; cells; their log."""

import asyncio
import json
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.registry.lay_monitors.rules import LIFECYCLE, TermInvalid, may_serve
from shared.clock import legal_day
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    get,
    identity_number,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OFFICE = ("township_supervision_office", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
MONITORS = "/lay-monitors"
BARS = ("punished", "dismissed_from_office", "dishonest", "enforcement_staff")


def person(**fields: Any) -> dict[str, Any]:
    return {
        "name": "赵某",
        "source": "lawyer",
        "affiliation": "渝州律师事务所",
        "specialities": ["urban_management"],
        "division": TOWNSHIP,
        "identity_no": identity_number(),
        **fields,
    }


def clean(*bars: str, found: str | None = None) -> dict[str, Any]:
    return {"checks": [{"bar": bar, "found": bar == found} for bar in bars or BARS]}


def today(registry: ServiceUnderTest) -> date:
    return legal_day(registry.app.state.clock.now())


def term(registry: ServiceUnderTest, days: int = 365) -> dict[str, Any]:
    return {"term_to": (today(registry) + timedelta(days=days)).isoformat()}


async def nominated(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, MONITORS, *OFFICE, sub="nominator", **person(**fields)), 201)


async def vetted(registry: ServiceUnderTest, **fields: Any) -> Any:
    monitor = await nominated(registry, **fields)
    return ok(await post(registry, f"{MONITORS}/{monitor['id']}/vet", sub="head", **clean()))


async def appointed(registry: ServiceUnderTest, *, days: int = 365, **fields: Any) -> Any:
    monitor = await vetted(registry, **fields)
    path = f"{MONITORS}/{monitor['id']}/appoint"
    return ok(await post(registry, path, sub="head", **term(registry, days)))


async def grid(registry: ServiceUnderTest, code: str = "G1", **fields: Any) -> Any:
    body = {"division": TOWNSHIP, "code": code, "name": "关口片区网格", **fields}
    return ok(await post(registry, "/grids", *BUREAU, **body), 201)


async def test_a_lay_monitor_is_nominated_vetted_by_another_and_appointed(
    registry: ServiceUnderTest,
) -> None:
    monitor = await nominated(registry, account="zhao")
    path = f"{MONITORS}/{monitor['id']}"
    assert (monitor["state"], monitor["checks"], monitor["grids"]) == ("nominated", [], [])
    own = await post(registry, f"{path}/vet", sub="nominator", **clean())
    refused(own, 409, "lay-monitor-vetted-by-nominator")
    refused(await post(registry, f"{path}/vet", *OFFICE, **clean()), 403, "forbidden")
    early = await post(registry, f"{path}/appoint", sub="head", **term(registry))
    refused(early, 409, "transition-not-allowed")
    monitor = ok(await post(registry, f"{path}/vet", sub="head", **clean()))
    assert [check["bar"] for check in monitor["checks"]] == list(BARS)
    monitor = ok(await post(registry, f"{path}/appoint", sub="head", **term(registry)))
    assert monitor["state"] == "appointed"
    assert monitor["term_from"] == today(registry).isoformat()
    facts = await registry.facts()
    assert [fact["type"].split(".", 3)[3] for fact in facts] == [
        "nominated.v1",
        "vetted.v1",
        "appointed.v1",
    ]
    told = facts[-1]
    assert told["type"] == "xiejian.registry.lay_monitor.appointed.v1"
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert (told["data"]["account"], told["data"]["level"]) == ("zhao", "township")


@pytest.mark.parametrize("bar", BARS)
async def test_whoever_falls_under_a_bar_is_not_appointed(
    registry: ServiceUnderTest, bar: str
) -> None:
    monitor = await nominated(registry)
    path = f"{MONITORS}/{monitor['id']}"
    answer = await post(registry, f"{path}/vet", sub="head", **clean(found=bar))
    assert refused(answer, 422, "lay-monitor-barred")["details"]["bar"] == bar
    rest = [other for other in BARS if other != bar]
    answer = await post(registry, f"{path}/vet", sub="head", **clean(*rest))
    assert refused(answer, 422, "lay-monitor-bars-unchecked")["details"]["missing"] == [bar]
    # Found once is found, whatever is said beside it.
    both = clean(*BARS, bar, found=bar)
    both["checks"][-1]["found"] = False
    refused(await post(registry, f"{path}/vet", sub="head", **both), 422, "lay-monitor-barred")
    monitor = ok(await post(registry, f"{path}/refuse", sub="head", reason="有不得聘任的情形"))
    assert (monitor["state"], monitor["allowed_actions"]) == ("refused", [])
    (told,) = await registry.facts("registry.lay_monitor.refused.v1")
    assert "reason" not in told["data"] and "checks" not in told["data"]


async def test_enforcement_staff_are_told_by_the_identity_number(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    number = identity_number()
    staff = await officer(registry, subject, identity_no=number)
    asked = await post(registry, MONITORS, *OFFICE, **person(identity_no=number))
    refused(asked, 422, "lay-monitor-enforcement-staff")
    ok(await post(registry, f"/officers/{staff['id']}/retire", reason="退休"))
    ok(await post(registry, MONITORS, *OFFICE, **person(identity_no=number)), 201)


@pytest.mark.parametrize("step", ["vet", "appoint"])
async def test_who_goes_on_post_after_the_nomination_is_not_appointed(
    registry: ServiceUnderTest, step: str
) -> None:
    number = identity_number()
    make = nominated if step == "vet" else vetted
    monitor = await make(registry, identity_no=number)
    await officer(registry, await published(registry), identity_no=number)
    body = clean() if step == "vet" else term(registry)
    answer = await post(registry, f"{MONITORS}/{monitor['id']}/{step}", sub="head", **body)
    refused(answer, 422, "lay-monitor-enforcement-staff")


async def test_leaving_the_identity_number_out_is_no_way_past_the_register(
    registry: ServiceUnderTest,
) -> None:
    number = identity_number()
    monitor = await nominated(registry, identity_no=None)
    path = f"{MONITORS}/{monitor['id']}/vet"
    refused(await post(registry, path, sub="head", **clean()), 422, "lay-monitor-identity-missing")
    staff = await officer(registry, await published(registry), identity_no=number)
    told = {**clean(), "identity_no": number}
    refused(await post(registry, path, sub="head", **told), 422, "lay-monitor-enforcement-staff")
    ok(await post(registry, f"/officers/{staff['id']}/retire", reason="退休"))
    vetted_now = await post(registry, path, sub="head", **told)
    assert ok(vetted_now)["state"] == "vetted"
    assert number not in vetted_now.text
    other = await nominated(registry)
    answer = await post(registry, f"{MONITORS}/{other['id']}/vet", sub="head", **told)
    refused(answer, 422, "lay-monitor-identity-differs")


async def test_of_an_appointment_and_a_registration_at_once_one_wins(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    for _ in range(3):
        number = identity_number()
        monitor = await vetted(registry, identity_no=number)
        body = {"subject_id": subject["id"], "name": "陈某", "identity_no": number, "post": "岗"}
        body |= {"staffing": "staff"}
        answers = await asyncio.gather(
            post(registry, f"{MONITORS}/{monitor['id']}/appoint", sub="head", **term(registry)),
            post(registry, "/officers", **body),
        )
        assert sum(answer.is_success for answer in answers) == 1, [a.text for a in answers]


async def test_who_serves_as_a_lay_monitor_is_not_registered_as_an_officer(
    registry: ServiceUnderTest,
) -> None:
    number = identity_number()
    monitor = await appointed(registry, identity_no=number)
    subject = await published(registry)
    body = {"subject_id": subject["id"], "name": "陈某", "identity_no": number, "post": "执法岗"}
    body |= {"staffing": "staff"}
    refused(await post(registry, "/officers", **body), 409, "officer-is-lay-monitor")
    ok(await post(registry, f"/lay-monitors/{monitor['id']}/resign", reason="转任执法人员"))
    ok(await post(registry, "/officers", **body), 201)


async def test_the_identity_number_is_kept_nowhere(registry: ServiceUnderTest) -> None:
    number = identity_number()
    answer = await post(registry, MONITORS, *OFFICE, **person(identity_no=number))
    assert number not in answer.text and number[-6:] not in answer.text
    assert number not in json.dumps(await registry.facts())
    async with registry.session() as session:
        stored = (await session.execute(text("SELECT lay_monitor::text FROM lay_monitor"))).all()
    assert number not in str(stored)
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    bad = await post(registry, MONITORS, *OFFICE, **person(identity_no=wrong))
    assert wrong_fields(bad) == {("/identity_no", "identity-number-invalid")}


async def test_a_person_and_an_account_are_filed_once_at_a_time(registry: ServiceUnderTest) -> None:
    for fields, code in (
        ({"identity_no": identity_number()}, "lay-monitor-already-filed"),
        ({"account": "zhao"}, "lay-monitor-account-taken"),
    ):
        answers = await asyncio.gather(
            *(post(registry, MONITORS, *OFFICE, **person(**fields)) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        first = next(answer.json() for answer in answers if answer.is_success)
        again = await post(registry, MONITORS, *OFFICE, **person(**fields))
        refused(again, 409, code)
        ok(await post(registry, f"{MONITORS}/{first['id']}/refuse", reason="本人不愿"))
        ok(await post(registry, MONITORS, *OFFICE, **person(**fields)), 201)


def test_a_term_is_one_that_runs_and_is_not_too_long() -> None:
    day = date(2026, 3, 1)
    leap = date(2024, 2, 29)
    for term_from, term_to in (
        (day, date(2029, 2, 28)),
        (date(2025, 3, 1), day),
        (leap, date(2027, 2, 28)),
    ):
        may_serve(term_from=term_from, term_to=term_to, today=day, longest_years=3)
    for term_from, term_to in (
        (day, date(2029, 3, 1)),
        (date(2026, 3, 2), date(2027, 3, 1)),
        (date(2025, 3, 1), date(2026, 2, 28)),
        (leap, date(2027, 3, 1)),
    ):
        with pytest.raises(TermInvalid):
            may_serve(term_from=term_from, term_to=term_to, today=day, longest_years=3)


async def test_an_appointment_longer_than_the_rule_allows_is_refused(
    registry: ServiceUnderTest,
) -> None:
    monitor = await vetted(registry)
    path = f"{MONITORS}/{monitor['id']}/appoint"
    for days in (-1, 3 * 366):
        answer = await post(registry, path, sub="head", **term(registry, days))
        problem = refused(answer, 422, "lay-monitor-term-invalid")
        assert problem["details"]["longest_years"] == 3
    assert len(await registry.facts()) == 2


async def test_an_appointment_ends_by_itself_after_its_last_day(registry: ServiceUnderTest) -> None:
    monitor = await appointed(registry, days=30)
    ok(await post(registry, f"{MONITORS}/{monitor['id']}/leave", reason="出国"))
    registry.advance(days=30)
    assert await registry.fire_timers() == 0
    registry.advance(days=1)
    assert await registry.fire_timers() == 1
    monitor = ok(await get(registry, f"{MONITORS}/{monitor['id']}"))
    assert (monitor["state"], monitor["allowed_actions"]) == ("ended", [])
    assert monitor["ended_on"] == today(registry).isoformat()
    (told,) = await registry.facts("registry.lay_monitor.ended.v1")
    assert told["data"]["term_to"] == monitor["term_to"]


@pytest.mark.parametrize(("step", "state"), [("dismiss", "dismissed"), ("resign", "ended")])
async def test_who_goes_before_the_end_is_not_ended_again(
    registry: ServiceUnderTest, step: str, state: str
) -> None:
    monitor = await appointed(registry, days=30)
    path = f"{MONITORS}/{monitor['id']}/{step}"
    monitor = ok(await post(registry, path, reason="履职不力"))
    assert (monitor["state"], monitor["reason"]) == (state, "履职不力")
    registry.advance(days=60)
    assert await registry.fire_timers() == 0
    (told,) = await registry.facts(f"registry.lay_monitor.{state}.v1")
    assert "reason" not in told["data"]


async def test_grid_cells_have_one_or_several_monitors(registry: ServiceUnderTest) -> None:
    one, other = await grid(registry, "G1"), await grid(registry, "G2", name="集镇网格")
    monitor, colleague = await appointed(registry), await appointed(registry)
    for person_ in (monitor, colleague):
        path = f"{MONITORS}/{person_['id']}/assign"
        told = ok(await post(registry, path, *OFFICE, grid_ids=[one["id"]]))
        assert [cell["code"] for cell in told["grids"]] == ["G1"]
    again = ok(await post(registry, path, *OFFICE, grid_ids=[one["id"]]))
    assert again["version"] == told["version"]
    cells = ok(await get(registry, "/grids", *OFFICE))["items"]
    assert [(cell["code"], cell["monitors"]) for cell in cells] == [("G1", 2), ("G2", 0)]
    (uncovered,) = ok(await get(registry, "/grids", covered="false"))["items"]
    assert uncovered["id"] == other["id"]
    (covered,) = ok(await get(registry, "/grids", covered="true"))["items"]
    assert covered["id"] == one["id"]
    moved = ok(await post(registry, path, *OFFICE, grid_ids=[other["id"]]))
    assert [cell["code"] for cell in moved["grids"]] == ["G2"]
    (found,) = ok(await get(registry, MONITORS, grid_id=other["id"]))["items"]
    assert found["id"] == colleague["id"]
    changed = await registry.facts("registry.lay_monitor.changed.v1")
    assert len(changed) == 3


async def test_a_monitor_is_assigned_to_grid_cells_of_the_own_division_only(
    registry: ServiceUnderTest,
) -> None:
    monitor = await appointed(registry)
    path = f"{MONITORS}/{monitor['id']}/assign"
    elsewhere = await grid(registry, division=SIBLING)
    foreign = await grid(registry, division=FOREIGN_TOWNSHIP)
    answer = await post(registry, path, grid_ids=[elsewhere["id"]])
    assert refused(answer, 422, "grid-elsewhere")["details"]["grid"] == "G1"
    for id in (foreign["id"], str(uuid4())):
        refused(await post(registry, path, grid_ids=[id]), 404, "not-found")
    of_the_district = await nominated(registry)
    assert of_the_district["grids"] == []


async def test_a_grid_code_stands_for_one_cell_of_a_division(registry: ServiceUnderTest) -> None:
    body: dict[str, Any] = {"division": TOWNSHIP, "code": "G1", "name": "网格"}
    answers = await asyncio.gather(*(post(registry, "/grids", *OFFICE, **body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused(await post(registry, "/grids", *OFFICE, **body), 409, "grid-code-taken")
    await grid(registry, "G1", division=SIBLING)
    cell = next(answer.json() for answer in answers if answer.is_success)
    path = f"/grids/{cell['id']}"
    told = ok(await patch(registry, path, *OFFICE, version=1, name="新名"))
    assert (told["name"], told["allowed_actions"]) == ("新名", ["change"])
    facts = [fact["type"] for fact in await registry.facts()]
    assert facts[-1] == "xiejian.registry.grid.changed.v1"
    refused(await get(registry, path, "township_supervision_office", SIBLING), 404, "not-found")
    seen = ok(await get(registry, path, "township_enforcement", TOWNSHIP))
    assert seen["allowed_actions"] == []


async def test_a_monitor_sees_and_logs_the_own_record_and_no_other(
    registry: ServiceUnderTest,
) -> None:
    monitor = await appointed(registry, account="zhao")
    await appointed(registry, account="qian")
    zhao = registry.token("lay_monitor", TOWNSHIP, sub="zhao")
    mine = ok(await registry.get(BASE + MONITORS, as_=zhao))["items"]
    assert [one["id"] for one in mine] == [monitor["id"]]
    assert mine[0]["allowed_actions"] == ["activities"]
    path = f"{BASE}{MONITORS}/{monitor['id']}"
    lead = {"kind": "lead", "summary": "商户反映重复检查。"}
    refused(
        await registry.post(f"{path}/activities", as_=zhao, json=lead),
        422,
        "lay-monitor-lead-without-reference",
    )
    logged = {**lead, "reference": "渝司执问〔2026〕3号"}
    ok(await registry.post(f"{path}/activities", as_=zhao, json=logged), 201)
    patrol: dict[str, Any] = {"kind": "patrol", "summary": "巡查。"}
    ok(await post(registry, f"{MONITORS}/{monitor['id']}/activities", *OFFICE, **patrol), 201)
    listed = ok(await registry.get(f"{path}/activities", as_=zhao))["items"]
    assert {(one["kind"], one["logged_by"] == "zhao") for one in listed} == {
        ("lead", True),
        ("patrol", False),
    }
    (only,) = ok(await registry.get(f"{path}/activities?kind=lead", as_=zhao))["items"]
    assert only["reference"] == "渝司执问〔2026〕3号"
    told = await registry.facts("registry.lay_monitor.activity_logged.v1")
    assert told[0]["data"]["reference"] == "渝司执问〔2026〕3号"
    assert "summary" not in told[0]["data"]
    tomorrow = (today(registry) + timedelta(days=1)).isoformat()
    early = {**patrol, "done_on": tomorrow}
    refused(await registry.post(f"{path}/activities", as_=zhao, json=early), 422, "date-in-future")
    qian = registry.token("lay_monitor", TOWNSHIP, sub="qian")
    refused(await registry.get(path, as_=qian), 404, "not-found")
    refused(await registry.post(f"{path}/activities", as_=qian, json=patrol), 404, "not-found")
    refused(await registry.post(f"{path}/leave", as_=zhao, json={"reason": "x"}), 403, "forbidden")


async def test_an_account_is_attached_later(registry: ServiceUnderTest) -> None:
    monitor = await appointed(registry)
    path = f"{MONITORS}/{monitor['id']}"
    zhao = registry.token("lay_monitor", TOWNSHIP, sub="zhao")
    refused(await registry.get(BASE + path, as_=zhao), 404, "not-found")
    told = ok(await patch(registry, path, *OFFICE, version=monitor["version"], account="zhao"))
    assert told["account"] == "zhao"
    ok(await registry.get(BASE + path, as_=zhao))
    same = await patch(registry, path, *OFFICE, version=told["version"], account="zhao")
    assert ok(same)["version"] == told["version"]


async def test_a_sibling_sees_no_lay_monitor_and_nominates_none_there(
    registry: ServiceUnderTest,
) -> None:
    monitor = await appointed(registry)
    path = f"{MONITORS}/{monitor['id']}"
    for caller in (("township_supervision_office", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        refused(await get(registry, f"{path}/activities", *caller), 404, "not-found")
        assert ok(await get(registry, MONITORS, *caller, count="exact"))["count"] == 0
        refused(await post(registry, MONITORS, *caller, **person()), 422, "division-unknown")
    refused(
        await get(registry, path, "line_department", domains=["urban_management"]), 403, "forbidden"
    )
    for params, number in (
        ({"q": "渝州"}, 1),
        ({"state": "appointed", "source": "lawyer"}, 1),
        ({"speciality": "health"}, 0),
        ({"division": DISTRICT}, 1),
    ):
        found: dict[str, Any] = params
        assert len(ok(await get(registry, MONITORS, **found))["items"]) == number


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    cell = await grid(registry)
    makers = cycle([appointed, nominated, appointed])

    async def create() -> Any:
        return await next(makers)(registry)

    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + MONITORS,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "nominator": registry.token("district_supervisor", DISTRICT, sub="nominator"),
            "township": registry.token("township_enforcement", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {
            "change": lambda monitor: {"affiliation": f"第{monitor['version']}律师事务所"},
            "vet": clean(),
            "refuse": {"reason": "不合适"},
            "appoint": term(registry),
            "assign": lambda monitor: {"grid_ids": [] if monitor["grids"] else [cell["id"]]},
            "activities": {"kind": "patrol", "summary": "巡查。"},
            "reverse": lambda monitor: {
                "entry_id": next((one["assignment_id"] for one in monitor["grids"]), monitor["id"]),
                "reason": "登记有误",
            },
            "leave": {"reason": "出国"},
            "resign": {"reason": "个人原因"},
            "dismiss": {"reason": "履职不力"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=1)
    assert len(walk.seen) >= 9, walk.seen
