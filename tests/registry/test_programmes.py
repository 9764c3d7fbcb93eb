"""Pilot programmes and focus tasks: the pilot of 2022, and a programme that runs."""

import asyncio
import itertools
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.registry.app import seed
from services.registry.focus_tasks.rules import TASK, TaskState
from services.registry.programmes.actions import END, PILOT
from services.registry.programmes.rules import PROGRAMME
from shared.clock import legal_day
from shared.timers import Timer
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    TOWNSHIP,
    get,
    ok,
    post,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

BUREAU = ("bureau_supervisor", "50")
SEVEN = ["500112", "500106", "500116", "500119", "500110", "500154", "500240"]


def notice(**fields: Any) -> dict[str, Any]:
    return {
        "code": "2027-pilot",
        "title": "第二批试点工作",
        "document_no": "渝府办发〔2027〕10号",
        "issuer": "重庆市人民政府办公厅",
        "issued_on": "2026-01-15",
        "starts_on": "2026-02-01",
        "ends_on": "2028-01-31",
        "participants": [
            {"division": DISTRICT, "kind": "pilot", "tasks": ["闭环体系", "监督员制度"]}
        ],
        **fields,
    }


async def seeded(registry: ServiceUnderTest) -> Any:
    async with registry.session() as session:
        await seed(session)
        await session.commit()
    (programme,) = ok(await get(registry, "/programmes"))["items"]
    return programme


async def opened(registry: ServiceUnderTest, **fields: Any) -> Any:
    return ok(await post(registry, "/programmes", *BUREAU, **notice(**fields)), 201)


async def tasks_of(registry: ServiceUnderTest, programme: Any, *caller: str, **params: Any) -> Any:
    return ok(await get(registry, f"/programmes/{programme['id']}/tasks", *caller, **params))[
        "items"
    ]


def test_the_focus_tasks_stand_in_the_notice_word_for_word() -> None:
    text = (Path(PILOT).parent / "notice.zh.txt").read_text(encoding="utf-8")
    annex = text.split("各试点区县重点任务安排")[-1].splitlines()
    names = ["渝北区", "沙坪坝区", "江津区", "南川区", "綦江区", "开州区", "石柱县"]
    lines = {line.split(":")[0]: line for line in annex if ":" in line}
    told = tomllib.loads(PILOT.read_text(encoding="utf-8"))
    assert told["document_no"] in text
    assert told["title"] in text
    assert [p["division"] for p in told["participants"]] == SEVEN
    for name, participant in zip(names, told["participants"], strict=True):
        assert f"{name}:重点在{'、'.join(participant['tasks'])}等方面" in lines[name]


async def test_the_pilot_of_2022_loads_closed_as_history(registry: ServiceUnderTest) -> None:
    programme = await seeded(registry)
    assert (programme["starts_on"], programme["ends_on"]) == ("2022-06-01", "2023-06-30")
    assert (programme["state"], programme["allowed_actions"]) == ("closed", [])
    assert [p["division"] for p in programme["participants"]] == SEVEN
    assert {p["kind"] for p in programme["participants"]} == {"pilot"}
    assert {p["joined_on"] for p in programme["participants"]} == {"2022-06-01"}
    tasks = await tasks_of(registry, programme, *BUREAU)
    assert len(tasks) == 18
    assert {task["state"] for task in tasks} == {"ended"}
    facts = await registry.facts()
    assert all(fact["backfill"] is True for fact in facts)
    types = [fact["type"].removeprefix("xiejian.registry.") for fact in facts]
    types = [type for type in types if not type.startswith("policy.")]
    assert types == ["programme.opened.v1", "programme.closed.v1", *["pilot_task.updated.v1"] * 18]
    async with registry.session() as session:
        assert (await session.scalars(select(Timer).where(Timer.kind == END))).all() == []
    registry.advance(days=400)
    await registry.fire_timers()  # what is looked at once a year has nothing to do with it
    told = [fact["type"] for fact in await registry.facts()]
    assert not [kind for kind in told[len(facts) :] if "programme" in kind or "task" in kind]


async def test_seeding_again_changes_nothing(registry: ServiceUnderTest) -> None:
    await seeded(registry)
    facts = len(await registry.facts())
    await seeded(registry)
    assert len(await registry.facts()) == facts


async def test_a_pilot_that_ended_is_read_by_its_successor(registry: ServiceUnderTest) -> None:
    programme = await seeded(registry)
    for division, count in (("500157", 4), ("500106", 3), ("500240", 1), ("500103", 0)):
        assert len(await tasks_of(registry, programme, "district_supervisor", division)) == count
    yubei = ok(await get(registry, "/pilots/500112/tasks", "district_supervisor", "500157"))
    assert yubei["items"][0]["title"] == "构建行政执法监督闭环体系"
    assert yubei["items"][0]["division"] == "500112"
    hidden = ok(
        await get(registry, "/pilots/500112/tasks", "district_supervisor", DISTRICT, count="exact")
    )
    assert (hidden["items"], hidden["count"]) == ([], 0)


async def test_the_bureau_opens_a_programme_with_its_pilots(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    assert programme["state"] == "open"
    assert programme["allowed_actions"] == ["participants", "close"]
    tasks = await tasks_of(registry, programme)
    assert [(task["title"], task["state"]) for task in tasks] == [
        ("闭环体系", "planned"),
        ("监督员制度", "planned"),
    ]
    facts = await registry.facts()
    assert [fact["type"].split(".", 2)[2] for fact in facts] == [
        "programme.opened.v1",
        "pilot_task.updated.v1",
        "pilot_task.updated.v1",
    ]
    assert not any("backfill" in fact for fact in facts)
    assert facts[0]["data"]["participants"] == [{"division": DISTRICT, "kind": "pilot"}]
    assert facts[1]["division"] == f"50.{DISTRICT}._"
    for role, division in (("district_supervisor", DISTRICT), ("lay_monitor", DISTRICT)):
        refused(await post(registry, "/programmes", role, division, **notice()), 403, "forbidden")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ends_on": "2026-01-31"}, "programme-period-invalid"),
        ({"participants": [{"division": TOWNSHIP}]}, "participant-not-a-district"),
        ({"participants": [{"division": "50"}]}, "participant-not-a-district"),
        ({"participants": [{"division": "500999"}]}, "division-unknown"),
        ({"participants": [{"division": "500112"}]}, "division-expired"),
    ],
)
async def test_a_programme_that_cannot_be_is_refused(
    registry: ServiceUnderTest, fields: dict[str, Any], code: str
) -> None:
    refused(await post(registry, "/programmes", *BUREAU, **notice(**fields)), 422, code)
    assert await registry.facts() == []
    assert ok(await get(registry, "/programmes", count="exact"))["count"] == 0


async def test_a_programme_is_filed_once_and_its_fields_are_checked(
    registry: ServiceUnderTest,
) -> None:
    await opened(registry)
    again = await post(registry, "/programmes", *BUREAU, **notice())
    refused(again, 409, "programme-code-taken")
    wrong = await post(registry, "/programmes", *BUREAU, **notice(code="No Code", colour="red"))
    assert wrong_fields(wrong) == {
        ("/code", "string-pattern-mismatch"),
        ("/colour", "extra-forbidden"),
    }
    twice = [{"division": DISTRICT}, {"division": DISTRICT}]
    double = await post(
        registry, "/programmes", *BUREAU, **notice(code="other", participants=twice)
    )
    refused(double, 409, "participant-already-joined")


async def test_a_district_outside_the_pilot_joins_on_its_own_will(
    registry: ServiceUnderTest,
) -> None:
    programme = await opened(registry)
    path = f"/programmes/{programme['id']}/participants"
    foreign = ("district_supervisor", FOREIGN)
    as_pilot = await post(registry, path, *foreign, division=FOREIGN, kind="pilot")
    refused(as_pilot, 403, "programme-pilots-by-bureau")
    other = await post(registry, path, *foreign, division="500119")
    refused(other, 422, "division-unknown")
    joined = ok(await post(registry, path, *foreign, division=FOREIGN, tasks=["镇街机制"]), 201)
    assert [(p["division"], p["kind"]) for p in joined["participants"]] == [
        (DISTRICT, "pilot"),
        (FOREIGN, "voluntary"),
    ]
    assert joined["version"] == programme["version"] + 1
    (fact,) = await registry.facts("registry.programme.changed.v1")
    assert len(fact["data"]["participants"]) == 2
    again = await post(registry, path, *foreign, division=FOREIGN)
    refused(again, 409, "participant-already-joined")
    stale = await post(
        registry,
        path,
        *BUREAU,
        headers={"If-Match": f'"{programme["version"]}"'},
        division="500119",
    )
    refused(stale, 412, "precondition-failed")
    pilot = ok(await post(registry, path, *BUREAU, division="500119", kind="pilot"), 201)
    assert len(pilot["participants"]) == 3
    absent = await post(registry, f"/programmes/{uuid4()}/participants", *BUREAU, division=FOREIGN)
    refused(absent, 404, "not-found")


async def test_of_two_joinings_of_a_district_at_once_one_wins(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    path = f"/programmes/{programme['id']}/participants"
    answers = await asyncio.gather(
        *(
            post(registry, path, "district_supervisor", FOREIGN, sub=f"{n}", division=FOREIGN)
            for n in range(3)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_focus_task_goes_on_by_reports_of_its_district(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    (task, other) = await tasks_of(registry, programme)
    path = f"/tasks/{task['id']}"
    assert task["allowed_actions"] == ["progress", "change", "milestones"]
    assert task["next_states"] == ["in_progress", "blocked", "done"]
    going = ok(await post(registry, f"{path}/progress", state="in_progress", note="已印发方案"))
    assert (going["state"], going["note"], going["version"]) == ("in_progress", "已印发方案", 2)
    refused(
        await post(registry, f"{path}/progress", state="blocked"), 422, "task-blocked-without-note"
    )
    ok(await post(registry, f"{path}/progress", state="blocked", note="缺编制"))
    done = ok(await post(registry, f"{path}/progress", state="done"))
    assert (done["allowed_actions"], done["next_states"]) == ([], [])
    refused(
        await post(registry, f"{path}/progress", state="in_progress"),
        409,
        "transition-not-allowed",
    )
    facts = (await registry.facts("registry.pilot_task.updated.v1"))[2:]
    assert [fact["data"]["state"] for fact in facts] == ["in_progress", "blocked", "done"]
    assert facts[0]["division"] == f"50.{DISTRICT}._"
    wrong = await post(registry, f"{path}/progress", state="ended")
    assert wrong_fields(wrong) == {("/state", "literal-error")}
    stale = await post(
        registry, f"{path}/progress", headers={"If-Match": '"1"'}, state="in_progress"
    )
    refused(stale, 412, "precondition-failed")

    foreign = ("district_supervisor", FOREIGN)
    refused(await get(registry, f"/tasks/{other['id']}", *foreign), 404, "not-found")
    hidden = await post(registry, f"/tasks/{other['id']}/progress", *foreign, state="done")
    refused(hidden, 404, "not-found")
    assert await tasks_of(registry, programme, *foreign) == []
    assert await tasks_of(registry, programme, *BUREAU, division=FOREIGN) == []
    assert [t["id"] for t in await tasks_of(registry, programme, *BUREAU, state="done")] == [
        task["id"]
    ]
    refused(await get(registry, f"/tasks/{task['id']}", "auditor", "50"), 403, "forbidden")


async def test_a_programme_closes_with_its_unfinished_tasks(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    (done, open_) = await tasks_of(registry, programme)
    ok(await post(registry, f"/tasks/{done['id']}/progress", state="done"))
    path = f"/programmes/{programme['id']}"
    refused(await post(registry, f"{path}/close"), 403, "forbidden")
    closed = ok(await post(registry, f"{path}/close", *BUREAU))
    assert (closed["state"], closed["allowed_actions"]) == ("closed", [])
    assert closed["closed_on"] == shanghai_today()
    states = {task["id"]: task["state"] for task in await tasks_of(registry, programme)}
    assert states == {done["id"]: "done", open_["id"]: "ended"}
    assert (await registry.facts())[-2]["type"] == "xiejian.registry.programme.closed.v1"
    refused(await post(registry, f"{path}/close", *BUREAU), 409, "transition-not-allowed")
    join = await post(registry, f"{path}/participants", *BUREAU, division=FOREIGN)
    refused(join, 409, "transition-not-allowed")
    report = await post(registry, f"/tasks/{open_['id']}/progress", state="done")
    refused(report, 409, "transition-not-allowed")
    registry.advance(days=800)
    assert await registry.fire_timers() == 0


async def test_a_programme_closes_by_itself_after_its_last_day(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    assert await registry.fire_timers() == 0
    registry.advance(days=800)
    assert await registry.fire_timers() == 1 + 2  # and both tasks have stalled long before
    assert await registry.fire_timers() == 0
    assert ok(await get(registry, f"/programmes/{programme['id']}"))["state"] == "closed"
    (fact,) = await registry.facts("registry.programme.closed.v1")
    assert "backfill" not in fact
    assert fact["data"]["closed_on"] == programme["ends_on"]


async def test_everybody_reads_the_public_notice_and_finds_it(registry: ServiceUnderTest) -> None:
    programme = await opened(registry)
    old = await opened(
        registry, code="old", starts_on="2020-01-01", ends_on="2020-12-31", participants=[]
    )

    async def ids(**params: Any) -> list[str]:
        listed = ok(await get(registry, "/programmes", "lay_monitor", FOREIGN, **params))
        return [item["id"] for item in listed["items"]]

    assert await ids() == [programme["id"], old["id"]]
    assert await ids(sort="starts_on") == [old["id"], programme["id"]]
    assert await ids(state="closed") == [old["id"]]
    assert await ids(division=DISTRICT) == [programme["id"]]
    assert await ids(q="〔2027〕10号", state="open") == [programme["id"]]
    refused(await get(registry, f"/programmes/{uuid4()}"), 404, "not-found")
    refused(await get(registry, f"/programmes/{uuid4()}/tasks"), 404, "not-found")


def test_a_finished_task_stays_finished() -> None:
    assert TASK.terminal == {TaskState.DONE, TaskState.ENDED}


async def test_a_programme_without_an_end_in_sight_is_opened(registry: ServiceUnderTest) -> None:
    assert (await opened(registry, ends_on="9999-12-31"))["state"] == "open"


async def test_who_takes_part_is_not_offered_to_join(registry: ServiceUnderTest) -> None:
    path = f"/programmes/{(await opened(registry))['id']}"
    for caller, offered in (
        (("district_supervisor", DISTRICT), []),
        (("district_supervisor", FOREIGN), ["participants"]),
        (BUREAU, ["participants", "close"]),
    ):
        assert ok(await get(registry, path, *caller))["allowed_actions"] == offered


def shanghai_today() -> str:
    return legal_day(datetime.now(UTC)).isoformat()


async def test_a_voluntary_participant_leaves_with_a_reason_and_may_come_back(
    registry: ServiceUnderTest,
) -> None:
    programme = await opened(registry)
    path, foreign = f"/programmes/{programme['id']}", ("district_supervisor", FOREIGN)
    assert "leave" not in ok(await get(registry, path, *foreign))["allowed_actions"]
    ok(
        await post(registry, f"{path}/participants", *foreign, division=FOREIGN, tasks=["机制"]),
        201,
    )
    for caller, offered in ((foreign, True), (BUREAU, True), ((), False)):
        shown = ok(await get(registry, path, *caller))
        assert ("leave" in shown["allowed_actions"]) is offered
    wrong = await post(registry, f"{path}/leave", *foreign, division=FOREIGN)
    assert wrong_fields(wrong) == {("/reason", "missing")}
    stays = await post(registry, f"{path}/leave", division=DISTRICT, reason="力量不足")
    refused(stays, 409, "programme-pilots-stay")
    for other in (
        await post(registry, f"{path}/leave", division=FOREIGN, reason="不是本区"),
        await post(registry, f"{path}/leave", *BUREAU, division="500119", reason="未参加"),
    ):
        refused(other, 422, "programme-not-a-participant")

    left = ok(await post(registry, f"{path}/leave", *foreign, division=FOREIGN, reason="力量不足"))
    assert [p["division"] for p in left["participants"]] == [DISTRICT]
    assert left["allowed_actions"] == ["participants"]
    (task,) = await tasks_of(registry, programme, *foreign)
    assert (task["state"], task["allowed_actions"]) == ("ended", [])
    facts = await registry.facts()
    assert [fact["type"].split(".", 2)[2] for fact in facts[-2:]] == [
        "programme.changed.v1",
        "pilot_task.updated.v1",
    ]
    assert [p["division"] for p in facts[-2]["data"]["participants"]] == [DISTRICT]
    again = await post(registry, f"{path}/leave", *foreign, division=FOREIGN, reason="力量不足")
    refused(again, 422, "programme-not-a-participant")
    assert ok(await get(registry, "/programmes", division=FOREIGN))["items"] == []

    ok(await post(registry, f"{path}/participants", *foreign, division=FOREIGN), 201)

    async def listed(**params: Any) -> list[tuple[str, str, bool]]:
        answer = ok(await get(registry, f"{path}/participants", "lay_monitor", FOREIGN, **params))
        return [(p["division"], p["kind"], p["left_on"] is not None) for p in answer["items"]]

    assert await listed() == [
        (DISTRICT, "pilot", False),
        (FOREIGN, "voluntary", True),
        (FOREIGN, "voluntary", False),
    ]
    assert await listed(kind="pilot") == [(DISTRICT, "pilot", False)]
    assert await listed(left=True) == [(FOREIGN, "voluntary", True)]
    gone = ok(await get(registry, f"{path}/participants", left=True))["items"][0]
    assert (gone["left_on"], gone["left_reason"]) == (shanghai_today(), "力量不足")
    absent = await get(registry, f"/programmes/{uuid4()}/participants")
    refused(absent, 404, "not-found")
    ok(await post(registry, f"{path}/close", *BUREAU))
    over = await post(registry, f"{path}/leave", *foreign, division=FOREIGN, reason="力量不足")
    refused(over, 409, "transition-not-allowed")


async def test_of_two_leavings_at_once_one_wins(registry: ServiceUnderTest) -> None:
    path = f"/programmes/{(await opened(registry))['id']}"
    ok(await post(registry, f"{path}/participants", *BUREAU, division=FOREIGN), 201)
    leaving = [
        post(registry, f"{path}/leave", *BUREAU, sub=f"{n}", division=FOREIGN, reason="力量不足")
        for n in range(3)
    ]
    answers = await asyncio.gather(*leaving)
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    assert len(await registry.facts("registry.programme.changed.v1")) == 2


class ProgrammeWalk(Walk):
    """Who joins or leaves does so for a division: the Bureau for any, a district for itself."""

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        there = {one["division"]: one["kind"] for one in thing["participants"]}
        own = {self.callers["own"]: DISTRICT, self.callers["foreign"]: FOREIGN}
        others = [code for code in (*SEVEN[1:], "500101", "500102") if code not in there]
        leaving = [code for code, kind in there.items() if kind == "voluntary"]
        body: dict[str, Any] = {}
        if action == "participants":
            body = {"division": own.get(token, others[0])}
        elif action == "leave":
            body = {"division": own.get(token, next(iter(leaving), "500119")), "reason": "力量不足"}
        path = f"{self.path}/{id}/{action}"
        return await self.service.post(path, as_=token, **({"json": body} if body else {}))


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    numbers = itertools.count()

    async def create() -> Any:
        pilots = [{"division": DISTRICT, "kind": "pilot", "tasks": []}]
        return await opened(registry, code=f"walk-{next(numbers)}", participants=pilots)

    walk = ProgrammeWalk(
        registry,
        PROGRAMME,
        f"{BASE}/programmes",
        create,
        callers={
            "bureau": registry.token(*BUREAU),
            "own": registry.token("district_supervisor", DISTRICT),
            "foreign": registry.token("district_supervisor", FOREIGN),
            "township": registry.token("township_enforcement", TOWNSHIP),
        },
    )
    await walk.run(seed=3)
    assert walk.seen == {("open", "participants"), ("open", "leave"), ("open", "close")}
