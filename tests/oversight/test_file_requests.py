"""Case files that are asked for by a day: answered, sent back, overdue."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from services.oversight.file_requests.rules import LIFECYCLE
from tests.oversight.scene import DISTRICT, TOWNSHIP, Scene, refused
from tests.walks import Walk

MONDAY = datetime(2026, 9, 28, 1, tzinfo=UTC)
FILES = [{"title": "处罚案卷", "number": "12号"}, {"title": "许可案卷"}]
ANSWER = {
    "files": [
        {"position": 1, "reference": {"title": "处罚案卷", "sha256": "0f" * 32}},
        {"position": 2, "reason": "无此案卷"},
    ]
}


async def requested(scene: Scene, **changed: Any) -> dict[str, Any]:
    body = {"subject_id": str(scene.subject_id), "purpose": "核查程序", "files": FILES, **changed}
    return await scene.done("file-requests", as_=scene.supervisor, json=body, status=201)


async def test_files_are_asked_for_by_a_day_and_handed_over(scene: Scene) -> None:
    scene.stand_at(MONDAY)
    row = await requested(scene)
    # Five working days behind 28 September: the holidays lie between.
    assert datetime.fromisoformat(row["due_at"]) == datetime(2026, 10, 10, 16, tzinfo=UTC)
    assert row["legal_basis"][0].startswith("《重庆市行政执法监督条例》第十四条")
    assert (await scene.read(f"file-requests/{row['id']}", scene.agency))["allowed_actions"] == [
        "answer"
    ]
    row = await scene.step("file-requests", row, "answer", scene.agency, ANSWER)
    (answer,) = row["answers"]
    assert (answer["late"], answer["answered_by"]) == (False, "agency")
    assert answer["files"][1] == {"position": 2, "reference": None, "reason": "无此案卷"}
    row = await scene.step("file-requests", row, "return", scene.supervisor, {"reason": "缺页"})
    assert (row["state"], row["answers"][0]["returned_because"]) == ("requested", "缺页")
    row = await scene.step("file-requests", row, "answer", scene.enforcement, ANSWER)
    row = await scene.step("file-requests", row, "close", scene.colleague)
    assert (row["state"], row["closed_by"], row["allowed_actions"]) == ("closed", "qian", [])
    assert await scene.fact_types() == [
        f"file_request.{verb}.v1"
        for verb in ("requested", "answered", "returned", "answered", "closed")
    ]
    fact = (await scene.oversight.facts())[0]
    assert (fact["data"]["files"], "处罚案卷" in str(fact)) == (2, False)
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"


async def test_a_request_that_is_not_answered_is_overdue_once(scene: Scene) -> None:
    row = await requested(scene, period={"n": 2, "unit": "wd"})
    scene.oversight.advance(days=20)
    assert (await scene.read(f"file-requests/{row['id']}", scene.agency))["overdue"]
    assert [await scene.oversight.fire_timers() for _ in range(2)] == [1, 0]
    (fact,) = await scene.oversight.facts("oversight.file_request.overdue.v1")
    assert fact["data"]["file_request_id"] == row["id"]
    for query, found in (("overdue=true", 1), ("overdue=false", 0), ("q=程序", 1)):
        page = await scene.read(f"file-requests?count=exact&{query}", scene.agency)
        assert page["count"] == found, query
    row = await scene.step("file-requests", row, "answer", scene.agency, ANSWER)
    assert (row["overdue"], row["answers"][0]["late"]) == (False, True)
    other = await requested(scene)
    await scene.step("file-requests", other, "withdraw", scene.supervisor, {"reason": "已有"})
    scene.oversight.advance(days=40)
    assert await scene.oversight.fire_timers() == 0


async def test_an_answer_tells_of_each_file_once(scene: Scene) -> None:
    row = await requested(scene)
    path = f"file-requests/{row['id']}/answer"
    one = {"position": 1, "reason": "r"}
    for files in ([one], [one, one], [one, {"position": 3, "reason": "r"}]):
        answer = await scene.call(path, scene.agency, {"files": files})
        refused(answer, 422, "file-request-answer-does-not-fit")
    for broken in ({"position": 1}, {**one, "reference": {"title": "t"}}):
        answer = await scene.call(path, scene.agency, {"files": [broken]})
        refused(answer, 422, "invalid-input")
    refused(await scene.call(path, scene.supervisor, ANSWER), 403, "forbidden")


async def test_a_request_does_not_tell_that_somebody_is_coming(scene: Scene) -> None:
    body = {"subject_id": str(scene.subject_id), "purpose": "p", "files": FILES}
    secret = await scene.assign(mode="unannounced")
    asked = {**body, "inspection_id": secret["id"]}
    answer = await scene.call("file-requests", scene.supervisor, asked)
    refused(answer, 409, "file-request-of-concealed-inspection")
    unknown = {**body, "inspection_id": str(uuid4())}
    answer = await scene.call("file-requests", scene.supervisor, unknown)
    refused(answer, 422, "inspection-unknown")
    open_one = await scene.assign()
    row = await requested(scene, inspection_id=open_one["id"])
    page = await scene.read(f"file-requests?inspection_id={open_one['id']}", scene.agency)
    assert [item["id"] for item in page["items"]] == [row["id"]]


async def test_nobody_asks_beyond_their_division_or_longer_than_the_rule(scene: Scene) -> None:
    body = {"subject_id": str(scene.subject_id), "purpose": "p", "files": FILES}
    foreign = scene.foreigners["foreign district"]
    refused(await scene.call("file-requests", foreign, body), 422, "subject-unknown")
    refused(await scene.call("file-requests", scene.agency, body), 403, "forbidden")
    long = {**body, "period": {"n": 6, "unit": "wd"}}
    answer = await scene.call("file-requests", scene.supervisor, long)
    refused(answer, 422, "file-request-term-too-long")
    row = await requested(scene)
    for name, token in scene.foreigners.items():
        await scene.read(f"file-requests/{row['id']}", token, 404)
        assert (await scene.read("file-requests?count=exact", token))["count"] == 0, name


async def test_allowed_actions_is_exactly_what_succeeds(scene: Scene) -> None:
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/file-requests",
        lambda: requested(scene),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        {"answer": ANSWER, "return": {"reason": "r"}, "withdraw": {"reason": "r"}},
    )
    await walk.run(seed=1)
    assert len(walk.seen) >= 3, walk.seen
