"""Appraisals of lower governments: by the one above, answered for by their own supervisors."""

from itertools import count, product
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.oversight.appraisals.rules import LIFECYCLE
from tests.oversight.scene import BUREAU, DISTRICT, FOREIGN, SIBLING, TOWNSHIP, Scene, refused
from tests.oversight.test_appraisals import (
    APPRAISALS,
    OBJECTION,
    REVIEW,
    SCHEMES,
    SELF,
    adopted,
    heard,
    opened,
    scheme_body,
    year,
)
from tests.walks import Walk

FOREIGN_TOWNSHIP = "500116001"


def bureau(scene: Scene, sub: str) -> str:
    return scene.oversight.token("bureau_supervisor", BUREAU, sub=sub)


async def scheme_of(scene: Scene, **told: Any) -> dict[str, Any]:
    """An adopted scheme for governments; the city's for its districts unless told otherwise."""
    body = scheme_body(**{"year": year(scene), "division": BUREAU, "appraised": "districts"} | told)
    row = await scene.done(SCHEMES, as_=scene.bureau, json=body, status=201)
    return await scene.step(SCHEMES, row, "adopt", bureau(scene, "second"))


async def opens(scene: Scene, scheme: Any, as_: str | None = None, **party: str) -> Any:
    return await scene.call(APPRAISALS, as_ or scene.bureau, {"scheme_id": scheme["id"], **party})


async def opened_of(scene: Scene, government: str, **told: Any) -> dict[str, Any]:
    answer = await opens(scene, await scheme_of(scene, **told), division=government)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_district_is_appraised_by_the_city_and_its_supervisors_answer_for_it(
    scene: Scene,
) -> None:
    row = await opened_of(scene, DISTRICT)
    assert (row["appraised"], row["subject_id"], row["organisation"]) == ("districts", None, None)
    assert (row["subject_name"], row["division"], row["authority"]) == (
        "沙坪坝区",
        DISTRICT,
        BUREAU,
    )
    path, (second, third) = f"{APPRAISALS}/{row['id']}", (bureau(scene, s) for s in "23")
    assert (await scene.read(path, scene.supervisor))["allowed_actions"] == ["score"]
    for token in (scene.agency, scene.enforcement, scene.office, *scene.foreigners.values()):
        await scene.read(path, token, 404)
        assert (await scene.read(f"{APPRAISALS}?count=exact", token))["count"] == 0
    refused(await scene.call(f"{path}/score", scene.bureau, SELF), 403, "forbidden")
    await scene.done(f"{path}/score", as_=scene.supervisor, json=SELF)
    refused(await scene.call(f"{path}/review", scene.colleague, REVIEW), 403, "not-the-supervisor")
    await scene.done(f"{path}/review", as_=scene.bureau, json=REVIEW)
    row = await scene.done(f"{path}/object", as_=scene.colleague, json=OBJECTION)
    assert row["objection"][0]["code"] == "organisation"
    await scene.done(f"{path}/hear", as_=second, json=heard(scene))
    row = await scene.done(f"{path}/publish", as_=third)
    assert (row["score"], row["grade"]) == ("96.00", "excellent")
    facts = [fact for fact in await scene.oversight.facts() if "appraisal." in fact["type"]]
    assert [fact["type"].split(".", 2)[2] for fact in facts] == [
        f"government_appraisal.{step}.v1"
        for step in ("opened", "self_scored", "reviewed", "objected", "heard", "published")
    ]
    told = facts[-1]
    assert told["division"] == f"50.{DISTRICT}._"
    assert (told["data"]["name"], told["data"]["level"]) == ("沙坪坝区", "district")
    assert (told["data"]["score"], "subject_id" in told["data"]) == ("96.00", False)
    (ranked,) = (
        await scene.read(f"{APPRAISALS}/ranking?scheme_id={row['scheme_id']}", scene.supervisor)
    )["items"]
    assert (ranked["rank"], ranked["subject_name"]) == (1, "沙坪坝区")


async def test_the_year_of_all_bodies_within_a_government_counts_and_no_other(scene: Scene) -> None:
    await scene.confirmed()
    lost = {}
    schemes = [await scheme_of(scene, appraised=kind) for kind in ("districts", "townships")]
    for scheme, divisions in zip(schemes, ((DISTRICT, FOREIGN), (TOWNSHIP, SIBLING)), strict=True):
        for division in divisions:
            row = (await opens(scene, scheme, division=division)).json()
            lost[division] = row["id"]
    scene.oversight.advance(days=40)
    for division, id in lost.items():
        row = await scene.done(f"{APPRAISALS}/{id}/review", as_=scene.bureau, json=REVIEW)
        lost[division] = row["results"][1]["lost"]
    assert lost == {DISTRICT: "15.00", FOREIGN: "0.00", TOWNSHIP: "15.00", SIBLING: "0.00"}


async def test_nobody_appraises_their_equal_or_who_is_above(scene: Scene) -> None:
    body = scheme_body(division=DISTRICT, appraised="districts")
    answer = await scene.call(SCHEMES, scene.supervisor, body)
    refused(answer, 422, "appraisal-scheme-not-from-above")
    assert "区县政府的上级" in answer.json()["detail"]
    own = await scheme_of(scene, division=DISTRICT, appraised="townships")
    for division, code in (
        (DISTRICT, "appraisal-division-not-below"),
        (FOREIGN_TOWNSHIP, "appraisal-division-not-below"),
        (BUREAU, "appraisal-division-not-below"),
    ):
        refused(await opens(scene, own, division=division), 422, code)
    for division in (BUREAU, FOREIGN, FOREIGN_TOWNSHIP):
        answer = await opens(scene, own, scene.supervisor, division=division)
        refused(answer, 422, "division-unknown")
    answer = await opens(scene, own, scene.supervisor, division=TOWNSHIP)
    assert answer.json()["authority"] == DISTRICT
    again = await opens(scene, own, scene.bureau, division=TOWNSHIP)
    refused(again, 409, "appraisal-exists")
    foreign = scene.oversight.token("township_supervision_office", SIBLING, sub="wu")
    await scene.read(f"{APPRAISALS}/{answer.json()['id']}", foreign, 404)
    office = await scene.read(f"{APPRAISALS}/{answer.json()['id']}", scene.office)
    assert office["allowed_actions"] == ["score"]


async def test_a_scheme_is_for_one_kind_and_a_year_has_one_of_each(scene: Scene) -> None:
    districts = await scheme_of(scene)
    townships = await scheme_of(scene, appraised="townships")
    subjects = await adopted(scene)
    assert [row["edition"] for row in (districts, townships, subjects)] == [1, 1, 1]
    subject = {"subject_id": str(scene.subject_id)}
    for scheme, party in (
        (districts, subject),
        (districts, {"division": TOWNSHIP}),
        (townships, {"division": DISTRICT}),
        (subjects, {"division": TOWNSHIP}),
    ):
        refused(await opens(scene, scheme, **party), 422, "appraisal-scheme-of-others")
    for party in ({}, {**subject, "division": DISTRICT}):
        answer = await opens(scene, districts, **party)
        assert answer.json()["errors"][0]["code"] == "appraised-not-one"
    await opens(scene, districts, division=DISTRICT)
    await opened(scene, subjects)
    for kind, found in (("districts", 1), ("townships", 0), ("subjects", 1)):
        page = await scene.read(f"{APPRAISALS}?appraised={kind}&count=exact", scene.bureau)
        assert page["count"] == found
    page = await scene.read(f"{SCHEMES}?appraised=districts", scene.bureau)
    assert [row["id"] for row in page["items"]] == [districts["id"]]
    async with scene.oversight.session() as session:
        with pytest.raises(IntegrityError, match="party"):
            await session.execute(text("UPDATE appraisal SET appraised = 'districts'"))


async def test_allowed_actions_of_a_governments_appraisal_are_exactly_what_succeeds(
    scene: Scene,
) -> None:
    # Who appraises whom: as many as a long walk needs, for each is appraised once a year.
    pairs = (
        *((BUREAU, "districts", division) for division in (DISTRICT, FOREIGN)),
        *((BUREAU, "townships", division) for division in (TOWNSHIP, SIBLING)),
        *((DISTRICT, "townships", division) for division in (TOWNSHIP, SIBLING)),
    )
    schemes, numbers, held = product(range(2000, 2101), pairs), count(), dict[Any, Any]()

    async def create() -> dict[str, Any]:
        of_year, (above, kind, below) = next(schemes)
        if (of_year, above, kind) not in held:
            told = {"division": above, "appraised": kind, "year": of_year}
            held[of_year, above, kind] = await scheme_of(scene, **told)
        scheme = held[of_year, above, kind]
        row = dict((await opens(scene, scheme, division=below)).json())
        if next(numbers) % 10 == 5:  # its term is over, and that of others
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
            "second": bureau(scene, "second"),
            "third": bureau(scene, "third"),
            "zhao": scene.supervisor,
            "office": scene.office,
            "enforcement": scene.enforcement,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
            "sibling": scene.foreigners["sibling office"],
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
    await walk.run(seed=4, alive=2)
    assert {action for _, action in walk.seen} >= {"score", "review", "publish"}, walk.seen
