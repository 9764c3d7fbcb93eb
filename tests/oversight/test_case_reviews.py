"""Reviews of case files: drawn by a kept seed, scored blind by two, settled by a third."""

import asyncio
import hashlib
from itertools import count, cycle
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.oversight.case_files.rules import LIFECYCLE as FILE
from services.oversight.case_files.rules import scored
from services.oversight.case_files.tables import CaseSheet
from services.oversight.case_reviews.rules import LIFECYCLE, sample
from tests.oversight.scene import DISTRICT, FOREIGN, SUBJECT_CODE, Scene, credit_code, refused
from tests.oversight.test_appraisals import FINDINGS, adopted, opened
from tests.security.rows import sequence
from tests.walks import Outcome, Walk

REVIEWS, FILES = "case-reviews", "case-files"
NUMBERS = [f"沙综执罚〔2026〕{number}号" for number in range(1, 21)]


def sheet(points: str = "0", kind: str = "procedure") -> dict[str, Any]:
    error = {"error_class": kind, "points": points, "description": "未告知听证权利"}
    return {"errors": [error] if points != "0" else [], "opinion": "程序有瑕疵"}


class Panel:
    """The reviewers and the arbiter of a review, and its verbs."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        token = scene.oversight.token
        self.first, self.second, self.arbiter = (
            token("district_supervisor", DISTRICT, sub=sub) for sub in ("r1", "r2", "ar")
        )
        self.people = {
            "reviewers": [{"sub": "r1", "name": "评一"}, {"sub": "r2", "name": "评二"}],
            "arbiter": {"sub": "ar", "name": "复评"},
        }

    async def sampled(self, size: int = 1) -> dict[str, Any]:
        inspection = await self.scene.on_site(mode="file_review")
        return await self.sampled_in(inspection["id"], size)

    async def sampled_in(self, inspection_id: str, size: int = 1) -> dict[str, Any]:
        body = {
            "inspection_id": inspection_id,
            "title": "年度案卷评查",
            "files": NUMBERS,
            "sample_size": size,
        }
        return await self.scene.done(REVIEWS, as_=self.scene.supervisor, json=body, status=201)

    async def assigned(self, size: int = 1) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        row = await self.sampled(size)
        row = await self.scene.step(REVIEWS, row, "assign", self.scene.supervisor, self.people)
        path = f"{FILES}?case_review_id={row['id']}"
        return row, (await self.scene.read(path, self.scene.supervisor))["items"]

    async def score(self, file: Any, who: str, points: str = "0") -> dict[str, Any]:
        return await self.scene.step(FILES, file, "score", who, sheet(points))

    async def announced(self, points: str = "5") -> tuple[dict[str, Any], dict[str, Any]]:
        row, (file,) = await self.assigned()
        for who in (self.first, self.second):
            file = await self.score(file, who, points)
        row = await self.scene.step(REVIEWS, row, "announce", self.scene.colleague)
        return row, file

    async def counts(self) -> int:
        path = f"{REVIEWS}?count=exact"
        return int((await self.scene.read(path, self.scene.agency))["count"])


@pytest.fixture
def panel(scene: Scene) -> Panel:
    return Panel(scene)


async def test_a_sample_is_drawn_by_a_kept_seed_and_can_be_drawn_again(
    scene: Scene, panel: Panel
) -> None:
    row = await panel.sampled(5)
    told = await scene.read(f"{REVIEWS}/{row['id']}/sample", scene.supervisor)

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    by_hand = sorted(NUMBERS, key=lambda number: digest(f"{told['seed']}\n{number}"))[:5]
    listed = await scene.read(f"{FILES}?case_review_id={row['id']}", scene.supervisor)
    assert {file["number"] for file in listed["items"]} == set(by_hand) == set(told["sampled"])
    assert told["digest"] == digest("\n".join(sorted(NUMBERS)))
    (fact,) = await scene.oversight.facts("oversight.case_review.sampled.v1")
    assert (fact["data"]["seed"], fact["data"]["digest"]) == (told["seed"], told["digest"])
    assert fact["division"] == f"50.{DISTRICT}._", "nothing is told at the body's place"


def test_each_file_is_drawn_as_often_as_any_other() -> None:
    counts = dict.fromkeys(NUMBERS, 0)
    for seed in range(2_000):
        for number in sample(NUMBERS, size=5, seed=str(seed)):
            counts[number] += 1
    # 20 cells, 500 expected in each: the chi-square stays below the 99.9 % point of 19 degrees.
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 43.8


async def test_two_reviewers_score_blind_and_close_scores_are_averaged(
    scene: Scene, panel: Panel
) -> None:
    row, (file,) = await panel.assigned()
    path = f"/oversight/v1/{FILES}/{file['id']}"

    async def seen(who: str) -> tuple[Any, ...]:
        await sequence(scene.oversight)  # so that the feed has whatever it will have
        answers = [
            await scene.oversight.get(address, as_=who)
            for address in (path, f"/oversight/v1/{REVIEWS}/{row['id']}", "/oversight/v1/events")
        ]
        return tuple((answer.headers.get("etag"), answer.text) for answer in answers)

    before = {who: await seen(who) for who in (panel.second, panel.arbiter, scene.supervisor)}
    mine = await panel.score(file, panel.first, "5")
    assert [(one["own"], one["score"]) for one in mine["sheets"]] == [(True, "95.00")]
    for who, told in before.items():
        assert await seen(who) == told, "not by a version, a count or a fact"
    (fact,) = await scene.oversight.facts("oversight.case_file.sheet_handed_in.v1")
    assert "score" not in fact["data"]
    again = await scene.call(f"{FILES}/{file['id']}/score", panel.first, sheet())
    refused(again, 409, "case-file-sheet-exists")

    done = await panel.score(file, panel.second, "15")
    assert (done["state"], done["score"]) == ("settled", "90.00")
    assert [one["score"] for one in done["sheets"]] == ["95.00", "85.00"]
    assert [one["points"] for one in done["errors"]] == ["5.00", "15.00"]
    row = await scene.read(f"{REVIEWS}/{row['id']}", scene.supervisor)
    assert (row["state"], row["score"]) == ("scored", "90.00")
    assert (await scene.fact_types())[-3:] == [
        "case_file.sheet_handed_in.v1",
        "case_file.settled.v1",
        "case_review.scored.v1",
    ]


async def test_further_apart_than_the_gap_an_arbiter_settles_it(scene: Scene, panel: Panel) -> None:
    row, (file,) = await panel.assigned()
    await panel.score(file, panel.first, "5")
    file = await panel.score(file, panel.second, "15.01")
    assert (file["state"], file["score"]) == ("disputed", None)
    own = await scene.call(f"{FILES}/{file['id']}/arbitrate", panel.first, sheet())
    refused(own, 403, "case-file-not-reviewer")
    file = await scene.step(FILES, file, "arbitrate", panel.arbiter, sheet("12"))
    assert (file["state"], file["score"], len(file["errors"])) == ("settled", "88.00", 1)
    (fact,) = await scene.oversight.facts("oversight.case_file.disputed.v1")
    assert fact["data"]["arbiter"] == ["ar"]
    assert (await scene.read(f"{REVIEWS}/{row['id']}", scene.supervisor))["state"] == "scored"


async def test_two_sheets_at_once_settle_a_file_once(scene: Scene, panel: Panel) -> None:
    row, files = await panel.assigned(2)
    calls = [
        scene.call(f"{FILES}/{file['id']}/score", who, sheet())
        for file in files
        for who in (panel.first, panel.second)
    ]
    assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200] * 4
    assert (await scene.read(f"{REVIEWS}/{row['id']}", scene.supervisor))["score"] == "100.00"
    assert len(await scene.oversight.facts("oversight.case_file.settled.v1")) == 2
    assert len(await scene.oversight.facts("oversight.case_review.scored.v1")) == 1


async def test_the_subject_sees_it_once_it_is_announced_and_not_who_scored(
    scene: Scene, panel: Panel
) -> None:
    row, (file,) = await panel.assigned()
    for who in (panel.first, panel.second):
        file = await panel.score(file, who, "5")
    for who in (scene.agency, scene.enforcement, scene.office):
        await scene.read(f"{REVIEWS}/{row['id']}", who, 404)
        await scene.read(f"{FILES}/{file['id']}", who, 404)
    assert await panel.counts() == 0
    path = f"{REVIEWS}/{row['id']}/announce"
    refused(await scene.call(path, panel.first), 403, "case-review-announced-by-scorer")
    await scene.done(path, as_=scene.colleague)
    told = await scene.read(f"{REVIEWS}/{row['id']}", scene.agency)
    assert (told["score"], told["scorers"]) == ("95.00", None)
    assert told["allowed_actions"] == ["accept", "object"]
    seen = await scene.read(f"{FILES}/{file['id']}", scene.agency)
    assert (seen["score"], seen["sheets"], len(seen["errors"])) == ("95.00", [], 2)
    assert await panel.counts() == 1
    for name, token in scene.foreigners.items():
        await scene.read(f"{REVIEWS}/{row['id']}", token, 404)
        assert (await scene.read(f"{FILES}?count=exact", token))["count"] == 0, name


async def test_an_objection_is_decided_by_somebody_who_did_not_score(
    scene: Scene, panel: Panel
) -> None:
    row, file = await panel.announced()
    path = f"{REVIEWS}/{row['id']}"
    unknown = {"files": [{"case_file_id": str(uuid4()), "reason": "无"}]}
    refused(await scene.call(f"{path}/object", scene.agency, unknown), 422, "case-file-unknown")
    named = [{"case_file_id": file["id"], "reason": "告知书在副卷"}]
    await scene.done(f"{path}/object", as_=scene.agency, json={"files": named})
    change = {"case_file_id": file["id"], "score": "100.01", "reason": "属实"}
    body = {"opinion": "成立", "files": [change]}
    own = await scene.call(f"{path}/decide", panel.arbiter, body)
    refused(own, 403, "case-review-announced-by-scorer")
    over = await scene.call(f"{path}/decide", scene.supervisor, body)
    refused(over, 422, "case-file-score-above-full")
    change["score"] = "100"
    row = await scene.done(f"{path}/decide", as_=scene.supervisor, json=body)
    assert (row["state"], row["score"]) == ("concluded", "100.00")
    assert (
        row["decision"]["adjusted"][0] | {"before": "95.00", "after": "100.00"}
        == (row["decision"]["adjusted"][0])
    )
    (fact,) = await scene.oversight.facts("oversight.case_review.concluded.v1")
    assert (fact["data"]["score"], fact["data"]["adjusted"]) == ("100.00", [file["id"]])


async def test_nothing_is_concluded_while_the_body_may_object(scene: Scene, panel: Panel) -> None:
    row, file = await panel.announced()
    path = f"{REVIEWS}/{row['id']}"
    early = await scene.call(f"{path}/conclude", scene.supervisor)
    refused(early, 409, "case-review-objection-term-running")
    scene.oversight.advance(days=30)
    named = {"files": [{"case_file_id": file["id"], "reason": "无"}]}
    late = await scene.call(f"{path}/object", scene.agency, named)
    refused(late, 409, "case-review-objection-term-over")
    assert (await scene.done(f"{path}/conclude", as_=scene.supervisor))["state"] == "concluded"


async def test_errors_of_a_file_become_a_finding_of_the_inspection(
    scene: Scene, panel: Panel
) -> None:
    row, file = await panel.announced()
    path, body = f"{FILES}/{file['id']}/raise", {"code": "single-officer", "description": "仅一人"}
    early = await scene.call(path, scene.supervisor, body)
    refused(early, 409, "case-review-not-concluded")
    await scene.step(REVIEWS, row, "accept", scene.agency)
    file = await scene.done(path, as_=scene.supervisor, json=body)
    assert file["state"] == "raised"
    finding = await scene.read(f"findings/{file['finding_id']}", scene.agency)
    assert finding["inspection_id"] == row["inspection_id"]
    assert finding["description"] == f"案卷{file['number']}:仅一人"
    refused(await scene.call(path, scene.supervisor, body), 409, "transition-not-allowed")


async def test_a_file_without_errors_becomes_no_finding(scene: Scene, panel: Panel) -> None:
    row, file = await panel.announced("0")
    await scene.step(REVIEWS, row, "accept", scene.agency)
    body = {"code": "single-officer", "description": "仅一人"}
    answer = await scene.call(f"{FILES}/{file['id']}/raise", scene.supervisor, body)
    refused(answer, 409, "case-file-without-errors")


async def test_the_mean_of_the_year_is_a_measure_of_the_appraisal(
    scene: Scene, panel: Panel
) -> None:
    told = {"measure": "case_files", "target": "98", "deduct": "2", "weight": "100"}
    scheme = await adopted(scene, indicators=[{**FINDINGS, **told}])
    row, _ = await panel.announced("5")
    await scene.step(REVIEWS, row, "accept", scene.agency)
    appraisal = await opened(scene, scheme)
    scene.oversight.advance(days=1)
    body = {"scores": [], "statement": "无"}
    appraisal = await scene.step("appraisals", appraisal, "score", scene.agency, body)
    body = {"scores": []}
    appraisal = await scene.step("appraisals", appraisal, "review", scene.colleague, body)
    result = appraisal["results"][0]
    assert (result["value"], result["points"]) == ("95", "94.00")


async def test_who_may_score(scene: Scene, panel: Panel) -> None:
    row = await panel.sampled()
    path = f"{REVIEWS}/{row['id']}/assign"
    same = {**panel.people, "arbiter": {"sub": "r1", "name": "评一"}}
    refused(await scene.call(path, scene.supervisor, same), 422, "case-review-reviewers-not-three")
    own = {"sub": "own", "name": "本单位", "organisation": SUBJECT_CODE}
    body = {**panel.people, "arbiter": own}
    refused(await scene.call(path, scene.supervisor, body), 422, "case-review-reviewer-of-subject")
    await scene.done(path, as_=scene.supervisor, json=panel.people)
    (file,) = (await scene.read(FILES, scene.supervisor))["items"]
    score = f"{FILES}/{file['id']}/score"
    refused(await scene.call(score, panel.arbiter, sheet()), 403, "case-file-not-reviewer")
    refused(await scene.call(score, scene.agency, sheet()), 403, "forbidden")
    above = await scene.call(score, panel.first, sheet("25.01"))
    refused(above, 422, "case-file-errors-above-weight")


async def test_files_are_reviewed_within_a_running_inspection_of_files_and_once(
    scene: Scene, panel: Panel
) -> None:
    body = {"title": "评查", "files": NUMBERS[:2], "sample_size": 3}
    other = await scene.on_site()
    body["inspection_id"] = other["id"]
    answer = await scene.call(REVIEWS, scene.supervisor, body)
    refused(answer, 409, "case-review-inspection-not-of-files")
    body["inspection_id"] = (await scene.on_site(mode="file_review"))["id"]
    answer = await scene.call(REVIEWS, scene.supervisor, body)
    refused(answer, 422, "case-review-sample-too-large")
    body["sample_size"] = 1
    answers = await asyncio.gather(
        *(scene.call(REVIEWS, who, body) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    foreign = scene.oversight.token("district_supervisor", "500116")
    refused(await scene.call(REVIEWS, foreign, body), 422, "inspection-unknown")


def test_points_of_a_file_are_the_weights_less_its_errors() -> None:
    errors = [
        {"error_class": "facts", "points": "10.50"},
        {"error_class": "facts", "points": "4.50"},
        {"error_class": "filing", "points": "5"},
    ]
    assert str(scored(errors, {"facts": 60, "filing": 40})) == "80.00"


async def test_a_reviewer_from_elsewhere_sees_that_review_and_nothing_else(
    scene: Scene, panel: Panel
) -> None:
    token = scene.oversight.token
    panel.first = token("district_supervisor", FOREIGN, sub="r1")
    panel.arbiter = token("district_supervisor", FOREIGN, sub="ar")
    row, (file,) = await panel.assigned()
    other, _ = await Panel(scene).assigned()
    await scene.step(REVIEWS, other, "cancel", scene.supervisor, {"reason": "r"})
    await panel.sampled()
    scan = await scene.attach("case_file", file["id"], scene.supervisor)

    async def counts(who: str) -> list[int]:
        paths = (REVIEWS, FILES, "inspections", "findings", "subjects", "rectifications")
        pages = [await scene.read(f"{path}?count=exact", who) for path in paths]
        return [page["count"] for page in pages]

    colleague = scene.foreigners["foreign district"]
    assert await counts(colleague) == [0] * 6
    for who in (panel.first, panel.arbiter):
        assert await counts(who) == [1, 1, 0, 0, 0, 0]
        seen = await scene.read(f"{REVIEWS}/{row['id']}", who)
        assert (seen["allowed_actions"], seen["scorers"]) == ([], None)
        await scene.read(f"{REVIEWS}/{row['id']}/sample", who, 404)
        await scene.read(f"inspections/{row['inspection_id']}", who, 404)
        await scene.read(f"evidence?inspection_id={row['inspection_id']}", who, 404)
        answer = await scene.call(f"{REVIEWS}/{row['id']}/cancel", who, {"reason": "r"})
        refused(answer, 404, "not-found")
    await scene.read(f"evidence/{scan['id']}", panel.first)
    await scene.read(f"evidence/{scan['id']}", colleague, 404)
    agency = token("agency_user", FOREIGN, sub="r1", organisation="11500116000000001A")
    await scene.read(f"{REVIEWS}/{row['id']}", agency, 404)
    # Both score, too far apart; the arbiter sees both sheets, and settles it.
    assert (await panel.score(file, panel.first, "20"))["sheets"][0]["own"]
    assert (await scene.read(f"{FILES}/{file['id']}", panel.arbiter))["sheets"] == []
    await panel.score(file, panel.second)
    seen = await scene.read(f"{FILES}/{file['id']}", panel.arbiter)
    assert (len(seen["sheets"]), seen["allowed_actions"]) == (2, ["arbitrate"])
    await scene.step(FILES, file, "arbitrate", panel.arbiter, sheet("5"))
    await scene.step(REVIEWS, row, "announce", scene.colleague)
    assert await counts(panel.first) == [1, 1, 0, 0, 0, 0]
    await scene.step(REVIEWS, row, "accept", scene.agency)
    assert await counts(panel.first) == [0] * 6


async def test_who_was_recused_from_the_inspection_takes_no_part(
    scene: Scene, panel: Panel
) -> None:
    row = await panel.sampled()
    path, review = f"inspections/{row['inspection_id']}", f"{REVIEWS}/{row['id']}"
    wang = scene.oversight.token("district_supervisor", DISTRICT, sub="wang")
    reviewers = [{"sub": "wang", "name": "王强"}, {"sub": "r2", "name": "评二"}]
    own = {**panel.people, "reviewers": reviewers}
    await scene.done(f"{review}/assign", as_=scene.supervisor, json=own)
    (file,) = (await scene.read(FILES, wang))["items"]
    assert file["allowed_actions"] == ["score"]
    chen = {"sub": "chen", "name": "陈洁", "organisation": credit_code(4)}
    body = {"inspector": "wang", "reason": "近亲属", "replacement": chen}
    await scene.done(f"{path}/recuse", as_=scene.supervisor, json=body)
    score = f"{FILES}/{file['id']}/score"
    for call, told in ((score, sheet()), (f"{review}/cancel", {"reason": "r"})):
        refused(await scene.call(call, wang, told), 403, "actor-recused")
    for seen in (f"{FILES}/{file['id']}", review):
        assert (await scene.read(seen, wang))["allowed_actions"] == []
    scan = await scene.oversight.post(
        "/oversight/v1/evidence",
        as_=wang,
        params={"case_file_id": file["id"], "name": "卷宗.pdf"},
        content=b"%PDF-1.7",
        headers={"Content-Type": "application/pdf"},
    )
    refused(scan, 403, "actor-recused")
    await scene.done(score, as_=panel.second, json=sheet())
    await scene.done(f"{review}/cancel", as_=scene.supervisor, json={"reason": "评查人回避"})
    body = {"inspection_id": row["inspection_id"], "title": "评查", "files": NUMBERS}
    refused(await scene.call(REVIEWS, wang, {**body, "sample_size": 1}), 403, "actor-recused")
    row = await panel.sampled_in(row["inspection_id"])
    answer = await scene.call(f"{REVIEWS}/{row['id']}/assign", scene.supervisor, own)
    refused(answer, 422, "case-review-reviewer-recused")


async def test_allowed_actions_of_a_review_are_exactly_what_succeeds(
    scene: Scene, panel: Panel
) -> None:
    turns, files = count(), {}

    async def create() -> dict[str, Any]:
        turn = next(turns)
        if turn % 10 == 9:  # the terms of those announced are over
            scene.oversight.advance(days=20)
            await scene.oversight.fire_timers()
        if turn % 2:
            row = await panel.sampled()
            files[row["id"]] = str(uuid4())
            return row
        row, (file,) = await panel.assigned()
        for who in (panel.first, panel.second):
            await panel.score(file, who, "5")
        files[row["id"]] = file["id"]
        return row

    def objection(thing: dict[str, Any]) -> dict[str, Any]:
        return {"files": [{"case_file_id": files[thing["id"]], "reason": "无"}]}

    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        f"/oversight/v1/{REVIEWS}",
        create,
        callers={
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "reviewer": panel.first,
            "agency": scene.agency,
            "enforcement": scene.enforcement,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "assign": panel.people,
            "object": objection,
            "decide": {"opinion": "不成立"},
            "cancel": {"reason": "取消"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=2)
    made = {action for _, action in walk.seen}
    assert made >= {"assign", "announce", "cancel"}, made
    assert made & {"accept", "object", "conclude"}, made


async def test_allowed_actions_of_a_file_are_exactly_what_succeeds(
    scene: Scene, panel: Panel
) -> None:
    """The first sheet changes nothing that can be seen; the second settles the file or not."""
    turns, points = count(), cycle(("5", "20", "0"))

    async def create() -> dict[str, Any]:
        turn = next(turns) % 4
        if turn in (0, 2):
            _, (file,) = await panel.assigned()
            return file
        row, file = await panel.announced(next(points))
        await scene.step(REVIEWS, row, "accept", scene.agency)
        for step in ("seal", "sign") if turn == 3 else ():  # too late for findings
            inspection = {"id": row["inspection_id"]}
            await scene.step("inspections", inspection, step, scene.supervisor)
        return file

    async def scored_now(file: dict[str, Any]) -> Outcome:
        async with scene.oversight.session() as session:
            its = select(CaseSheet.score).where(CaseSheet.case_file_id == file["id"])
            scores = (await session.scalars(its)).all()
        if len(scores) == 1:
            return Outcome("sampled", 0, 1)
        apart = abs(scores[0] - scores[1]) > 10
        # Its only file settled, the review has its score too.
        return Outcome("disputed", 1, 1) if apart else Outcome("settled", 1, 2)

    walk = Walk(
        scene.oversight,
        FILE,
        f"/oversight/v1/{FILES}",
        create,
        callers={
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "first": panel.first,
            "second": panel.second,
            "arbiter": panel.arbiter,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "score": lambda _: sheet(next(points)),
            "arbitrate": sheet("5"),
            "raise": {"code": "single-officer", "description": "仅一人"},
        },
        facts={"arbitrate": 2, "raise": 2},
        outcomes={"score": scored_now},
    )
    await walk.run(seed=1, steps=24, alive=2)
    assert {action for _, action in walk.seen} == {"score", "arbitrate", "raise"}, walk.seen
