"""Those invited to inspections: without an interest in the matter, and with an opinion of it."""

import asyncio
from typing import Any

import pytest

from services.oversight.participants.rules import LIFECYCLE
from tests.oversight.scene import DISTRICT, SUBJECT_CODE, TOWNSHIP, Scene, refused
from tests.walks import Walk

GUEST = {"kind": "npc_delegate", "name": "陈某", "affiliation": "区人大代表"}
CLEAR = {"no_interest": True, "declaration": "与被检查单位无利害关系。"}
REASON = {"reason": "与负责人有近亲属关系"}
OPINION: dict[str, Any] = {"opinion": "执法公示规范,建议完善记录。", "rating": 4}


async def invited(scene: Scene, inspection: dict[str, Any], **changed: Any) -> dict[str, Any]:
    path = f"inspections/{inspection['id']}/participants"
    return await scene.done(path, as_=scene.supervisor, json={**GUEST, **changed}, status=201)


async def test_the_invited_declares_that_there_is_no_interest_and_gives_an_opinion(
    scene: Scene,
) -> None:
    inspection = await scene.assign()
    row = await invited(scene, inspection)
    assert (row["state"], row["allowed_actions"]) == (
        "invited",
        ["accept", "decline", "recuse", "withdraw"],
    )
    unclear = await scene.call(
        f"participants/{row['id']}/accept", scene.supervisor, {**CLEAR, "no_interest": False}
    )
    refused(unclear, 422, "invalid-input")
    row = await scene.step("participants", row, "accept", scene.supervisor, CLEAR)
    assert (row["declaration"], row["answered_by"]) == (CLEAR["declaration"], "zhao")
    answer = await scene.call(f"participants/{row['id']}/opine", scene.supervisor, OPINION)
    refused(answer, 409, "participant-saw-nothing")
    for step in ("accept", "notify", "start"):
        await scene.step("inspections", inspection, step, scene.supervisor)
    row = await scene.step("participants", row, "opine", scene.supervisor, OPINION)
    assert (row["state"], row["rating"], row["allowed_actions"]) == ("opined", 4, [])
    facts = [f for f in await scene.oversight.facts() if ".participant." in f["type"]]
    assert [fact["type"].split(".")[3] for fact in facts] == ["invited", "accepted", "opined"]
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}.{TOWNSHIP}"}
    # Neither who it is nor what they said is told.
    assert not any(word in str(facts) for word in (GUEST["name"], OPINION["opinion"]))


async def test_whoever_has_an_interest_takes_no_part(scene: Scene) -> None:
    inspection = await scene.assign()
    path = f"inspections/{inspection['id']}/participants"
    for changed, code in (
        ({"organisation": SUBJECT_CODE}, "participant-of-subject"),
        ({"account": "li", "kind": "lay_monitor"}, "participant-is-inspector"),
        ({"kind": "stranger"}, "invalid-input"),
    ):
        answer = await scene.call(path, scene.supervisor, {**GUEST, **changed})
        refused(answer, 422, code)
    row = await invited(scene, inspection)
    await scene.step("participants", row, "accept", scene.supervisor, CLEAR)
    row = await scene.step("participants", row, "recuse", scene.supervisor, REASON)
    assert (row["state"], row["allowed_actions"], row["reason"]) == (
        "recused",
        [],
        REASON["reason"],
    )
    # Who recused themselves is not invited anew; who declined may be.
    refused(await scene.call(path, scene.supervisor, GUEST), 409, "participant-twice")
    other = await invited(scene, inspection, name="何某")
    await scene.step("participants", other, "decline", scene.supervisor, {"reason": "有事"})
    await invited(scene, inspection, name="何某")


async def test_two_invitations_of_one_person_at_once_are_one(scene: Scene) -> None:
    inspection = await scene.assign()
    path = f"inspections/{inspection['id']}/participants"
    answers = await asyncio.gather(
        *(scene.call(path, who, GUEST) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_nobody_joins_an_inspection_that_is_over(scene: Scene) -> None:
    inspection = await scene.assign()
    row = await invited(scene, inspection)
    await scene.step("inspections", inspection, "cancel", scene.supervisor, {"reason": "r"})
    path = f"inspections/{inspection['id']}/participants"
    answer = await scene.call(path, scene.supervisor, {**GUEST, "name": "何某"})
    refused(answer, 409, "inspection-over")
    answer = await scene.call(f"participants/{row['id']}/accept", scene.supervisor, CLEAR)
    refused(answer, 409, "inspection-over")
    assert (await scene.read(f"participants/{row['id']}", scene.supervisor))[
        "allowed_actions"
    ] == []


async def test_a_lay_monitor_answers_in_person_and_sees_no_other(scene: Scene) -> None:
    inspection = await scene.assign(mode="unannounced")
    row = await invited(scene, inspection, kind="lay_monitor", name="何某", account="he")
    other = await invited(scene, inspection)
    he = scene.oversight.token("lay_monitor", TOWNSHIP, sub="he")
    shown = await scene.read(f"participants/{row['id']}", he)
    assert shown["allowed_actions"] == ["accept", "decline", "recuse"]
    await scene.read(f"participants/{other['id']}", he, 404)
    answer = await scene.call(f"participants/{row['id']}/withdraw", he, REASON)
    refused(answer, 403, "forbidden")
    row = await scene.step("participants", row, "accept", he, CLEAR)
    assert row["answered_by"] == "he"
    stranger = scene.oversight.token("lay_monitor", TOWNSHIP, sub="she")
    await scene.read(f"participants/{row['id']}", stranger, 404)


async def test_the_inspected_sees_who_is_invited_and_not_what_they_said(scene: Scene) -> None:
    inspection = await scene.on_site()
    row = await invited(scene, inspection)
    await scene.step("participants", row, "accept", scene.supervisor, CLEAR)
    await scene.step("participants", row, "opine", scene.supervisor, OPINION)
    page = await scene.read(f"inspections/{inspection['id']}/participants", scene.agency)
    (shown,) = page["items"]
    assert (shown["name"], shown["opinion"], shown["declaration"]) == ("陈某", None, None)
    assert shown["allowed_actions"] == []
    answer = await scene.call(f"participants/{row['id']}/recuse", scene.agency, REASON)
    refused(answer, 403, "forbidden")
    # A township's office sees what the district does, and leaves it alone.
    shown = await scene.read(f"participants/{row['id']}", scene.office)
    assert shown["opinion"] is None
    answer = await scene.call(f"participants/{row['id']}/recuse", scene.office, REASON)
    refused(answer, 403, "not-the-participant")
    for token in scene.foreigners.values():
        await scene.read(f"participants/{row['id']}", token, 404)


async def test_an_invitation_to_a_concealed_inspection_stays_inside(scene: Scene) -> None:
    inspection = await scene.assign(mode="unannounced")
    row = await invited(scene, inspection)
    await scene.step("participants", row, "accept", scene.supervisor, CLEAR)
    machine = scene.oversight.token("integration", DISTRICT)
    for token in (scene.agency, scene.enforcement, scene.office, machine):
        await scene.read(f"participants/{row['id']}", token, 404)
        await scene.read(f"inspections/{inspection['id']}/participants", token, 404)
    facts = await scene.oversight.facts()
    assert {fact["type"].split(".")[3] for fact in facts} == {"prepared"}
    for step in ("accept", "start"):
        await scene.step("inspections", inspection, step, scene.supervisor)
    await scene.step("participants", row, "opine", scene.supervisor, OPINION)
    assert (await scene.fact_types())[-1] == "participant.opined.v1"


@pytest.mark.parametrize("seed", [1, 2])
async def test_allowed_actions_of_an_invitation_are_exactly_what_succeeds(
    scene: Scene, seed: int
) -> None:
    made: list[str] = []

    async def create() -> dict[str, Any]:
        made.append("one")
        inspection = await (scene.on_site() if len(made) % 2 else scene.assign())
        return await invited(scene, inspection, kind="lay_monitor", account="he")

    walk = Walk(
        service=scene.oversight,
        lifecycle=LIFECYCLE,
        path="/oversight/v1/participants",
        create=create,
        callers={
            "zhao": scene.supervisor,
            "he": scene.oversight.token("lay_monitor", TOWNSHIP, sub="he"),
            "she": scene.oversight.token("lay_monitor", TOWNSHIP, sub="she"),
            "office": scene.office,
            "agency": scene.agency,
        },
        bodies={
            "accept": CLEAR,
            "decline": REASON,
            "recuse": REASON,
            "withdraw": REASON,
            "opine": OPINION,
        },
    )
    await walk.run(seed=seed)
    assert len(walk.seen) >= 3, sorted(walk.seen)
