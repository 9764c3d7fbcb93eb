"""Circulars: written by one, issued by another, acknowledged by each that they go to."""

import asyncio
import time
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.notify.circulars import rules
from services.notify.circulars.rules import LIFECYCLE
from services.notify.circulars.tables import Circular, CircularRecipient
from services.notify.messages.tables import Message
from shared.db import new_id
from shared.events.registry.figures import FiguresFrozen
from shared.events.registry.focus_tasks import (
    MilestoneCompleted,
    MilestoneOverdue,
    PilotTaskUpdated,
    TaskStalled,
)
from tests.notify.examples import CITY, DISTRICT, example
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PATH = "/notify/v1/circulars"
HERE, TOWNSHIP, SIBLING, FOREIGN = "500106", "500106001", "500106002", "500107"
TO_TOWNSHIPS = {"role": "township_enforcement", "division": HERE, "below": True}
BODY, ANOTHER_BODY = credit_code(901), credit_code(902)
ITEM = {"name": "小龙坎街道办事处", "division": TOWNSHIP, "organisation": BODY, "matter": "逾期"}


def body(**changed: Any) -> dict[str, Any]:
    return {
        "division": HERE,
        "kind": "criticism",
        "title": "关于整改逾期情况的通报",
        "body": "现将整改逾期情况通报如下。",
        "items": [ITEM],
        "offices": [TO_TOWNSHIPS],
        "bodies": [BODY],
        **changed,
    }


class Office:
    """Who is there, and the verbs that bring a circular to where a test begins."""

    def __init__(self, notify: ServiceUnderTest) -> None:
        self.notify = notify
        token = notify.token
        self.bureau = token("bureau_supervisor", "50", sub="bureau")
        self.zhao = token("district_supervisor", HERE, sub="zhao")
        self.qian = token("district_supervisor", HERE, sub="qian")
        self.foreign = token("district_supervisor", FOREIGN, sub="foreign")
        self.enforcement = token("township_enforcement", TOWNSHIP, sub="enforcement")
        self.sibling = token("township_enforcement", SIBLING, sub="sibling")
        self.agency = token("agency_user", HERE, organisation=BODY, sub="agency")
        self.other = token("agency_user", HERE, organisation=ANOTHER_BODY, sub="other")

    async def call(self, path: str, as_: str, json: Any = None) -> Any:
        return await self.notify.post(
            f"{PATH}{path}", as_=as_, **({} if json is None else {"json": json})
        )

    async def done(self, path: str, as_: str, json: Any = None) -> dict[str, Any]:
        answer = await self.call(path, as_, json)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def read(self, path: str, as_: str, status: int = 200, **params: Any) -> Any:
        answer = await self.notify.get(f"{PATH}{path}", as_=as_, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def inbox(self, as_: str) -> list[dict[str, Any]]:
        answer = await self.notify.get("/notify/v1/messages", as_=as_)
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def to_acknowledge(self, as_: str) -> list[str]:
        answer = await self.notify.get("/notify/v1/duties", as_=as_)
        return [duty["name"] for duty in answer.json()["items"]]

    async def issued(self, **changed: Any) -> dict[str, Any]:
        """Written by zhao, issued by qian, delivered."""
        row = await self.done("", self.zhao, body(**changed))
        for step, who in (("submit", self.zhao), ("approve", self.qian), ("issue", self.qian)):
            row = await self.done(f"/{row['id']}/{step}", who)
        await self.notify.fire_timers()
        return row


@pytest.fixture
def office(notify: ServiceUnderTest) -> Office:
    return Office(notify)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_circular_is_written_reviewed_issued_and_acknowledged(office: Office) -> None:
    row = await office.done("", office.zhao, body())
    path = f"/{row['id']}"
    await office.read(path, office.enforcement, 404)
    await office.read(path, office.foreign, 404)
    await office.done(f"{path}/submit", office.zhao)
    for step in ("approve", "return"):
        answer = await office.call(f"{path}/{step}", office.zhao, {"reason": "一"})
        assert code(answer)[0] in {403, 422}
    assert code(await office.call(f"{path}/approve", office.zhao)) == (
        403,
        "circular-decided-by-author",
    )
    row = await office.done(f"{path}/return", office.qian, {"reason": "写明期限"})
    assert (row["state"], row["reason"]) == ("draft", "写明期限")
    assert [m["title"] for m in await office.inbox(office.zhao)] == [
        "退回修改:关于整改逾期情况的通报",
        "待审核通报:关于整改逾期情况的通报",
    ]
    await office.done(f"{path}/submit", office.zhao)
    await office.done(f"{path}/approve", office.qian)
    assert code(await office.call(f"{path}/issue", office.zhao))[0] == 403
    row = await office.done(f"{path}/issue", office.qian)
    assert row["number"].startswith("执法监督通报〔") and row["number"].endswith("〕1号")
    townships = row["recipients"] - 1
    assert townships > 20, "each township of the district, and the body"
    await office.notify.fire_timers()

    (message,) = await office.inbox(office.enforcement)
    assert message["link"] == f"{PATH}{path}"
    assert (message["kind"], message["urgency"]) == ("circular", "important")
    seen = await office.read(path, office.enforcement)
    assert seen["allowed_actions"] == ["acknowledge"]
    assert (seen["offices"], seen["bodies"]) == (None, None), "who else gets it is not theirs"
    assert [r["state"] for r in seen["receipts"]] == ["pending"]
    await office.read(path, office.other, 404)
    await office.read(path, office.foreign, 404)
    assert (await office.read("", office.enforcement, pending="true"))["items"][0]["id"] == row[
        "id"
    ]
    await office.notify.post(
        f"/notify/v1/messages/{message['id']}/acknowledge", as_=office.enforcement
    )
    assert await office.to_acknowledge(office.enforcement) == ["circular_acknowledgement"]
    seen = await office.done(f"{path}/acknowledge", office.enforcement)
    assert seen["allowed_actions"] == []
    assert await office.to_acknowledge(office.enforcement) == []
    assert await office.to_acknowledge(office.sibling) == ["circular_acknowledgement"]
    again = await office.done(f"{path}/acknowledge", office.enforcement)
    assert again["receipts"] == seen["receipts"]
    assert (await office.inbox(office.enforcement))[0]["state"] == "acknowledged"
    assert (await office.read("", office.enforcement, pending="true"))["items"] == []
    assert code(await office.call(f"{path}/acknowledge", office.zhao)) == (
        403,
        "circular-not-addressed",
    )
    report = await office.read(f"{path}/report", office.zhao)
    assert (report["recipients"], report["acknowledged"]) == (row["recipients"], 1)
    (shares,) = report["by_district"]
    assert shares["district"] == HERE
    who = await office.read(f"{path}/recipients", office.zhao, state="acknowledged")
    (one,) = who["items"]
    assert (one["township"], one["acknowledged_by"]) == (TOWNSHIP, "enforcement")
    assert one["read_at"] and one["acknowledged_at"]
    waiting = await office.read(
        f"{path}/recipients", office.zhao, state="pending", count="exact", limit=1
    )
    assert waiting["count"] == row["recipients"] - 1
    (fact,) = await office.notify.facts("notify.circular.acknowledged.v1")
    assert fact["data"]["division"] == TOWNSHIP and fact["data"]["by"] == "enforcement"
    (fact,) = await office.notify.facts("notify.circular.issued.v1")
    assert fact["data"]["recipients"] == row["recipients"]
    assert "title" not in fact["data"] and "items" not in fact["data"]


async def test_who_has_not_acknowledged_is_reminded_and_the_office_told(office: Office) -> None:
    row = await office.issued(offices=[{**TO_TOWNSHIPS, "division": TOWNSHIP, "below": False}])
    assert row["recipients"] == 2
    path = f"/{row['id']}"
    due_at = datetime.fromisoformat(row["due_at"])
    assert due_at.astimezone(UTC).hour == 16, "the end of a legal day"
    await office.done(f"{path}/acknowledge", office.agency)
    clock = office.notify.app.state.clock

    async def at(hours: float) -> None:
        distance = due_at - clock.now()
        office.notify.advance(seconds=distance.total_seconds() + hours * 3600)
        await office.notify.fire_timers()

    await at(-24)
    titles = [message["title"][:6] for message in await office.inbox(office.enforcement)]
    assert titles == ["通报尚未签收", "通报批评:关"]
    assert len(await office.inbox(office.agency)) == 1, "who has acknowledged is left in peace"
    await at(0)
    first = (await office.inbox(office.enforcement))[0]
    assert (first["title"][:8], first["urgency"]) == ("通报已逾期未签收", "urgent")
    told = (await office.inbox(office.zhao))[0]
    assert told["body"].endswith("2个接收单位中尚有1个未签收。")
    assert (await office.read(f"{path}/report", office.zhao))["overdue"] is True
    await office.done(f"{path}/acknowledge", office.enforcement)
    await at(72)
    facts = await office.notify.facts("notify.circular.reminded.v1")
    assert [f["data"]["overdue"] for f in facts] == [False, True]
    report = await office.read(f"{path}/report", office.zhao)
    assert (report["unacknowledged"], report["overdue"]) == (0, False)


async def test_of_an_anonymised_circular_only_those_concerned_read_the_names(
    office: Office,
) -> None:
    named = body(anonymous=True, body="小龙坎街道办事处逾期。")
    assert code(await office.call("", office.zhao, named)) == (422, "circular-names-the-anonymised")
    other = {**ITEM, "name": "石井坡街道办事处", "division": SIBLING, "organisation": ANOTHER_BODY}
    row = await office.issued(anonymous=True, items=[ITEM, other])
    path = f"/{row['id']}"

    async def names(as_: str) -> list[str]:
        return [item["name"] for item in (await office.read(path, as_))["items"]]

    assert await names(office.zhao) == await names(office.bureau) == [ITEM["name"], other["name"]]
    assert await names(office.agency) == [ITEM["name"], "某单位(2)"]
    assert await names(office.sibling) == ["某单位(1)", "某单位(2)"]
    hidden = (await office.read(path, office.sibling))["items"][0]
    assert (hidden["division"], hidden["organisation"], hidden["matter"]) == (None, None, "逾期")


async def test_a_recalled_circular_is_told_of_and_not_acknowledged_any_more(
    office: Office,
) -> None:
    row = await office.issued()
    path = f"/{row['id']}"
    row = await office.done(f"{path}/recall", office.qian, {"reason": "数据有误"})
    assert row["state"] == "recalled"
    await office.notify.fire_timers()
    told = (await office.inbox(office.enforcement))[0]
    assert told["title"] == "通报已撤回:关于整改逾期情况的通报"
    assert "数据有误" in told["body"]
    answer = await office.call(f"{path}/acknowledge", office.enforcement)
    assert code(answer) == (409, "transition-not-allowed")
    seen = await office.read(path, office.enforcement)
    assert (seen["state"], seen["reason"], seen["allowed_actions"]) == ("recalled", "数据有误", [])
    before = len(await office.notify.facts())
    office.notify.advance(days=30)
    await office.notify.fire_timers()
    assert len(await office.notify.facts()) == before, "nobody is reminded of it"


async def test_an_office_writes_to_its_own_division_and_a_circular_makes_sense(
    office: Office,
) -> None:
    async def refused(as_: str = office.zhao, **changed: Any) -> str:
        answer = await office.call("", as_, body(**changed))
        assert answer.is_client_error, answer.text
        told: str = answer.json()["code"]
        return told

    assert await refused(division=FOREIGN) == "division-unknown"
    assert await refused(offices=[{**TO_TOWNSHIPS, "division": FOREIGN}]) == "division-unknown"
    assert await refused(offices=[{**TO_TOWNSHIPS, "division": "50"}]) == "division-unknown"
    assert await refused(items=[{**ITEM, "division": FOREIGN}]) == "division-unknown"
    assert await refused(items=[]) == "circular-without-items"
    assert await refused(kind="progress") == "circular-period"
    period = {"first_day": "2026-06-01", "last_day": "2026-06-30"}
    assert await refused(period=period) == "circular-period"
    assert await refused(kind="progress", period=period) == "circular-without-figures"
    assert await refused(office.enforcement) == "forbidden"
    nobody = await office.done(
        "", office.zhao, body(offices=[{**TO_TOWNSHIPS, "below": False}], bodies=[])
    )
    answer = await office.call(f"/{nobody['id']}/submit", office.zhao)
    assert code(answer) == (422, "circular-without-recipients")


async def test_an_item_without_place_or_body_takes_the_place_of_another(office: Office) -> None:
    row = await office.done("", office.zhao, body())
    for _ in "12":  # the second time it changes nothing
        answer = await office.notify.patch(
            f"{PATH}/{row['id']}",
            as_=office.zhao,
            headers={"If-Match": "*"},
            json={"items": [{"name": "某街道", "matter": "逾期"}]},
        )
        assert answer.status_code == 200, answer.text
    assert (answer.json()["version"], answer.json()["items"][0]["division"]) == (2, None)


async def test_a_progress_circular_is_filled_from_facts_and_cites_them(office: Office) -> None:
    days = {"first_day": date(2026, 6, 1), "last_day": date(2026, 6, 30)}
    numbers = {"figures": {"officers": 12}, "coverages": {"certificates": (9, 12)}}
    cited = {}
    for division, level, at in (("50", "city", CITY), (HERE, "district", DISTRICT)):
        frozen = FiguresFrozen(
            frozen_figure_id=new_id(), division=division, level=level, **days, **numbers
        )
        cited[division] = await office.notify.react(frozen, at)
    task, stuck, milestone = new_id(), new_id(), new_id()
    for id in (task, stuck):
        told = {"task_id": id, "division": HERE, "state": "in_progress"}
        await office.notify.react(example(PilotTaskUpdated, **told), DISTRICT)
    await office.notify.react(example(TaskStalled, task_id=stuck, division=HERE), DISTRICT)
    for id in (milestone, new_id()):
        late = {"milestone_id": id, "task_id": task, "division": HERE}
        await office.notify.react(example(MilestoneOverdue, **late), DISTRICT)
    reached = {"milestone_id": milestone, "task_id": task, "division": HERE}
    await office.notify.react(example(MilestoneCompleted, **reached), DISTRICT)

    period = {"first_day": "2026-06-01", "last_day": "2026-06-30"}
    told = body(
        division="50",
        kind="progress",
        items=[],
        period=period,
        offices=[{"role": "district_supervisor", "division": "50", "below": True}],
        bodies=[],
    )
    row = await office.done("", office.bureau, told)
    city, district = row["progress"]
    assert (city["division"], district["name"]) == ("50", "沙坪坝区")
    assert district["figures"] == {"officers": 12} and district["coverages"] == {
        "certificates": [9, 12]
    }
    assert district["fact"] == str(cited[HERE])
    assert (district["tasks"], district["tasks_stalled"], district["tasks_late"]) == (
        {"in_progress": 2},
        1,
        1,
    )
    # What is cited stays as it was.
    done = {"task_id": task, "division": HERE, "state": "completed"}
    await office.notify.react(example(PilotTaskUpdated, **done), DISTRICT)
    second = office.notify.token("bureau_supervisor", "50", sub="second")
    for step, who in (("submit", office.bureau), ("approve", second), ("issue", second)):
        row = await office.done(f"/{row['id']}/{step}", who)
    assert row["progress"] == [city, district]
    (fact,) = await office.notify.facts("notify.circular.issued.v1")
    assert fact["data"]["cites"] == [str(cited["50"]), str(cited[HERE])]
    await office.notify.fire_timers()
    assert (await office.read(f"/{row['id']}", office.foreign))["receipts"][0]["state"] == "pending"
    answer = await office.call("", office.zhao, {**told, "division": HERE, "offices": []})
    assert [one["division"] for one in answer.json()["progress"]] == [HERE]


async def test_many_recipients_and_two_hundred_acknowledgements_at_once(
    office: Office, pytestconfig: pytest.Config
) -> None:
    """Ten thousand in the full edition. Each is told once, each acknowledgement counted once."""
    many = 10_000 if pytestconfig.getoption("long") else 1_000
    codes = [credit_code(number) for number in range(many)]
    began = time.monotonic()
    row = await office.issued(offices=[], bodies=codes)
    took = time.monotonic() - began
    assert row["recipients"] == many
    async with office.notify.session() as session:
        told = select(func.count(Message.id.distinct())).where(Message.rule == "circular_issued")
        assert await session.scalar(told) == many

    async def acknowledge(number: int) -> int:
        who = office.notify.token(
            "agency_user", HERE, organisation=codes[number % 190], sub=f"person-{number}"
        )
        while (answer := await office.call(f"/{row['id']}/acknowledge", who)).status_code == 503:
            pass  # the pool of a test is small
        status: int = answer.status_code
        return status

    assert set(await asyncio.gather(*map(acknowledge, range(200)))) == {200}
    report = await office.read(f"/{row['id']}/report", office.zhao)
    assert (report["acknowledged"], report["recipients"]) == (190, many)
    assert len(await office.notify.facts("notify.circular.acknowledged.v1")) == 190
    print(f"{many} recipients from draft to messages in {took:.1f} s")


async def test_a_circular_that_is_recalled_while_it_is_acknowledged_is_one_of_both(
    office: Office,
) -> None:
    row = await office.issued()
    path = f"/{row['id']}"
    answers = await asyncio.gather(
        office.call(f"{path}/acknowledge", office.enforcement),
        office.call(f"{path}/recall", office.qian, {"reason": "撤回"}),
    )
    assert answers[1].status_code == 200
    async with office.notify.session() as session:
        done = await session.scalar(
            select(func.count()).where(
                CircularRecipient.circular_id == UUID(row["id"]),
                CircularRecipient.acknowledged_at.is_not(None),
            )
        )
        assert done == (answers[0].status_code == 200)
        assert await session.scalar(select(Circular.state)) == "recalled"


@pytest.mark.parametrize(
    ("after", "hours"), [(-48, -24), (-24, 0), (-1, 0), (0, 72), (71, 72), (72, None)]
)
def test_reminders_are_counted_from_the_deadline(after: int, hours: int | None) -> None:
    due_at = datetime(2026, 7, 3, 16, tzinfo=UTC)

    def moment(number: int) -> datetime:
        return datetime.fromtimestamp(due_at.timestamp() + number * 3600, UTC)

    told = rules.reminder(due_at, [0, -24, 72], after=moment(after))
    assert told == (None if hours is None else moment(hours))


async def test_allowed_actions_of_a_circular_are_exactly_what_succeeds(office: Office) -> None:
    to = [{**TO_TOWNSHIPS, "division": TOWNSHIP, "below": False}]

    turns = iter(range(100))

    async def create() -> dict[str, Any]:
        row = await office.done("", office.zhao, body(offices=to, bodies=[]))
        steps = (("submit", office.zhao), ("approve", office.qian), ("issue", office.qian))
        for step, who in steps[: next(turns) % 4]:
            row = await office.done(f"/{row['id']}/{step}", who)
        return row

    reason = {"reason": "有误"}
    walk = Walk(
        office.notify,
        LIFECYCLE,
        PATH,
        create,
        callers={
            "bureau": office.bureau,
            "zhao": office.zhao,
            "qian": office.qian,
            "foreign": office.foreign,
            "agency": office.agency,
        },
        bodies={
            "change": lambda thing: {"body": f"第{thing['version']}稿"},
            "return": reason,
            "recall": reason,
            "discard": reason,
        },
    )
    _count_without_messages(walk)
    for seed in (3, 4):
        await walk.run(seed=seed, steps=40, alive=2)
    made = {action for _, action in walk.seen}
    assert len(made) >= 5, made


def _count_without_messages(walk: Walk) -> None:
    """A step leaves one fact of the circular; whom it tells is another matter."""

    async def count() -> int:
        facts = await walk.service.facts()
        return sum("notify.message." not in fact["type"] for fact in facts)

    walk._count_facts = count  # type: ignore[method-assign]
