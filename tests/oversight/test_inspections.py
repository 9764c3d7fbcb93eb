"""Inspections: who holds them, who sees them when."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from services.oversight.app import create_app
from shared.db import Scope
from shared.events.registry.divisions import DivisionMoved
from shared.facts.tables import EventLog, Outbox
from tests.oversight.scene import (
    BUREAU_CODE,
    DISTRICT,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    credit_code,
    refused,
    subject_published,
)
from tests.servers import eventually, listening

LI = {"sub": "li", "name": "李娜", "organisation": BUREAU_CODE}
WANG = {"sub": "wang", "name": "王强", "organisation": BUREAU_CODE}
CHEN = {"sub": "chen", "name": "陈洁", "organisation": BUREAU_CODE}


async def test_an_announced_inspection_runs_from_assignment_to_close(scene: Scene) -> None:
    row = await scene.assign()
    assert (row["state"], row["version"]) == ("assigned", 1)
    assert row["allowed_actions"] == ["accept", "recuse", "cancel", "request_recusal"]
    for step, state, allowed in (
        ("accept", "accepted", ["notify", "recuse", "cancel", "request_recusal"]),
        ("notify", "notified", ["start", "recuse", "cancel", "request_recusal"]),
        ("start", "on_site", ["recuse", "record_finding", "seal", "request_recusal"]),
        ("seal", "evidence_sealed", ["recuse", "record_finding", "sign", "request_recusal"]),
        ("sign", "findings_signed", ["close"]),
        ("close", "closed", []),
    ):
        row = await scene.step("inspections", row, step, scene.supervisor)
        assert (row["state"], row["allowed_actions"]) == (state, allowed)
    assert await scene.fact_types() == [
        f"inspection.{verb}.v1"
        for verb in (
            *("assigned", "accepted", "notified", "started"),
            *("evidence_sealed", "signed", "completed"),
        )
    ]
    fact = (await scene.oversight.facts())[0]
    assert fact["data"]["organisation"] == SUBJECT_CODE
    assert fact["data"]["inspectors"] == ["li", "wang"]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["actor"] == "zhao"


@pytest.mark.parametrize(
    ("inspectors", "code"),
    [
        ([], "too-few-inspectors"),
        ([LI], "too-few-inspectors"),
        ([LI, LI], "inspector-twice"),
        ([LI, {**WANG, "organisation": SUBJECT_CODE}], "inspector-of-subject"),
    ],
)
async def test_two_inspectors_none_of_them_from_the_subject(
    scene: Scene, inspectors: list[Any], code: str
) -> None:
    body = scene.inspection(inspectors=inspectors)
    refused(await scene.call("inspections", scene.supervisor, body), 422, code)
    assert await scene.oversight.facts() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": "secret"},
        {"kind": None},
        {"planned_on": "tomorrow"},
        {"surplus": 1},
        {"theme": ""},
        {"inspectors": [{**LI, "organisation": "11500228709467150X"}, WANG]},
    ],
)
async def test_bad_input_is_told_and_changes_nothing(scene: Scene, changed: dict[str, Any]) -> None:
    body = scene.inspection(**changed)
    refused(await scene.call("inspections", scene.supervisor, body), 422, "invalid-input")
    page = await scene.read("inspections?count=exact", scene.supervisor)
    assert page["count"] == 0


async def test_an_unknown_and_a_foreign_subject_look_the_same(scene: Scene) -> None:
    unknown = scene.inspection(subject_id=str(uuid4()))
    refused(await scene.call("inspections", scene.supervisor, unknown), 422, "subject-unknown")
    for name in ("sibling office", "foreign district"):
        answer = await scene.call("inspections", scene.foreigners[name], scene.inspection())
        refused(answer, 422, "subject-unknown")


async def test_nobody_inspects_the_own_body(scene: Scene) -> None:
    own = scene.oversight.token("district_supervisor", DISTRICT, organisation=SUBJECT_CODE)
    refused(await scene.call("inspections", own, scene.inspection()), 409, "inspects-itself")
    row = await scene.assign()
    refused(await scene.call(f"inspections/{row['id']}/accept", own), 403, "not-the-supervisor")
    assert (await scene.read(f"inspections/{row['id']}", own))["allowed_actions"] == []


async def test_the_inspected_cannot_conduct_anything(scene: Scene) -> None:
    row = await scene.assign()
    for token in (scene.agency, scene.enforcement):
        refused(await scene.call("inspections", token, scene.inspection()), 403, "forbidden")
        answer = await scene.call(f"inspections/{row['id']}/accept", token)
        refused(answer, 403, "forbidden")
        shown = await scene.read(f"inspections/{row['id']}", token)
        assert shown["allowed_actions"] == ["request_recusal"]


async def test_a_township_office_inspects_its_township_and_not_what_others_conduct(
    scene: Scene,
) -> None:
    own = await scene.assign(scene.office)
    assert own["authority"] == TOWNSHIP
    await scene.step("inspections", own, "accept", scene.office)
    # The district stands above the office, the Bureau above both; not the other way round.
    await scene.step("inspections", own, "notify", scene.supervisor)
    await scene.step("inspections", own, "start", scene.bureau)
    district = await scene.assign()
    answer = await scene.call(f"inspections/{district['id']}/accept", scene.office)
    refused(answer, 403, "not-the-supervisor")
    bureau = await scene.assign(scene.bureau)
    answer = await scene.call(
        f"inspections/{bureau['id']}/cancel", scene.supervisor, {"reason": "r"}
    )
    refused(answer, 403, "not-the-supervisor")


async def test_recusal_never_leaves_fewer_than_two(scene: Scene) -> None:
    row = await scene.assign()
    path = f"inspections/{row['id']}/recuse"
    leaves = {"inspector": "li", "reason": "近亲属"}

    async def recuse(**body: Any) -> Any:
        return await scene.call(path, scene.supervisor, {**leaves, **body})

    refused(await recuse(), 422, "too-few-inspectors")
    refused(await recuse(replacement=WANG), 422, "inspector-twice")
    refused(await recuse(replacement=LI), 422, "inspector-recused")
    foreign = {**CHEN, "organisation": SUBJECT_CODE}
    refused(await recuse(replacement=foreign), 422, "inspector-of-subject")
    refused(await recuse(inspector="nobody"), 422, "inspector-not-assigned")
    row = (await recuse(replacement=CHEN)).json()
    assert [one["sub"] for one in row["inspectors"]] == ["wang", "chen"]
    assert row["recusals"][0]["inspector"]["sub"] == "li"
    assert row["recusals"][0]["recorded_by"] == "zhao"
    refused(await recuse(inspector="wang", replacement=LI), 422, "inspector-recused")
    assert (await scene.fact_types())[1:] == ["inspection.reassigned.v1"]


async def test_who_was_recused_takes_no_further_part(scene: Scene) -> None:
    li = scene.oversight.token("district_supervisor", DISTRICT, sub="li")
    row = await scene.assign()
    await scene.step("inspections", row, "accept", li)
    body = {"inspector": "li", "reason": "r", "replacement": CHEN}
    refused(
        await scene.call(f"inspections/{row['id']}/recuse", li, body), 403, "recusal-of-oneself"
    )
    await scene.step("inspections", row, "recuse", scene.supervisor, body)
    row = await scene.read(f"inspections/{row['id']}", li)
    assert row["allowed_actions"] == []
    refused(await scene.call(f"inspections/{row['id']}/notify", li), 403, "actor-recused")
    for step in ("notify", "start"):
        await scene.step("inspections", row, step, scene.supervisor)
    finding = {"inspection_id": row["id"], "code": "single-officer", "description": "x"}
    refused(await scene.call("findings", li, finding), 403, "actor-recused")


async def test_two_recusals_at_once_do_not_get_below_two(scene: Scene) -> None:
    row = await scene.assign(inspectors=[LI, WANG, CHEN])
    answers = await asyncio.gather(
        *(
            scene.call(
                f"inspections/{row['id']}/recuse",
                scene.supervisor,
                {"inspector": sub, "reason": "r"},
            )
            for sub in ("li", "wang")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_an_inspection_must_be_notified_unless_it_is_unannounced(scene: Scene) -> None:
    announced = await scene.assign()
    await scene.step("inspections", announced, "accept", scene.supervisor)
    answer = await scene.call(f"inspections/{announced['id']}/start", scene.supervisor)
    refused(answer, 409, "subject-not-notified")
    secret = await scene.assign(mode="unannounced")
    row = await scene.step("inspections", secret, "accept", scene.supervisor)
    assert row["allowed_actions"] == ["start", "recuse", "cancel", "request_recusal"]
    answer = await scene.call(f"inspections/{secret['id']}/notify", scene.supervisor)
    refused(answer, 409, "inspection-unannounced")


async def hidden_from(scene: Scene, row: dict[str, Any], token: str) -> bool:
    """Whether `row` is in no list, count, filter or address that `token` can read."""
    await scene.read(f"inspections/{row['id']}", token, 404)
    for query in ("", "&mode=unannounced", f"&subject_id={scene.subject_id}", "&q=持证"):
        page = await scene.read(f"inspections?count=exact{query}", token)
        if page["count"] or page["items"]:
            return False
    return True


async def test_an_unannounced_inspection_is_unknown_to_the_subject_until_it_starts(
    scene: Scene,
) -> None:
    row = await scene.assign(mode="unannounced")
    assert row["concealed"] and row["organisation"] == SUBJECT_CODE
    urban = scene.oversight.token("line_department", "50", domains=["urban_management"])
    machine = scene.oversight.token("integration", TOWNSHIP)
    unknowing = (scene.agency, scene.enforcement, scene.office, urban, machine)
    for token in unknowing:
        assert await hidden_from(scene, row, token)
    assert (await scene.read("inspections?count=exact", scene.supervisor))["count"] == 1
    await scene.step("inspections", row, "accept", scene.supervisor)
    body = {"inspector": "li", "reason": "r", "replacement": CHEN}
    await scene.step("inspections", row, "recuse", scene.supervisor, body)
    for token in unknowing:
        assert await hidden_from(scene, row, token)
    facts = await scene.oversight.facts()
    assert {fact["type"] for fact in facts} == {"xiejian.oversight.inspection.prepared.v1"}
    assert {fact["division"] for fact in facts} == {f"50.{DISTRICT}._"}

    row = await scene.step("inspections", row, "start", scene.supervisor)
    assert not row["concealed"]
    for token in unknowing:
        shown = await scene.read(f"inspections/{row['id']}", token)
        assert set(shown["allowed_actions"]) <= {"request_recusal"}
        assert (await scene.read("inspections?count=exact", token))["count"] == 1
    started = (await scene.oversight.facts())[-1]
    assert started["type"] == "xiejian.oversight.inspection.started.v1"
    assert started["division"] == f"50.{DISTRICT}.{TOWNSHIP}"


async def test_facts_of_a_concealed_inspection_stay_inside(scene: Scene) -> None:
    await scene.assign(mode="unannounced")
    async with scene.oversight.session() as session:
        row = (await session.scalars(select(Outbox))).one()
    assert row.audience == "internal"
    assert row.nats_subject == f"xi.oversight.inspection.prepared.50.{DISTRICT}._"
    assert row.township is None


async def test_the_feed_of_the_township_is_silent_until_the_inspectors_are_on_site(
    scene: Scene,
) -> None:
    row = await scene.assign(mode="unannounced")
    await scene.step("inspections", row, "accept", scene.supervisor)
    machine = scene.oversight.token("integration", TOWNSHIP)
    district_machine = scene.oversight.token("integration", DISTRICT)
    # A second replica on the same database, whose relay puts the facts into the log.
    async with (
        listening(create_app(scene.oversight.app.state.settings)) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
    ):

        async def told(token: str) -> list[str]:
            answer = await http.get(
                "/oversight/v1/events", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 200, answer.text
            return [fact["type"].removeprefix("xiejian.oversight.") for fact in answer.json()]

        async def logged(count: int) -> bool:
            async with scene.oversight.session() as session:
                found = await session.scalar(select(func.count()).select_from(EventLog))
            return found == count

        await eventually(lambda: logged(2))
        for token in (scene.office, machine, district_machine):
            assert await told(token) == []
        await scene.step("inspections", row, "start", scene.supervisor)
        await eventually(lambda: logged(3))
        for token in (scene.supervisor, scene.office, machine, district_machine):
            assert (await told(token))[-1] == "inspection.started.v1"


async def test_a_cancelled_unannounced_inspection_stays_unknown(scene: Scene) -> None:
    row = await scene.assign(mode="unannounced")
    row = await scene.step("inspections", row, "cancel", scene.supervisor, {"reason": "调整"})
    assert row["state"] == "cancelled"
    for token in (scene.agency, scene.enforcement, scene.office):
        assert await hidden_from(scene, row, token)
    assert set(await scene.fact_types()) == {"inspection.prepared.v1"}


async def test_the_bureaus_unannounced_inspection_is_the_bureaus_alone(scene: Scene) -> None:
    organ = uuid4()
    told = subject_published(organ, uscc=credit_code(9), division=DISTRICT, level="district")
    await scene.oversight.react(told, Scope(district=DISTRICT))
    inspected = scene.oversight.token("agency_user", DISTRICT, organisation=credit_code(9))
    row = await scene.assign(scene.bureau, mode="unannounced", subject_id=str(organ))
    for token in (scene.supervisor, inspected, scene.office):
        assert await hidden_from(scene, row, token)
    for step in ("accept", "start"):
        await scene.step("inspections", row, step, scene.bureau)
    for token in (scene.supervisor, inspected):
        await scene.read(f"inspections/{row['id']}", token)
    await scene.read(f"inspections/{row['id']}", scene.office, 404)


async def test_a_township_office_holds_no_unannounced_inspection(scene: Scene) -> None:
    body = scene.inspection(mode="unannounced")
    answer = await scene.call("inspections", scene.office, body)
    refused(answer, 409, "unannounced-needs-higher-body")


async def test_a_township_that_moves_meanwhile_is_inspected_where_it_is(scene: Scene) -> None:
    row = await scene.assign(mode="unannounced")
    await scene.step("inspections", row, "accept", scene.supervisor)
    moved = DivisionMoved(
        code=TOWNSHIP,
        name="小龙坎街道",
        former_parent=DISTRICT,
        parent="500116",
        moved_on=date(2026, 1, 1),
    )
    await scene.oversight.react(moved, Scope(district="500116", township=TOWNSHIP))
    new = scene.foreigners["foreign district"]
    assert await hidden_from(scene, row, new)
    await scene.step("inspections", row, "start", scene.supervisor)
    await scene.read(f"inspections/{row['id']}", new)
    await scene.read(f"inspections/{row['id']}", scene.supervisor)
    await scene.read(f"inspections/{row['id']}", scene.agency)


async def test_nobody_outside_sees_an_inspection(scene: Scene) -> None:
    row = await scene.assign()
    for name, token in scene.foreigners.items():
        assert await hidden_from(scene, row, token), name
    for name in ("sibling office", "foreign district"):
        for step in ("accept", "notify", "start", "sign", "close"):
            answer = await scene.call(f"inspections/{row['id']}/{step}", scene.foreigners[name])
            refused(answer, 404, "not-found")


async def test_inspections_are_found_by_what_they_are(scene: Scene) -> None:
    for day, kind, mode in (
        ("2026-12-01", "special", "announced"),
        ("2026-12-02", "routine", "file_review"),
        ("2026-12-03", "focused", "unannounced"),
    ):
        await scene.assign(planned_on=day, kind=kind, mode=mode)
    for query, found in (
        ("", 3),
        ("kind=routine", 1),
        ("mode=unannounced", 1),
        ("state=assigned", 3),
        ("state=closed", 0),
        (f"division={DISTRICT}", 3),
        (f"subject_id={scene.subject_id}", 3),
        ("inspector=li", 3),
        ("inspector=nobody", 0),
        ("planned_from=2026-12-02&planned_to=2026-12-02", 1),
        ("q=小龙坎", 3),
        ("q=_", 0),
    ):
        page = await scene.read(f"inspections?count=exact&{query}", scene.supervisor)
        assert (page["count"], len(page["items"])) == (found, found), query
    days = []
    cursor = ""
    while True:
        page = await scene.read(f"inspections?limit=1&sort=-planned_on{cursor}", scene.supervisor)
        days += [row["planned_on"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert days == ["2026-12-03", "2026-12-02", "2026-12-01"]
    answer = await scene.oversight.get("/oversight/v1/inspections?cursor=x", as_=scene.supervisor)
    refused(answer, 422, "bad-cursor")


async def test_a_stale_if_match_changes_nothing(scene: Scene) -> None:
    row = await scene.assign()
    path = f"/oversight/v1/inspections/{row['id']}"
    read = await scene.oversight.get(path, as_=scene.supervisor)
    await scene.step("inspections", row, "accept", scene.supervisor)
    stale = {"If-Match": read.headers["etag"]}
    answer = await scene.oversight.post(f"{path}/notify", as_=scene.supervisor, headers=stale)
    refused(answer, 412, "precondition-failed")
    assert (await scene.read(f"inspections/{row['id']}", scene.supervisor))["state"] == "accepted"
    fresh = await scene.oversight.get(path, as_=scene.supervisor)
    answer = await scene.oversight.post(
        f"{path}/notify", as_=scene.supervisor, headers={"If-Match": fresh.headers["etag"]}
    )
    assert answer.status_code == 200
    answer = await scene.oversight.get(
        path, as_=scene.supervisor, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert answer.status_code == 304


async def test_a_retry_with_the_same_key_assigns_once(scene: Scene) -> None:
    for code in (201, 201):
        answer = await scene.oversight.post(
            "/oversight/v1/inspections",
            as_=scene.supervisor,
            json=scene.inspection(),
            headers={"Idempotency-Key": "k"},
        )
        assert answer.status_code == code
    assert await scene.fact_types() == ["inspection.assigned.v1"]


async def test_a_forbidden_transition_leaves_no_trace(scene: Scene) -> None:
    row = await scene.assign()
    facts = await scene.oversight.facts()
    for step in ("notify", "start", "sign", "close"):
        answer = await scene.call(f"inspections/{row['id']}/{step}", scene.supervisor)
        refused(answer, 409, "transition-not-allowed")
    assert await scene.oversight.facts() == facts
    assert await scene.read(f"inspections/{row['id']}", scene.supervisor) == row


async def test_only_supervisors_of_another_body_see_an_unannounced_inspection(
    scene: Scene,
) -> None:
    row = await scene.assign(mode="unannounced")
    token = scene.oversight.token
    unknowing = {
        "machine of the district": token("integration", DISTRICT),
        "machine of the city": token("integration", "50"),
        "supervisor of the inspected body": token(
            "district_supervisor", DISTRICT, organisation=SUBJECT_CODE
        ),
    }
    for who, caller in unknowing.items():
        await scene.read(f"inspections/{row['id']}", caller, 404)
        assert (await scene.read("inspections?count=exact", caller))["count"] == 0, who
        answer = await scene.call(f"inspections/{row['id']}/accept", caller)
        assert answer.status_code in {403, 404}, who
    await scene.read(f"inspections/{row['id']}", scene.colleague)
    row = await scene.step("inspections", row, "accept", scene.supervisor)
    await scene.step("inspections", row, "start", scene.supervisor)
    for caller in unknowing.values():
        await scene.read(f"inspections/{row['id']}", caller)
