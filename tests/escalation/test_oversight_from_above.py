"""Issues: two persons before one goes up, urged and given time from above, withdrawn, reopened."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.escalation.app import SERVICE
from services.escalation.routing.rules import route
from shared.law.calendar import Day, last_day_of
from shared.law.tables import AnnouncedDay, import_days
from shared.operations import count_anew
from tests.escalation.people import (
    DISTRICT,
    ELSEWHERE,
    INBOX,
    ISSUES,
    OTHER_DISTRICT,
    TOWNSHIP,
    People,
    moment,
)
from tests.escalation.test_complaints import COMPLAINTS, Desk
from tests.escalation.test_field_reports import REPORTS, Field
from tests.servers import ServiceUnderTest

TRIALS = "/escalation/v1/routing-trials"


async def test_a_leader_approves_before_a_matter_goes_up(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    waits = await people.act(issue, "escalate", people.township, reason="超出权限")
    assert (waits["level"], waits["state"], waits["proposed_reason"]) == (
        "township",
        "proposed",
        "超出权限",
    )
    assert waits["due_at"] == issue["due_at"]
    for action in ("approve", "decline"):
        refusal = await people.act(issue, action, people.township, expect=403)
        assert refusal["code"] == "escalation-approved-by-proposer"
    kept = await people.act(issue, "decline", people.leaders["township"], reason="本级可办")
    assert (kept["state"], kept["proposed_by"]) == ("handling", None)
    await people.act(issue, "escalate", people.township)
    up = await people.act(issue, "approve", people.leaders["township"])
    assert (up["level"], up["state"], up["proposed_by"]) == ("district", "escalated", None)
    assert await people.kinds_of_facts() == [
        "raised",
        "escalation_proposed",
        "escalation_declined",
        "escalation_proposed",
        "escalated",
    ]
    # What waits for approval goes up by itself when its time is over.
    await people.act(issue, "escalate", people.district)
    escalation.advance(days=60)
    await escalation.fire_timers()
    climbed = await people.get(issue, people.bureau)
    assert (climbed["level"], climbed["proposed_by"]) == ("bureau", None)


async def test_what_began_under_the_first_edition_ends_under_it(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    async with escalation.session() as session:
        await session.execute(text("UPDATE issue SET edition = 1"))
        await session.commit()
    seen = await people.get(issue, people.township)
    assert seen["allowed_actions"] == ["triage", "escalate", "pause", "decide"]
    for action in ("withdraw", "approve"):
        assert await people.refused(issue, action, people.township) == "transition-not-allowed"
    up = await people.act(issue, "escalate", people.township)
    assert (up["level"], up["state"]) == ("district", "escalated")


async def test_those_above_urge_and_give_time_once_a_level(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 3, 2)
    issue = await people.raise_issue()
    for action in ("urge", "extend"):
        refusal = await people.act(issue, action, people.township, expect=403)
        assert refusal["code"] == "issue-not-below-you"
    for times, token in enumerate((people.district, people.bureau), 1):
        assert (await people.act(issue, "urge", token))["urges"] == times
    longer = await people.act(issue, "extend", people.district)
    assert last_day_of(moment(issue["due_at"])) == date(2026, 3, 23)
    # Fifteen working days on, over the day off of 6 April.
    assert last_day_of(moment(longer["due_at"])) == date(2026, 4, 14)
    assert longer["extended"]
    assert await people.refused(issue, "extend", people.bureau) == "issue-extended-already"
    urged, extended = (await escalation.facts())[-2:]
    assert (urged["data"]["by_level"], urged["data"]["times"]) == ("bureau", 2)
    assert extended["data"]["reason"] == "需委托鉴定"
    # Each level can be given it; the Bureau, above which is none, gives it to itself.
    up = await people.rise(issue, people.township)
    assert (up["extended"], up["urges"]) == (False, 2)
    await people.act(issue, "extend", people.bureau)
    await people.rise(issue, people.district)
    await people.act(issue, "extend", people.bureau)
    escalation.advance(days=200)
    late = await people.raise_issue()
    escalation.advance(days=60)
    assert await people.refused(late, "extend", people.district) == "deadline-passed"


async def test_the_longest_pause_ends_by_itself(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 3, 2)
    issue = await people.raise_issue()
    await people.act(issue, "pause", people.township)
    people.today_is(2026, 4, 14, 23)
    assert await escalation.fire_timers() == 0
    people.today_is(2026, 4, 15, 0)
    assert await escalation.fire_timers() == 1
    awake = await people.get(issue, people.township)
    assert awake["state"] == "handling"
    assert last_day_of(moment(awake["due_at"])) == date(2026, 5, 9)
    assert (await people.history(issue))[-1]["action"] == "wake"
    assert (await people.kinds_of_facts())[-1] == "resumed"


async def test_those_who_raised_it_take_it_back_before_it_is_decided(
    people: People, escalation: ServiceUnderTest
) -> None:
    issue = await people.raise_issue()
    await people.rise(issue, people.township)
    refusal = await people.act(issue, "withdraw", people.district, expect=403)
    assert refusal["code"] == "issue-withdrawn-elsewhere"
    gone = await people.act(issue, "withdraw", people.township)
    assert (gone["state"], gone["due_at"], gone["allowed_actions"]) == ("withdrawn", None, [])
    escalation.advance(days=90)
    assert await escalation.fire_timers() == 0
    late = await people.raise_issue()
    escalation.advance(days=60)
    assert await people.refused(late, "withdraw", people.township) == "deadline-passed"
    async with escalation.session() as session:
        await session.execute(text("UPDATE issue SET created_by = 'system'"))
        await session.commit()
    await escalation.fire_timers()
    assert await people.refused(late, "withdraw", people.township) == "issue-raised-by-system"


async def test_a_closed_issue_is_reopened_and_decided_again(people: People) -> None:
    issue = await people.raise_issue()
    await people.act(issue, "decide", people.township, decision="先行整改", measures=["甲"])
    await people.act(issue, "close", people.township)
    again = await people.act(issue, "reopen", people.township)
    assert (again["state"], again["closed_at"]) == ("handling", None)
    assert moment(again["due_at"]) > moment(again["arrived_at"])
    await people.act(issue, "decide", people.township, decision="由镇牵头", measures=["乙"])
    answer = await people.service.get(f"{ISSUES}/{issue['id']}/decisions", as_=people.bureau)
    found = answer.json()["items"]
    assert [(one["decision"], one["measures"]) for one in found] == [
        ("先行整改", ["甲"]),
        ("由镇牵头", ["乙"]),
    ]
    foreign = people.service.token("district_supervisor", OTHER_DISTRICT)
    hidden = await people.service.get(f"{ISSUES}/{issue['id']}/decisions", as_=foreign)
    assert hidden.status_code == 404


async def test_how_deadlines_stand_is_filtered_and_counted(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 3, 2)
    late = await people.raise_issue(people.bureau, division="50")
    people.today_is(2026, 3, 20)
    soon = await people.raise_issue(people.bureau, division="50")
    people.today_is(2026, 4, 11)
    fresh = await people.raise_issue(people.bureau, division="50")
    paused = await people.raise_issue(people.bureau, division="50")
    await people.act(paused, "pause", people.bureau)
    decided = await people.raise_issue(people.bureau, division="50")
    await people.act(decided, "decide", people.bureau)
    await people.raise_issue()
    for state, issue in (("overdue", late), ("due_soon", soon), ("on_time", fresh)):
        (item,) = (
            await people.page(f"deadline_state={state}&count=exact&division=50&direct=true")
        )["items"]
        assert (item["id"], item["deadline_state"]) == (issue["id"], state)
        assert item["overdue"] is (state == "overdue")
        page = await people.page(f"deadline_state={state}", people.bureau, INBOX)
        assert [one["id"] for one in page["items"]] == [issue["id"]]
    counts = await people.page("", people.bureau, f"{INBOX}/counts")
    assert counts == {"overdue": 1, "due_soon": 1, "on_time": 1, "paused": 1}
    assert (await people.get(paused, people.bureau))["deadline_state"] is None
    foreign = escalation.token("district_supervisor", OTHER_DISTRICT)
    assert sum((await people.page("", foreign, f"{INBOX}/counts")).values()) == 0


async def announce(service: ServiceUnderTest, *days: Day) -> None:
    """As the operator's import of an announcement does."""
    async with service.session() as session:
        told = [AnnouncedDay(day.day, day.workday) for day in days]
        assert await import_days(session, told, source="国办发明电〔2026〕9号") == len(days)
        await count_anew(session, SERVICE)
        await session.commit()


@pytest.fixture
async def calendar_kept(escalation: ServiceUnderTest) -> Any:
    """Days are not wiped between tests: put back what this one changes."""
    kept = text("SELECT * FROM calendar_day WHERE day >= '2026-12-01' AND day < '2028-01-01'")
    async with escalation.session() as session:
        rows = (await session.execute(kept)).mappings().all()
    yield
    async with escalation.session() as session:
        for row in rows:
            await session.execute(
                text(
                    "UPDATE calendar_day SET workday = :workday, provisional = :provisional,"
                    " source = :source, changed_at = clock_timestamp() WHERE day = :day"
                ),
                dict(row),
            )
        await session.commit()


@pytest.mark.usefixtures("calendar_kept")
async def test_when_the_official_calendar_changes_running_deadlines_move_with_it(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 12, 21)
    issue = await people.raise_issue()
    done = await people.raise_issue()
    await people.act(done, "decide", people.township)
    stays = await people.raise_issue(people.district, division=DISTRICT)
    await people.act(stays, "pause", people.district)
    longer = await people.raise_issue()
    await people.act(longer, "extend", people.district)
    assert (last_day_of(moment(issue["due_at"])), issue["due_provisional"]) == (
        date(2027, 1, 11),
        True,
    )
    off = [Day(date(2027, 1, day), False) for day in (4, 5)]
    await announce(escalation, *off)
    assert await escalation.fire_timers() == 1
    moved = await people.get(issue, people.township)
    assert last_day_of(moment(moved["due_at"])) == date(2027, 1, 13)
    (first, second) = await escalation.facts("escalation.issue.deadline_moved.v1")
    assert moment(first["data"]["former_due_at"]) == moment(issue["due_at"])
    assert moment(first["data"]["due_at"]) == moment(moved["due_at"])
    assert second["data"]["issue_id"] == longer["id"]
    assert (await people.history(issue))[-1]["action"] == "recompute"
    both = await people.get(longer, people.township)
    assert last_day_of(moment(both["due_at"])) == date(2027, 2, 3)
    # Said again, nothing moves; and what the timer had is where the deadline is now.
    await announce(escalation, Day(date(2027, 1, 4), True))
    assert await escalation.fire_timers() == 1
    assert len(await escalation.facts("escalation.issue.deadline_moved.v1")) == 4
    people.today_is(2027, 1, 13, 0)
    await escalation.fire_timers()
    assert (await people.get(issue, people.bureau))["level"] == "district"


@pytest.mark.usefixtures("calendar_kept")
async def test_answers_to_complaints_and_to_the_field_move_with_the_calendar_too(
    people: People, escalation: ServiceUnderTest
) -> None:
    people.today_is(2026, 12, 21)
    field = Field(people)
    await field.open()
    desk = Desk(people)
    rows = [await desk.receive(), await desk.receive(), await field.report()]
    await desk.step(rows[1], "accept", desk.office)
    await desk.step(rows[1], "request-extension", desk.office, {"reason": "需鉴定"})
    rows[1] = await desk.step(rows[1], "extend", desk.head)
    paths = [
        *(f"{COMPLAINTS}/{row['id']}" for row in rows[:2]),
        f"{REPORTS}/{rows[2]['id']}",
    ]

    async def ends() -> list[datetime]:
        found = [(await escalation.get(path, as_=people.district)).json() for path in paths]
        ends = [moment(row["due_at"]) for row in found]
        async with escalation.session() as session:
            kinds = "kind IN ('complaint.reply_due', 'field_report.answer_due')"
            timed = await session.execute(text(f"SELECT due_at FROM timer WHERE {kinds}"))
            assert sorted(timed.scalars()) == sorted(ends)
        return ends

    before = await ends()
    assert before == [moment(row["due_at"]) for row in rows]
    await announce(escalation, Day(date(2026, 12, 24), False))
    await escalation.fire_timers()
    assert all(after > end for after, end in zip(await ends(), before, strict=True))
    await announce(escalation, Day(date(2026, 12, 24), True))
    await escalation.fire_timers()
    assert await ends() == before


@pytest.mark.parametrize(
    ("about", "level", "by"),
    [
        ({"kind": "dispute", "severity": "grave"}, "bureau", "grave"),
        ({"kind": "dispute", "severity": "minor"}, "township", None),
        ({"kind": "other", "district": OTHER_DISTRICT}, "district", "there"),
        ({"kind": "other", "domains": ["health"]}, "district", "health"),
        ({"kind": "other", "division": "50", "domains": ["health"]}, "bureau", None),
        ({"kind": "other"}, "township", None),
    ],
)
def test_the_first_rule_whose_conditions_hold_decides(
    about: dict[str, Any], level: str, by: str | None
) -> None:
    none: dict[str, Any] = {"kinds": [], "severities": [], "domains": [], "divisions": []}
    rules = [
        {**none, "name": "grave", "kinds": ["dispute"], "severities": ["grave"], "to": "bureau"},
        {**none, "name": "there", "divisions": [OTHER_DISTRICT], "to": "district"},
        {**none, "name": "health", "domains": ["health", "food"], "to": "district"},
    ]
    given = {"severity": None, "domains": [], "division": TOWNSHIP, "district": DISTRICT, **about}
    assert route(rules, **given) == (level, by)


async def test_routing_is_tried_on_the_past_before_it_goes_live(
    people: People, escalation: ServiceUnderTest
) -> None:
    grave = await people.raise_issue(kind="new_situation", severity="grave")
    assert (grave["level"], grave["routed_by"]) == ("district", "grave_new_situation")
    # Down to the level of its division it can still be sent.
    await people.act(grave, "return", people.district)
    plain = await people.raise_issue(people.bureau, division=ELSEWHERE, kind="dispute")
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    body = {
        "rules": [{"name": "disputes", "kinds": ["dispute"], "to": "bureau"}],
        "raised_from": "2020-01-01",
        "raised_to": day,
    }
    answer = await escalation.post(TRIALS, as_=people.bureau, json=body)
    tried = answer.json()
    assert (tried["tried"], tried["moved"], tried["whole"]) == (2, 2, True)
    assert [
        (one["id"], one["from_level"], one["to_level"], one["rule"]) for one in tried["issues"]
    ] == [
        (plain["id"], "township", "bureau", "disputes"),
        (grave["id"], "district", "township", None),
    ]
    assert tried["value"]["rules"][0]["severities"] == []
    foreign = escalation.token("district_supervisor", OTHER_DISTRICT)
    mine = (await escalation.post(TRIALS, as_=foreign, json=body)).json()
    assert (mine["tried"], [one["id"] for one in mine["issues"]]) == (1, [plain["id"]])
    assert (await escalation.post(TRIALS, as_=people.township, json=body)).status_code == 403
    assert (await people.get(plain, people.bureau))["level"] == "township"
