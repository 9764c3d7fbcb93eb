"""What the level that has an issue has others do, and how issues belong together."""

import asyncio
from datetime import date
from typing import Any

import pytest

from services.escalation.assignments.rules import LIFECYCLE
from shared.law.calendar import last_day_of
from tests.escalation.people import (
    DISTRICT,
    ELSEWHERE,
    OTHER_DISTRICT,
    SIBLING,
    TOWNSHIP,
    People,
    moment,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

ASSIGNMENTS = "/escalation/v1/assignments"
LINKS, BATCHES = "/escalation/v1/issue-links", "/escalation/v1/issue-batches"
BODY = "11500228709467150P"


class Desk:
    """An issue of the district, and those who work on it."""

    def __init__(self, people: People) -> None:
        self.people, self.service = people, people.service
        self.agency = self.service.token("agency_user", DISTRICT, organisation=BODY)

    async def issue(self, **fields: Any) -> Any:
        return await self.people.raise_issue(self.people.district, division=DISTRICT, **fields)

    async def assign(
        self, issue: Any, as_: str | None = None, *, expect: int = 201, **fields: Any
    ) -> Any:
        body = {"issue_id": issue["id"], "division": TOWNSHIP, "requirement": "请核实", **fields}
        token = as_ or self.people.district
        answer = await self.service.post(ASSIGNMENTS, as_=token, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(self, row: Any, action: str, as_: str, *, expect: int = 200, **body: Any) -> Any:
        path = f"{ASSIGNMENTS}/{row['id']}/{action}"
        answer = await self.service.post(path, as_=as_, **({"json": body} if body else {}))
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
def desk(people: People) -> Desk:
    return Desk(people)


async def test_what_is_assigned_down_is_reported_back_and_accepted(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    desk.people.today_is(2026, 3, 2)
    issue = await desk.issue()
    await desk.people.get(issue, desk.people.township, expect=404)
    row = await desk.assign(issue)
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 16)
    # Who is to do something sees what it is for, and has not got the issue for that.
    seen = await desk.people.get(issue, desk.people.township)
    assert (seen["level"], seen["allowed_actions"]) == ("district", [])
    refusal = await desk.step(row, "report", desk.people.district, report="x", expect=403)
    assert refusal["code"] == "assignment-not-yours"
    await desk.step(row, "urge", desk.people.district, remarks="请抓紧")
    await desk.step(row, "report", desk.people.township, report="已核实")
    back = await desk.step(row, "send-back", desk.people.district, remarks="请补充照片")
    assert (back["state"], back["urges"]) == ("assigned", 1)
    await desk.step(row, "report", desk.people.township, report="照片已补充")
    done = await desk.step(row, "accept", desk.people.district)
    assert (done["state"], done["allowed_actions"]) == ("accepted", [])
    lines = [line["action"] for line in await desk.people.history(issue)]
    assert lines == ["raise", "assign"]
    escalation.advance(days=12)
    assert [fact["type"].split(".")[3] for fact in await escalation.facts()] == [
        *("raised", "made", "urged", "reported", "sent_back", "reported", "accepted")
    ]


async def test_a_major_matter_is_handled_jointly_by_several(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    issue = await desk.issue(major=True)
    bodies: list[dict[str, Any]] = [
        {"assignee": BODY, "assignee_name": "区城市管理局", "division": DISTRICT},
        {"division": TOWNSHIP},
        {"division": SIBLING},
    ]
    rows = [await desk.assign(issue, **body) for body in bodies]
    page = await desk.people.page(f"issue_id={issue['id']}&sort=id", path=ASSIGNMENTS)
    assert [one["id"] for one in page["items"]] == [row["id"] for row in rows]
    mine = await desk.people.page("count=exact", desk.agency, ASSIGNMENTS)
    assert [one["id"] for one in mine["items"]] == [rows[0]["id"]]
    await desk.people.get(issue, desk.agency)
    await desk.step(rows[0], "report", desk.agency, report="已办")
    major = await desk.people.page("major=true&kind=prominent_problem")
    assert [one["id"] for one in major["items"]] == [issue["id"]]
    escalation.advance(days=20)
    await escalation.fire_timers()
    overdue = await escalation.facts("escalation.assignment.overdue.v1")
    assert {fact["data"]["division"] for fact in overdue} == {TOWNSHIP, SIBLING}
    late = await desk.people.page("overdue=true&count=exact", desk.people.district, ASSIGNMENTS)
    assert late["count"] == 2


async def test_it_is_assigned_down_only_and_in_time(desk: Desk) -> None:
    desk.people.today_is(2026, 3, 2)
    issue = await desk.issue()
    for fields, code in (
        ({"division": DISTRICT}, "assignment-not-down"),
        ({"division": ELSEWHERE}, "division-unknown"),
        ({"due_on": "2026-03-17"}, "assignment-too-long"),
        ({"due_on": "2026-03-01"}, "assignment-too-long"),
    ):
        refusal = await desk.assign(issue, **fields, expect=422)
        assert refusal["code"] == code
    refusal = await desk.assign(issue, desk.people.bureau, expect=409)
    assert refusal["code"] == "issue-not-at-your-level"
    row = await desk.assign(issue, due_on="2026-03-04")
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 4)
    await desk.people.act(issue, "pause", desk.people.district)
    refusal = await desk.assign(issue, expect=409)
    assert refusal["code"] == "transition-not-allowed"


async def test_allowed_actions_are_what_succeeds(desk: Desk) -> None:
    async def create() -> Any:
        return await desk.assign(await desk.issue())

    walk = Walk(
        desk.service,
        LIFECYCLE,
        ASSIGNMENTS,
        create,
        callers={
            "district": desk.people.district,
            "office": desk.people.township,
            "bureau": desk.people.bureau,
            "agency": desk.agency,
        },
        bodies={
            "report": {"report": "已办"},
            **{key: {"remarks": "请补充"} for key in ("send_back", "urge", "withdraw")},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, steps=60, alive=2)
    assert {action for _, action in walk.seen} == {
        t.action for t in LIFECYCLE.transitions if t.permission
    }


# ---------------------------------------------------------------- links and batches


async def linked(desk: Desk, issue: Any, other: Any, kind: str, *, expect: int = 201) -> Any:
    body = {"issue_id": issue["id"], "other_id": other["id"], "kind": kind, "note": "同类"}
    answer = await desk.service.post(LINKS, as_=desk.people.district, json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_issues_are_related_parts_of_one_and_merged(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    one, two, three = [await desk.issue() for _ in range(3)]
    await linked(desk, one, two, "related")
    assert (await linked(desk, one, two, "related", expect=409))["code"] == "issue-linked-already"
    assert (await linked(desk, one, one, "related", expect=422))["code"] == "issue-linked-to-itself"
    await linked(desk, two, three, "part_of")
    assert (await linked(desk, three, one, "part_of", expect=409))["code"] == (
        "issue-hierarchy-too-deep"
    )
    parts = await desk.people.page(f"parent_id={three['id']}")
    assert [item["id"] for item in parts["items"]] == [two["id"]]
    await linked(desk, one, three, "merged_into")
    merged = await desk.people.get(one, desk.people.district)
    assert (merged["state"], merged["merged_into"], merged["due_at"]) == (
        "merged",
        three["id"],
        None,
    )
    assert (await linked(desk, two, one, "merged_into", expect=409))["code"] == (
        "merge-into-finished"
    )
    low = await desk.people.raise_issue()
    assert (await linked(desk, two, low, "merged_into", expect=409))["code"] == "merge-of-unlike"
    hidden = await desk.people.raise_issue(desk.people.bureau, division=ELSEWHERE)
    refusal = await linked(desk, two, hidden, "related", expect=422)
    assert refusal["code"] == "linked-issue-unknown"
    page = await desk.people.page(f"issue_id={one['id']}", desk.people.district, LINKS)
    assert [(item["other_id"], item["kind"]) for item in page["items"]] == [
        (two["id"], "related"),
        (three["id"], "merged_into"),
    ]
    foreign = escalation.token("district_supervisor", OTHER_DISTRICT)
    answer = await escalation.get(f"{LINKS}?issue_id={one['id']}", as_=foreign)
    assert answer.status_code == 404
    assert (await desk.people.kinds_of_facts())[-3:] == ["merged", "raised", "raised"]


async def test_two_merged_into_each_other_at_once_do_not_both_end(desk: Desk) -> None:
    refusals = {"merged_into": "merge-into-finished", "part_of": "issue-hierarchy-too-deep"}
    for kind, code in refusals.items():
        one, two = await desk.issue(), await desk.issue()
        bodies = [
            {"issue_id": issue["id"], "other_id": other["id"], "kind": kind}
            for issue, other in ((one, two), (two, one))
        ]
        answers = await asyncio.gather(
            *(desk.service.post(LINKS, as_=desk.people.district, json=body) for body in bodies)
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        (refused,) = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == code


async def test_in_a_batch_each_issue_is_for_itself(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    mine, done, hidden = (
        await desk.issue(),
        await desk.issue(),
        await desk.people.raise_issue(desk.people.bureau, division=ELSEWHERE),
    )
    await desk.people.act(done, "triage", desk.people.district)
    ids = [done["id"], mine["id"], hidden["id"], mine["id"]]
    body = {"action": "triage", "issue_ids": ids, "reason": "统一受理"}
    facts = len(await escalation.facts())
    answer = await escalation.post(BATCHES, as_=desk.people.district, json=body)
    told = answer.json()
    assert (told["done"], told["refused"]) == (1, 2)
    assert [(one["issue_id"], one["done"], one["code"]) for one in told["results"]] == [
        (done["id"], False, "transition-not-allowed"),
        (mine["id"], True, None),
        (hidden["id"], False, "not-found"),
    ]
    assert (await desk.people.get(mine, desk.people.district))["state"] == "handling"
    (fact,) = (await escalation.facts())[facts:]
    assert fact["data"]["issue_id"] == mine["id"]
    body = {"action": "urge", "issue_ids": [mine["id"], done["id"]], "reason": "本周内答复"}
    answer = await escalation.post(BATCHES, as_=desk.people.bureau, json=body)
    assert answer.json()["done"] == 2
