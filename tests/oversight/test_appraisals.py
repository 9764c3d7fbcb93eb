"""Appraisals: schemes by edition, points of people and of the data, objections, the ranking."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, product
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.oversight.appraisal_schemes.rules import LIFECYCLE as SCHEME
from services.oversight.appraisals.rules import LIFECYCLE, earned
from shared.clock import legal_day
from tests.oversight.scene import (
    BUREAU,
    DISTRICT,
    FOREIGN,
    HERE,
    SIBLING,
    TOWNSHIP,
    Scene,
    credit_code,
    refused,
    subject_published,
)
from tests.walks import Walk

SCHEMES, APPRAISALS = "appraisal-schemes", "appraisals"
ORGANISATION: dict[str, Any] = {
    "code": "organisation",
    "name": "责任分解落实",
    "criteria": "缺一项扣2分",
    "weight": "40.00",
    "source": "self",
}
FINDINGS: dict[str, Any] = {
    "code": "findings",
    "name": "认定的问题",
    "criteria": "每个扣15分",
    "weight": "60.00",
    "source": "automatic",
    "measure": "findings_confirmed",
    "target": "0",
    "deduct": "15",
}
CONCEALMENT = {"code": "concealment", "name": "瞒报"}
BY_CERTIFICATE = {
    "code": "without-certificate",
    "name": "无证执法",
    "measure": "findings_confirmed",
    "finding_codes": ["officer-without-certificate"],
}


def scheme_body(**changed: Any) -> dict[str, Any]:
    return {
        "division": DISTRICT,
        "year": legal_day(datetime.now(UTC)).year,
        "title": "年度行政执法评议考核方案",
        "basis": ["《重庆市行政执法责任制条例》第十五条"],
        "indicators": [ORGANISATION, FINDINGS],
        "vetoes": [CONCEALMENT],
        **changed,
    }


async def drafted(scene: Scene, **changed: Any) -> dict[str, Any]:
    body = scheme_body(year=year(scene), **changed)
    return await scene.done(SCHEMES, as_=scene.supervisor, json=body, status=201)


def year(scene: Scene) -> int:
    return scene.oversight.today().year


async def adopted(scene: Scene, **changed: Any) -> dict[str, Any]:
    return await scene.step(SCHEMES, await drafted(scene, **changed), "adopt", scene.colleague)


async def opened(scene: Scene, scheme: Any = None, **changed: Any) -> dict[str, Any]:
    scheme = scheme or await adopted(scene)
    body = {"scheme_id": scheme["id"], "subject_id": str(scene.subject_id), **changed}
    return await scene.done(APPRAISALS, as_=scene.supervisor, json=body, status=201)


SELF = {"scores": [{"code": "organisation", "points": "40.00"}], "statement": "已落实"}
REVIEW: dict[str, Any] = {
    "scores": [{"code": "organisation", "points": "36.00", "reason": "缺两项职责"}]
}
OBJECTION = {"points": [{"code": "organisation", "reason": "两项职责已撤并"}]}


async def reviewed(scene: Scene, scheme: Any = None, **review: Any) -> dict[str, Any]:
    row = await scene.step(APPRAISALS, await opened(scene, scheme), "score", scene.agency, SELF)
    return await scene.step(APPRAISALS, row, "review", scene.supervisor, {**REVIEW, **review})


async def published(scene: Scene, **review: Any) -> dict[str, Any]:
    row = await scene.step(APPRAISALS, await reviewed(scene, **review), "accept", scene.agency)
    return await scene.step(APPRAISALS, row, "publish", scene.colleague)


def heard(scene: Scene, **changed: Any) -> dict[str, Any]:
    day = scene.oversight.today().isoformat()
    return {"heard_on": day, "opinion": "部分成立", **changed}


# ---------------------------------------------------------------- schemes


async def test_a_scheme_is_adopted_by_another_than_who_drafted_it(scene: Scene) -> None:
    scheme = await drafted(scene)
    assert (scheme["edition"], scheme["allowed_actions"]) == (1, ["change", "discard"])
    own = await scene.call(f"{SCHEMES}/{scheme['id']}/adopt", scene.supervisor)
    refused(own, 403, "appraisal-scheme-self-adopted")
    scheme = await scene.step(SCHEMES, scheme, "adopt", scene.colleague)
    assert (scheme["state"], scheme["allowed_actions"]) == ("adopted", [])
    assert await scene.fact_types() == [
        "appraisal_scheme.drafted.v1",
        "appraisal_scheme.adopted.v1",
    ]


async def test_a_later_edition_supersedes_the_adopted_one_and_runs_beside_it(scene: Scene) -> None:
    first = await adopted(scene)
    running = await opened(scene, first)
    second = await adopted(scene, title="修订版")
    assert second["edition"] == 2
    assert (await scene.read(f"{SCHEMES}/{first['id']}", scene.supervisor))["state"] == "superseded"
    body = {"scheme_id": first["id"], "subject_id": str(scene.subject_id)}
    again = await scene.call(APPRAISALS, scene.supervisor, body)
    refused(again, 409, "appraisal-scheme-not-adopted")
    body["scheme_id"] = second["id"]
    refused(await scene.call(APPRAISALS, scene.supervisor, body), 409, "appraisal-exists")
    assert running["scheme_title"] == first["title"]
    assert (await scene.fact_types())[-2:] == [
        "appraisal_scheme.superseded.v1",
        "appraisal_scheme.adopted.v1",
    ]


async def test_weights_make_up_the_total_of_the_rule(scene: Scene) -> None:
    scheme = await drafted(scene, indicators=[FINDINGS])
    path = f"{SCHEMES}/{scheme['id']}"
    assert (await scene.read(path, scene.colleague))["allowed_actions"] == ["change", "discard"]
    refused(await scene.call(f"{path}/adopt", scene.colleague), 422, "appraisal-scheme-weights-off")
    changed = await scene.oversight.patch(
        f"/oversight/v1/{path}",
        as_=scene.bureau,
        headers={"If-Match": f'"{scheme["version"]}"'},
        json={"indicators": [ORGANISATION, FINDINGS]},
    )
    assert changed.status_code == 200, changed.text
    # Whoever changed it is an author too.
    refused(await scene.call(f"{path}/adopt", scene.bureau), 403, "appraisal-scheme-self-adopted")
    await scene.done(f"{path}/adopt", as_=scene.colleague)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"indicators": [{**FINDINGS, "measure": None}]}, "indicator-incomplete"),
        ({"indicators": [{**ORGANISATION, "target": "1"}]}, "indicator-incomplete"),
        ({"indicators": [ORGANISATION, ORGANISATION]}, "code-given-twice"),
        ({"vetoes": [{**BY_CERTIFICATE, "measure": "officers_certified"}]}, "veto-by-share"),
        ({"vetoes": [{**CONCEALMENT, "finding_codes": ["x"]}]}, "measure-without-findings"),
        ({"indicators": [{**ORGANISATION, "weight": 40.5}]}, "points-not-in-text"),
        (
            {"indicators": [{**FINDINGS, "measure": "officers_certified", "target": "101"}]},
            "share-above-hundred",
        ),
    ],
)
async def test_what_a_scheme_cannot_say(scene: Scene, changed: Any, code: str) -> None:
    answer = await scene.call(SCHEMES, scene.supervisor, scheme_body(**changed))
    refused(answer, 422, "invalid-input")
    assert code in {error["code"] for error in answer.json()["errors"]}


async def test_where_and_of_what_a_scheme_is_made(scene: Scene) -> None:
    async def drafts(as_: str = scene.supervisor, **changed: Any) -> Any:
        return await scene.call(SCHEMES, as_, scheme_body(**changed))

    refused(await drafts(division=TOWNSHIP), 422, "appraisal-scheme-of-a-township")
    refused(await drafts(division=FOREIGN), 422, "division-unknown")
    refused(await drafts(division=BUREAU), 422, "division-unknown")
    unknown = [{**BY_CERTIFICATE, "finding_codes": ["no-such-code"]}]
    refused(await drafts(vetoes=unknown), 422, "appraisal-scheme-finding-code-unknown")
    refused(await drafts(scene.office), 403, "forbidden")
    assert (await drafts(scene.bureau, division=BUREAU)).status_code == 201
    city = (await scene.read(SCHEMES, scene.supervisor))["items"]
    assert city == []


async def test_two_drafts_at_once_are_one(scene: Scene) -> None:
    answers = await asyncio.gather(
        *(scene.call(SCHEMES, who, scheme_body()) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    refused(lost, 409, "appraisal-scheme-draft-exists")


async def test_a_discarded_draft_makes_room_for_another(scene: Scene) -> None:
    scheme = await drafted(scene)
    row = await scene.step(SCHEMES, scheme, "discard", scene.supervisor, {"reason": "重拟"})
    assert row["state"] == "discarded"
    assert (await drafted(scene))["edition"] == 2


# ---------------------------------------------------------------- appraisals


async def test_an_appraisal_goes_from_self_score_to_a_published_result(scene: Scene) -> None:
    row = await reviewed(scene)
    assert (row["state"], row["score"], row["grade"]) == ("reviewed", "96.00", "excellent")
    assert row["results"][0] == {
        "code": "organisation",
        "name": "责任分解落实",
        "weight": "40.00",
        "points": "36.00",
        "lost": "4.00",
        "value": None,
        "why": "缺两项职责",
    }
    assert (row["results"][1]["value"], row["results"][1]["lost"]) == ("0", "0.00")
    row = await scene.step(APPRAISALS, row, "accept", scene.agency)
    row = await scene.step(APPRAISALS, row, "publish", scene.colleague)
    body = {"purposes": ["appointment", "commendation"], "note": "年度考核"}
    row = await scene.step(APPRAISALS, row, "use", scene.supervisor, body)
    assert (row["state"], row["use"]["purposes"]) == ("used", body["purposes"])
    facts = [fact for fact in await scene.oversight.facts() if ".appraisal." in fact["type"]]
    assert [fact["type"].split(".")[-2] for fact in facts] == [
        "opened",
        "self_scored",
        "reviewed",
        "accepted",
        "published",
        "used",
    ]
    told = facts[4]
    assert told["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert (told["data"]["score"], told["data"]["grade"]) == ("96.00", "excellent")
    assert "score" not in facts[2]["data"], "points are told once they are published"


async def test_the_data_give_and_take_points_and_a_veto_fails_whatever_the_score(
    scene: Scene,
) -> None:
    scheme = await adopted(scene, vetoes=[CONCEALMENT, BY_CERTIFICATE])
    await scene.confirmed()
    row = await reviewed(scene, scheme)
    lost = row["results"][1]
    assert (lost["value"], lost["points"], lost["lost"]) == ("1", "45.00", "15.00")
    assert lost["why"] == "认定的问题数为1,目标0,每差1扣15分,扣15.00分"
    assert (row["score"], row["grade"]) == ("81.00", "failed")
    assert row["vetoed"] == [
        {"code": "without-certificate", "name": "无证执法", "why": "认定的问题数为1"}
    ]


async def test_overdue_rectifications_unverified_ones_and_missing_certificates_are_counted(
    scene: Scene,
) -> None:
    scene.stand_at(datetime(2027, 3, 1, tzinfo=UTC))

    def indicator(code: str, target: str, deduct: str) -> dict[str, Any]:
        told = {"measure": code, "target": target, "deduct": deduct, "weight": "20.00"}
        return {**FINDINGS, **told, "code": code.replace("_", "-")}

    scheme = await adopted(
        scene,
        indicators=[
            indicator("rectifications_overdue", "0", "5"),
            indicator("rectifications_verified", "100", "0.1"),
            indicator("officers_certified", "95", "0.2"),
            indicator("inspections_clean", "90", "1"),
            indicator("findings_grave", "0", "20"),
        ],
    )
    order = await scene.ordered()
    row = await opened(scene, scheme)
    scene.oversight.advance(days=40)
    assert (await scene.read(f"rectifications/{order['id']}", scene.bureau))["overdue"]
    row = await scene.step(APPRAISALS, row, "review", scene.supervisor, {"scores": []})
    found = {one["code"]: (one["value"], one["lost"]) for one in row["results"]}
    assert found == {
        "rectifications-overdue": ("1", "5.00"),
        "rectifications-verified": ("0", "10.00"),
        "officers-certified": ("0", "19.00"),
        # None is closed: no data costs no points.
        "inspections-clean": (None, "0.00"),
        "findings-grave": ("0", "0.00"),
    }


async def test_an_objection_is_heard_by_another_and_changes_points(scene: Scene) -> None:
    vetoes = [{"code": "concealment", "reason": "未报告复议撤销"}]
    row = await reviewed(scene, vetoes=vetoes)
    assert (row["grade"], row["vetoed"][0]["why"]) == ("failed", "未报告复议撤销")
    path = f"{APPRAISALS}/{row['id']}"
    nonsense = {"points": [{"code": "nothing", "reason": "无"}]}
    refused(
        await scene.call(f"{path}/object", scene.agency, nonsense), 422, "appraisal-point-unknown"
    )
    await scene.done(f"{path}/object", as_=scene.agency, json=OBJECTION)
    own = await scene.call(f"{path}/hear", scene.supervisor, heard(scene))
    refused(own, 403, "appraisal-heard-by-reviewer")
    early = heard(scene, heard_on="2022-06-17")
    answer = await scene.call(f"{path}/hear", scene.colleague, early)
    refused(answer, 422, "appraisal-hearing-day-impossible")
    told = heard(
        scene,
        scores=[{"code": "organisation", "points": "38.00", "reason": "一项已撤并"}],
        lifted=[{"code": "concealment", "reason": "已按期报告"}],
    )
    row = await scene.done(f"{path}/hear", as_=scene.colleague, json=told)
    assert (row["score"], row["grade"], row["vetoed"]) == ("98.00", "excellent", [])
    changed = {"code": "organisation", "before": "36.00", "after": "38.00", "reason": "一项已撤并"}
    assert row["hearing"]["changed"] == [changed]
    for scorer in (scene.supervisor, scene.colleague):
        answer = await scene.call(f"{path}/publish", scorer)
        refused(answer, 403, "appraisal-published-by-scorer")
    assert (await scene.done(f"{path}/publish", as_=scene.bureau))["state"] == "published"


async def test_nothing_is_published_while_the_subject_may_object(scene: Scene) -> None:
    row = await reviewed(scene)
    path = f"{APPRAISALS}/{row['id']}"
    refused(
        await scene.call(f"{path}/publish", scene.colleague),
        409,
        "appraisal-objection-term-running",
    )
    scene.oversight.advance(days=30)
    answer = await scene.call(f"{path}/object", scene.agency, OBJECTION)
    refused(answer, 409, "appraisal-objection-term-over")
    assert (await scene.done(f"{path}/publish", as_=scene.colleague))["state"] == "published"


async def test_who_does_not_score_itself_in_time_is_reviewed_without(scene: Scene) -> None:
    row = await opened(scene)
    path = f"{APPRAISALS}/{row['id']}"
    early = await scene.call(f"{path}/review", scene.supervisor, REVIEW)
    refused(early, 409, "appraisal-self-score-running")
    scene.oversight.advance(days=40)
    assert await scene.oversight.fire_timers() == 1
    assert (await scene.read(path, scene.supervisor))["overdue"]
    assert (await scene.fact_types())[-1] == "appraisal.self_score_overdue.v1"
    row = await scene.done(f"{path}/review", as_=scene.supervisor, json=REVIEW)
    assert (row["state"], row["self_scores"]) == ("reviewed", None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"scores": []}, 422, "appraisal-scores-incomplete"),
        (
            {"scores": [{"code": "organisation", "points": "41"}]},
            422,
            "appraisal-score-above-weight",
        ),
        ({"scores": [{"code": "organisation", "points": "39"}]}, 422, "appraisal-loss-unexplained"),
        (
            {**REVIEW, "vetoes": [{"code": "findings", "reason": "无"}]},
            422,
            "appraisal-point-unknown",
        ),
    ],
)
async def test_what_a_review_cannot_say(
    scene: Scene, body: dict[str, Any], status: int, code: str
) -> None:
    row = await scene.step(APPRAISALS, await opened(scene), "score", scene.agency, SELF)
    answer = await scene.call(f"{APPRAISALS}/{row['id']}/review", scene.supervisor, body)
    refused(answer, 422, code)


async def test_the_ranking_tells_each_its_place_and_the_reason_of_each_point_lost(
    scene: Scene,
) -> None:
    scheme = await adopted(scene)
    rows = {}
    for number, (points, vetoes) in enumerate([("30.00", []), ("40.00", ["concealment"])]):
        other, code = uuid4(), credit_code(50 + number)
        told = subject_published(other, uscc=code, name=f"第{number}家")
        await scene.oversight.react(told, HERE)
        row = await opened(scene, scheme, subject_id=str(other))
        agency = scene.oversight.token("agency_user", TOWNSHIP, organisation=code)
        await scene.step(APPRAISALS, row, "score", agency, SELF)
        body = {
            "scores": [{"code": "organisation", "points": points, "reason": "有缺项"}],
            "vetoes": [{"code": veto, "reason": "查实"} for veto in vetoes],
        }
        await scene.step(APPRAISALS, row, "review", scene.supervisor, body)
        await scene.step(APPRAISALS, row, "accept", agency)
        rows[number] = await scene.step(APPRAISALS, row, "publish", scene.colleague)
        scene.foreigners[f"agency {number}"] = agency
    row = await reviewed(scene, scheme)
    path = f"{APPRAISALS}/ranking?scheme_id={scheme['id']}"
    ranked = (await scene.read(path, scene.supervisor))["items"]
    assert [(one["rank"], one["score"], one["grade"]) for one in ranked] == [
        (1, "90.00", "excellent"),
        # A veto comes last, whatever the points.
        (2, "100.00", "failed"),
    ]
    assert [lost["why"] for lost in ranked[0]["lost"]] == ["有缺项"]
    mine = (await scene.read(path, scene.foreigners["agency 1"]))["items"]
    assert [(one["rank"], one["ranked"], one["subject_name"]) for one in mine] == [(2, 2, "第1家")]
    assert (await scene.read(path, scene.agency))["items"] == [], "not published, not ranked"
    page = await scene.read(f"{path}&limit=1", scene.supervisor)
    after = await scene.read(f"{path}&limit=1&cursor={page['next_cursor']}", scene.supervisor)
    assert after["items"] == ranked[1:]


async def test_an_appraisal_is_opened_once_and_for_a_subject_of_the_division(scene: Scene) -> None:
    scheme = await adopted(scene)
    body = {"scheme_id": scheme["id"], "subject_id": str(scene.subject_id)}
    answers = await asyncio.gather(
        *(scene.call(APPRAISALS, who, body) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    unknown = {**body, "scheme_id": str(uuid4())}
    refused(await scene.call(APPRAISALS, scene.bureau, unknown), 422, "appraisal-scheme-unknown")
    foreign = scene.oversight.token("district_supervisor", FOREIGN)
    refused(await scene.call(APPRAISALS, foreign, body), 422, "appraisal-scheme-unknown")
    outside = uuid4()
    told = subject_published(outside, uscc=credit_code(60), division=FOREIGN, level="district")
    await scene.oversight.react(told, HERE._replace(district=FOREIGN, township=None))
    body["subject_id"] = str(outside)
    refused(
        await scene.call(APPRAISALS, scene.bureau, body), 422, "appraisal-subject-outside-scheme"
    )
    refused(await scene.call(APPRAISALS, scene.supervisor, body), 422, "subject-unknown")


async def test_a_draft_measures_nobody_and_a_dropped_appraisal_can_be_opened_anew(
    scene: Scene,
) -> None:
    scheme = await drafted(scene)
    body = {"scheme_id": scheme["id"], "subject_id": str(scene.subject_id)}
    draft = await scene.call(APPRAISALS, scene.supervisor, body)
    refused(draft, 409, "appraisal-scheme-not-adopted")
    await scene.step(SCHEMES, scheme, "adopt", scene.colleague)
    row = await opened(scene, scheme)
    row = await scene.step(APPRAISALS, row, "drop", scene.supervisor, {"reason": "误开"})
    assert (row["state"], row["due_at"]) == ("dropped", None)
    assert (await opened(scene, scheme))["state"] == "opened"


async def test_strangers_see_neither_scheme_nor_appraisal(scene: Scene) -> None:
    row = await published(scene)
    for name, token in scene.foreigners.items():
        await scene.read(f"{APPRAISALS}/{row['id']}", token, 404)
        assert (await scene.read(f"{APPRAISALS}?count=exact", token))["count"] == 0, name
    sibling = scene.oversight.token("township_supervision_office", SIBLING)
    await scene.read(f"{SCHEMES}/{row['scheme_id']}", sibling, 404)


async def test_the_subject_answers_and_nobody_else_does(scene: Scene) -> None:
    row = await opened(scene)
    path = f"{APPRAISALS}/{row['id']}/score"
    refused(await scene.call(path, scene.supervisor, SELF), 403, "not-the-supervisor")
    refused(await scene.call(path, scene.foreigners["other agency"], SELF), 404, "not-found")
    # Who is of the subject does not review it, whatever their role.
    own = scene.oversight.token(
        "district_supervisor", DISTRICT, sub="sun", organisation=row["organisation"]
    )
    await scene.done(path, as_=scene.enforcement, json=SELF)
    answer = await scene.call(f"{APPRAISALS}/{row['id']}/review", own, REVIEW)
    refused(answer, 403, "not-the-supervisor")


def test_what_an_automatic_indicator_earns() -> None:
    share = {"weight": "10", "measure": "officers_certified", "target": "95", "deduct": "0.5"}
    count = {"weight": "10", "measure": "findings_confirmed", "target": "1", "deduct": "4"}

    def lost(indicator: Any, value: str | None) -> str:
        points, why = earned(indicator, None if value is None else Decimal(value))
        assert (why is None) == (points == Decimal(indicator["weight"]))
        return f"{Decimal(indicator['weight']) - points:.2f}"

    cases = [(share, "95", "0.00"), (share, "100", "0.00"), (share, "92.5", "1.25")]
    cases += [(share, "0", "10.00"), (count, "1", "0.00"), (count, "2", "4.00")]
    cases += [(count, "9", "10.00"), (count, "0", "0.00")]
    assert [lost(indicator, value) for indicator, value, _ in cases] == [c[2] for c in cases]
    assert lost(share, None) == "0.00"


async def test_allowed_actions_of_an_appraisal_are_exactly_what_succeeds(scene: Scene) -> None:
    scheme = await adopted(scene)
    numbers = count(100)

    async def create() -> dict[str, Any]:
        other = uuid4()
        told = subject_published(other, uscc=credit_code(next(numbers)))
        await scene.oversight.react(told, HERE)
        row = await opened(scene, scheme, subject_id=str(other))
        if next(numbers) % 20 == 7:  # its term is over, and that of others
            scene.oversight.advance(days=25)
            await scene.oversight.fire_timers()
        return row

    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        f"/oversight/v1/{APPRAISALS}",
        create,
        callers={
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "enforcement": scene.enforcement,
            "office": scene.office,
            "sibling": scene.foreigners["sibling enforcement"],
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "score": SELF,
            "review": REVIEW,
            "object": OBJECTION,
            "hear": lambda thing: heard(scene),
            "use": {"purposes": ["training"], "note": "培训"},
            "drop": {"reason": "误开"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=2)
    made = {action for _, action in walk.seen}
    assert made >= {"score", "review", "accept", "object", "hear", "publish"}, made


async def test_two_reviews_at_once_leave_one_and_write_its_row_once(scene: Scene) -> None:
    row = await scene.step(APPRAISALS, await opened(scene), "score", scene.agency, SELF)
    reviewers = (scene.supervisor, scene.colleague, scene.bureau)
    path = f"appraisals/{row['id']}/review"
    answers = await asyncio.gather(*(scene.call(path, who, REVIEW) for who in reviewers))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    after = await scene.read(f"appraisals/{row['id']}", scene.bureau)
    assert after["version"] == row["version"] + 1
    assert len(await scene.oversight.facts("oversight.appraisal.reviewed.v1")) == 1
    async with scene.oversight.session() as session:
        with pytest.raises(IntegrityError, match="reviewed"):
            await session.execute(text("UPDATE appraisal SET results = NULL"))


async def test_allowed_actions_of_a_scheme_are_exactly_what_succeeds(scene: Scene) -> None:
    districts = [f"50010{number}" for number in (1, 2, 3, 4, 6, 7)]
    places = iter(product(range(2000, 2101), districts))

    async def create() -> dict[str, Any]:
        # One of its own each: a later edition ends the one before, and tells of it.
        year, division = next(places)
        body = scheme_body(year=year, division=division)
        return await scene.done(SCHEMES, as_=scene.bureau, json=body, status=201)

    walk = Walk(
        scene.oversight,
        SCHEME,
        f"/oversight/v1/{SCHEMES}",
        create,
        callers={
            "bureau": scene.bureau,
            "another": scene.oversight.token("bureau_supervisor", BUREAU, sub="another"),
            "zhao": scene.supervisor,
            "agency": scene.agency,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "change": lambda thing: {"title": f"方案{thing['version']}"},
            "discard": {"reason": "重复"},
        },
    )
    await walk.run(seed=1)
    assert {action for _, action in walk.seen} == {"change", "adopt", "discard"}
