"""Checklists: editions published by another, results taken once each however often they come."""

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.checklists.rules import LIFECYCLE
from services.oversight.inspection_checklists.rules import score
from tests.oversight.scene import DISTRICT, Scene, refused
from tests.walks import Walk

ITEMS = [
    {"code": "certificates", "text": "出示执法证件", "weight": 3},
    {
        "code": "recording",
        "text": "执法全过程记录完整",
        "weight": 2,
        "basis": "国办发〔2018〕118号",
    },
    {"code": "review", "text": "重大决定经法制审核", "weight": 1},
]
LIST = {"code": "on-site", "title": "现场执法规范检查表", "items": ITEMS}


def another(scene: Scene) -> str:
    return scene.oversight.token("bureau_supervisor", "50", sub="another")


async def published(scene: Scene, **changed: Any) -> dict[str, Any]:
    row = await scene.done("checklists", as_=scene.bureau, json={**LIST, **changed}, status=201)
    return await scene.step("checklists", row, "publish", another(scene))


async def chosen(scene: Scene, **changed: Any) -> dict[str, Any]:
    """A checklist of an inspection where the inspectors are on site."""
    template = await published(scene)
    inspection = await scene.on_site(**changed)
    path = f"inspections/{inspection['id']}/checklists"
    body = {"template_id": template["id"]}
    return await scene.done(path, as_=scene.supervisor, json=body, status=201)


def result(scene: Scene, item: str, **changed: Any) -> dict[str, Any]:
    moment = scene.oversight.app.state.clock.now()
    return {
        "client_id": str(uuid4()),
        "item": item,
        "outcome": "passed",
        "inspector": "li",
        "recorded_at": moment.isoformat(),
        **changed,
    }


async def upload(scene: Scene, row: dict[str, Any], *results: dict[str, Any]) -> dict[str, Any]:
    path = f"inspection-checklists/{row['id']}/results"
    return await scene.done(path, as_=scene.supervisor, json={"results": list(results)})


async def test_an_edition_is_published_by_another_and_takes_the_place_of_the_former(
    scene: Scene,
) -> None:
    row = await scene.done("checklists", as_=scene.bureau, json=LIST, status=201)
    assert (row["edition"], row["allowed_actions"]) == (1, ["change", "discard"])
    answer = await scene.call(f"checklists/{row['id']}/publish", scene.bureau)
    refused(answer, 403, "checklist-own-draft")
    refused(await scene.call("checklists", scene.bureau, LIST), 409, "checklist-draft-open")
    twice = {**LIST, "code": "other", "items": [ITEMS[0], ITEMS[0]]}
    refused(await scene.call("checklists", scene.bureau, twice), 422, "checklist-item-twice")
    refused(await scene.call("checklists", scene.supervisor, LIST), 403, "forbidden")
    same = await scene.oversight.patch(
        f"/oversight/v1/checklists/{row['id']}",
        as_=another(scene),
        json={"items": LIST["items"]},
        headers={"If-Match": "*"},
    )
    assert same.json()["version"] == row["version"], "what changes nothing leaves no trace"
    await scene.step("checklists", row, "publish", another(scene))
    second = await published(scene, title="新版")
    assert second["edition"] == 2
    assert (await scene.read(f"checklists/{row['id']}", scene.agency))["state"] == "superseded"
    page = await scene.read("checklists?state=published&code=on-site&count=exact", scene.agency)
    assert [one["id"] for one in page["items"]] == [second["id"]]
    fact = (await scene.oversight.facts("oversight.checklist.published.v1"))[-1]
    assert fact["data"]["supersedes"] == row["id"]


async def test_two_drafts_at_once_are_one(scene: Scene) -> None:
    answers = await asyncio.gather(
        *(scene.call("checklists", who, LIST) for who in (scene.bureau, another(scene)))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    ("answers", "points"),
    [
        ([], None),
        ([(3, "passed"), (2, "failed")], 60.0),
        ([(3, "passed"), (2, "partly"), (1, "not_applicable")], 80.0),
        ([(1, "not_applicable")], None),
        ([(2, "failed"), (1, "passed")], 33.3),
    ],
)
def test_the_score_is_by_weight_of_what_applies(answers: Any, points: float | None) -> None:
    assert score(answers) == points


async def test_results_of_a_batch_are_taken_once_each_with_a_receipt(scene: Scene) -> None:
    row = await chosen(scene)
    assert row["allowed_actions"] == ["results"]
    first = result(scene, "certificates")
    stranger = result(scene, "recording", inspector="nobody")
    early = result(scene, "recording", recorded_at="2020-01-01T09:00:00+08:00")
    unknown = result(scene, "nothing")
    told = await upload(scene, row, first, stranger, early, unknown)
    assert [(one["receipt"], one["code"]) for one in told["results"]] == [
        ("accepted", None),
        ("refused", "result-not-of-inspector"),
        ("refused", "result-outside-visit"),
        ("refused", "result-item-unknown"),
    ]
    assert (told["accepted"], told["duplicates"], told["refused"]) == (1, 0, 3)
    # The connection broke: the whole batch comes again, with one more.
    more = result(scene, "recording", outcome="failed", note="缺少现场录像")
    told = await upload(scene, row, first, more)
    assert [one["receipt"] for one in told["results"]] == ["duplicate", "accepted"]
    told = await upload(scene, row, first, more)
    assert (told["accepted"], told["duplicates"]) == (0, 2)
    shown = await scene.read(f"inspection-checklists/{row['id']}", scene.agency)
    assert (shown["answered"], shown["complete"], shown["score"]) == (2, False, 60.0)
    facts = await scene.oversight.facts("oversight.inspection_checklist.results_recorded.v1")
    assert [(f["data"]["accepted"], f["data"]["answered"]) for f in facts] == [(1, 1), (1, 2)]


async def test_a_batch_that_is_sent_twice_at_once_counts_once(scene: Scene) -> None:
    row = await chosen(scene)
    batch = {"results": [result(scene, "certificates"), result(scene, "review")]}
    path = f"inspection-checklists/{row['id']}/results"
    answers = await asyncio.gather(
        *(scene.call(path, who, batch) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.json()["accepted"] for answer in answers) == [0, 2]
    assert sorted(answer.json()["duplicates"] for answer in answers) == [0, 2]


async def test_an_item_has_one_result_and_a_correction_names_what_it_replaces(
    scene: Scene,
) -> None:
    row = await chosen(scene)
    first = result(scene, "certificates")
    await upload(scene, row, first)
    other = result(scene, "certificates", outcome="failed", inspector="wang")
    reused = {**first, "outcome": "failed"}
    elsewhere = {**result(scene, "review"), "replaces": first["client_id"]}
    told = await upload(scene, row, other, reused, elsewhere)
    assert [one["code"] for one in told["results"]] == [
        "result-item-answered",
        "result-id-reused",
        "result-replaces-nothing",
    ]
    told = await upload(scene, row, {**other, "replaces": first["client_id"]})
    assert told["accepted"] == 1
    shown = await scene.read(f"inspection-checklists/{row['id']}", scene.supervisor)
    item = shown["items"][0]
    assert (item["outcome"], item["corrected"], item["inspector"]) == ("failed", True, "wang")
    # The first one, late from another device, is known and changes nothing.
    told = await upload(scene, row, first)
    assert told["duplicates"] == 1


async def test_nothing_is_taken_before_the_visit_or_after_the_signature(scene: Scene) -> None:
    template = await published(scene)
    inspection = await scene.assign()
    path = f"inspections/{inspection['id']}/checklists"
    body = {"template_id": template["id"]}
    row = await scene.done(path, as_=scene.supervisor, json=body, status=201)
    refused(await scene.call(path, scene.supervisor, body), 409, "checklist-taken")
    other = {"template_id": str(uuid4())}
    refused(await scene.call(path, scene.supervisor, other), 422, "checklist-unknown")
    batch = {"results": [result(scene, "review")]}
    results = f"inspection-checklists/{row['id']}/results"
    refused(await scene.call(results, scene.supervisor, batch), 409, "checklist-not-on-site")
    for step in ("accept", "notify", "start"):
        await scene.step("inspections", inspection, step, scene.supervisor)
    scene.oversight.advance(hours=1)
    visit = scene.oversight.app.state.clock.now() - timedelta(minutes=30)
    told = await upload(scene, row, result(scene, "review", recorded_at=visit.isoformat()))
    assert told["accepted"] == 1
    # The edition stays what it was, whatever is published meanwhile.
    await published(scene, items=ITEMS[:1])
    page = await scene.read(path, scene.agency)
    assert [len(one["items"]) for one in page["items"]] == [3]
    await scene.step("inspections", inspection, "seal", scene.supervisor)
    await scene.step("inspections", inspection, "sign", scene.supervisor)
    refused(await scene.call(results, scene.supervisor, batch), 409, "checklist-too-late")
    refused(await scene.call(path, scene.supervisor, body), 409, "checklist-too-late")


async def test_strangers_and_the_inspected_upload_nothing(scene: Scene) -> None:
    row = await chosen(scene)
    path = f"inspection-checklists/{row['id']}"
    batch = {"results": [result(scene, "review")]}
    refused(await scene.call(f"{path}/results", scene.agency, batch), 403, "forbidden")
    answer = await scene.call(f"{path}/results", scene.office, batch)
    refused(answer, 403, "not-the-supervisor")
    assert (await scene.read(path, scene.office))["allowed_actions"] == []
    for name in ("sibling office", "foreign district"):
        await scene.read(path, scene.foreigners[name], 404)
        answer = await scene.call(f"{path}/results", scene.foreigners[name], batch)
        refused(answer, 404, "not-found")


async def test_the_checklist_of_a_concealed_inspection_stays_inside(scene: Scene) -> None:
    template = await published(scene)
    inspection = await scene.assign(mode="unannounced")
    path = f"inspections/{inspection['id']}/checklists"
    body = {"template_id": template["id"]}
    row = await scene.done(path, as_=scene.supervisor, json=body, status=201)
    machine = scene.oversight.token("integration", DISTRICT)
    for token in (scene.agency, scene.office, machine):
        await scene.read(path, token, 404)
        await scene.read(f"inspection-checklists/{row['id']}", token, 404)
    assert (await scene.fact_types())[-1] == "inspection_checklist.prepared.v1"


async def test_allowed_actions_of_a_checklist_are_exactly_what_succeeds(scene: Scene) -> None:
    codes = count()

    async def create() -> dict[str, Any]:
        body = {**LIST, "code": f"list-{next(codes)}"}
        return await scene.done("checklists", as_=scene.bureau, json=body, status=201)

    walk = Walk(
        service=scene.oversight,
        lifecycle=LIFECYCLE,
        path="/oversight/v1/checklists",
        create=create,
        callers={"bureau": scene.bureau, "another": another(scene), "zhao": scene.supervisor},
        bodies={"change": lambda thing: {"title": f"改{thing['version']}"}},
    )
    for seed in (1, 2, 5):
        await walk.run(seed=seed)
    assert walk.seen >= {("draft", "change"), ("draft", "publish")}, sorted(walk.seen)
