"""Who has an issue and until when: up by breach, by hand and directly, down, paused, decided."""

import asyncio
import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

from shared.law.calendar import last_day_of
from tests.escalation.people import (
    BODIES,
    DISTRICT,
    INBOX,
    ISSUES,
    OTHER_DISTRICT,
    SIBLING,
    TOWNSHIP,
    People,
    moment,
)
from tests.servers import ServiceUnderTest


async def test_what_nobody_answers_climbs_to_the_bureau_and_stays_there(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    assert await escalation.fire_timers() == 0
    for level, above in (("township", "district"), ("district", "bureau")):
        escalation.advance(days=60)
        assert await escalation.fire_timers() == 2  # the reminder finds that it is too late
        climbed = await people.get(issue, people.bureau)
        assert (climbed["level"], climbed["state"]) == (above, "escalated")
        assert not climbed["overdue"]
        assert moment(climbed["due_at"]) > moment(climbed["arrived_at"]) + timedelta(days=15)
        overdue, escalated = (await escalation.facts())[-3 if above == "bureau" else -2 :][:2]
        assert overdue["type"] == "xiejian.escalation.issue.overdue.v1"
        assert overdue["data"]["level"] == level
        assert escalated["data"]["from_level"] == level
        assert (escalated["data"]["why"], escalated["data"]["reason"]) == ("breach", None)
    escalation.advance(days=60)
    assert await escalation.fire_timers() == 2
    escalation.advance(days=60)
    assert await escalation.fire_timers() == 0
    stuck = await people.get(issue, people.bureau)
    assert (stuck["level"], stuck["state"], stuck["overdue"]) == ("bureau", "escalated", True)
    assert await people.kinds_of_facts() == [
        "raised",
        "overdue",
        "escalated",
        "overdue",
        "escalated",
        "reported_to_bureau",
        "overdue",
    ]
    (reported,) = await escalation.facts("escalation.issue.reported_to_bureau.v1")
    assert reported["data"]["direct"] is False
    assert [line["action"] for line in await people.history(issue)] == [
        "raise",
        "overdue",
        "climb",
        "overdue",
        "climb",
        "overdue",
    ]
    # What is overdue at the top can still be decided.
    assert "decide" in stuck["allowed_actions"]
    await people.act(issue, "decide", people.bureau)


@pytest.mark.parametrize(
    ("raised", "last_day"),
    [
        ((2026, 4, 27, 23), date(2026, 5, 20)),
        ((2026, 4, 28, 0), date(2026, 5, 21)),  # the day is Chongqing's, not UTC's
        ((2026, 4, 28, 10), date(2026, 5, 21)),  # five days off, Saturday the 9th is worked
        ((2026, 5, 3, 10), date(2026, 5, 25)),  # raised on a holiday
        ((2026, 9, 24, 10), date(2026, 10, 22)),  # two holidays, Saturday the 10th is worked
        ((2026, 10, 3, 10), date(2026, 10, 27)),
        ((2026, 10, 9, 10), date(2026, 10, 29)),
    ],
)
async def test_a_level_has_fifteen_working_days(
    people: People, raised: tuple[int, int, int, int], last_day: date
) -> None:
    people.today_is(*raised)
    issue = await people.raise_issue()
    assert last_day_of(moment(issue["due_at"])) == last_day
    assert issue["due_provisional"] is False


async def test_a_deadline_over_days_that_are_not_announced_is_provisional(people: People) -> None:
    people.today_is(2026, 12, 21)
    assert (await people.raise_issue())["due_provisional"] is True


async def test_an_issue_begins_at_the_level_of_its_division(people: People) -> None:
    for division, level in ((TOWNSHIP, "township"), (DISTRICT, "district"), ("50", "bureau")):
        issue = await people.raise_issue(people.bureau, division=division)
        assert (issue["level"], issue["state"]) == (level, "raised")


async def test_escalated_by_hand_it_has_a_reason_and_a_new_deadline(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 9, 1)
    issue = await people.raise_issue()
    await people.act(issue, "triage", people.township)
    escalation.advance(days=3)
    answer = await people.rise(issue, people.township, reason="需区级协调")
    assert (answer["level"], answer["state"]) == ("district", "escalated")
    assert moment(answer["due_at"]) > moment(issue["due_at"])
    assert answer["allowed_actions"] == ["withdraw"]
    (escalated,) = await escalation.facts("escalation.issue.escalated.v1")
    assert (escalated["data"]["why"], escalated["data"]["reason"]) == ("manual", "需区级协调")
    assert await escalation.facts("escalation.issue.reported_to_bureau.v1") == []
    await people.act(issue, "escalate", people.township, expect=422, reason=" ")
    await people.rise(issue, people.district)
    assert await people.refused(issue, "escalate", people.bureau) == "issue-no-level-above"
    assert (await people.kinds_of_facts())[-1] == "reported_to_bureau"


async def test_a_participating_district_reports_directly_to_the_bureau(
    people: People, escalation: ServiceUnderTest
) -> None:
    await people.open_programme(DISTRICT)
    issue = await people.raise_issue(people.district, division=DISTRICT, kind="new_situation")
    answer = await people.rise(issue, people.district, to="bureau", reason="新情况")
    assert (answer["level"], answer["state"]) == ("bureau", "escalated")
    escalated, reported = (await escalation.facts())[-2:]
    assert escalated["data"]["why"] == "direct"
    assert reported["type"] == "xiejian.escalation.issue.reported_to_bureau.v1"
    assert (reported["data"]["direct"], reported["data"]["from_level"]) == (True, "district")
    assert (await people.history(issue))[-1]["action"] == "report"
    assert [item["id"] for item in (await people.page(path=INBOX))["items"]] == [issue["id"]]


async def test_a_direct_report_needs_a_participant_a_district_and_a_new_situation(
    people: People, escalation: ServiceUnderTest
) -> None:
    direct = {"to": "bureau", "reason": "新情况"}
    issue = await people.raise_issue(people.district, division=DISTRICT, kind="new_situation")
    code = await people.refused(issue, "escalate", people.district, **direct)
    assert code == "direct-report-not-participant"
    await people.open_programme(OTHER_DISTRICT)
    code = await people.refused(issue, "escalate", people.district, **direct)
    assert code == "direct-report-not-participant"
    await people.open_programme(DISTRICT)
    other = await people.raise_issue(people.district, division=DISTRICT)
    code = await people.refused(other, "escalate", people.district, **direct)
    assert code == "direct-report-new-situation-only"
    low = await people.raise_issue(kind="new_situation")
    code = await people.refused(low, "escalate", people.township, **direct)
    assert code == "direct-report-from-district-only"
    assert await people.kinds_of_facts() == ["raised"] * 3
    # Without the pilot it still goes up the ordinary way.
    await people.rise(other, people.district)


async def test_a_successor_reports_for_the_pilot_district_that_it_took_over(
    people: People, escalation: ServiceUnderTest
) -> None:
    await people.open_programme("500112")
    successor = escalation.token("district_supervisor", "500157")
    issue = await people.raise_issue(successor, division="500157", kind="new_situation")
    await people.act(issue, "escalate", successor, to="bureau", reason="新情况")
    other = escalation.token("district_supervisor", "500157", sub="director")
    answer = await people.act(issue, "approve", other)
    assert answer["level"] == "bureau"


async def test_a_changed_programme_replaces_its_participants(
    people: People, escalation: ServiceUnderTest
) -> None:
    programme = uuid4()
    await people.open_programme(DISTRICT, OTHER_DISTRICT, id=programme)
    await people.open_programme(OTHER_DISTRICT, id=programme)
    issue = await people.raise_issue(people.district, division=DISTRICT, kind="new_situation")
    code = await people.refused(issue, "escalate", people.district, to="bureau", reason="新情况")
    assert code == "direct-report-not-participant"


async def test_returned_it_goes_down_one_level_with_a_reason_and_a_new_deadline(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    await people.rise(issue, people.township)
    await people.rise(issue, people.district)
    for level, below in (("bureau", "district"), ("district", "township")):
        escalation.advance(days=2)
        answer = await people.act(issue, "return", people.levels[level], reason="请补充材料")
        assert (answer["level"], answer["state"]) == (below, "returned")
        returned = (await escalation.facts())[-1]
        assert returned["data"]["from_level"] == level
        assert returned["data"]["reason"] == "请补充材料"
        assert moment(returned["data"]["due_at"]) == moment(answer["due_at"])
    assert await people.refused(issue, "return", people.township) == "issue-no-level-below"
    escalation.advance(days=60)
    assert await escalation.fire_timers() == 2
    assert (await people.get(issue, people.bureau))["level"] == "district"


async def test_a_districts_own_issue_is_not_returned_to_a_township(people: People) -> None:
    issue = await people.raise_issue(people.district, division=DISTRICT)
    assert "return" not in issue["allowed_actions"]
    assert await people.refused(issue, "return", people.district) == "issue-no-level-below"


async def test_a_pause_moves_the_deadline_by_what_was_left(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 9, 24)
    issue = await people.raise_issue()
    people.today_is(2026, 10, 9)
    paused = await people.act(issue, "pause", people.township)
    assert (paused["state"], paused["due_at"], paused["overdue"]) == ("paused", None, False)
    assert paused["allowed_actions"] == ["resume", "merge", "withdraw"]
    escalation.advance(days=23)
    assert await escalation.fire_timers() == 0
    people.today_is(2026, 11, 2)
    resumed = await people.act(issue, "resume", people.township, note="鉴定完成")
    # From the 9th to the 22nd of October ten working days were left.
    assert last_day_of(moment(resumed["due_at"])) == date(2026, 11, 16)
    assert resumed["state"] == "handling"
    assert (await people.kinds_of_facts())[-2:] == ["paused", "resumed"]
    assert [line["text"] for line in await people.history(issue)][-2:] == [
        "等待鉴定结论",
        "鉴定完成",
    ]
    people.today_is(2026, 11, 16, 23)
    assert await escalation.fire_timers() == 1
    assert (await people.kinds_of_facts())[-1] == "due_soon"
    people.today_is(2026, 11, 17, 0)
    assert await escalation.fire_timers() == 1


async def test_after_the_deadline_a_level_can_no_longer_act(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    escalation.advance(days=60)
    late = await people.get(issue, people.township)
    assert (late["overdue"], late["allowed_actions"]) == (True, [])
    assert await people.refused(issue, "decide", people.township) == "deadline-passed"
    await people.act(await people.raise_issue(people.bureau, division="50"), "pause", people.bureau)


async def test_decided_carried_out_and_closed(people: People, escalation: ServiceUnderTest) -> None:
    issue = await people.raise_issue()
    await people.rise(issue, people.township)
    decided = await people.act(
        issue, "decide", people.district, decision="由区牵头", measures=["一周内", "一周内", "评估"]
    )
    assert decided["decision"] == "由区牵头"
    assert decided["measures"] == ["一周内", "评估"]
    assert (decided["decided_level"], decided["due_at"]) == ("district", None)
    (fact,) = await escalation.facts("escalation.issue.decided.v1")
    assert fact["data"]["decision"] == "由区牵头"
    assert fact["data"]["decided_by_level"] == "district"
    escalation.advance(days=60)
    assert await escalation.fire_timers() == 0
    code = await people.refused(issue, "feedback", people.district)
    assert code == "issue-not-from-your-division"
    assert (await people.get(issue, people.township))["allowed_actions"] == ["feedback"]
    fed_back = await people.act(issue, "feedback", people.township)
    assert (fed_back["state"], fed_back["feedback"]) == ("fed_back", "职责已明确")
    assert await people.refused(issue, "close", people.township) == "issue-not-at-your-level"
    closed = await people.act(issue, "close", people.district)
    assert (closed["state"], closed["allowed_actions"]) == ("closed", ["reopen"])
    assert closed["closed_at"] is not None
    assert (await people.kinds_of_facts())[-3:] == ["decided", "fed_back", "closed"]
    assert await people.refused(issue, "triage", people.district) == "transition-not-allowed"


@pytest.mark.parametrize("level", ["township", "district", "bureau"])
async def test_only_the_level_that_has_it_acts(people: People, level: str) -> None:
    issue = await people.raise_issue()
    for below in ("township", "district")[: ["township", "district", "bureau"].index(level)]:
        await people.rise(issue, people.levels[below])
    for name, token in people.levels.items():
        seen = await people.get(issue, token)
        assert ("decide" in seen["allowed_actions"]) is (name == level)
        if name != level:
            for action in ("triage", "escalate", "return", "pause", "decide"):
                assert await people.refused(issue, action, token) == "issue-not-at-your-level"


async def test_only_the_office_acts_for_a_township(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    for role, division in (("township_enforcement", TOWNSHIP), ("integration", TOWNSHIP)):
        token = escalation.token(role, division)
        assert (await people.get(issue, token))["allowed_actions"] == []
        answer = await people.act(issue, "triage", token, expect=403)
        assert answer["code"] == "forbidden"
    for foreign in (
        escalation.token("township_supervision_office", SIBLING),
        escalation.token("district_supervisor", OTHER_DISTRICT),
        # Roles that do not fit the level of their division are nobody's.
        escalation.token("district_supervisor", TOWNSHIP),
        escalation.token("bureau_supervisor", TOWNSHIP),
    ):
        assert (await people.act(issue, "triage", foreign, expect=404))["code"] == "not-found"


async def test_of_two_decisions_at_once_one_is_refused(people: People) -> None:
    issue = await people.raise_issue()
    path = f"{ISSUES}/{issue['id']}/decide"
    answers = await asyncio.gather(
        *(people.service.post(path, as_=people.township, json=BODIES["decide"]) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await people.kinds_of_facts()).count("decided") == 1


async def test_if_match_guards_a_transition(people: People) -> None:
    issue = await people.raise_issue()
    path = f"{ISSUES}/{issue['id']}"
    seen = await people.service.get(path, as_=people.township)
    tag = {"If-Match": seen.headers["etag"]}
    done = await people.service.post(f"{path}/triage", as_=people.township, headers=tag)
    assert done.status_code == 200
    assert done.headers["etag"].startswith('"2-')
    stale = await people.service.post(
        f"{path}/decide", as_=people.township, headers=tag, json=BODIES["decide"]
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (await people.get(issue, people.township))["state"] == "handling"


ACTIONS = [
    *("triage", "escalate", "approve", "decline", "return", "pause", "resume", "decide"),
    *("feedback", "close", "extend", "urge", "withdraw", "reopen"),
]
ELSEWHERE_TESTED = {"assign", "merge"}


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_allowed_works_and_what_is_not_is_refused(
    people: People, escalation: ServiceUnderTest, seed: int
) -> None:
    """A walk: whoever acts, `allowed_actions` said so, and each success is one version, one line
    of history and one fact (two where it reached the Bureau)."""
    chance = random.Random(seed)
    people.today_is(2026, 1, 5)
    for _ in range(4):
        issue = await people.raise_issue()
        for _ in range(25):
            if chance.random() < 0.15:
                escalation.advance(days=chance.choice([1, 5, 40]))
                await escalation.fire_timers()
            token = chance.choice([*people.levels.values(), *people.leaders.values()])
            before = await people.get(issue, token)
            lines = len(await people.history(issue))
            facts = len(await escalation.facts())
            mine = [*set(before["allowed_actions"]) - ELSEWHERE_TESTED]
            lawful = mine and chance.random() < 0.4
            action = chance.choice(sorted(mine) if lawful else ACTIONS)
            path = f"{ISSUES}/{issue['id']}/{action}"
            answer = await escalation.post(path, as_=token, json=BODIES.get(action, {}))
            after = await people.get(issue, token)
            new_facts = (await escalation.facts())[facts:]
            if action in before["allowed_actions"]:
                assert answer.status_code == 200, (before, action, answer.text)
                assert answer.json() == after
                assert after["version"] == before["version"] + 1, action
                assert len(await people.history(issue)) == lines + 1
                reached = action == "approve" and after["level"] == "bureau"
                assert len(new_facts) == (2 if reached else 1)
                assert new_facts[0]["data"]["state"] == after["state"]
                assert new_facts[0]["data"]["level"] == after["level"]
            else:
                assert answer.status_code in {403, 409}, (before, action, answer.text)
                assert (after, new_facts) == (before, [])
            if after["state"] in {"withdrawn", "merged"}:
                break
