"""Entries that were a mistake are taken back: on record, with the reason, and counted no more."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.registry import test_budgets as budgets
from tests.registry import test_focus_tasks as tasks
from tests.registry import test_lay_monitors as monitors
from tests.registry import test_trainings as trainings
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    get,
    ok,
    post,
    refused,
    wrong_fields,
)
from tests.registry.test_supervision_officers import appointed, person
from tests.servers import ServiceUnderTest

BUREAU = ("bureau_supervisor", "50")
WHY = "登记有误"


async def reverse(registry: ServiceUnderTest, path: str, entry: str, *caller: str) -> Any:
    who = caller or BUREAU
    return await post(registry, f"{path}/reverse", *who, sub="head", entry_id=entry, reason=WHY)


async def listed(registry: ServiceUnderTest, path: str, *caller: str) -> list[Any]:
    items: list[Any] = ok(await get(registry, path, *(caller or BUREAU), sort="id"))["items"]
    return items


async def told(registry: ServiceUnderTest, kind: str) -> Any:
    (fact,) = await registry.facts(f"registry.{kind}.v1")
    assert WHY not in str(fact)
    return fact["data"]


def is_on_record(entry: Any) -> bool:
    return (entry["reversed_by"], entry["reversal_reason"]) == ("head", WHY) and bool(
        entry["reversed_at"]
    )


async def test_money_spent_that_was_entered_by_mistake_counts_no_more(
    registry: ServiceUnderTest,
) -> None:
    budget = await budgets.approved(registry, "100.00")
    path = f"/budgets/{budget['id']}"
    assert "reverse" not in budget["allowed_actions"]
    for amount in ("60.00", "70.00"):
        ok(await post(registry, f"{path}/spend", amount=amount, item="印刷", reason="追加任务"))
    first, second = await listed(registry, f"{path}/spendings")
    empty = await post(registry, f"{path}/reverse", *BUREAU, entry_id=first["id"], reason=" ")
    assert wrong_fields(empty) == {("/reason", "string-too-short")}
    refused(await reverse(registry, path, str(uuid4())), 404, "not-found")
    agency = ("agency_user", DISTRICT)
    refused(await reverse(registry, path, first["id"], *agency), 403, "forbidden")
    foreign = ("district_supervisor", FOREIGN)
    refused(await reverse(registry, path, first["id"], *foreign), 404, "not-found")
    answers = await asyncio.gather(*(reverse(registry, path, second["id"]) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    view = next(answer.json() for answer in answers if answer.is_success)
    assert (view["spent"], view["overspent_reason"]) == ("60.00", None)
    refused(await reverse(registry, path, second["id"]), 409, "entry-reversed")
    fact = await told(registry, "budget.spending_reversed")
    assert (fact["spent"], fact["spending_id"]) == ("60.00", second["id"])
    assert fact["reversed_amount"] == "70.00"
    entries = await listed(registry, f"{path}/spendings")
    assert [is_on_record(entry) for entry in entries] == [False, True]
    # One entry of another line is none of this.
    other = await budgets.approved(registry, "100.00", purpose="enforcement")
    ok(await post(registry, f"/budgets/{other['id']}/spend", amount="1.00", item="印刷"))
    refused(await reverse(registry, f"/budgets/{other['id']}", first["id"]), 404, "not-found")
    view = ok(await reverse(registry, path, first["id"]))
    assert (view["spent"], view["state"]) == ("0.00", "executed")
    assert "reverse" not in view["allowed_actions"]
    ok(await post(registry, f"{path}/close"))
    refused(await reverse(registry, path, first["id"]), 409, "transition-not-allowed")


async def test_whoever_was_enrolled_by_mistake_is_counted_nowhere(
    registry: ServiceUnderTest,
) -> None:
    ours = await appointed(registry)
    body = person(division=FOREIGN, office="江津区司法局")
    theirs = ok(await post(registry, "/supervision-officers", *BUREAU, **body), 201)
    training = await trainings.planned(registry, division="50")
    path = f"/trainings/{training['id']}"
    await trainings.does(registry, training, "open")
    both = {"supervision_officer_ids": [ours["id"], theirs["id"]]}
    ok(await trainings.does(registry, training, "enrol", **both))
    entries = {one["person_id"]: one for one in await listed(registry, f"{path}/enrolments")}
    foreign = ("district_supervisor", FOREIGN)
    ok(await get(registry, path, *foreign))
    refused(
        await reverse(registry, path, entries[ours["id"]]["id"], *foreign), 403, "not-in-charge"
    )
    view = ok(await reverse(registry, path, entries[theirs["id"]]["id"]))
    assert (view["enrolled"], view["attended"]) == (1, 0)
    fact = await told(registry, "training.enrolment_reversed")
    assert (fact["enrolled"], fact["enrolment_id"]) == (1, entries[theirs["id"]]["id"])
    # Nobody of theirs is in it.
    refused(await get(registry, path, *foreign), 404, "not-found")
    # They may be enrolled anew, and reversed after the attendance too.
    again = {"supervision_officer_ids": [theirs["id"]]}
    assert ok(await trainings.does(registry, training, "enrol", **again))["enrolled"] == 2
    ok(await trainings.does(registry, training, "hold"))
    attendance = [{"person_id": one["id"], "hours": 16} for one in (ours, theirs)]
    ok(await trainings.does(registry, training, "attend", attendance=attendance))
    kept, former, latter = await listed(registry, f"{path}/enrolments")
    assert (is_on_record(former), latter["reversed_at"]) == (True, None)
    refused(await reverse(registry, path, former["id"]), 409, "entry-reversed")
    view = ok(await reverse(registry, path, latter["id"]))
    assert (view["enrolled"], view["attended"]) == (1, 1)
    closed = ok(await trainings.does(registry, training, "close"))
    assert (closed["completed"], closed["enrolled"]) == (1, 1)
    assert (await trainings.hours_of(registry, ours["id"]))["hours"] == 16
    assert (await trainings.hours_of(registry, theirs["id"], *BUREAU))["hours"] == 0
    refused(await reverse(registry, path, kept["id"]), 409, "transition-not-allowed")


async def test_a_milestone_that_was_a_mistake_is_due_no_more_and_may_be_set_anew(
    registry: ServiceUnderTest,
) -> None:
    task = await tasks.task_in(registry)
    path = f"/tasks/{task['id']}"
    for title, due_on in (("印发方案", 10), ("聘任到位", 60)):
        body: dict[str, Any] = {"title": title, "due_on": tasks.day(due_on)}
        task = ok(await post(registry, f"{path}/milestones", **body), 201)
    first, second = task["milestones"]
    done_on: dict[str, Any] = {"done_on": tasks.day()}
    ok(await post(registry, f"/milestones/{second['id']}/complete", **done_on))
    office = ("township_supervision_office", TOWNSHIP)
    refused(await reverse(registry, path, first["id"], *office), 403, "forbidden")
    for milestone, due_at in ((second, first["due_at"]), (first, None)):
        view = ok(await reverse(registry, path, milestone["id"]))
        assert view["due_at"] == due_at
    assert [is_on_record(one) for one in view["milestones"]] == [True, True]
    assert [one["state"] for one in view["milestones"]] == ["reversed", "reversed"]
    assert "reverse" not in view["allowed_actions"]
    facts = await registry.facts("registry.milestone.reversed.v1")
    assert [fact["data"]["milestone_id"] for fact in facts] == [second["id"], first["id"]]
    refused(await reverse(registry, path, first["id"]), 409, "entry-reversed")
    again = await post(registry, f"/milestones/{first['id']}/complete", **done_on)
    refused(again, 409, "transition-not-allowed")
    registry.advance(days=11)
    assert await registry.fire_timers() == 0
    assert ok(await get(registry, path))["overdue"] is False
    anew: dict[str, Any] = {"title": "印发方案", "due_on": tasks.day(20)}
    view = ok(await post(registry, f"{path}/milestones", **anew), 201)
    assert [one["state"] for one in view["milestones"]] == ["reversed", "open", "reversed"]


async def test_a_grid_cell_that_was_assigned_by_mistake_was_never_covered(
    registry: ServiceUnderTest,
) -> None:
    monitor = await monitors.appointed(registry)
    path = f"/lay-monitors/{monitor['id']}"
    one, two = await monitors.grid(registry, "G1"), await monitors.grid(registry, "G2")

    async def covered() -> list[tuple[str, int]]:
        found = ok(await get(registry, "/grids", covered=True))["items"]
        return [(cell["code"], cell["monitors"]) for cell in found]

    assert "reverse" not in monitor["allowed_actions"]
    for cells in ([one], [one, two], [two]):
        body: dict[str, Any] = {"grid_ids": [cell["id"] for cell in cells]}
        view = ok(await post(registry, f"{path}/assign", **body))
    assert await covered() == [("G2", 1)]
    ended, entry = await listed(registry, f"{path}/assignments")
    assert (ended["code"], bool(ended["ended_at"]), entry["ended_at"]) == ("G1", True, None)
    assert [cell["assignment_id"] for cell in view["grids"]] == [entry["id"]]
    # What ended in the normal way is history, and stays.
    refused(await reverse(registry, path, ended["id"]), 404, "not-found")
    office = ("township_supervision_office", TOWNSHIP)
    refused(await reverse(registry, path, entry["id"], *office), 403, "forbidden")
    view = ok(await reverse(registry, path, entry["id"]))
    assert (view["grids"], await covered()) == ([], [])
    assert ok(await get(registry, "/lay-monitors", grid_id=two["id"]))["items"] == []
    fact = await told(registry, "lay_monitor.assignment_reversed")
    assert (fact["assignment_id"], fact["grid_id"]) == (entry["id"], two["id"])
    refused(await reverse(registry, path, entry["id"]), 409, "entry-reversed")
    ok(await post(registry, f"{path}/assign", grid_ids=[two["id"]]))
    assert await covered() == [("G2", 1)]
    record = await listed(registry, f"{path}/assignments", *office)
    assert [is_on_record(one) for one in record] == [False, True, False]
