"""Checks of conduct by the checklist; a violation becomes a finding and is heard."""

from itertools import cycle
from typing import Any

from services.oversight.conduct_checks.rules import LIFECYCLE
from tests.oversight.scene import DISTRICT, Scene, refused
from tests.walks import Walk


async def body(scene: Scene, *failed: str, **changed: Any) -> dict[str, Any]:
    known = (await scene.read("conduct-checklist", scene.agency))["items"]
    return {
        "observed_on": "2026-11-01",
        "place": "三峡广场",
        "items": [{"code": i["code"], "passed": i["code"] not in failed} for i in known],
        **changed,
    }


async def recorded(scene: Scene, *failed: str, **changed: Any) -> dict[str, Any]:
    inspection = await scene.on_site()
    told = await body(scene, *failed, inspection_id=inspection["id"], **changed)
    return await scene.done("conduct-checks", as_=scene.supervisor, json=told, status=201)


async def test_a_violation_becomes_findings_on_which_the_subject_is_heard(scene: Scene) -> None:
    officer = {"officer_id": str(scene.officer_id)}
    row = await recorded(scene, "uniform", "insignia", "civil_language", **officer)
    assert (row["state"], row["violations"], row["officer_name"]) == ("recorded", 3, "张某")
    row = await scene.step("conduct-checks", row, "establish", scene.colleague)
    assert (row["state"], row["decided_by"], len(row["finding_ids"])) == ("violated", "qian", 2)
    findings = [await scene.read(f"findings/{id}", scene.agency) for id in row["finding_ids"]]
    assert [one["code"] for one in findings] == ["conduct-irregular", "uncivil-enforcement"]
    assert findings[0]["description"].count("不合格") == 2
    assert {one["officer_id"] for one in findings} == {str(scene.officer_id)}
    assert findings[0]["allowed_actions"] == ["comment"]
    (fact,) = await scene.oversight.facts("oversight.conduct.violated.v1")
    told = fact["data"]
    assert (told["violations"], told["finding_ids"]) == (3, row["finding_ids"])
    assert told["failed"][0] == "按规定着装,仪容整洁"
    assert "张某" not in str(fact)
    assert (await scene.fact_types())[-4:] == [
        "conduct.checked.v1",
        "finding.recorded.v1",
        "finding.recorded.v1",
        "conduct.violated.v1",
    ]


async def test_a_check_is_decided_by_another_and_as_it_was_recorded(scene: Scene) -> None:
    row = await recorded(scene, "recorder_on")
    path = f"conduct-checks/{row['id']}"
    answer = await scene.call(f"{path}/establish", scene.supervisor)
    refused(answer, 403, "conduct-check-decided-by-recorder")
    answer = await scene.call(f"{path}/clear", scene.colleague)
    refused(answer, 409, "conduct-check-with-violation")
    refused(await scene.call(f"{path}/establish", scene.agency), 403, "forbidden")
    clean = await recorded(scene)
    answer = await scene.call(f"conduct-checks/{clean['id']}/establish", scene.colleague)
    refused(answer, 409, "conduct-check-without-violation")
    row = await scene.step("conduct-checks", clean, "clear", scene.colleague)
    assert (row["state"], row["finding_ids"]) == ("passed", [])


async def test_nothing_is_recorded_or_established_but_on_site(scene: Scene) -> None:
    inspection = await scene.assign()
    told = await body(scene, inspection_id=inspection["id"])
    answer = await scene.call("conduct-checks", scene.supervisor, told)
    refused(answer, 409, "conduct-check-not-on-site")
    row = await recorded(scene, "uniform")
    signed = {"id": row["inspection_id"]}
    await scene.step("inspections", signed, "seal", scene.supervisor)
    await scene.step("inspections", signed, "sign", scene.supervisor)
    answer = await scene.call(f"conduct-checks/{row['id']}/establish", scene.colleague)
    refused(answer, 409, "conduct-check-not-on-site")
    row = await scene.step("conduct-checks", row, "void", scene.colleague, {"reason": "已离场"})
    assert (row["state"], row["reason"], row["allowed_actions"]) == ("voided", "已离场", [])


async def test_each_item_of_the_checklist_is_answered_once(scene: Scene) -> None:
    inspection = await scene.on_site()
    told = await body(scene, inspection_id=inspection["id"])
    items = told["items"]
    for wrong in (items[1:], [*items, items[0]], [*items[1:], {"code": "hat", "passed": True}]):
        answer = await scene.call("conduct-checks", scene.supervisor, {**told, "items": wrong})
        refused(answer, 422, "conduct-checklist-not-answered")
    for changed, code in (
        ({"observed_on": "2100-01-01"}, "conduct-check-in-future"),
        ({"officer_id": str(scene.subject_id)}, "officer-unknown"),
        ({"inspection_id": str(scene.subject_id)}, "inspection-unknown"),
    ):
        answer = await scene.call("conduct-checks", scene.supervisor, {**told, **changed})
        refused(answer, 422, code)
    shown = await scene.read("conduct-checklist", scene.agency)
    assert (shown["edition"], shown["provisional"]) == (1, True)


async def test_nobody_outside_sees_a_check(scene: Scene) -> None:
    row = await recorded(scene, "uniform")
    for name, token in scene.foreigners.items():
        await scene.read(f"conduct-checks/{row['id']}", token, 404)
        assert (await scene.read("conduct-checks?count=exact", token))["count"] == 0, name
    for query, found in (
        ("state=recorded", 1),
        (f"inspection_id={row['inspection_id']}", 1),
        (f"division={DISTRICT}", 1),
        ("observed_from=2026-11-02", 0),
    ):
        page = await scene.read(f"conduct-checks?count=exact&{query}", scene.agency)
        assert page["count"] == found, query


async def test_allowed_actions_is_exactly_what_succeeds(scene: Scene) -> None:
    kinds = cycle([(), (), ("uniform",)])
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/conduct-checks",
        lambda: recorded(scene, *next(kinds)),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        {"void": {"reason": "r"}},
        {"establish": 2},
    )
    for seed in range(2):
        await walk.run(seed=seed)
    assert len(walk.seen) >= 2, walk.seen


async def test_a_follow_up_looks_back_on_what_was_verified(scene: Scene) -> None:
    row = await scene.in_progress()
    follows = {"follows_id": row["id"]}
    answer = await scene.call("inspections", scene.supervisor, scene.inspection(**follows))
    refused(answer, 409, "followed-rectification-not-verified")
    await scene.step("rectifications", row, "submit", scene.agency, {"report": "r"})
    await scene.step("rectifications", row, "verify", scene.colleague, {})
    made = await scene.assign(**follows)
    assert made["follows_id"] == row["id"]
    (fact,) = [
        fact
        for fact in await scene.oversight.facts("oversight.inspection.assigned.v1")
        if fact["data"]["follows_id"]
    ]
    assert fact["data"]["follows_id"] == row["id"]
    page = await scene.read(f"inspections?follows_id={row['id']}&count=exact", scene.agency)
    assert (page["count"], page["items"][0]["id"]) == (1, made["id"])
    unknown = scene.inspection(follows_id=str(scene.subject_id))
    answer = await scene.call("inspections", scene.supervisor, unknown)
    refused(answer, 422, "followed-rectification-unknown")
