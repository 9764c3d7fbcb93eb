"""Figures of all four services: each number is that of the list which it names."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.figures import Interval, Measure, Period, buckets, interval_of
from tests.security.people import BUREAU, CASES, DOMAIN, OWN_CODE, Caller, Case
from tests.security.rows import make_rows
from tests.servers import SERVICES, ServiceUnderTest

PLACES = [case for case in CASES if case.name in ("district", "city", "moved township")]
WHEN = {"from": "2026-01-01", "to": "2027-12-31", "interval": "quarter"}
RARE = {
    "commendations_granted",
    "documents_overdue",
    "evaluations_completed",
    "file_requests_overdue",
    "measures_overdue",
    "focus_tasks_stalled",
    "issues_closed",
    "issues_overdue",
    "inspections_closed",
    "rectifications_overdue",
    "rectifications_verified",
}


@pytest.fixture
def service(request: pytest.FixtureRequest, name: str) -> ServiceUnderTest:
    found: ServiceUnderTest = request.getfixturevalue(name)
    return found


async def listed(service: ServiceUnderTest, token: str, link: str) -> int:
    answer = await service.get(f"{link}&count=exact&limit=1", as_=token)
    assert answer.status_code == 200, f"{link}: {answer.text}"
    count: int = answer.json()["count"]
    return count


async def figure(service: ServiceUnderTest, token: str, **query: Any) -> Any:
    path = f"/{service.name}/v1/figures"
    answer = await service.get(path, as_=token, params={**WHEN, **query})
    assert answer.status_code == 200, f"{query}: {answer.text}"
    return answer.json()


async def check(service: ServiceUnderTest, token: str, **query: Any) -> Any:
    """The figure, after each of its numbers was held against its list."""
    told = await figure(service, token, **query)
    for number in (told, *([] if "by" in query else told["trend"]), *told["groups"]):
        assert await listed(service, token, number["behind"]) == number["value"], number
    return told


@pytest.mark.parametrize("case", PLACES, ids=lambda case: case.name)
@pytest.mark.parametrize("name", SERVICES)
async def test_each_number_is_that_of_its_list(service: ServiceUnderTest, case: Case) -> None:
    await make_rows(service, case)
    measures: list[Measure] = list(service.definition.figures)
    assert measures
    seen = set()
    district = case.place.district or "500106"
    bureau = BUREAU.token(service)
    supervisor = Caller("district", "district_supervisor", district).token(service)
    for turn, measure in enumerate(measures):
        plain = await check(service, bureau, measure=measure.key)
        for dimension in measure.by:
            grouped = await check(service, bureau, measure=measure.key, by=dimension.key)
            assert grouped["value"] == plain["value"]
            values = [group["value"] for group in grouped["groups"]]
            assert values == sorted(values, reverse=True)
            if dimension.key in ("district", "division", "state", "kind"):
                assert sum(values) == plain["value"]
        by = measure.by[turn % len(measure.by)].key
        theirs = await check(service, supervisor, measure=measure.key, by=by)
        seen |= {measure.key} if plain["value"] or theirs["value"] else set()
        if measure.placed and case.place.level != "city":
            division = (case.place.district, case.place.division)[turn % 2]
            for by in ("district", "township", "division"):
                await check(service, bureau, measure=measure.key, by=by, division=division)
    if case.place.level == "district":
        # Nothing is proved by what has no rows at all; some need what no row here comes to.
        assert {measure.key for measure in measures} - seen <= RARE


@pytest.mark.parametrize("name", SERVICES)
async def test_nobody_counts_what_is_not_visible(service: ServiceUnderTest) -> None:
    case = next(case for case in CASES if case.name == "township")
    await make_rows(service, case)
    callers = (
        Caller("enforcement", "township_enforcement", "500106001"),
        Caller("agency", "agency_user", "500106001", OWN_CODE),
        Caller("line department", "line_department", domains=(DOMAIN,)),
        Caller("stranger", "district_supervisor", "500116"),
    )
    for caller in callers:
        token = caller.token(service)
        answer = await service.get(f"/{service.name}/v1/figures/measures", as_=token)
        told = {measure["key"] for measure in answer.json()}
        counted = 0
        for measure in service.definition.figures:
            if measure.key in told:
                counted += (await check(service, token, measure=measure.key))["value"]
                continue
            path = f"/{service.name}/v1/figures?measure={measure.key}"
            assert (await service.get(path, as_=token)).status_code == 403
        if caller.name == "stranger":
            assert counted == 0


@pytest.mark.parametrize("name", ["registry"])
async def test_what_cannot_be_meant_is_refused(service: ServiceUnderTest) -> None:
    token = BUREAU.token(service)
    for query, code in (
        ({"measure": "happiness"}, "invalid-input"),
        ({"by": "district"}, "invalid-input"),
        ({"measure": "subjects", "by": "staffing"}, "dimension-not-of-measure"),
        ({"measure": "subjects", "from": "2026-03-02", "to": "2026-03-01"}, "period-not-meant"),
        ({"measure": "subjects", "from": "2000-01-01", "to": "2026-03-01"}, "period-not-meant"),
        (
            {"measure": "subjects", "interval": "day", "from": "2024-01-01", "to": "2026-03-01"},
            "interval-too-fine",
        ),
        ({"measure": "subjects", "first": "2026-03-01"}, "invalid-input"),
    ):
        answer = await service.get("/registry/v1/figures", as_=token, params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    answer = await service.get(
        "/registry/v1/figures", as_=service.token("auditor"), params={"measure": "subjects"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["notify"])
async def test_what_is_addressed_to_people_is_not_counted_by_place(
    service: ServiceUnderTest,
) -> None:
    answer = await service.get(
        "/notify/v1/figures",
        as_=BUREAU.token(service),
        params={"measure": "messages", "division": "500106"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "place-not-of-measure")


@pytest.mark.parametrize(
    ("days", "interval"), [(1, "day"), (31, "day"), (32, "week"), (365, "month"), (800, "quarter")]
)
def test_the_length_chooses_the_interval(days: int, interval: str) -> None:
    first = date(2026, 1, 1)
    assert interval_of(Period(first, first + timedelta(days - 1)), None) == interval


@pytest.mark.parametrize("interval", Interval)
def test_the_buckets_are_the_whole_period_and_nothing_else(interval: Interval) -> None:
    period = Period(date(2025, 11, 17), date(2026, 3, 3))
    found = buckets(period, interval)
    days = [p.first + timedelta(n) for p in found for n in range(p.length)]
    assert days == [period.first + timedelta(n) for n in range(period.length)]
    for first in (bucket.first for bucket in found[1:]):
        match interval:
            case Interval.WEEK:
                assert first.weekday() == 0
            case Interval.MONTH:
                assert first.day == 1
            case Interval.QUARTER:
                assert (first.day, first.month % 3) == (1, 1)


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert period.before == Period(date(2026, 1, 29), date(2026, 2, 28))
