"""Joint conferences: those who must be there, minutes by two persons, resolutions that are done."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.escalation.conferences.rules import LIFECYCLE
from services.escalation.resolutions.rules import LIFECYCLE as RESOLUTION
from shared.law.calendar import last_day_of
from tests.escalation.people import DISTRICT, OTHER_DISTRICT, SIBLING, TOWNSHIP, People, moment
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest
from tests.walks import Walk

CONFERENCES, RESOLUTIONS = "/escalation/v1/conferences", "/escalation/v1/resolutions"
JUSTICE, STAFFING, FINANCE, STREET = (credit_code(n) for n in (21, 22, 23, 24))


def member(organisation: str, kind: str, division: str = DISTRICT) -> dict[str, Any]:
    return {"organisation": organisation, "name": kind, "kind": kind, "division": division}


THREE = [member(JUSTICE, "justice"), member(STAFFING, "staffing"), member(FINANCE, "finance")]
BODY: dict[str, Any] = {
    "kind": "joint",
    "title": "研究镇街执法编制",
    "starts_at": "2026-03-05T09:30:00+08:00",
    "venue": "二号会议室",
    "agenda": [{"title": "编制核增"}],
    "members": [*THREE, member(STREET, "township", TOWNSHIP)],
}
MINUTES: dict[str, Any] = {
    "minutes": "听取汇报。",
    "decisions": ["同意核增。"],
    "resolutions": [{"requirement": "办理核增", "owner": STAFFING, "due_on": "2026-03-31"}],
}
LATER = {"remarks": "尚未办结", "due_on": "2035-06-30"}
BODIES: dict[str, Any] = {
    "answer": {"answer": "attends", "delegate": "李某"},
    "cancel": {"reason": "议题已解决"},
    "hold": {"attended": [JUSTICE, STAFFING, FINANCE]},
    "write_minutes": MINUTES,
    "return_minutes": {"reason": "漏记一项"},
    "report": {"report": "已核增六名"},
    "send_back": LATER,
    "postpone": LATER,
    "urge": {"remarks": "请尽快"},
    "withdraw": {"remarks": "不再需要"},
}


class Hall:
    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.clerk, self.director = people.district, people.leaders["district"]
        self.staffing = self.service.token("agency_user", DISTRICT, organisation=STAFFING)
        self.street = self.service.token("agency_user", TOWNSHIP, organisation=STREET)

    async def plan(self, *, expect: int = 201, **fields: Any) -> Any:
        answer = await self.service.post(CONFERENCES, as_=self.clerk, json={**BODY, **fields})
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(
        self, row: Any, action: str, as_: str | None = None, body: Any = None, **more: Any
    ) -> Any:
        home = RESOLUTIONS if "owner" in row else CONFERENCES
        sent, path = body or BODIES.get(action), f"{home}/{row['id']}/{action.replace('_', '-')}"
        told = {"json": sent} if sent else {}
        answer = await self.service.post(path, as_=as_ or self.clerk, **told)
        assert answer.status_code == more.get("expect", 200), answer.text
        return answer.json()

    async def refused(
        self, row: Any, action: str, as_: str, expect: int = 409, body: Any = None
    ) -> str:
        return str((await self.step(row, action, as_, body, expect=expect))["code"])

    async def read(self, row: Any, as_: str, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{CONFERENCES}/{row['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def resolution(self, due_on: str = "2026-03-31") -> Any:
        """What a conference of today resolved for the staffing office."""
        row = await self.plan()
        await self.step(row, "call")
        self.service.advance(days=3)
        await self.step(row, "hold")
        told = {**MINUTES["resolutions"][0], "due_on": due_on}
        await self.step(row, "write_minutes", self.clerk, {**MINUTES, "resolutions": [told]})
        await self.step(row, "issue_minutes", self.director)
        page = await self.service.get(f"{RESOLUTIONS}?conference_id={row['id']}", as_=self.staffing)
        return page.json()["items"][0]

    async def again(self) -> Any:
        """The same, from the same day on."""
        self.people.today_is(2026, 3, 2)
        return await self.resolution("2035-03-31")

    async def verbs(self) -> list[str]:
        told = [one["type"].split(".") for one in await self.service.facts()]
        return [f"{one[2]}.{one[3]}" for one in told if one[2] in {"conference", "resolution"}]


@pytest.fixture
def hall(people: People) -> Hall:
    people.today_is(2026, 3, 2)
    return Hall(people)


async def test_a_joint_conference_has_justice_staffing_and_finance_and_what_it_resolves_is_done(
    hall: Hall, escalation: ServiceUnderTest
) -> None:
    row = await hall.plan(members=[*THREE[:2], member(STREET, "township", TOWNSHIP)])
    assert row["number"] == "渝联会〔2026〕1号"
    assert await hall.refused(row, "call", hall.clerk) == "conference-member-missing"
    await hall.read(row, hall.staffing, expect=404)
    answer = await escalation.patch(
        f"{CONFERENCES}/{row['id']}",
        as_=hall.clerk,
        headers={"If-Match": "*"},
        json={"members": BODY["members"]},
    )
    assert answer.status_code == 200, answer.text
    await hall.step(row, "call")
    await hall.step(row, "answer", hall.staffing)
    await hall.step(row, "answer", hall.people.township)  # for the one body of its township
    assert await hall.refused(row, "hold", hall.clerk) == "conference-not-yet"
    escalation.advance(days=3)
    without = {"attended": [JUSTICE, FINANCE, STREET]}
    refusal = await hall.refused(row, "hold", hall.clerk, body=without)
    assert refusal == "conference-member-missing"
    row = await hall.step(row, "hold")
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 12)
    stranger = {**MINUTES["resolutions"][0], "owner": credit_code(77)}
    wrong = {**MINUTES, "resolutions": [stranger]}
    refusal = await hall.refused(row, "write_minutes", hall.clerk, 422, wrong)
    assert refusal == "resolution-owner-not-member"
    await hall.step(row, "write_minutes")
    assert (await hall.read(row, hall.staffing))["minutes"] is None
    refusal = await hall.refused(row, "issue_minutes", hall.clerk, 403)
    assert refusal == "conference-minutes-by-writer"
    row = await hall.step(row, "issue_minutes", hall.director)
    assert (await hall.read(row, hall.staffing))["minutes"] == MINUTES["minutes"]
    assert await hall.refused(row, "close", hall.clerk) == "conference-resolutions-open"
    (told,) = await escalation.facts("escalation.resolution.assigned.v1")
    assert (told["data"]["organisation"], told["data"]["number"]) == (STAFFING, row["number"])
    page = await escalation.get(RESOLUTIONS, as_=hall.staffing)
    (todo,) = page.json()["items"]
    assert (await escalation.get(RESOLUTIONS, as_=hall.street)).json()["items"] == []
    assert await hall.refused(todo, "report", hall.clerk, 403) == "resolution-not-owner"
    both = escalation.token("district_supervisor", DISTRICT, organisation=STAFFING, sub="both")
    reporter = escalation.token("agency_user", DISTRICT, organisation=STAFFING, sub="both")
    await hall.step(todo, "report", reporter)
    for action in ("accept", "withdraw"):
        refusal = await hall.refused(todo, action, both, 403)
        assert refusal == "resolution-accepted-by-reporter"
    await hall.step(todo, "accept", hall.director)
    await hall.step(row, "close")
    assert await hall.verbs() == [
        *("conference.planned", "conference.changed", "conference.called"),
        *("conference.answered", "conference.answered", "conference.held"),
        *("conference.minutes_written", "conference.minutes_issued", "resolution.assigned"),
        *("resolution.reported", "resolution.done", "conference.closed"),
    ]
    for role, place in (
        ("township_supervision_office", SIBLING),
        ("district_supervisor", OTHER_DISTRICT),
    ):
        await hall.read(row, escalation.token(role, place), expect=404)


async def test_districts_exchange_what_they_learnt_without_the_three(
    hall: Hall, escalation: ServiceUnderTest
) -> None:
    guests = [member(credit_code(31), "justice", OTHER_DISTRICT), member(STREET, "township")]
    answer = await escalation.post(
        CONFERENCES,
        as_=hall.people.bureau,
        json={**BODY, "kind": "exchange", "members": guests},
    )
    row = answer.json()
    await hall.step(row, "call", hall.people.bureau)
    guest = escalation.token("district_supervisor", OTHER_DISTRICT)
    assert (await hall.read(row, guest))["allowed_actions"] == ["answer"]
    await hall.step(row, "answer", guest, {"answer": "declines"})
    assert await hall.refused(row, "hold", guest, 403) == "conference-not-yours"
    escalation.advance(days=3)
    row = await hall.step(row, "hold", hall.people.bureau, {"attended": [STREET]})
    assert [one["attended"] for one in row["members"]] == [False, True]
    refusal = await hall.plan(members=[THREE[0], THREE[0]], expect=422)
    assert refusal["code"] == "conference-member-twice"


async def test_minutes_and_resolutions_that_are_late_are_told(
    hall: Hall, escalation: ServiceUnderTest
) -> None:
    todo = await hall.resolution()
    other = await hall.plan(starts_at="2026-03-06T09:30:00+08:00")
    await hall.step(other, "call")
    escalation.advance(days=1)
    await hall.step(other, "hold")
    escalation.advance(days=40)
    assert await escalation.fire_timers() == 4
    assert {"conference.minutes_overdue", "resolution.overdue"} <= set(await hall.verbs())
    for path, row in ((CONFERENCES, other), (RESOLUTIONS, todo)):
        page = await escalation.get(f"{path}?overdue=true&sort=due_at", as_=hall.clerk)
        assert [one["id"] for one in page.json()["items"]] == [row["id"]]
    # One by one: what has no term comes last.
    seen, cursor = [], ""
    for _ in range(2):
        page = await escalation.get(f"{CONFERENCES}?sort=due_at&limit=1{cursor}", as_=hall.clerk)
        seen += [one["id"] for one in page.json()["items"]]
        cursor = f"&cursor={page.json().get('next_cursor')}"
    assert seen == [other["id"], todo["conference_id"]]
    refusal = await hall.refused(
        todo, "postpone", hall.clerk, 422, {"remarks": "改期", "due_on": "2026-04-01"}
    )
    assert refusal == "resolution-not-later"
    later = await hall.step(todo, "postpone")
    assert (later["overdue"], later["overdue_at"]) == (False, None)


async def test_allowed_actions_are_what_succeeds(hall: Hall) -> None:
    callers = {
        "clerk": hall.clerk,
        "director": hall.director,
        "staffing": hall.staffing,
        "above": hall.people.bureau,
        "street": hall.street,
    }
    held = {"days": 0}

    async def plan() -> Any:
        held["days"] += 1
        start = moment(BODY["starts_at"]) + timedelta(days=held["days"] * 12)
        return await hall.plan(starts_at=start.isoformat())

    def change(row: Any) -> Any:
        return {"title": f"第{row['version']}稿"}

    def postpone(row: Any) -> Any:
        later = hall.service.today() + timedelta(days=2)
        return {"starts_at": f"{later}T09:00:00+08:00", "reason": "场地"}

    def minutes(row: Any) -> Any:
        later = (hall.service.today() + timedelta(days=90)).isoformat()
        return {**MINUTES, "resolutions": [{**MINUTES["resolutions"][0], "due_on": later}]}

    bodies = {**BODIES, "change": change, "postpone": postpone, "write_minutes": minutes}
    walk = Walk(
        hall.service,
        LIFECYCLE,
        CONFERENCES,
        plan,
        callers=callers,
        bodies=bodies,
        facts={"issue_minutes": 2},
        days=[6, 9],
    )
    await walk.run(seed=1, steps=60, alive=2)
    assert {action for _, action in walk.seen} >= {"hold", "write_minutes", "issue_minutes"}
    hall.people.today_is(2026, 3, 2)
    walk = Walk(hall.service, RESOLUTION, RESOLUTIONS, hall.again, callers=callers, bodies=BODIES)
    await walk.run(seed=3, steps=25, alive=2)
    assert {action for _, action in walk.seen} >= {"report", "send_back", "postpone", "withdraw"}
