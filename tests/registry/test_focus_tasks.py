"""Focus tasks: milestones, the progress log, what stalls, and tags to other programmes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registry.focus_tasks.rules import MILESTONE, TASK
from shared.clock import legal_day
from shared.law import tables
from shared.law.tables import RuleSet
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    get,
    ok,
    patch,
    post,
    refused,
    wrong_fields,
)
from tests.registry.test_programmes import BUREAU, notice
from tests.servers import ServiceUnderTest
from tests.walks import Walk

OTHER_PROGRAMME = {"programme": "法治政府建设", "reference": "2026年重点任务第12项"}


def day(days: int = 0) -> str:
    return (legal_day(datetime.now(UTC)) + timedelta(days=days)).isoformat()


async def opened(registry: ServiceUnderTest, *titles: str, **fields: Any) -> Any:
    """A programme that runs, with these tasks for DISTRICT."""
    told = notice(
        participants=[{"division": DISTRICT, "kind": "pilot", "tasks": list(titles)}], **fields
    )
    return ok(await post(registry, "/programmes", *BUREAU, **told), 201)


async def task_in(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A focus task of DISTRICT in a programme that runs."""
    programme = await opened(registry, "监督员制度", **fields)
    (task,) = ok(await get(registry, f"/programmes/{programme['id']}/tasks"))["items"]
    return task


async def read(registry: ServiceUnderTest, task: Any) -> Any:
    return ok(await get(registry, f"/tasks/{task['id']}"))


async def test_each_report_stays_in_the_progress_log(registry: ServiceUnderTest) -> None:
    task = await task_in(registry)
    path = f"/tasks/{task['id']}/progress"
    assert (task["percent"], task["note"]) == (None, None)
    reports: list[dict[str, Any]] = [
        {"state": "in_progress", "percent": 40, "note": "已印发方案"},
        {"state": "blocked", "note": "缺编制"},
        {"state": "in_progress", "percent": 30},
        {"state": "done"},
    ]
    percents = []
    for number, report in enumerate(reports):
        percents.append(ok(await post(registry, path, sub=f"clerk-{number}", **report))["percent"])
    assert percents == [40, 40, 30, 100]
    log = ok(await get(registry, path, count="exact"))
    assert log["count"] == 4
    told = [(e["state"], e["percent"], e["note"], e["actor"]) for e in log["items"]]
    assert told == [
        ("done", None, None, "clerk-3"),
        ("in_progress", 30, None, "clerk-2"),
        ("blocked", None, "缺编制", "clerk-1"),
        ("in_progress", 40, "已印发方案", "clerk-0"),
    ]
    page = ok(await get(registry, path, sort="id", limit=1))
    following = ok(await get(registry, path, sort="id", limit=1, cursor=page["next_cursor"]))
    assert [e["items"][0]["actor"] for e in (page, following)] == ["clerk-0", "clerk-1"]
    facts = (await registry.facts("registry.pilot_task.updated.v1"))[1:]
    assert [fact["data"]["percent"] for fact in facts] == percents
    refused(await get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    refused(await get(registry, f"/tasks/{uuid4()}/progress"), 404, "not-found")


async def test_a_report_that_cannot_be_is_refused_and_not_logged(
    registry: ServiceUnderTest,
) -> None:
    task = await task_in(registry)
    path = f"/tasks/{task['id']}/progress"
    for percent in (-1, 101):
        wrong = await post(registry, path, state="in_progress", percent=percent)
        assert [pointer for pointer, _ in wrong_fields(wrong)] == ["/percent"]
    half = await post(registry, path, state="done", percent=50)
    refused(half, 422, "task-done-below-hundred")
    refused(await post(registry, path, state="blocked"), 422, "task-blocked-without-note")
    party = await post(registry, path, "township_supervision_office", TOWNSHIP, state="done")
    refused(party, 403, "forbidden")
    assert ok(await get(registry, path))["items"] == []


async def test_a_task_of_which_nothing_is_heard_is_told_as_stalled_once(
    registry: ServiceUnderTest,
) -> None:
    task = await task_in(registry)
    registry.advance(days=30)
    assert await registry.fire_timers() == 0
    registry.advance(days=1)
    assert await registry.fire_timers() == 1
    stalled = await read(registry, task)
    assert (stalled["stalled"], stalled["state"]) == (True, "planned")
    assert stalled["stalled_at"] > stalled["quiet_since"] == task["quiet_since"]
    (fact,) = await registry.facts("registry.task.stalled.v1")
    assert fact["division"] == f"50.{DISTRICT}._"
    assert (fact["data"]["task_id"], fact["data"]["state"]) == (task["id"], "planned")
    registry.advance(days=100)
    assert await registry.fire_timers() == 0

    async def listed(**params: Any) -> list[bool]:
        path = f"/programmes/{task['programme_id']}/tasks"
        found = [await get(registry, p, **params) for p in (path, f"/pilots/{DISTRICT}/tasks")]
        first, second = ([item["stalled"] for item in ok(answer)["items"]] for answer in found)
        assert first == second
        return first

    assert (await listed(stalled=True), await listed(stalled=False)) == ([True], [])
    news = ok(await post(registry, f"/tasks/{task['id']}/progress", state="in_progress"))
    assert (news["stalled"], news["stalled_at"]) == (False, None)
    assert (await listed(stalled=True), await listed(stalled=False)) == ([], [False])
    registry.advance(days=31)
    assert await registry.fire_timers() == 1
    assert len(await registry.facts("registry.task.stalled.v1")) == 2
    ok(await post(registry, f"/tasks/{task['id']}/progress", state="done"))
    registry.advance(days=100)
    assert await registry.fire_timers() == 0


async def test_a_report_puts_the_stall_off_and_a_rule_may_grant_more(
    registry: ServiceUnderTest,
) -> None:
    task = await task_in(registry)
    registry.advance(days=20)
    ok(await post(registry, f"/tasks/{task['id']}/progress", state="in_progress"))
    registry.advance(days=20)
    assert await registry.fire_timers() == 0
    longer = RuleSet(
        code="task.stall",
        effective_from=legal_day(datetime.now(UTC)),
        effective_to=None,
        legal_basis="本市另有规定",
        provisional=False,
        value={"n": 60, "unit": "d"},
    )
    async with registry.session() as session:
        session.add(longer)
        await session.commit()
    try:
        tables.forget()
        registry.advance(days=20)
        assert await registry.fire_timers() == 1  # it looks, and waits on
        assert (await read(registry, task))["stalled"] is False
        registry.advance(days=25)
        assert await registry.fire_timers() == 1
        assert (await read(registry, task))["stalled"] is True
    finally:
        async with registry.session() as session:
            await session.delete(longer)
            await session.commit()
        tables.forget()


async def test_a_task_does_not_stall_before_its_programme_begins(
    registry: ServiceUnderTest,
) -> None:
    task = await task_in(registry, starts_on=day(40), ends_on=day(400))
    assert task["quiet_since"] > datetime.now(UTC).isoformat()
    registry.advance(days=41)
    assert await registry.fire_timers() == 1  # it has begun
    assert (await read(registry, task))["stalled"] is False
    registry.advance(days=31)
    assert await registry.fire_timers() == 1
    assert (await read(registry, task))["stalled"] is True


async def test_a_task_has_milestones_that_are_due_and_reached(registry: ServiceUnderTest) -> None:
    task = await task_in(registry)
    path = f"/tasks/{task['id']}"
    assert (task["milestones"], task["due_at"], task["overdue"]) == ([], None, False)
    ok(await post(registry, f"{path}/milestones", title="聘任到位", due_on=day(60)), 201)
    planned = ok(await post(registry, f"{path}/milestones", title="印发方案", due_on=day(10)), 201)
    assert planned["version"] == task["version"] + 2
    first, second = planned["milestones"]
    assert [first["title"], second["title"]] == ["印发方案", "聘任到位"]
    assert planned["due_at"] == first["due_at"]
    assert (first["state"], first["overdue"]) == ("open", False)
    assert first["allowed_actions"] == ["complete"]
    added = await registry.facts("registry.milestone.added.v1")
    assert [fact["data"]["title"] for fact in added] == ["聘任到位", "印发方案"]
    assert added[0]["division"] == f"50.{DISTRICT}._"

    registry.advance(days=11)
    assert await registry.fire_timers() == 1
    late = await read(registry, task)
    assert (late["overdue"], late["milestones"][0]["overdue"]) == (True, True)
    (overdue,) = await registry.facts("registry.milestone.overdue.v1")
    assert (overdue["data"]["title"], overdue["data"]["task_title"]) == ("印发方案", "监督员制度")
    assert await registry.fire_timers() == 0

    done = ok(await post(registry, f"/milestones/{first['id']}/complete", done_on=day(9)))
    assert (done["state"], done["done_on"], done["overdue"]) == ("done", day(9), False)
    assert (done["allowed_actions"], done["version"]) == ([], 2)
    again = await post(registry, f"/milestones/{first['id']}/complete", done_on=day(9))
    refused(again, 409, "transition-not-allowed")
    (fact,) = await registry.facts("registry.milestone.completed.v1")
    assert fact["data"]["done_on"] == day(9)
    after = await read(registry, task)
    assert (after["overdue"], after["due_at"]) == (False, second["due_at"])
    reached = {"done_on": None}
    stale = await post(
        registry, f"/milestones/{second['id']}/complete", headers={"If-Match": '"9"'}, **reached
    )
    refused(stale, 412, "precondition-failed")
    ok(await post(registry, f"/milestones/{second['id']}/complete", **reached))
    registry.advance(days=19)
    assert await registry.fire_timers() == 0


async def test_a_milestone_that_cannot_be_is_refused(registry: ServiceUnderTest) -> None:
    task = await task_in(registry)
    path = f"/tasks/{task['id']}/milestones"
    for due_on in ("2026-01-31", "2028-02-01"):
        outside = await post(registry, path, title="印发方案", due_on=due_on)
        refused(outside, 422, "milestone-outside-programme")
    for due_on in ("2026-02-01", "2028-01-31"):
        ok(await post(registry, path, title=f"节点{due_on}", due_on=due_on), 201)
    twice = await post(registry, path, title="节点2026-02-01", due_on=day(3))
    refused(twice, 409, "milestone-title-taken")
    first = (await read(registry, task))["milestones"][0]
    future = await post(registry, f"/milestones/{first['id']}/complete", done_on=day(1))
    refused(future, 422, "milestone-done-in-future")
    foreign = ("district_supervisor", FOREIGN)
    for answer in (
        await post(registry, path, *foreign, title="节点", due_on=day(3)),
        await get(registry, f"/milestones/{first['id']}", *foreign),
        await post(registry, f"/milestones/{first['id']}/complete", *foreign, done_on=day()),
        await get(registry, f"/milestones/{uuid4()}"),
    ):
        refused(answer, 404, "not-found")
    assert ok(await get(registry, f"/milestones/{first['id']}"))["task_id"] == task["id"]
    ok(await post(registry, f"/tasks/{task['id']}/progress", state="done"))
    late = await post(registry, path, title="节点", due_on=day(3))
    refused(late, 409, "transition-not-allowed")
    over = await post(registry, f"/milestones/{first['id']}/complete", done_on=day())
    refused(over, 409, "transition-not-allowed")
    finished = await read(registry, task)
    assert (finished["overdue"], finished["due_at"]) == (False, None)
    assert [one["allowed_actions"] for one in finished["milestones"]] == [[], []]
    registry.advance(days=700)
    assert await registry.fire_timers() == 1  # the programme alone


async def test_a_task_has_so_many_milestones_and_not_more(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.registry.focus_tasks.rules.MOST_MILESTONES", 2)
    path = f"/tasks/{(await task_in(registry))['id']}/milestones"
    answers = await asyncio.gather(
        *(post(registry, path, title=f"节点{n}", due_on=day(3)) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422]
    assert {a.json()["code"] for a in answers if a.status_code == 422} == {
        "task-milestones-too-many"
    }


async def test_of_two_milestones_of_one_title_at_once_one_wins(registry: ServiceUnderTest) -> None:
    path = f"/tasks/{(await task_in(registry))['id']}/milestones"
    answers = await asyncio.gather(
        *(post(registry, path, sub=f"{n}", title="印发方案", due_on=day(3)) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_task_is_tagged_with_the_other_programmes_it_counts_for(
    registry: ServiceUnderTest,
) -> None:
    programme = await opened(registry, "监督员制度", "闭环体系")
    listing = f"/programmes/{programme['id']}/tasks"
    task, other = ok(await get(registry, listing))["items"]
    path = f"/tasks/{task['id']}"
    refused(await patch(registry, path, tags=[OTHER_PROGRAMME]), 428, "precondition-required")
    tags = [OTHER_PROGRAMME, {"programme": "营商环境"}, OTHER_PROGRAMME]
    tagged = ok(await patch(registry, path, version=1, tags=tags))
    assert tagged["tags"] == [OTHER_PROGRAMME, {"programme": "营商环境", "reference": None}]
    assert tagged["version"] == 2
    fact = (await registry.facts("registry.pilot_task.updated.v1"))[-1]
    assert fact["data"]["tags"] == tagged["tags"]
    same = ok(await patch(registry, path, version=2, tags=tagged["tags"]))
    assert same["version"] == 2
    assert len(await registry.facts("registry.pilot_task.updated.v1")) == 3

    async def found(tag: str) -> list[str]:
        for where in (listing, f"/pilots/{DISTRICT}/tasks"):
            ids = [item["id"] for item in ok(await get(registry, where, tag=tag))["items"]]
        return ids

    for tag in ("法治政府建设", "2026年重点任务第12项", "营商环境"):
        assert await found(tag) == [task["id"]]
    assert await found("法治") == []
    assert ok(await patch(registry, path, version=2, tags=[]))["tags"] == []
    assert await found("法治政府建设") == []
    foreign = await patch(
        registry, path, "district_supervisor", FOREIGN, version="*", tags=[OTHER_PROGRAMME]
    )
    refused(foreign, 404, "not-found")
    wrong = await patch(registry, path, version=3, tags=[{"programme": "", "reference": "x"}])
    assert wrong_fields(wrong) == {("/tags/0/programme", "string-too-short")}
    ok(await post(registry, f"/tasks/{other['id']}/progress", state="done"))
    over = await patch(registry, f"/tasks/{other['id']}", version=2, tags=[OTHER_PROGRAMME])
    refused(over, 409, "transition-not-allowed")


class TaskWalk(Walk):
    """Progress is one action that says a state: each state counts as an action of its own."""

    async def _read(self, id: str, token: str) -> dict[str, Any] | None:
        task = await super()._read(id, token)
        if task is not None:
            actions = [a for a in task["allowed_actions"] if a != "progress"]
            task["allowed_actions"] = [*task.pop("next_states"), *actions]
        return task

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        if action in {"change", "milestones", "reverse"}:
            return await super()._do(id, action, token, thing)
        body = {"state": action, "note": "情况说明"}
        path = f"{self.path}/{id}/progress"
        return await self.service.post(path, as_=token, json=body)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest, seed: int) -> None:
    numbers = iter(range(10_000))

    async def create() -> dict[str, Any]:
        programme = await opened(registry, "监督员制度", code=f"walk-{seed}-{next(numbers)}")
        tasks = ok(await get(registry, f"/programmes/{programme['id']}/tasks"))["items"]
        return dict(tasks[0])

    walk = TaskWalk(
        registry,
        TASK,
        f"{BASE}/tasks",
        create,
        callers={
            "bureau": registry.token(*BUREAU),
            "district": registry.token("district_supervisor", DISTRICT),
            "foreign": registry.token("district_supervisor", FOREIGN),
            "township": registry.token("township_enforcement", TOWNSHIP),
        },
        bodies={
            "milestones": lambda task: {"title": f"节点{next(numbers)}", "due_on": day(5)},
            "reverse": lambda task: {
                "entry_id": next(
                    (one["id"] for one in task["milestones"] if one["state"] != "reversed"),
                    task["id"],
                ),
                "reason": "登记有误",
            },
            "change": lambda task: {"tags": [{"programme": f"专项{next(numbers)}"}]},
        },
    )
    await walk.run(seed=seed)
    assert len(walk.seen) >= 8, walk.seen


async def test_a_milestone_is_completed_by_whom_it_is_offered_to(
    registry: ServiceUnderTest,
) -> None:
    task = await task_in(registry)
    path, numbers = f"/tasks/{task['id']}", iter(range(50))

    async def create() -> dict[str, Any]:
        number = next(numbers)
        title: dict[str, Any] = {"title": f"节点{number}", "due_on": day(5)}
        made = ok(await post(registry, f"{path}/milestones", **title), 201)["milestones"]
        milestone = next(one for one in made if one["title"] == title["title"])
        if number % 3 == 2:  # or one that is reversed at once
            entry: dict[str, Any] = {"entry_id": milestone["id"], "reason": "登记有误"}
            ok(await post(registry, f"{path}/reverse", **entry))
        return dict(milestone)

    walk = Walk(
        registry,
        MILESTONE,
        f"{BASE}/milestones",
        create,
        callers={
            "bureau": registry.token(*BUREAU),
            "district": registry.token("district_supervisor", DISTRICT),
            "foreign": registry.token("district_supervisor", FOREIGN),
            "township": registry.token("township_enforcement", TOWNSHIP),
        },
        bodies={"complete": {"done_on": day()}},
    )
    await walk.run(seed=1)
    assert walk.seen == {("open", "complete")}
