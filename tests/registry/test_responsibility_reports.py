"""The yearly reports on the responsibility system: called for, reminded, submitted, accepted."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest

from services.registry.responsibility_reports.rules import LIFECYCLE
from shared.clock import legal_day
from shared.law.calendar import end_of, next_reminder
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    drafted,
    get,
    ok,
    post,
    published,
    refused,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

TOWN = ("township_enforcement", TOWNSHIP)
BUREAU = ("bureau_supervisor", "50")
REPORTS = "/responsibility-reports"
REPORT: dict[str, Any] = {"summary": "分解岗位12个,考核35人次。"}


def today(registry: ServiceUnderTest) -> date:
    return legal_day(registry.app.state.clock.now())


def on(registry: ServiceUnderTest, month: int, day: int) -> int:
    """Move the clock to the next such day, noon in Shanghai; its year."""
    moment = registry.app.state.clock.now()
    target = datetime(moment.year, month, day, 4, tzinfo=UTC)
    if target <= moment:
        target = target.replace(year=moment.year + 1)
    registry.advance(seconds=(target - moment).total_seconds())
    return target.year


async def called(registry: ServiceUnderTest, subject: Any = None, **fields: Any) -> Any:
    told = {"year": today(registry).year, **fields}
    if subject is not None:
        told["subject_id"] = subject["id"]
    return ok(await post(registry, REPORTS, *BUREAU, **told), 201)


def test_reminders_go_out_at_the_beginning_of_their_day() -> None:
    due, days = end_of(date(2026, 12, 31)), [30, 7, 0]
    for before, expected in (
        (date(2026, 6, 1), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2026, 12, 24)),
        (date(2026, 12, 24), date(2026, 12, 31)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ):
        moment = end_of(before) - timedelta(hours=12)
        assert next_reminder(due, days, moment) == end_of(expected - timedelta(days=1))


async def test_all_are_called_on_and_every_year_after_of_itself(
    registry: ServiceUnderTest,
) -> None:
    year = on(registry, 6, 1)
    subject = await published(registry)
    await drafted(registry)  # no subject yet, so it does not report
    own = await called(registry, await published(registry, division=SIBLING))
    opened = ok(await post(registry, f"{REPORTS}/years", *BUREAU, year=year), 201)
    assert (opened["subjects"], opened["districts"]) == (1, 37)
    assert opened["due_at"] == f"{year}-12-31T16:00:00Z"
    again = ok(await post(registry, f"{REPORTS}/years", *BUREAU, year=year), 201)
    assert (again["subjects"], again["districts"]) == (0, 0)
    mine = ok(await get(registry, REPORTS, outstanding="true", sort="id"))["items"]
    assert [(one["reporter"], one["reported_by"]) for one in mine] == [
        (own["reporter"], "subject"),
        (subject["name"], "subject"),
        ("沙坪坝区", "district"),
    ]
    (fact, _) = await registry.facts("registry.report_year.opened.v1")
    assert (fact["data"]["subjects"], fact["data"]["districts"]) == (1, 37)
    refused(await post(registry, f"{REPORTS}/years", year=year), 403, "forbidden")
    on(registry, 11, 30)
    assert await registry.fire_timers() == 0
    on(registry, 12, 1)
    assert await registry.fire_timers() == 39
    on(registry, 6, 1)
    while await registry.fire_timers():
        pass
    on(registry, 12, 2)
    await registry.fire_timers()
    following = ok(await get(registry, REPORTS, year=year + 1, reported_by="subject"))["items"]
    assert {one["reporter"] for one in following} == {own["reporter"], subject["name"]}


async def test_who_has_not_reported_is_reminded_and_then_told_to_be_overdue(
    registry: ServiceUnderTest,
) -> None:
    year = on(registry, 11, 1)
    subject = await published(registry)
    report = await called(registry, subject)
    assert report["due_at"] == f"{year}-12-31T16:00:00Z"
    for month, day, left in ((12, 1, 30), (12, 24, 7), (12, 31, 0)):
        on(registry, month, day)
        assert await registry.fire_timers() == 1
        told = (await registry.facts("registry.report.due.v1"))[-1]
        assert (told["data"]["days_left"], told["data"]["year"]) == (left, year)
    assert ok(await get(registry, REPORTS, overdue="true"))["items"] == []
    on(registry, 1, 1)
    assert await registry.fire_timers() == 1
    (told,) = await registry.facts("registry.report.overdue.v1")
    assert told["data"]["organisation"] == subject["uscc"]
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    (late,) = ok(await get(registry, REPORTS, overdue="true"))["items"]
    assert (late["id"], late["overdue"]) == (report["id"], True)
    assert await registry.fire_timers() == 0
    done = ok(await post(registry, f"{REPORTS}/{report['id']}/submit", *TOWN, **REPORT))
    assert (done["overdue"], done["late"]) == (False, True)
    assert (await registry.facts("registry.report.submitted.v1"))[0]["data"]["late"] is True


async def test_a_report_is_submitted_by_the_body_and_accepted_by_another_above(
    registry: ServiceUnderTest,
) -> None:
    on(registry, 11, 1)
    report = await called(registry, await published(registry))
    path = f"{REPORTS}/{report['id']}"
    assert ok(await get(registry, path, *TOWN))["allowed_actions"] == ["submit"]
    ok(await post(registry, f"{path}/submit", *TOWN, **REPORT))
    returned = ok(await post(registry, f"{path}/return", reason="缺少考核结果"))
    assert (returned["state"], returned["reason"]) == ("returned", "缺少考核结果")
    on(registry, 12, 1)
    assert await registry.fire_timers() == 1  # who has to do it again is reminded again
    ok(await post(registry, f"{path}/submit", sub="zhao", **REPORT))
    own = await post(registry, f"{path}/accept", sub="zhao")
    refused(own, 409, "responsibility-report-accepted-by-submitter")
    refused(await post(registry, f"{path}/accept", *TOWN), 403, "forbidden")
    report = ok(await post(registry, f"{path}/accept", sub="head"))
    assert (report["state"], report["allowed_actions"]) == ("accepted", [])
    on(registry, 1, 2)
    assert await registry.fire_timers() == 0
    kinds = [fact["type"].split(".")[3] for fact in await registry.facts()]
    assert kinds[-6:] == ["called", "submitted", "returned", "due", "submitted", "accepted"]


async def test_the_report_of_a_district_is_accepted_by_the_bureau(
    registry: ServiceUnderTest,
) -> None:
    on(registry, 11, 1)
    report = await called(registry, division=DISTRICT)
    assert (report["reporter"], report["to_level"]) == ("沙坪坝区", "bureau")
    path = f"{REPORTS}/{report['id']}"
    ok(await post(registry, f"{path}/submit", sub="zhao", **REPORT))
    above = await post(registry, f"{path}/accept", sub="head")
    refused(above, 403, "responsibility-report-accepted-above")
    seen = ok(await get(registry, path))
    assert seen["allowed_actions"] == []
    ok(await post(registry, f"{path}/accept", *BUREAU))


@pytest.mark.parametrize("fields", [{}, {"division": TOWNSHIP}, {"division": "50"}])
async def test_a_report_is_that_of_a_subject_or_of_a_district(
    registry: ServiceUnderTest, fields: dict[str, Any]
) -> None:
    year = on(registry, 11, 1)
    answer = await post(registry, REPORTS, *BUREAU, year=year, **fields)
    refused(answer, 422, "responsibility-report-reporter-unclear")


async def test_a_report_is_called_for_once_and_before_it_is_due(
    registry: ServiceUnderTest,
) -> None:
    year = on(registry, 11, 1)
    subject = await published(registry)
    for body in ({"subject_id": subject["id"]}, {"division": DISTRICT}):
        told: dict[str, Any] = {"year": year, **body}
        answers = await asyncio.gather(*(post(registry, REPORTS, **told) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        refused(await post(registry, REPORTS, **told), 409, "responsibility-report-exists")
        for wrong in (year - 1, year + 2):
            answer = await post(registry, REPORTS, **{**told, "year": wrong})
            refused(answer, 422, "responsibility-report-year-invalid")


async def test_a_sibling_sees_no_report_and_calls_for_none(registry: ServiceUnderTest) -> None:
    year = on(registry, 11, 1)
    subject = await published(registry)
    report = await called(registry, subject)
    path = f"{REPORTS}/{report['id']}"
    for caller in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await get(registry, path, *caller), 404, "not-found")
        assert ok(await get(registry, REPORTS, *caller, count="exact"))["count"] == 0
    foreign = ("district_supervisor", FOREIGN)
    for id in (subject["id"], str(uuid4())):
        answer = await post(registry, REPORTS, *foreign, subject_id=id, year=year)
        refused(answer, 404, "not-found")
    answer = await post(registry, REPORTS, *foreign, division=DISTRICT, year=year)
    refused(answer, 422, "division-unknown")
    agency = ok(await get(registry, REPORTS, "agency_user", TOWNSHIP, organisation=subject["uscc"]))
    assert [one["id"] for one in agency["items"]] == [report["id"]]


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    divisions = cycle([TOWNSHIP, SIBLING])

    async def create() -> Any:
        return await called(registry, await published(registry, division=next(divisions)))

    on(registry, 11, 1)
    walk = Walk(
        registry,
        LIFECYCLE,
        BASE + REPORTS,
        create,
        {
            "bureau": registry.token(*BUREAU, sub="head"),
            "district": registry.token("district_supervisor", DISTRICT, sub="zhao"),
            "township": registry.token(*TOWN),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {"submit": REPORT, "return": {"reason": "缺少考核结果"}},
    )
    for seed in (1, 2):
        await walk.run(seed=seed)
    assert len(walk.seen) >= 3, walk.seen
