"""Campaigns: planned by one, approved by another, counted, unknown while they are secret."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from services.oversight.app import create_app
from services.oversight.campaigns.rules import LIFECYCLE, Recurrence, next_period
from services.oversight.campaigns.tables import Campaign
from shared.db import Scope
from shared.facts.tables import EventLog, Outbox
from tests.oversight.campaigns import BEGUN, RESULT, inspected, plan, planned, running
from tests.oversight.scene import (
    DISTRICT,
    FOREIGN,
    OTHER_CODE,
    SIBLING,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    refused,
    subject_published,
)
from tests.servers import eventually, listening
from tests.walks import Walk

REASON = {"reason": "范围过宽"}


@pytest.fixture(autouse=True)
def begun(scene: Scene) -> None:
    scene.stand_at(BEGUN)


async def test_a_campaign_goes_from_its_plan_to_the_accepted_result(scene: Scene) -> None:
    row = await planned(scene, approver="qian")
    assert (row["state"], row["allowed_actions"]) == ("planned", ["change", "cancel"])
    assert (row["authority"], row["mandatory"], row["due_at"]) == (DISTRICT, False, None)
    row = await scene.step("campaigns", row, "approve", scene.colleague)
    # Twenty working days after its last day, 2027-12-31: the calendar of 2028 is by weekday.
    assert (row["state"], row["due_at"][:10]) == ("approved", "2028-01-28")
    row = await scene.step("campaigns", row, "start", scene.supervisor)
    await inspected(scene, row)
    row = await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    assert row["report"]["figures"] == {
        "inspections": 1,
        "cancelled": 0,
        "subjects": 1,
        "findings": 0,
        "confirmed": 0,
        "withdrawn": 0,
        "by_severity": {},
        "by_code": {},
        "rectifications": 0,
    }
    row = await scene.step("campaigns", row, "close", scene.colleague)
    assert (row["state"], row["allowed_actions"], row["closed_by"]) == ("closed", [], "qian")
    facts = [f for f in await scene.oversight.facts() if ".campaign." in f["type"]]
    assert [fact["type"].split(".")[3] for fact in facts] == [
        *("planned", "approved", "started", "reported", "closed")
    ]
    assert facts[3]["data"]["inspections"] == 1
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    assert (facts[0]["data"]["approver"], facts[0]["data"]["authority_level"]) == (
        "qian",
        "district",
    )


async def test_nobody_approves_a_plan_of_their_own_or_accepts_their_own_report(
    scene: Scene,
) -> None:
    row = await planned(scene)
    path = f"campaigns/{row['id']}"
    refused(await scene.call(f"{path}/approve", scene.supervisor), 403, "campaign-own-plan")
    changed = await scene.oversight.patch(
        f"/oversight/v1/{path}",
        as_=scene.colleague,
        json={"theme": "改", "domains": []},
        headers={"If-Match": "*"},
    )
    assert (changed.json()["theme"], changed.json()["domains"]) == ("改", [])
    # What changes nothing leaves no trace; who changed it is an author too.
    same = await scene.oversight.patch(
        f"/oversight/v1/{path}",
        as_=scene.bureau,
        json={"theme": "改", "domains": []},
        headers={"If-Match": "*"},
    )
    assert same.json()["version"] == changed.json()["version"]
    refused(await scene.call(f"{path}/approve", scene.colleague), 403, "campaign-own-plan")
    await scene.step("campaigns", row, "approve", scene.bureau)
    await scene.step("campaigns", row, "start", scene.supervisor)
    await inspected(scene, row)
    await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    for step, body in (("close", None), ("return", REASON)):
        answer = await scene.call(f"{path}/{step}", scene.supervisor, body)
        refused(answer, 403, "campaign-own-report")
    row = await scene.step("campaigns", row, "return", scene.colleague, REASON)
    assert (row["state"], row["return_reason"]) == ("running", "范围过宽")
    await scene.step("campaigns", row, "report", scene.colleague, RESULT)
    await scene.step("campaigns", row, "close", scene.supervisor)


async def test_a_returned_plan_is_changed_and_put_forward_again(scene: Scene) -> None:
    row = await planned(scene)
    row = await scene.step("campaigns", row, "return", scene.colleague, REASON)
    assert row["allowed_actions"] == ["change", "submit", "cancel"]
    refused(
        await scene.call(f"campaigns/{row['id']}/approve", scene.colleague),
        409,
        "transition-not-allowed",
    )
    row = await scene.step("campaigns", row, "submit", scene.supervisor)
    await scene.step("campaigns", row, "approve", scene.colleague)
    types = await scene.fact_types()
    assert [type.split(".")[1] for type in types] == [
        *("planned", "returned", "submitted", "approved")
    ]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"ends_on": "2026-02-28"}, 422, "campaign-period-backwards"),
        ({"ground": "judicial"}, 422, "campaign-ground-without-document"),
        ({"divisions": [FOREIGN]}, 422, "division-unknown"),
        ({"divisions": ["500199"]}, 422, "division-unknown"),
        ({"divisions": []}, 422, "invalid-input"),
        ({"mode": "secret"}, 422, "invalid-input"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(
    scene: Scene, changed: dict[str, Any], status: int, code: str
) -> None:
    refused(await scene.call("campaigns", scene.supervisor, plan(**changed)), status, code)
    assert await scene.oversight.facts() == []


async def test_a_mandatory_campaign_is_cancelled_from_above_alone_and_reported_back(
    scene: Scene,
) -> None:
    asked = {"ground": "judicial", "ground_reference": "沙检建〔2026〕3号"}
    row = await running(scene, **asked)
    assert row["mandatory"] and "cancel" not in row["allowed_actions"]
    for token in (scene.supervisor, scene.colleague):
        answer = await scene.call(f"campaigns/{row['id']}/cancel", token, REASON)
        refused(answer, 403, "campaign-mandatory")
    await inspected(scene, row)
    answer = await scene.call(f"campaigns/{row['id']}/report", scene.supervisor, RESULT)
    refused(answer, 422, "campaign-report-back-missing")
    back = {**RESULT, "reported_to": "沙坪坝区人民检察院"}
    await scene.step("campaigns", row, "report", scene.supervisor, back)
    other = await planned(scene, **asked)
    await scene.step("campaigns", other, "cancel", scene.bureau, REASON)
    # The Bureau has nobody above it: another than the planner.
    own = await planned(scene, scene.bureau, divisions=["50"], **asked)
    answer = await scene.call(f"campaigns/{own['id']}/cancel", scene.bureau, REASON)
    refused(answer, 403, "campaign-mandatory")
    another = scene.oversight.token("bureau_supervisor", "50", sub="another")
    await scene.step("campaigns", own, "cancel", another, REASON)


async def test_an_inspection_keeps_to_what_its_campaign_was_approved_for(scene: Scene) -> None:
    row = await planned(scene)
    told = scene.inspection(campaign_id=row["id"])
    refused(await scene.call("inspections", scene.supervisor, told), 409, "campaign-not-running")
    await scene.step("campaigns", row, "approve", scene.colleague)
    await scene.step("campaigns", row, "start", scene.supervisor)
    for changed in (
        {"kind": "routine"},
        {"mode": "unannounced"},
        {"planned_on": "2028-01-01"},
    ):
        answer = await scene.call("inspections", scene.supervisor, {**told, **changed})
        refused(answer, 422, "inspection-outside-campaign")
    elsewhere = await running(scene, divisions=[SIBLING])
    answer = await scene.call(
        "inspections", scene.supervisor, {**told, "campaign_id": elsewhere["id"]}
    )
    refused(answer, 422, "inspection-outside-campaign")
    other = await running(scene, domains=["agriculture"])
    answer = await scene.call("inspections", scene.supervisor, {**told, "campaign_id": other["id"]})
    refused(answer, 422, "inspection-outside-campaign")
    for unknown in (str(uuid4()), (await running(scene, scene.bureau, divisions=[FOREIGN]))["id"]):
        answer = await scene.call("inspections", scene.supervisor, {**told, "campaign_id": unknown})
        refused(answer, 422, "campaign-unknown")
    held = await scene.done("inspections", as_=scene.supervisor, json=told, status=201)
    assert held["campaign_id"] == row["id"]
    page = await scene.read(f"inspections?campaign_id={row['id']}&count=exact", scene.supervisor)
    assert page["count"] == 1
    fact = (await scene.oversight.facts("oversight.inspection.assigned.v1"))[0]
    assert fact["data"]["campaign_id"] == row["id"]


async def test_progress_is_counted_from_the_inspections_that_the_caller_sees(scene: Scene) -> None:
    there = uuid4()
    told = subject_published(there, uscc=OTHER_CODE, division=SIBLING)
    await scene.oversight.react(told, Scope(district=DISTRICT, township=SIBLING))
    row = await running(scene, scene.bureau, divisions=["50"])
    for subject in (scene.subject_id, there):
        await scene.on_site(scene.bureau, campaign_id=row["id"], subject_id=str(subject))
    called_off = await scene.assign(scene.bureau, campaign_id=row["id"])
    await scene.step("inspections", called_off, "cancel", scene.bureau, REASON)
    counts = {"inspections": 2, "on_site": 2, "closed": 0, "cancelled": 1}
    shown = await scene.read(f"campaigns/{row['id']}", scene.bureau)
    assert shown["progress"] == {**counts, "findings": 0, "undecided": 0}
    # An open campaign of the whole city is known to its districts, and to the inspected body.
    shown = await scene.read(f"campaigns/{row['id']}", scene.supervisor)
    assert shown["progress"]["inspections"] == 2 and shown["allowed_actions"] == []
    shown = await scene.read(f"campaigns/{row['id']}", scene.agency)
    assert shown["progress"]["inspections"] == 1
    progress = await scene.read(f"campaigns/{row['id']}/progress", scene.bureau)
    assert [
        (one["division"], one["inspections"], one["cancelled"]) for one in progress["items"]
    ] == [
        (TOWNSHIP, 1, 1),
        (SIBLING, 1, 0),
    ]
    progress = await scene.read(f"campaigns/{row['id']}/progress", scene.agency)
    assert [one["division"] for one in progress["items"]] == [TOWNSHIP]


async def test_a_result_waits_for_every_inspection_and_counts_what_was_found(scene: Scene) -> None:
    row = await running(scene)
    path = f"campaigns/{row['id']}/report"
    refused(await scene.call(path, scene.supervisor, RESULT), 409, "campaign-without-inspection")
    site = await scene.on_site(campaign_id=row["id"])
    refused(await scene.call(path, scene.supervisor, RESULT), 409, "campaign-inspections-open")
    answer = await scene.call(f"campaigns/{row['id']}/cancel", scene.supervisor, REASON)
    refused(answer, 409, "campaign-inspections-open")
    found = {
        "inspection_id": site["id"],
        "code": "officer-without-certificate",
        "description": "检查时未取得执法证。",
        "officer_id": str(scene.officer_id),
    }
    finding = await scene.done("findings", as_=scene.supervisor, json=found, status=201)
    await scene.step("findings", finding, "comment", scene.agency, {"comment": "属实"})
    await scene.step("findings", finding, "confirm", scene.colleague, {"reason": "清楚"})
    order = {"finding_id": finding["id"], "requirement": "停止无证人员执法"}
    await scene.done("rectifications", as_=scene.supervisor, json=order, status=201)
    for step in ("seal", "sign", "close"):
        await scene.step("inspections", site, step, scene.supervisor)
    row = await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    figures = row["report"]["figures"]
    assert (figures["findings"], figures["confirmed"], figures["rectifications"]) == (1, 1, 1)
    assert figures["by_code"] == {"officer-without-certificate": 1}
    assert sum(figures["by_severity"].values()) == 1


@pytest.mark.parametrize(
    ("recurrence", "until", "following"),
    [
        (Recurrence.MONTHLY, None, (date(2026, 2, 28), date(2026, 3, 28))),
        (Recurrence.QUARTERLY, None, (date(2026, 4, 30), date(2026, 5, 28))),
        (Recurrence.YEARLY, date(2027, 1, 31), (date(2027, 1, 31), date(2027, 2, 28))),
        (Recurrence.YEARLY, date(2027, 1, 30), None),
    ],
)
def test_the_next_period_falls_on_days_that_there_are(
    recurrence: Recurrence, until: date | None, following: tuple[date, date] | None
) -> None:
    assert next_period(date(2026, 1, 31), date(2026, 2, 28), recurrence, until) == following


async def test_the_next_one_of_a_recurring_campaign_is_prepared_once_in_time(scene: Scene) -> None:
    row = await planned(scene, ends_on="2026-03-31", recurrence="yearly", recurs_until="2027-12-31")
    await scene.step("campaigns", row, "approve", scene.colleague)
    scene.stand_at(datetime(2027, 1, 29, 15, 59, tzinfo=UTC))
    await scene.oversight.fire_timers()
    assert (await scene.read("campaigns?count=exact", scene.supervisor))["count"] == 1
    scene.stand_at(datetime(2027, 1, 29, 16, 1, tzinfo=UTC))
    await scene.oversight.fire_timers()
    (following,) = (await scene.read("campaigns?state=planned", scene.supervisor))["items"]
    assert (following["starts_on"], following["ends_on"]) == ("2027-03-01", "2027-03-31")
    assert (following["follows_id"], following["planned_by"]) == (row["id"], "zhao")
    fact = (await scene.oversight.facts("oversight.campaign.planned.v1"))[-1]
    assert fact["data"]["follows_id"] == row["id"]
    answer = await scene.call(f"campaigns/{following['id']}/approve", scene.supervisor)
    refused(answer, 403, "campaign-own-plan")
    await scene.step("campaigns", following, "approve", scene.colleague)
    scene.stand_at(datetime(2028, 3, 1, tzinfo=UTC))
    await scene.oversight.fire_timers()
    # The series is over: none begins after its last day.
    assert (await scene.read("campaigns?count=exact", scene.supervisor))["count"] == 2


async def test_with_a_cancelled_campaign_its_series_ends(scene: Scene) -> None:
    row = await planned(scene, recurrence="yearly")
    await scene.step("campaigns", row, "approve", scene.colleague)
    await scene.step("campaigns", row, "cancel", scene.supervisor, REASON)
    scene.stand_at(datetime(2028, 3, 1, tzinfo=UTC))
    assert await scene.oversight.fire_timers() == 0


async def test_a_report_that_does_not_come_is_told_once(scene: Scene) -> None:
    row = await planned(scene, ends_on="2026-03-31")
    row = await scene.step("campaigns", row, "approve", scene.colleague)
    assert row["due_at"] == "2026-04-29T16:00:00Z"
    scene.stand_at(datetime(2026, 4, 29, 15, 59, tzinfo=UTC))
    await scene.oversight.fire_timers()
    assert (await scene.read("campaigns?overdue=true&count=exact", scene.bureau))["count"] == 0
    scene.stand_at(datetime(2026, 4, 29, 16, 1, tzinfo=UTC))
    await scene.oversight.fire_timers()
    assert (await scene.fact_types())[-1] == "campaign.report_overdue.v1"
    (late,) = (await scene.read("campaigns?overdue=true", scene.bureau))["items"]
    assert late["overdue"]
    assert (await scene.read("campaigns?overdue=false&count=exact", scene.bureau))["count"] == 0
    count = len(await scene.oversight.facts())
    await scene.oversight.fire_timers()
    assert len(await scene.oversight.facts()) == count


async def test_a_campaign_does_not_start_before_its_period(scene: Scene) -> None:
    row = await planned(scene, starts_on="2026-03-03")
    row = await scene.step("campaigns", row, "approve", scene.colleague)
    assert row["allowed_actions"] == ["cancel"]
    answer = await scene.call(f"campaigns/{row['id']}/start", scene.supervisor)
    refused(answer, 409, "campaign-not-begun")
    scene.oversight.advance(days=1)
    await scene.step("campaigns", row, "start", scene.supervisor)


async def test_a_campaign_is_in_the_hands_of_its_body_and_those_above(scene: Scene) -> None:
    row = await planned(scene, divisions=[TOWNSHIP])
    shown = await scene.read(f"campaigns/{row['id']}", scene.office)
    assert shown["allowed_actions"] == []
    answer = await scene.call(f"campaigns/{row['id']}/approve", scene.office)
    refused(answer, 403, "not-the-supervisor")
    city = await planned(scene, scene.bureau, divisions=[DISTRICT])
    answer = await scene.call(f"campaigns/{city['id']}/cancel", scene.supervisor, REASON)
    refused(answer, 403, "not-the-supervisor")
    for name, token in scene.foreigners.items():
        await scene.read(f"campaigns/{row['id']}", token, 404)
        page = await scene.read("campaigns?count=exact", token)
        assert (page["count"], page["items"]) == (0, []), name


async def test_two_approvals_at_once_are_one(scene: Scene) -> None:
    row = await planned(scene)
    answers = await asyncio.gather(
        *(
            scene.call(f"campaigns/{row['id']}/approve", who)
            for who in (scene.colleague, scene.bureau)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await scene.fact_types()).count("campaign.approved.v1") == 1


async def hidden_from(scene: Scene, row: dict[str, Any], token: str) -> bool:
    """Whether `row` is in no list, count, filter or address that `token` can read."""
    for path in (f"campaigns/{row['id']}", f"campaigns/{row['id']}/progress"):
        await scene.read(path, token, 404)
    for query in (
        "",
        "&mode=unannounced",
        f"&division={DISTRICT}",
        "&q=持证",
        "&starts_from=2020-01-01",
    ):
        page = await scene.read(f"campaigns?count=exact{query}", token)
        if page["count"] or page["items"]:
            return False
    return True


def unknowing(scene: Scene) -> dict[str, str]:
    """Those who must not learn of an unannounced campaign in the district."""
    token = scene.oversight.token
    return {
        "agency": scene.agency,
        "enforcement": scene.enforcement,
        "office": scene.office,
        "line department": token("line_department", "50", domains=["urban_management"]),
        "machine of the township": token("integration", TOWNSHIP),
        "machine of the district": token("integration", DISTRICT),
        "machine of the city": token("integration", "50"),
        "supervisor of a body that may be visited": token(
            "district_supervisor", DISTRICT, organisation=SUBJECT_CODE
        ),
    }


async def test_an_unannounced_campaign_is_unknown_to_those_who_may_be_visited_until_its_report(
    scene: Scene,
) -> None:
    # The planner's own body is a subject of the district too: its people hold the campaign.
    told = subject_published(uuid4(), uscc=OTHER_CODE, division=DISTRICT, level="district")
    await scene.oversight.react(told, Scope(district=DISTRICT))
    row = await running(scene, mode="unannounced")
    assert row["concealed"]
    secret = await scene.assign(mode="unannounced", campaign_id=row["id"])
    await scene.step("inspections", secret, "accept", scene.supervisor)
    for who, token in unknowing(scene).items():
        assert await hidden_from(scene, row, token), who
        answer = await scene.call(f"campaigns/{row['id']}/start", token)
        assert answer.status_code in {403, 404}, who
    for token in (scene.supervisor, scene.colleague, scene.bureau):
        shown = await scene.read(f"campaigns/{row['id']}", token)
        assert shown["progress"]["inspections"] == 1
    # On site: the inspected sees the visit, and still not the campaign, which visits others too.
    await scene.step("inspections", secret, "start", scene.supervisor)
    await scene.read(f"inspections/{secret['id']}", scene.agency)
    for who, token in unknowing(scene).items():
        assert await hidden_from(scene, row, token), who
    facts = [f for f in await scene.oversight.facts() if ".campaign." in f["type"]]
    assert {fact["type"] for fact in facts} == {"xiejian.oversight.campaign.prepared.v1"}
    assert [fact["data"]["step"] for fact in facts] == ["planned", "approved", "started"]
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}
    async with scene.oversight.session() as session:
        subjects = (await session.scalars(select(Outbox.nats_subject))).all()
        kept = (await session.scalars(select(Campaign))).one()
    assert all(s.startswith("xi.") for s in subjects if ".campaign." in s)
    assert (kept.parties, kept.domains, kept.township) == ([], [], None)
    for step in ("seal", "sign", "close"):
        await scene.step("inspections", secret, step, scene.supervisor)
    row = await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    assert not row["concealed"]
    for who, token in unknowing(scene).items():
        if who in {"agency", "line department", "machine of the district"}:
            assert (await scene.read(f"campaigns/{row['id']}", token))["allowed_actions"] == []
    assert (await scene.fact_types())[-1] == "campaign.reported.v1"


async def test_a_cancelled_unannounced_campaign_stays_unknown(scene: Scene) -> None:
    row = await running(scene, mode="unannounced")
    row = await scene.step("campaigns", row, "cancel", scene.supervisor, REASON)
    for who, token in unknowing(scene).items():
        assert await hidden_from(scene, row, token), who
    assert set(await scene.fact_types()) == {"campaign.prepared.v1"}


async def test_the_next_unannounced_campaign_and_a_late_report_stay_inside(scene: Scene) -> None:
    row = await running(scene, mode="unannounced", ends_on="2026-03-31", recurrence="yearly")
    scene.stand_at(datetime(2027, 2, 1, tzinfo=UTC))
    await scene.oversight.fire_timers()
    (following,) = (await scene.read("campaigns?state=planned", scene.supervisor))["items"]
    assert following["concealed"] and following["follows_id"] == row["id"]
    for token in unknowing(scene).values():
        assert await hidden_from(scene, following, token)
    facts = await scene.oversight.facts()
    assert {fact["type"] for fact in facts} == {"xiejian.oversight.campaign.prepared.v1"}
    assert {fact["data"]["step"] for fact in facts[3:]} == {"planned", "report_overdue"}


async def test_a_township_office_holds_no_unannounced_campaign(scene: Scene) -> None:
    body = plan(mode="unannounced", divisions=[TOWNSHIP])
    refused(await scene.call("campaigns", scene.office, body), 409, "campaign-needs-higher-body")


async def test_the_bureaus_unannounced_campaign_is_the_bureaus_alone(scene: Scene) -> None:
    row = await running(scene, scene.bureau, mode="unannounced", divisions=["50"])
    for token in (scene.supervisor, scene.colleague, *unknowing(scene).values()):
        assert await hidden_from(scene, row, token)
    told = scene.inspection(mode="unannounced", campaign_id=row["id"])
    refused(await scene.call("inspections", scene.supervisor, told), 422, "campaign-unknown")


async def test_feeds_are_silent_about_an_unannounced_campaign(scene: Scene) -> None:
    row = await running(scene, mode="unannounced")
    tokens = {**unknowing(scene), "knowing": scene.colleague}
    async with (
        listening(create_app(scene.oversight.app.state.settings)) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
    ):

        async def logged() -> bool:
            async with scene.oversight.session() as session:
                return await session.scalar(select(func.count()).select_from(EventLog)) == 3

        await eventually(logged)
        for who, token in tokens.items():
            answer = await http.get(
                "/oversight/v1/events", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code in {200, 403}, who
            assert row["id"] not in answer.text, who


async def test_an_unannounced_one_whose_report_is_returned_can_be_given_up(scene: Scene) -> None:
    row = await running(scene, mode="unannounced")
    await inspected(scene, row)
    row = await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    row = await scene.step("campaigns", row, "return", scene.colleague, REASON)
    row = await scene.step("campaigns", row, "cancel", scene.supervisor, REASON)
    assert (row["state"], row["concealed"]) == ("cancelled", False)
    assert (await scene.fact_types())[-1] == "campaign.cancelled.v1"


async def test_campaigns_are_found_by_what_they_are(scene: Scene) -> None:
    first = await planned(scene, starts_on="2026-03-01", theme="持证上岗")
    second = await planned(
        scene, kind="routine", mode="file_review", starts_on="2026-04-01", theme="案卷质量"
    )
    compelled = {"ground": "media"}
    third = await planned(scene, **compelled, starts_on="2026-05-01")
    for query, found in (
        ("kind=routine", [second]),
        ("mode=file_review", [second]),
        ("ground=media", [third]),
        ("mandatory=true", []),
        ("mandatory=false", [third, second, first]),
        ("state=planned", [third, second, first]),
        ("q=案卷", [second]),
        (f"division={DISTRICT}", [third, second, first]),
        (f"division={TOWNSHIP}", []),
        ("starts_from=2026-04-01&starts_to=2026-04-30", [second]),
        ("sort=starts_on", [first, second, third]),
    ):
        page = await scene.read(f"campaigns?count=exact&{query}", scene.supervisor)
        assert [row["id"] for row in page["items"]] == [row["id"] for row in found], query
        assert page["count"] == len(found), query


@pytest.mark.parametrize("seed", [1, 2])
async def test_allowed_actions_of_a_campaign_are_exactly_what_succeeds(
    scene: Scene, seed: int
) -> None:
    mode = ["announced", "unannounced"][seed - 1]

    async def create() -> dict[str, Any]:
        if len(made) % 3 != 1:
            row = await planned(scene, mode=mode)
        else:
            row = await running(scene, mode=mode)
            await inspected(scene, row)
        made.append(row["id"])
        return row

    made: list[str] = []
    walk = Walk(
        service=scene.oversight,
        lifecycle=LIFECYCLE,
        path="/oversight/v1/campaigns",
        create=create,
        callers={
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "office": scene.office,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "change": lambda thing: {"theme": f"改{thing['version']}"},
            "return": REASON,
            "cancel": REASON,
            "report": RESULT,
        },
    )
    await walk.run(seed=seed)
    assert len(walk.seen) >= 5, sorted(walk.seen)
