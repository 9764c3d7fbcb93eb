"""Rectifications: their deadline, the one extension, verification by another person."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from services.oversight.rectifications.actions import mark_overdue
from services.oversight.rectifications.tables import Rectification
from shared.timers import Timer
from tests.oversight.scene import DISTRICT, SUBJECT_CODE, TOWNSHIP, Scene, refused

MONDAY = datetime(2026, 9, 28, 1, tzinfo=UTC)
"""09:00 in Shanghai."""
ASKED = {"days": 10, "reason": "考试在下月"}
REPORT = {"report": "已整改"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_the_default_deadline_is_thirty_days_and_ends_at_midnight(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await scene.ordered()
    # 28 September does not count; 28 October is the last day.
    assert moment(row["due_at"]) == datetime(2026, 10, 28, 16, tzinfo=UTC)
    assert (row["state"], row["overdue"], row["remaining_days"]) == ("ordered", False, 30)
    assert row["period"] == {"n": 30, "unit": "d", "roll": "none"}
    fact = (await scene.oversight.facts("oversight.rectification.ordered.v1"))[0]
    assert moment(fact["data"]["due_at"]) == moment(row["due_at"])
    assert fact["data"]["organisation"] == SUBJECT_CODE
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    finding = await scene.read(f"findings/{row['finding_id']}", scene.supervisor)
    assert (finding["rectification_id"], finding["allowed_actions"]) == (row["id"], ["link"])


async def test_a_period_is_shorter_than_the_rule_or_refused(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    finding = await scene.confirmed()
    body: dict[str, Any] = {"finding_id": finding["id"], "requirement": "整改"}
    for period, code in (
        ({"n": 31, "unit": "d"}, "rectification-period-too-long"),
        ({"n": 30, "unit": "wd"}, "rectification-period-too-long"),
        ({"n": 0, "unit": "d"}, "invalid-input"),
        ({"n": 3, "unit": "weeks"}, "invalid-input"),
    ):
        answer = await scene.call("rectifications", scene.supervisor, {**body, "period": period})
        refused(answer, 422, code)
    body["period"] = {"n": 5, "unit": "wd"}
    row = await scene.done("rectifications", as_=scene.supervisor, json=body, status=201)
    assert moment(row["due_at"]) == datetime(2026, 10, 10, 16, tzinfo=UTC)


async def test_only_a_confirmed_finding_is_ordered_to_be_corrected_and_once(scene: Scene) -> None:
    finding = await scene.finding()
    body = {"finding_id": finding["id"], "requirement": "整改"}
    answer = await scene.call("rectifications", scene.supervisor, body)
    refused(answer, 409, "finding-not-confirmed")
    body["finding_id"] = (await scene.confirmed())["id"]
    answers = await asyncio.gather(
        *(scene.call("rectifications", scene.supervisor, body) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"rectification-exists"}
    assert len(await scene.oversight.facts("oversight.rectification.ordered.v1")) == 1


async def test_an_unknown_and_a_foreign_finding_look_the_same(scene: Scene) -> None:
    finding = await scene.confirmed()
    body = {"finding_id": str(uuid4()), "requirement": "整改"}
    refused(await scene.call("rectifications", scene.supervisor, body), 422, "finding-unknown")
    body["finding_id"] = finding["id"]
    for name in ("sibling office", "foreign district"):
        answer = await scene.call("rectifications", scene.foreigners[name], body)
        refused(answer, 422, "finding-unknown")
    refused(await scene.call("rectifications", scene.office, body), 403, "not-the-supervisor")
    refused(await scene.call("rectifications", scene.agency, body), 403, "forbidden")


async def test_it_is_received_corrected_and_verified(scene: Scene) -> None:
    row = await scene.in_progress()
    row = await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    assert (row["state"], row["submitted_by"]) == ("submitted", "agency")
    assert (row["overdue"], row["remaining_days"]) == (False, None)
    row = await scene.step("rectifications", row, "verify", scene.colleague, {"note": "到位"})
    assert (row["state"], row["allowed_actions"]) == ("verified", [])
    told = row["submissions"][0]
    assert (told["verdict"], told["note"], told["judged_by"]) == ("verified", "到位", "qian")
    assert (await scene.fact_types())[-6:] == [
        *(f"rectification.{verb}.v1" for verb in ("ordered", "received", "begun")),
        "evidence.added.v1",
        *(f"rectification.{verb}.v1" for verb in ("submitted", "verified")),
    ]
    assert await timers(scene) == []


async def timers(scene: Scene) -> list[datetime]:
    async with scene.oversight.session() as session:
        return list(await session.scalars(select(Timer.due_at)))


async def test_whoever_submitted_it_neither_verifies_nor_rejects_it(scene: Scene) -> None:
    row = await scene.in_progress()
    await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    same = scene.oversight.token("district_supervisor", DISTRICT, sub="agency")
    for step, body in (("verify", {}), ("reject", {"reason": "r"})):
        answer = await scene.call(f"rectifications/{row['id']}/{step}", same, body)
        refused(answer, 403, "rectification-judged-by-submitter")
    assert (await scene.read(f"rectifications/{row['id']}", same))["allowed_actions"] == []


async def test_the_deadline_passes_once(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await scene.in_progress()
    due = moment(row["due_at"])
    scene.stand_at(due - timedelta(seconds=2))
    assert await scene.oversight.fire_timers() == 0
    scene.stand_at(due)
    # Between the deadline and the timer it is overdue already, for whoever looks.
    shown = await scene.read(f"rectifications/{row['id']}", scene.agency)
    assert (shown["state"], shown["overdue"]) == ("in_progress", True)
    assert (await scene.read("rectifications?overdue=true&count=exact", scene.agency))["count"] == 1
    assert await scene.oversight.fire_timers() == 1
    assert await scene.oversight.fire_timers() == 0
    shown = await scene.read(f"rectifications/{row['id']}", scene.agency)
    assert (shown["state"], shown["overdue"], shown["remaining_days"]) == ("overdue", True, -1)
    assert shown["allowed_actions"] == ["plan", "report_progress", "submit"]
    facts = await scene.oversight.facts("oversight.rectification.overdue.v1")
    assert [fact["data"]["state"] for fact in facts] == ["overdue"]
    assert facts[0]["data"]["rectification_id"] == row["id"]
    # The same timer again, as after a restore, changes nothing.
    async with scene.oversight.session() as session:
        await mark_overdue(session, UUID(row["id"]), due)
        await session.commit()
    assert len(await scene.oversight.facts("oversight.rectification.overdue.v1")) == 1


async def test_a_late_submission_is_taken_and_marked(scene: Scene) -> None:
    row = await scene.in_progress()
    scene.oversight.advance(days=40)
    assert await scene.oversight.fire_timers() == 1
    row = await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    assert (row["state"], row["submissions"][0]["late"]) == ("submitted", True)
    assert not row["overdue"]
    await scene.step("rectifications", row, "verify", scene.colleague, {})


async def test_a_late_submission_before_the_timer_is_overdue_first(scene: Scene) -> None:
    row = await scene.in_progress()
    scene.oversight.advance(days=40)
    row = await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    assert row["submissions"][0]["late"]
    assert (await scene.fact_types())[-2:] == [
        "rectification.overdue.v1",
        "rectification.submitted.v1",
    ]
    assert await scene.oversight.fire_timers() == 0


async def test_a_submission_in_time_does_not_become_overdue_while_it_waits(scene: Scene) -> None:
    row = await scene.in_progress()
    await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    scene.oversight.advance(days=60)
    assert await scene.oversight.fire_timers() == 0
    shown = await scene.read(f"rectifications/{row['id']}", scene.supervisor)
    assert (shown["state"], shown["overdue"]) == ("submitted", False)


async def test_a_rejection_gives_a_new_deadline_by_rule(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await scene.in_progress()
    await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    scene.stand_at(datetime(2026, 10, 26, 1, tzinfo=UTC))
    path = f"rectifications/{row['id']}/reject"
    long = {"reason": "r", "period": {"n": 16, "unit": "d"}}
    refused(await scene.call(path, scene.colleague, long), 422, "rectification-period-too-long")
    row = await scene.step("rectifications", row, "reject", scene.colleague, {"reason": "不到位"})
    assert (row["state"], row["submissions"][0]["note"]) == ("rejected", "不到位")
    # Fifteen days from 26 October.
    assert moment(row["due_at"]) == datetime(2026, 11, 10, 16, tzinfo=UTC)
    assert await timers(scene) == [moment(row["due_at"])]
    scene.stand_at(moment(row["due_at"]))
    await scene.oversight.fire_timers()
    row = await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    row = await scene.step("rectifications", row, "reject", scene.colleague, {"reason": "仍不到位"})
    row = await scene.step("rectifications", row, "begin", scene.agency)
    scene.oversight.advance(days=20)
    await scene.oversight.fire_timers()
    # One fact a deadline.
    assert len(await scene.oversight.facts("oversight.rectification.overdue.v1")) == 2


async def test_a_rejection_does_not_shorten_a_deadline_that_runs(scene: Scene) -> None:
    row = await scene.in_progress()
    before = row["due_at"]
    await scene.step("rectifications", row, "submit", scene.agency, REPORT)
    row = await scene.step("rectifications", row, "reject", scene.colleague, {"reason": "r"})
    assert row["due_at"] == before


async def test_one_extension_is_asked_for_and_granted(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await scene.in_progress()
    path = f"rectifications/{row['id']}"
    answer = await scene.call(f"{path}/extend", scene.supervisor, {})
    refused(answer, 409, "extension-not-requested")
    refused(await scene.call(f"{path}/extend", scene.agency, {}), 403, "forbidden")
    too_long = {"days": 31, "reason": "r"}
    answer = await scene.call(f"{path}/request-extension", scene.agency, too_long)
    refused(answer, 422, "extension-too-long")
    row = await scene.step("rectifications", row, "request-extension", scene.agency, ASKED)
    assert row["extension"]["state"] == "requested"
    assert moment(row["due_at"]) == datetime(2026, 10, 28, 16, tzinfo=UTC)
    answer = await scene.call(f"{path}/request-extension", scene.agency, ASKED)
    refused(answer, 409, "extension-pending")
    answer = await scene.call(f"{path}/extend", scene.supervisor, {"days": 31})
    refused(answer, 422, "extension-too-long")
    row = await scene.step("rectifications", row, "extend", scene.supervisor, {"decision": "同意"})
    # Ten days behind 28 October, its last day.
    assert moment(row["due_at"]) == datetime(2026, 11, 7, 16, tzinfo=UTC)
    assert (row["extension"]["state"], row["extension"]["decided_by"]) == ("granted", "zhao")
    for step, token, body in (
        ("request-extension", scene.agency, ASKED),
        ("extend", scene.supervisor, {}),
        ("refuse-extension", scene.supervisor, {"decision": "r"}),
    ):
        refused(await scene.call(f"{path}/{step}", token, body), 409, "extension-used")
    # The old day passes and nothing happens; the new one counts.
    scene.stand_at(datetime(2026, 10, 29, 1, tzinfo=UTC))
    assert await scene.oversight.fire_timers() == 0
    scene.stand_at(datetime(2026, 11, 7, 16, tzinfo=UTC))
    assert await scene.oversight.fire_timers() == 1
    assert (await scene.fact_types())[-3:] == [
        "rectification.extension_requested.v1",
        "rectification.extended.v1",
        "rectification.overdue.v1",
    ]


async def test_two_approvals_at_once_grant_one_extension(scene: Scene) -> None:
    row = await scene.in_progress()
    await scene.step("rectifications", row, "request-extension", scene.agency, ASKED)
    answers = await asyncio.gather(
        *(
            scene.call(f"rectifications/{row['id']}/extend", token, {"days": days})
            for token, days in ((scene.supervisor, 5), (scene.colleague, 7), (scene.bureau, 9))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    granted = next(answer.json() for answer in answers if answer.status_code == 200)
    days = granted["extension"]["days"]
    assert moment(granted["due_at"]) - moment(row["due_at"]) == timedelta(days=days)
    assert len(await scene.oversight.facts("oversight.rectification.extended.v1")) == 1
    assert await timers(scene) == [moment(granted["due_at"])]


async def test_the_database_itself_holds_a_second_extension_off(scene: Scene) -> None:
    await scene.in_progress()
    async with scene.oversight.session() as session:
        with pytest.raises(IntegrityError, match="ck_rectification_extensions"):
            await session.execute(update(Rectification).values(extensions_granted=2))


async def test_a_refused_extension_leaves_the_deadline(scene: Scene) -> None:
    row = await scene.in_progress()
    await scene.step("rectifications", row, "request-extension", scene.agency, ASKED)
    refusal = {"decision": "理由不足"}
    after = await scene.step("rectifications", row, "refuse-extension", scene.supervisor, refusal)
    assert (after["extension"]["state"], after["due_at"]) == ("refused", row["due_at"])
    assert (await scene.fact_types())[-1] == "rectification.extension_refused.v1"
    # Better reasons may be heard.
    await scene.step("rectifications", row, "request-extension", scene.agency, ASKED)


async def test_what_has_run_out_is_not_extended(scene: Scene) -> None:
    row = await scene.in_progress()
    path = f"rectifications/{row['id']}"
    await scene.step("rectifications", row, "request-extension", scene.agency, ASKED)
    scene.oversight.advance(days=31)
    answer = await scene.call(f"{path}/extend", scene.supervisor, {})
    refused(answer, 409, "deadline-passed")
    await scene.oversight.fire_timers()
    answer = await scene.call(f"{path}/extend", scene.supervisor, {})
    refused(answer, 409, "transition-not-allowed")


async def test_a_township_office_judges_only_what_it_ordered(scene: Scene) -> None:
    row = await scene.in_progress()
    await scene.step("rectifications", row, "submit", scene.enforcement, REPORT)
    answer = await scene.call(f"rectifications/{row['id']}/verify", scene.office, {})
    refused(answer, 403, "not-the-supervisor")
    await scene.step("rectifications", row, "verify", scene.bureau, {})


async def test_nobody_outside_sees_a_rectification(scene: Scene) -> None:
    row = await scene.ordered()
    for name, token in scene.foreigners.items():
        await scene.read(f"rectifications/{row['id']}", token, 404)
        page = await scene.read(f"rectifications?count=exact&subject_id={scene.subject_id}", token)
        assert (page["count"], page["items"]) == (0, []), name
    for name in ("sibling enforcement", "other agency"):
        answer = await scene.call(f"rectifications/{row['id']}/receive", scene.foreigners[name])
        refused(answer, 404, "not-found")


async def test_the_register_is_sorted_by_deadline_and_filtered(scene: Scene) -> None:
    long = await scene.ordered()
    short = await scene.ordered(period={"n": 3, "unit": "d"}, requirement="限期补正")
    page = await scene.read("rectifications", scene.supervisor)
    assert [row["id"] for row in page["items"]] == [short["id"], long["id"]]
    scene.oversight.advance(days=5)
    await scene.oversight.fire_timers()
    for query, found in (
        ("overdue=true", [short]),
        ("overdue=false", [long]),
        ("state=overdue", [short]),
        ("state=ordered", [long]),
        (f"division={DISTRICT}", [short, long]),
        ("division=500112", []),
        (f"subject_id={scene.subject_id}", [short, long]),
        (f"finding_id={long['finding_id']}", [long]),
        ("q=补正", [short]),
        ("sort=-due_at", [long, short]),
        ("sort=ordered_at", [long, short]),
    ):
        page = await scene.read(f"rectifications?count=exact&{query}", scene.agency)
        assert [row["id"] for row in page["items"]] == [row["id"] for row in found], query
        assert page["count"] == len(found)
    first = await scene.read("rectifications?limit=1", scene.agency)
    rest = await scene.read(f"rectifications?limit=1&cursor={first['next_cursor']}", scene.agency)
    assert [rest["items"][0]["id"], rest["next_cursor"]] == [long["id"], None]
    answer = await scene.oversight.get(
        f"/oversight/v1/rectifications?sort=id&cursor={first['next_cursor']}", as_=scene.agency
    )
    refused(answer, 422, "bad-cursor")


async def test_a_stale_if_match_changes_nothing(scene: Scene) -> None:
    row = await scene.ordered()
    await scene.step("rectifications", row, "receive", scene.agency)
    answer = await scene.oversight.post(
        f"/oversight/v1/rectifications/{row['id']}/begin",
        as_=scene.agency,
        headers={"If-Match": f'"{row["version"]}-0"'},
    )
    refused(answer, 412, "precondition-failed")
    shown = await scene.read(f"rectifications/{row['id']}", scene.agency)
    assert shown["state"] == "received"
