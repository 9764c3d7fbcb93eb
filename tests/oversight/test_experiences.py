"""Experiences: submitted, reviewed by the Bureau, published to all, adopted by other divisions."""

import asyncio
from itertools import count
from typing import Any

from services.oversight.experiences.rules import LIFECYCLE
from tests.oversight.scene import BUREAU, DISTRICT, FOREIGN, TOWNSHIP, Scene, refused
from tests.walks import Walk

PATH = "experiences"
OPINION = {"opinion": "做法成熟"}


def body(**changed: Any) -> dict[str, Any]:
    return {
        "division": DISTRICT,
        "title": "专业化网格化监督员制度",
        "summary": "按网格配置监督员",
        "practice": "分区设格,按需配员",
        "results": "线索132条",
        "tags": ["监督员", "网格"],
        **changed,
    }


async def submitted(scene: Scene, **changed: Any) -> dict[str, Any]:
    return await scene.done(PATH, as_=scene.supervisor, json=body(**changed), status=201)


def second(scene: Scene) -> str:
    return scene.oversight.token("bureau_supervisor", BUREAU, sub="second")


async def published(scene: Scene, **changed: Any) -> dict[str, Any]:
    row = await scene.step(PATH, await submitted(scene, **changed), "accept", scene.bureau, OPINION)
    return await scene.step(PATH, row, "publish", second(scene))


def foreign(scene: Scene, sub: str = "foreign") -> str:
    return scene.oversight.token("district_supervisor", FOREIGN, sub=sub)


def adoption(division: str = FOREIGN) -> dict[str, Any]:
    return {"division": division, "note": "在10个镇街试行"}


async def test_an_experience_is_accepted_published_found_and_adopted_elsewhere(
    scene: Scene,
) -> None:
    row = await submitted(scene)
    elsewhere = foreign(scene)
    await scene.read(f"{PATH}/{row['id']}", elsewhere, 404)
    row = await scene.step(PATH, row, "accept", scene.bureau, OPINION)
    await scene.read(f"{PATH}/{row['id']}", elsewhere, 404)
    own = await scene.call(f"{PATH}/{row['id']}/publish", scene.bureau)
    refused(own, 403, "experience-published-by-reviewer")
    row = await scene.step(PATH, row, "publish", second(scene))
    for query in ("q=网格", "q=jdy", "tag=监督员", f"division={DISTRICT}&state=published"):
        found = (await scene.read(f"{PATH}?{query}", elsewhere))["items"]
        assert [one["id"] for one in found] == [row["id"]], query
    assert (await scene.read(f"{PATH}?q=垃圾分类", elsewhere))["items"] == []
    row = await scene.step(PATH, row, "adopt", elsewhere, adoption())
    assert [one["division"] for one in row["adoptions"]] == [FOREIGN]
    again = await scene.call(f"{PATH}/{row['id']}/adopt", elsewhere, adoption())
    refused(again, 409, "experience-already-adopted")
    own = await scene.call(f"{PATH}/{row['id']}/adopt", scene.colleague, adoption(DISTRICT))
    refused(own, 409, "experience-own")
    types = [f"experience.{verb}.v1" for verb in ("submitted", "accepted", "published", "adopted")]
    assert await scene.fact_types() == types
    (told,) = await scene.oversight.facts("oversight.experience.adopted.v1")
    assert told["division"] == f"50.{FOREIGN}._", "told where it was adopted"


async def test_who_wrote_it_does_not_accept_it_and_what_is_returned_comes_again(
    scene: Scene,
) -> None:
    mine = await scene.done(PATH, as_=scene.bureau, json=body(division=BUREAU), status=201)
    path = f"{PATH}/{mine['id']}"
    answer = await scene.call(f"{path}/accept", scene.bureau, OPINION)
    refused(answer, 403, "experience-reviewed-by-author")
    refused(await scene.call(f"{path}/accept", scene.supervisor, OPINION), 403, "forbidden")
    row = await submitted(scene)
    row = await scene.step(PATH, row, "return", scene.bureau, {"opinion": "补充成效"})
    assert (row["state"], row["opinion"]) == ("returned", "补充成效")
    changed = await scene.oversight.patch(
        f"/oversight/v1/{PATH}/{row['id']}",
        as_=scene.bureau,
        headers={"If-Match": f'"{row["version"]}"'},
        json={"results": "线索132条,办结129条"},
    )
    assert changed.status_code == 200, changed.text
    row = await scene.step(PATH, row, "resubmit", scene.colleague)
    assert row["state"] == "submitted"
    # Whoever changed it is an author too.
    answer = await scene.call(f"{PATH}/{row['id']}/accept", scene.bureau, OPINION)
    refused(answer, 403, "experience-reviewed-by-author")


async def test_a_division_submits_for_itself_and_adopts_for_itself(scene: Scene) -> None:
    answer = await scene.call(PATH, scene.supervisor, body(division=FOREIGN))
    refused(answer, 422, "division-unknown")
    refused(await scene.call(PATH, scene.office, body(division=TOWNSHIP)), 403, "forbidden")
    row = await published(scene, division=TOWNSHIP)
    answer = await scene.call(f"{PATH}/{row['id']}/adopt", foreign(scene), adoption("500107"))
    refused(answer, 422, "division-unknown")
    reason = {"reason": "无"}
    answer = await scene.call(f"{PATH}/{row['id']}/withdraw", foreign(scene), reason)
    refused(answer, 403, "not-the-supervisor")


async def test_two_adoptions_at_once_are_one(scene: Scene) -> None:
    row = await published(scene)
    answers = await asyncio.gather(
        *(
            scene.call(f"{PATH}/{row['id']}/adopt", foreign(scene, sub), adoption())
            for sub in ("a", "b")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_those_who_adopted_what_is_retracted_are_told_so(scene: Scene) -> None:
    row = await published(scene)
    await scene.step(PATH, row, "adopt", foreign(scene), adoption())
    await scene.step(PATH, row, "retract", scene.bureau, {"reason": "数据有误"})
    (told,) = await scene.oversight.facts("oversight.experience.recalled.v1")
    assert told["division"] == f"50.{FOREIGN}._"
    assert told["data"]["adopted_by_division"] == FOREIGN


async def test_what_is_retracted_is_hidden_from_others_again(scene: Scene) -> None:
    row = await published(scene)
    await scene.step(PATH, row, "retract", scene.bureau, {"reason": "数据有误"})
    await scene.read(f"{PATH}/{row['id']}", foreign(scene), 404)
    assert (await scene.read(f"{PATH}?count=exact", foreign(scene)))["count"] == 0
    seen = await scene.read(f"{PATH}/{row['id']}", scene.supervisor)
    assert (seen["state"], seen["reason"]) == ("withdrawn", "数据有误")


async def test_allowed_actions_of_an_experience_are_exactly_what_succeeds(scene: Scene) -> None:
    turns = count()

    async def create() -> dict[str, Any]:
        return await (published(scene) if next(turns) % 2 else submitted(scene))

    callers = {
        "bureau": scene.bureau,
        "second": second(scene),
        "zhao": scene.supervisor,
        "foreign": foreign(scene),
        "agency": scene.agency,
        "office": scene.office,
    }
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        f"/oversight/v1/{PATH}",
        create,
        callers=callers,
        facts={"retract": lambda thing: 1 + len(thing["adoptions"])},
        bodies={
            "change": lambda thing: {"summary": f"第{thing['version']}稿"},
            "accept": OPINION,
            "return": OPINION,
            "adopt": {"note": "试行"},
            "withdraw": {"reason": "撤回"},
            "retract": {"reason": "有误"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=2)
    made = {action for _, action in walk.seen}
    assert len(made) >= 4, made
