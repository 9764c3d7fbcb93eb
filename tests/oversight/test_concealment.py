"""Whatever the inspected can read stays as it was, byte for byte, until somebody is on site."""

import json
from typing import Any

from sqlalchemy import select

from shared.facts.tables import EventLog, Outbox
from tests.oversight.campaigns import BEGUN, running
from tests.oversight.scene import DISTRICT, SUBJECT_CODE, Scene
from tests.oversight.test_draws import ASSIGN, lists
from tests.oversight.test_file_requests import requested
from tests.security.rows import sequence

V1 = "/oversight/v1"


def readers(scene: Scene) -> dict[str, str]:
    """Its own user, the office of its township, and somebody who supervises but works for it."""
    token = scene.oversight.token
    return {
        "agency": scene.agency,
        "office": scene.office,
        "supervisor who works for it": token(
            "district_supervisor", DISTRICT, sub="own", organisation=SUBJECT_CODE
        ),
    }


def paths(scene: Scene, measures: list[str]) -> list[str]:
    """Every list, export, figure and profile, and the feed: read off the routes."""
    told = scene.oversight.app.openapi()["paths"]
    found = []
    for path, operations in told.items():
        if "get" not in operations or "{" in path or "development" in path or "health" in path:
            continue
        if path.endswith("/template"):  # an empty file with the time of its making
            continue
        names = {one["name"]: one for one in operations["get"].get("parameters", [])}
        if any(one["in"] == "query" and one.get("required") for one in names.values()):
            continue
        counted = "?count=exact" if "count" in names else ""
        found.append(path + counted)
    dated = "&from=2026-01-01&to=2027-12-31"
    found += [f"{V1}/figures?measure={measure}{dated}" for measure in measures]
    found += [f"{V1}/subjects/{scene.subject_id}{more}" for more in ("", "/profile")]
    return found


async def seen(
    scene: Scene, who_reads: dict[str, str], measures: list[str]
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What each reader gets of each path: the answer and its ETag."""
    await sequence(scene.oversight)
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for who, token in who_reads.items():
        for path in paths(scene, measures):
            answer = await scene.oversight.get(path, as_=token)
            found[who, path] = (answer.status_code, answer.content, answer.headers.get("etag"))
    return found


async def test_nobody_of_the_inspected_body_can_tell_that_somebody_is_coming(scene: Scene) -> None:
    scene.stand_at(BEGUN)
    await requested(scene)  # so that not every list is empty
    listed = await scene.oversight.get(f"{V1}/figures/measures", as_=scene.bureau)
    who_reads = readers(scene)
    measures = [one["key"] for one in listed.json()]
    before = await seen(scene, who_reads, measures)
    assert sum(status == 200 for status, *_ in before.values()) > len(before) / 2
    facts = len(await scene.oversight.facts())

    campaign = await running(scene, mode="unannounced")
    body = {"campaign_id": campaign["id"]}
    draw = await scene.done("draws", as_=scene.supervisor, json=body, status=201)
    await scene.step("draws", draw, "fix", scene.supervisor, lists(wanted=1))
    await scene.step("draws", draw, "draw", scene.colleague, {"witness": "7319"})
    await scene.step("draws", draw, "assign", scene.supervisor, ASSIGN)
    page = await scene.read(f"inspections?campaign_id={campaign['id']}", scene.supervisor)
    (inspection,) = page["items"]
    await scene.attach("inspection", inspection["id"], scene.supervisor)
    invited = {"kind": "npc_delegate", "name": "陈某", "affiliation": "区人大代表"}
    path = f"inspections/{inspection['id']}/participants"
    await scene.done(path, as_=scene.supervisor, json=invited, status=201)
    await scene.step("inspections", inspection, "accept", scene.supervisor)

    after = await seen(scene, who_reads, measures)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == set()
    # Nor does anything leave on a stream that a machine or a webhook of theirs reads.
    left = (await scene.oversight.facts())[facts:]
    assert len(left) >= 8
    async with scene.oversight.session() as session:
        logged = (
            await session.execute(select(EventLog.event, EventLog.audience, EventLog.nats_subject))
        ).all()
        assert (await session.scalars(select(Outbox.id))).all() == []
    ids = {fact["id"] for fact in left}
    kept = [row for row in logged if json.loads(row.event)["id"] in ids]
    assert {row.audience for row in kept} == {"internal"}
    assert all(row.nats_subject.startswith("xi.") for row in kept)

    await scene.step("inspections", inspection, "start", scene.supervisor)
    on_site = await seen(scene, who_reads, measures)
    for who in who_reads:
        path = f"{V1}/inspections?count=exact"
        assert on_site[who, path] != after[who, path], who
