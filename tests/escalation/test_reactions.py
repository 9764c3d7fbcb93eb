"""What the facts of oversight and the registry do here."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events.oversight.rectifications import (
    RectificationOverdue,
    RectificationRevoked,
    RectificationVerified,
)
from shared.events.oversight.warnings import WarningConfirmed
from shared.events.registry.divisions import DivisionMoved
from shared.law.calendar import end_of
from shared.law.divisions import Scope
from tests.escalation.people import DISTRICT, ISSUES, OTHER_DISTRICT, TOWNSHIP, People
from tests.notify.examples import example
from tests.servers import ServiceUnderTest

AT = Scope(district=DISTRICT, township=TOWNSHIP)
ORGANISATION = "11500228709467150P"


def overdue(
    id: UUID, kind: type[Any] = RectificationOverdue, division: str = TOWNSHIP
) -> RectificationOverdue:
    return kind(  # type: ignore[no-any-return]
        rectification_id=id,
        finding_id=uuid4(),
        subject_id=uuid4(),
        organisation=ORGANISATION,
        subject_name="小龙坎街道办事处",
        requirement="无证人员停止执法,补办执法证件",
        severity="serious",
        legal_basis=["《重庆市行政执法监督条例》第十五条"],
        division=division,
        state="overdue",
        due_at=end_of(date(2026, 10, 30)),
    )


async def test_an_overdue_rectification_raises_one_issue_where_the_subject_is(
    people: People, escalation: ServiceUnderTest
) -> None:
    rectification = uuid4()
    cause = await escalation.react(overdue(rectification), at=AT)
    await escalation.react(overdue(rectification), at=AT, again=True)
    (issue,) = (await people.page("kind=rectification_overdue&count=exact"))["items"]
    whole = await people.get(issue, people.township)
    assert (whole["level"], whole["state"], whole["source"]) == (
        "township",
        "raised",
        "rectification",
    )
    assert (whole["division"], whole["district"]) == (TOWNSHIP, DISTRICT)
    assert whole["source_id"] == str(rectification)
    assert whole["organisation"] == ORGANISATION
    assert whole["title"] == "整改逾期:小龙坎街道办事处"
    assert "2026-10-30" in whole["description"]
    assert whole["created_by"] == "system"
    (fact,) = await escalation.facts()
    assert fact["type"] == "xiejian.escalation.issue.raised.v1"
    assert fact["causationid"] == str(cause)
    assert fact["data"]["source_id"] == str(rectification)
    agency = escalation.token("agency_user", TOWNSHIP, organisation=ORGANISATION)
    assert (await people.get(issue, agency))["allowed_actions"] == []


async def test_overdue_a_second_time_it_is_noted_until_the_issue_is_closed(
    people: People, escalation: ServiceUnderTest
) -> None:
    rectification = uuid4()
    await escalation.react(overdue(rectification), at=AT)
    await escalation.react(overdue(rectification), at=AT)
    (issue,) = (await people.page())["items"]
    assert [line["action"] for line in await people.history(issue)] == ["raise", "note"]
    await people.act(issue, "decide", people.township)
    await people.act(issue, "close", people.township)
    await escalation.react(overdue(rectification), at=AT)
    assert (await people.page("count=exact"))["count"] == 2


async def test_verified_in_the_end_it_is_noted_and_nothing_is_closed(
    people: People, escalation: ServiceUnderTest
) -> None:
    rectification = uuid4()
    await escalation.react(overdue(rectification), at=AT)
    await escalation.react(overdue(rectification, RectificationVerified), at=AT)
    await escalation.react(overdue(uuid4(), RectificationVerified), at=AT)
    (issue,) = (await people.page())["items"]
    assert issue["state"] == "raised"
    line = (await people.history(issue))[-1]
    assert (line["action"], line["by"]) == ("note", "system")
    assert "核验通过" in line["text"]


async def test_an_order_that_is_revoked_is_noted_in_the_issue(
    people: People, escalation: ServiceUnderTest
) -> None:
    rectification = uuid4()
    await escalation.react(overdue(rectification), at=AT)
    await escalation.react(overdue(rectification, RectificationRevoked), at=AT)
    (issue,) = (await people.page())["items"]
    line = (await people.history(issue))[-1]
    assert (line["action"], line["by"], line["text"]) == ("note", "system", "责令整改已经撤回。")


async def test_history_loaded_late_raises_nothing(
    people: People, escalation: ServiceUnderTest
) -> None:
    await escalation.react(overdue(uuid4()), at=AT, backfill=True)
    assert (await people.page())["items"] == []
    assert await escalation.facts() == []


@pytest.mark.parametrize(
    ("division", "now_in", "level"),
    [(DISTRICT, DISTRICT, "district"), ("500112", "500157", "district"), ("50", None, "bureau")],
)
async def test_the_level_is_that_of_the_subjects_division_or_its_successor(
    people: People, escalation: ServiceUnderTest, division: str, now_in: str | None, level: str
) -> None:
    await escalation.react(overdue(uuid4(), division=division))
    (issue,) = (await people.page())["items"]
    assert (issue["district"], issue["level"]) == (now_in, level)


async def test_a_township_that_moves_takes_its_issues_along(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    await people.rise(issue, people.township)
    await escalation.react(
        DivisionMoved(
            code=TOWNSHIP,
            name="小龙坎街道",
            former_parent=DISTRICT,
            parent=OTHER_DISTRICT,
            moved_on=escalation.today().replace(day=1),
        )
    )
    other = escalation.token("district_supervisor", OTHER_DISTRICT)
    assert "decide" in (await people.get(issue, other))["allowed_actions"]
    # The former district goes on seeing what it had, and no longer acts.
    assert (await people.get(issue, people.district))["allowed_actions"] == []
    assert await people.refused(issue, "decide", people.district) == "issue-not-at-your-level"
    assert (await people.page(f"division={DISTRICT}"))["items"] == []
    await people.act(issue, "decide", other)
    # What is raised from now on belongs to the new district from the start.
    later = await people.raise_issue(other)
    assert later["district"] == OTHER_DISTRICT
    await people.get(later, people.district, expect=404)
    raised = (await escalation.facts("escalation.issue.raised.v1"))[-1]
    assert raised["division"] == f"50.{OTHER_DISTRICT}.{TOWNSHIP}"
    answer = await escalation.post(
        ISSUES,
        as_=people.district,
        json={"title": "x", "description": "x", "kind": "other", "division": TOWNSHIP},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "division-unknown")


async def test_a_warning_that_is_passed_on_as_an_issue_is_one_issue(
    people: People, escalation: ServiceUnderTest
) -> None:
    told = example(WarningConfirmed, follow_up="issue", division=TOWNSHIP)
    await escalation.react(told, at=AT)
    await escalation.react(told, at=AT, again=True)
    nothing = example(WarningConfirmed, follow_up="none", division=TOWNSHIP)
    await escalation.react(nothing, at=AT)
    (issue,) = (await people.page("source=warning"))["items"]
    assert (issue["kind"], issue["organisation"]) == ("prominent_problem", told.organisation)
    whole = await people.get(issue, people.township)
    assert whole["source_id"] == str(told.warning_id)
