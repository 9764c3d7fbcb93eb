"""Evaluations of pilots: the pilot, the Bureau and others score, and only all together count."""

import asyncio
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.evaluations.rules import LIFECYCLE
from shared.events.registry.programmes import ProgrammeOpened
from tests.oversight.scene import (
    BUREAU,
    BUREAU_CODE,
    DISTRICT,
    FOREIGN,
    OTHER_CODE,
    Scene,
    credit_code,
    refused,
)
from tests.walks import Walk

PATH = "evaluations"
CRITERIA = [
    {"code": "system", "name": "工作体系", "weight": "60.00"},
    {"code": "results", "name": "监督成效", "weight": "40.00"},
]


def points(system: str, results: str) -> dict[str, Any]:
    scores = [{"code": "system", "points": system}, {"code": "results", "points": results}]
    return {"scores": scores, "opinion": "成效明显"}


class Pilot:
    """A programme that oversight was told of, and who evaluates its pilot."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.programme_id = scene, uuid4()
        token = scene.oversight.token
        self.second = token("bureau_supervisor", BUREAU, sub="second")
        self.staffing = token("agency_user", BUREAU, sub="staffing", organisation=BUREAU_CODE)
        self.finance = token("agency_user", BUREAU, sub="finance", organisation=credit_code(9))

    async def told(self, *divisions: str) -> "Pilot":
        pilots = [{"division": one, "kind": "pilot"} for one in divisions or (DISTRICT,)]
        event = ProgrammeOpened.model_validate(
            {
                "programme_id": self.programme_id,
                "code": "2022-pilot",
                "title": "行政执法协调监督工作体系建设试点",
                "starts_on": "2022-06-17",
                "ends_on": "2023-06-30",
                "state": "open",
                "participants": [*pilots, {"division": FOREIGN, "kind": "voluntary"}],
            }
        )
        await self.scene.oversight.react(event)
        return self

    def body(self, **changed: Any) -> dict[str, Any]:
        return {
            "programme_id": str(self.programme_id),
            "division": DISTRICT,
            "title": "试点工作评估",
            "criteria": CRITERIA,
            "pilot_weight": "20",
            "bureau_weight": "50",
            "co_evaluators": [
                {"organisation": BUREAU_CODE, "name": "市委编办", "weight": "15"},
                {"organisation": credit_code(9), "name": "市财政局", "weight": "15"},
            ],
            **changed,
        }

    async def drafted(self, **changed: Any) -> dict[str, Any]:
        body = self.body(**changed)
        return await self.scene.done(PATH, as_=self.scene.bureau, json=body, status=201)

    async def running(self, **changed: Any) -> dict[str, Any]:
        return await self.scene.step(PATH, await self.drafted(**changed), "start", self.second)


@pytest.fixture
async def pilot(scene: Scene) -> Pilot:
    return await Pilot(scene).told()


async def test_an_evaluation_is_completed_when_all_have_given_theirs(
    scene: Scene, pilot: Pilot
) -> None:
    row = await pilot.running()
    path = f"{PATH}/{row['id']}"
    givers = [
        (scene.supervisor, points("60", "40")),
        (scene.bureau, points("50", "30")),
        (pilot.staffing, points("54", "36")),
    ]
    for who, body in givers:
        await scene.done(f"{path}/score", as_=who, json=body)
    end = {"conclusion": "建议全市推广"}
    early = await scene.call(f"{path}/complete", scene.bureau, end)
    refused(early, 409, "evaluation-incomplete")
    assert "市财政局" in early.json()["detail"]
    await scene.done(f"{path}/score", as_=pilot.finance, json=points("48", "32"))
    row = await scene.done(f"{path}/complete", as_=scene.bureau, json=end)
    # 100 × 20 % + 80 × 50 % + 90 × 15 % + 80 × 15 %
    assert (row["state"], row["score"], row["grade"]) == ("completed", "85.50", "good")
    assert [one["mean"] for one in row["criteria"]] == ["52.30", "33.20"]
    types = [fact.removeprefix("evaluation.") for fact in await scene.fact_types()]
    assert types == ["drafted.v1", "started.v1", *["scored.v1"] * 4, "completed.v1"]
    (told,) = await scene.oversight.facts("oversight.evaluation.completed.v1")
    assert (told["data"]["score"], told["division"]) == ("85.50", f"50.{DISTRICT}._")
    seen = await scene.read(path, pilot.finance)
    assert [one["entry"]["sum"] for one in seen["evaluators"]] == [
        "100.00",
        "80.00",
        "90.00",
        "80.00",
    ]


async def test_nobody_sees_what_the_others_gave_before_but_the_bureau(
    scene: Scene, pilot: Pilot
) -> None:
    row = await pilot.running()
    path = f"{PATH}/{row['id']}"
    for who in (scene.supervisor, pilot.staffing):
        await scene.done(f"{path}/score", as_=who, json=points("60", "40"))
    for who, shown in ((scene.supervisor, 1), (pilot.staffing, 1), (pilot.finance, 0)):
        seen = await scene.read(path, who)
        assert sum(one["entry"] is not None for one in seen["evaluators"]) == shown
        assert [one["given"] for one in seen["evaluators"]] == [True, False, True, False]
    seen = await scene.read(path, scene.bureau)
    assert sum(one["entry"] is not None for one in seen["evaluators"]) == 2
    for fact in await scene.oversight.facts("oversight.evaluation.scored.v1"):
        assert "60" not in str(fact["data"]["missing"]) and "scores" not in fact["data"]


async def test_each_gives_theirs_once_and_nobody_else_does(scene: Scene, pilot: Pilot) -> None:
    row = await pilot.running()
    path = f"{PATH}/{row['id']}/score"
    answers = await asyncio.gather(
        *(scene.call(path, who, points("60", "40")) for who in (scene.bureau, pilot.second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    again = await scene.call(path, scene.bureau, points("60", "40"))
    refused(again, 409, "evaluation-already-scored")
    other = scene.oversight.token("agency_user", BUREAU, organisation=OTHER_CODE)
    refused(await scene.call(path, other, points("60", "40")), 404, "not-found")
    high = await scene.call(path, scene.supervisor, points("60.01", "40"))
    refused(high, 422, "evaluation-criteria-incomplete")
    half = {**points("60", "40"), "scores": points("60", "40")["scores"][:1]}
    answer = await scene.call(path, scene.supervisor, half)
    refused(answer, 422, "evaluation-criteria-incomplete")


async def test_a_scheme_adds_up_and_is_started_by_another_than_its_authors(
    scene: Scene, pilot: Pilot
) -> None:
    row = await pilot.drafted(bureau_weight="49")
    path = f"{PATH}/{row['id']}"
    refused(await scene.call(f"{path}/start", pilot.second), 422, "evaluation-weights-off")
    await scene.done(f"{path}/cancel", as_=scene.bureau, json={"reason": "重拟"})
    row = await pilot.drafted()
    own = await scene.call(f"{PATH}/{row['id']}/start", scene.bureau)
    refused(own, 403, "evaluation-started-by-author")
    changed = await scene.oversight.patch(
        f"/oversight/v1/{PATH}/{row['id']}",
        as_=pilot.second,
        headers={"If-Match": f'"{row["version"]}"'},
        json={"criteria": CRITERIA[:1]},
    )
    assert changed.status_code == 200, changed.text
    third = scene.oversight.token("bureau_supervisor", BUREAU, sub="third")
    answer = await scene.call(f"{PATH}/{row['id']}/start", third)
    refused(answer, 422, "evaluation-weights-off")


async def test_only_a_pilot_of_the_programme_is_evaluated_and_once(
    scene: Scene, pilot: Pilot
) -> None:
    for changed in ({"division": FOREIGN}, {"programme_id": str(uuid4())}):
        answer = await scene.call(PATH, scene.bureau, pilot.body(**changed))
        refused(answer, 422, "evaluation-not-a-pilot")
    refused(await scene.call(PATH, scene.supervisor, pilot.body()), 403, "forbidden")
    answers = await asyncio.gather(
        *(scene.call(PATH, who, pilot.body()) for who in (scene.bureau, pilot.second))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_the_successor_answers_for_a_pilot_that_has_ended(scene: Scene) -> None:
    pilot = await Pilot(scene).told("500112")
    row = await pilot.running(division="500112")
    heir = scene.oversight.token("district_supervisor", "500157", sub="heir")
    path = f"{PATH}/{row['id']}/score"
    row = await scene.done(path, as_=heir, json=points("50", "30"))
    assert row["evaluators"][0]["given"]


async def test_strangers_see_no_evaluation(scene: Scene, pilot: Pilot) -> None:
    row = await pilot.running()
    for name, token in scene.foreigners.items():
        await scene.read(f"{PATH}/{row['id']}", token, 404)
        assert (await scene.read(f"{PATH}?count=exact", token))["count"] == 0, name


async def test_allowed_actions_of_an_evaluation_are_exactly_what_succeeds(scene: Scene) -> None:
    turns = count()

    async def create() -> dict[str, Any]:
        pilot = await Pilot(scene).told()
        return await (pilot.running() if next(turns) % 3 else pilot.drafted())

    pilot = Pilot(scene)
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        f"/oversight/v1/{PATH}",
        create,
        callers={
            "bureau": scene.bureau,
            "second": pilot.second,
            "pilot": scene.supervisor,
            "staffing": pilot.staffing,
            "finance": pilot.finance,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "change": lambda thing: {"title": f"第{thing['version']}稿"},
            "score": points("60", "40"),
            "complete": {"conclusion": "推广"},
            "cancel": {"reason": "调整"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=1)
    made = {action for _, action in walk.seen}
    assert made >= {"score", "cancel"}, made
