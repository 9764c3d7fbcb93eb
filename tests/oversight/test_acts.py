"""Enforcement acts: merged in whatever order records come, seen by whom they concern."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches.tables import ActBatchContent
from services.oversight.act_counts.rules import Cell, Sums, deltas
from services.oversight.act_counts.tables import ActCount, ActDelta
from services.oversight.act_resolutions import actions as resolutions
from services.oversight.act_resolutions.tables import ReferenceTold
from services.oversight.acts.rules import ActStage, Changed, Told, heaviest, merge
from services.oversight.acts.tables import Act
from services.oversight.adapters.act_records import Reading, prepare
from shared.clock import today
from shared.db import Scope
from shared.events.registry.delegations import DelegationSigned
from shared.events.registry.divisions import DivisionMoved
from shared.events.registry.officers import CertificateIssued
from shared.events.registry.powers import PowerActivated, PowerDrafted, PowerRepealed
from shared.law.tables import RuleSet, forget
from shared.sealing import Seal
from tests.notify.examples import example
from tests.oversight.acts import Intake, lines, record, stage
from tests.oversight.scene import (
    DISTRICT,
    FOREIGN,
    HERE,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    credit_code,
    officer_told,
    refused,
    subject_published,
)
from tests.servers import DATA_KEY


async def sources(intake: Intake) -> list[dict[str, Any]]:
    return list((await intake.scene.read("act-sources", intake.scene.supervisor))["items"])


async def summed(session: AsyncSession) -> dict[Cell, Sums]:
    """What was counted, without the cells that are empty by now."""
    assert (await session.scalars(select(ActDelta.id))).all() == []  # all folded
    names = [*Cell._fields, *Sums._fields]
    rows = await session.execute(select(*(getattr(ActCount, name) for name in names)))
    cells = {Cell._make([*row[:6], tuple(row[6])]): Sums._make(row[7:]) for row in rows}
    return {cell: sums for cell, sums in cells.items() if any(sums)}


async def counted(intake: Intake, reached: str, place: str | None = None) -> tuple[int, int]:
    """How many acts reached a stage by the log, and their fines."""
    async with intake.oversight.session() as session:
        cells = await summed(session)
    found = [
        sums
        for cell, sums in cells.items()
        if cell.stage == reached and place in (None, cell.place)
    ]
    return sum(one.acts for one in found), sum(one.fine_fen for one in found)


@pytest.fixture
async def intake(scene: Scene) -> Intake:
    """The scene with a source for its subject."""
    intake = Intake(scene)
    await intake.registered()
    return intake


async def test_a_bad_record_never_stops_the_rest(intake: Intake) -> None:
    results = await intake.send(
        record(1),
        b"{not json",
        record(2, kind="fishing"),
        record(3, organisation="11500228709467150P"),
        record(4, stages=[stage("filed", "2099-01-01T09:00:00+08:00")]),
        record(5, title=None),
        record(6, reported_at="2099-01-01T09:00:00+08:00"),
    )
    told = [(one["line"], one["outcome"], [p["code"] for p in one["problems"]]) for one in results]
    assert told == [
        (1, "accepted", []),
        (2, "refused", ["act-record-unreadable"]),
        (3, "refused", ["enum"]),
        (4, "refused", ["act-outside-reach"]),
        (5, "refused", ["act-stage-in-future"]),
        (6, "accepted", []),
        (7, "refused", ["act-reported-in-future"]),
    ]
    assert results[2]["problems"][0]["field"] == "/kind"
    act = await intake.act(1)
    assert (act["state"], act["result"], act["fine"]) == ("decided", "fine", "200.00")
    assert act["party"] == {"kind": "natural", "name": "张**"}
    (fact,) = await intake.oversight.facts("oversight.act.ingested.v1")
    assert [one["outcome"] for one in fact["data"]["records"]] == ["accepted", "accepted"]
    assert "张三丰" not in str(await intake.oversight.facts())


async def test_the_newest_edition_holds_in_whatever_order_records_come(intake: Intake) -> None:
    served = stage("served", "2026-03-22T09:00:00+08:00")
    await intake.send(record(revision=3, stages=[served], fine="500.00", reason="复核后更正"))
    (late,) = await intake.send(record(revision=1))
    assert late["outcome"] == "updated"
    act = await intake.act()
    assert (act["state"], act["fine"], act["version"]) == ("served", "500.00", 2)
    assert [one["stage"] for one in act["stages"] if one["at"]] == ["filed", "decided", "served"]
    assert [one["stage"] for one in act["stages"] if not one["at"]] == [
        "investigated",
        "legal_review",
    ]
    again = await intake.send(
        record(revision=1), record(revision=3, stages=[served], fine="500.00")
    )
    assert [one["outcome"] for one in again] == ["unchanged", "unchanged"]
    assert (await intake.act())["version"] == 2


async def test_a_correction_gives_its_reason_and_leaves_what_was(intake: Intake) -> None:
    decided = stage("decided", "2026-03-25T15:00:00+08:00")
    await intake.send(record())
    silent, same = await intake.send(
        record(revision=2, stages=[decided]), record(stages=[decided], fine="200.00")
    )
    assert [p["code"] for p in silent["problems"]] == ["act-correction-without-reason"]
    assert [p["code"] for p in same["problems"]] == ["act-edition-told-twice"]
    await intake.send(record(revision=2, stages=[decided], reason="决定日期录入有误"))
    act = await intake.act()
    (change,) = (await intake.scene.read(f"acts/{act['id']}/changes", intake.account))["items"]
    assert (change["reason"], change["version"]) == ("决定日期录入有误", 2)
    assert change["before"]["decided_at"].startswith("2026-03-20")
    assert change["after"]["decided_at"].startswith("2026-03-25")
    assert "张三丰" not in str(change)


async def test_a_withdrawn_act_is_kept_and_counts_no_more(intake: Intake) -> None:
    await intake.send(record(1), record(2))
    assert await counted(intake, "decided") == (2, 40_000)
    await intake.send(record(1, revision=2, withdrawn=True, reason="重复录入"))
    assert (await intake.act(1))["state"] == "withdrawn"
    assert await counted(intake, "decided") == (1, 20_000)
    assert await counted(intake, "reported") == (1, 0)


async def test_what_is_unknown_is_no_violation_and_is_looked_at_again(intake: Intake) -> None:
    other = credit_code(9)
    (source,) = await sources(intake)
    answer = await intake.oversight.patch(
        f"/oversight/v1/act-sources/{source['id']}",
        as_=intake.scene.supervisor,
        headers={"If-Match": f'"{source["version"]}-"'},
        json={"divisions": [DISTRICT]},
    )
    assert answer.status_code == 200, answer.text
    told = record(organisation=other, certificate_nos=["渝A-1"], item_code="CQ-1")
    await intake.send(told)
    act = await intake.act()
    assert sorted(act["unresolved"]) == ["certificate:渝A-1", "item:CQ-1", f"subject:{other}"]
    assert act["subject_id"] is None
    subject = uuid4()
    await intake.oversight.react(subject_published(subject, uscc=other), HERE)
    await intake.oversight.react(
        officer_told(CertificateIssued, uuid4(), subject, certificate_no="渝A-1"), HERE
    )
    await intake.oversight.fire_timers()
    act = await intake.act()
    assert act["unresolved"] == ["item:CQ-1"]
    assert (act["subject_id"], act["domains"]) == (str(subject), ["urban_management"])
    office = await intake.scene.read("acts", intake.scene.office)
    assert [one["id"] for one in office["items"]] == [act["id"]]
    assert await counted(intake, "filed", place=TOWNSHIP) == (1, 0)


async def test_every_stage_is_told_beside_what_the_legal_review_said(intake: Intake) -> None:
    stages = [
        {"stage": name, "at": f"2026-03-{day:02}T09:00:00+08:00", "document_no": f"{day}号"}
        for day, name in enumerate(ActStage, start=2)
    ]
    review = {"required": True, "conclusion": "同意", "certificate_no": "法审-1"}
    told = record(stages=stages, legal_review=review)
    (result,) = await intake.send(told)
    assert result["outcome"] == "accepted"
    act = await intake.act()
    assert [(one["stage"], one["document_no"]) for one in act["stages"]] == [
        (one["stage"], one["document_no"]) for one in stages
    ]
    assert (act["legal_review"], act["state"]) == (review, "closed")
    later = {**stages[2], "at": "2026-03-05T09:00:00+08:00"}
    results = await intake.send(
        {**told, "revision": 2},
        record(revision=3, stages=[later]),
        record(revision=3, stages=[later], reason="审核日期有误"),
        record(revision=3, stages=stages[:1], legal_review={"conclusion": "退回"}, reason="更正"),
    )
    assert [one["outcome"] for one in results] == ["unchanged", "refused", "updated", "updated"]
    act = await intake.act()
    assert act["stages"][2]["at"] == "2026-03-05T01:00:00Z"
    assert act["legal_review"]["conclusion"] == "退回"


PERIOD = {"kind": "hearing", "from": "2026-03-03", "to": "2026-03-05"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"stages": [stage("filed", "0001-01-01T00:00:00+08:00")]}, "/stages/0/at"),
        ({"reported_at": "9999-12-31T23:59:59-08:00"}, "/reported_at"),
        ({"publication_url": "https://a\x00b"}, "/publication_url"),
        ({"excluded_periods": [{**PERIOD, "to": "9999-12-31"}]}, "/excluded_periods/0/to"),
        ({"excluded_periods": [{**PERIOD, "to": "2026-03-02"}]}, "/excluded_periods/0"),
        ({"excluded_periods": [{**PERIOD, "to": "2036-03-02"}]}, "/excluded_periods/0"),
        ({"extended_to": "9999-12-31"}, "/extended_to"),
        (None, None),
    ],
)
@pytest.mark.parametrize("codes", [{}, {"kind": {"01": "penalty"}}])
def test_whatever_is_wrong_with_a_record_is_its_own_matter(
    changed: dict[str, Any] | None, field: str | None, codes: dict[str, dict[str, str]]
) -> None:
    deep = b'{"external_id": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    bad = deep if changed is None else record(2, **changed)
    good = record(1, excluded_periods=[PERIOD], publication_url="https://公示.gov.cn/a?b=1")
    told, refusals = prepare(
        lines([bad, good]),
        1,
        Reading(codes, datetime(2026, 4, 1, tzinfo=UTC)),
        Seal(SecretStr(DATA_KEY)),
    )
    assert [one.external_id for one in told] == ["CG-1"]
    assert [(one.line, one.problems[0][1]) for one in refusals] == [(1, field)]


async def test_no_act_begins_before_what_is_kept(intake: Intake) -> None:
    long_ago = [stage("filed", "1971-03-02T09:00:00+08:00")]
    results = await intake.send(
        record(1, stages=long_ago),
        record(2),
        record(2, revision=2, stages=long_ago, reason="更正"),
        record(2, revision=3, title="占道堆放", reason="案由有误"),
        record(2, revision=4, fine="300.00", organisation=credit_code(9), reason="主体有误"),
        record(2, revision=5, title="占道堆放", stages=[stage("served", "2026-03-22T09:00:00Z")]),
    )
    assert [[p["code"] for p in one["problems"]] for one in results] == [
        ["act-too-old"],
        [],
        ["act-too-old"],
        [],
        ["act-outside-reach"],
        [],
    ]
    (result,) = await intake.send(
        record(2, revision=6, stages=long_ago, reason="更正"),
    )
    assert [p["code"] for p in result["problems"]] == ["act-too-old"]
    act = await intake.act(2)
    assert (act["state"], act["title"], act["fine"]) == ("served", "占道堆放", "200.00")
    # Two records of a chunk change it, the later one without need of a reason.
    await intake.send(
        record(2, revision=7, fine="400.00", title="占道堆放", reason="数额有误"),
        record(2, revision=8, fine="400.00", title="占道堆放", recording_ref="光盘 1"),
    )
    page = await intake.scene.read(f"acts/{act['id']}/changes", intake.account)
    assert page["items"][0]["reason"] == "数额有误"


async def test_a_source_reports_by_name_for_bodies_of_its_division_only(intake: Intake) -> None:
    (source,) = await sources(intake)
    theirs, hidden = credit_code(8), credit_code(9)
    there = Scope(district=FOREIGN, township=None)
    await intake.oversight.react(
        subject_published(uuid4(), uscc=theirs, division=FOREIGN, level="district"), there
    )

    async def named(version: int, *organisations: str) -> httpx2.Response:
        return await intake.oversight.patch(
            f"/oversight/v1/act-sources/{source['id']}",
            as_=intake.scene.supervisor,
            headers={"If-Match": f'"{version}-"'},
            json={"organisations": organisations},
        )

    refused(await named(1, theirs), 422, "act-source-organisation-outside")
    with pytest.raises(AssertionError, match="act-source-organisation-outside"):
        await intake.registered(code="another", organisations=[theirs])
    # Named before it is known where it lies: then it is found to be elsewhere.
    assert (await named(1, SUBJECT_CODE, hidden)).status_code == 200
    await intake.send(record(1, organisation=hidden))
    await intake.oversight.react(
        subject_published(uuid4(), uscc=hidden, division=FOREIGN, level="district"), there
    )
    (result,) = await intake.send(record(2, organisation=hidden))
    assert [p["code"] for p in result["problems"]] == ["act-outside-reach"]
    assert (await intake.act(1))["unresolved"] == [f"subject:{hidden}"]


def power_told(
    kind: Any, organisation: str, code: str, state: str, domain: str, **changed: Any
) -> Any:
    told: dict[str, Any] = {
        "power_id": uuid4(),
        "subject_id": uuid4(),
        "organisation": organisation,
        "code": code,
        "name": "占道经营的处罚",
        "kind": "penalty",
        "level": "township",
        "domains": [domain],
        "basis": [],
        "township_allowed": True,
        "edition": 1,
        "state": state,
        "since": "2026-01-01",
    }
    return kind(**{**told, **changed})


async def test_an_item_is_settled_by_what_its_body_holds(intake: Intake) -> None:
    react = intake.oversight.react
    other = credit_code(9)
    await react(power_told(PowerDrafted, SUBJECT_CODE, "CQ-1", "draft", "agriculture"), HERE)
    await react(power_told(PowerActivated, other, "CQ-1", "active", "agriculture"), HERE)
    await intake.send(record(1, item_code="CQ-1"), record(2, item_code="CQ-2"))
    # Another body's power says nothing of this one, of which no power is known yet.
    assert (await intake.act(1))["unresolved"] == ["item:CQ-1"]
    await react(power_told(PowerActivated, SUBJECT_CODE, "CQ-9", "active", "water_resources"), HERE)
    await intake.oversight.fire_timers()
    act = await intake.act(1)
    assert (act["unresolved"], act["power_id"]) == ([], None)
    assert (await intake.act(2))["unresolved"] == ["item:CQ-2"]
    held = power_told(PowerActivated, SUBJECT_CODE, "CQ-1", "active", "forestry")
    await react(held, HERE)
    ended = power_told(PowerRepealed, SUBJECT_CODE, "CQ-1", "repealed", "health", reason="修法")
    await react(ended, HERE)
    await intake.oversight.fire_timers()
    act = await intake.act(1)
    assert (act["power_id"], act["domains"]) == (str(held.power_id), ["forestry"])
    found = await intake.scene.read("acts?item_code=CQ-1", intake.scene.supervisor)
    assert [one["external_id"] for one in found["items"]] == ["CG-1"]


async def test_references_are_looked_at_to_the_last_act_that_waits(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolutions, "AT_ONCE", 2)
    (source,) = await sources(intake)
    hidden = credit_code(9)
    answer = await intake.oversight.patch(
        f"/oversight/v1/act-sources/{source['id']}",
        as_=intake.scene.supervisor,
        headers={"If-Match": '"1-"'},
        json={"organisations": [SUBJECT_CODE, hidden]},
    )
    assert answer.status_code == 200, answer.text
    early = [stage("filed", "2026-02-02T09:00:00+08:00")]
    await intake.send(
        *(record(n, organisation=hidden, stages=early, item_code="CQ-1") for n in range(1, 4)),
        record(4, item_code="CQ-1"),
    )
    there = Scope(district=FOREIGN, township=None)
    await intake.oversight.react(subject_published(uuid4(), uscc=hidden, division=FOREIGN), there)
    await intake.oversight.react(
        power_told(PowerActivated, SUBJECT_CODE, "CQ-1", "active", "forestry"), HERE
    )
    await intake.oversight.fire_timers()
    assert (await intake.act(4))["unresolved"] == []
    assert (await intake.act(1))["unresolved"] == [f"subject:{hidden}", "item:CQ-1"]
    async with intake.oversight.session() as session:
        assert (await session.scalars(select(ReferenceTold.reference))).all() == []


async def test_a_deed_and_a_body_are_found_by_who_has_them(intake: Intake) -> None:
    ended = subject_published(uuid4(), state="merged", domains=["agriculture"])
    await intake.oversight.react(ended, HERE)
    deeds = {}
    for organisation in (SUBJECT_CODE, credit_code(9)):
        told = example(DelegationSigned, organisation=organisation, deed_no="委〔2026〕1号")
        deeds[organisation] = told.delegation_id
        await intake.oversight.react(told, HERE)
    await intake.send(record(1, delegation_no="委〔2026〕1号"))
    act = await intake.act(1)
    assert act["delegation_id"] == str(deeds[SUBJECT_CODE])
    assert (act["subject_id"], act["unresolved"]) == (str(intake.scene.subject_id), [])
    for query in ("certificate_no=x", f"subject_id={ended.subject_id}", "external_id=none"):
        assert (await intake.scene.read(f"acts?{query}", intake.account))["items"] == []
    own = f"acts?external_id=CG-1&source_id={act['source_id']}"
    assert len((await intake.scene.read(own, intake.account))["items"]) == 1


async def test_what_is_counted_equals_a_recount_whatever_happened(intake: Intake) -> None:
    moved = stage("decided", "2026-04-01T09:00:00+08:00")
    await intake.send(*(record(n, fine=f"{n}00.00") for n in range(1, 8)))
    await intake.send(
        record(1, revision=2, kind="permit", penalties=[], outcome="granted", reason="种类有误"),
        record(2, revision=2, stages=[moved], reason="日期有误"),
        record(3, revision=2, withdrawn=True, reason="误报"),
        record(4, revision=2, stages=[stage("closed", "2026-05-02T09:00:00+08:00")]),
        record(4, revision=2, stages=[stage("closed", "2026-05-02T09:00:00+08:00")]),
    )
    async with intake.oversight.session() as session:
        rows = (await session.execute(select(Act.__table__))).mappings().all()
        recount = deltas([Changed(None, dict(row), []) for row in rows])
        assert await summed(session) == recount


async def test_a_township_that_moved_takes_its_acts_and_the_former_district_sees_them(
    intake: Intake,
) -> None:
    await intake.send(record(1))
    moved_on = intake.oversight.app.state.clock.now().date()
    await intake.oversight.react(
        DivisionMoved(
            code=TOWNSHIP,
            name="小龙坎街道",
            former_parent=DISTRICT,
            parent=FOREIGN,
            moved_on=moved_on,
        )
    )
    now_theirs = intake.scene.foreigners["foreign district"]
    assert len((await intake.scene.read("acts", now_theirs))["items"]) == 1
    assert len((await intake.scene.read("acts", intake.scene.supervisor))["items"]) == 1
    # Told of after the move, of a day before it: the district of that day takes part.
    await intake.oversight.react(
        subject_published(intake.scene.subject_id), Scope("50", FOREIGN, TOWNSHIP)
    )
    await intake.send(record(2))
    assert len((await intake.scene.read("acts", intake.scene.supervisor))["items"]) == 2
    assert len((await intake.scene.read("acts", now_theirs))["items"]) == 2


async def test_acts_are_seen_by_whom_they_concern(intake: Intake) -> None:
    await intake.send(record(1))
    scene = intake.scene
    for token in (scene.bureau, scene.supervisor, scene.office, scene.agency, scene.enforcement):
        assert len((await scene.read("acts", token))["items"]) == 1
    for token in scene.foreigners.values():
        assert (await scene.read("acts?count=exact", token))["count"] == 0
    act = await intake.act()
    for token in scene.foreigners.values():
        refused(
            await scene.oversight.get(f"/oversight/v1/acts/{act['id']}", as_=token),
            404,
            "not-found",
        )
    exported = await scene.oversight.get(
        "/oversight/v1/acts/export?kind=penalty", as_=scene.supervisor
    )
    assert "张**" in exported.text
    assert "张三丰" not in exported.text


async def test_personal_data_is_sealed_in_every_table(intake: Intake) -> None:
    await intake.post([record(1)])
    async with intake.oversight.session() as session:
        waiting = await session.scalar(select(ActBatchContent.content))
    assert waiting is not None
    assert "张三丰".encode() not in waiting
    await intake.oversight.fire_timers()
    async with intake.oversight.session() as session:
        row = (await session.scalars(select(Act))).one()
        assert await session.scalar(select(func.count()).select_from(ActBatchContent)) == 0
    seal: Seal = intake.oversight.app.state.database.sessions.kw["info"]["seal"]
    assert row.party_sealed is not None
    assert json.loads(seal.open_bytes(row.party_sealed, "act.party_sealed"))["name"] == "张三丰"
    told = {c.name: getattr(row, c.name) for c in Act.__table__.columns if c.name != "party_sealed"}
    assert "张三丰" not in str(told)
    assert "500112199001010017" not in str(told)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["甲", "乙", None]),
        "fine_fen": st.integers(0, 3),
        "withdrawn": st.booleans(),
        "penalties": st.lists(st.sampled_from(["fine", "warning"]), unique=True),
        "closed_at": st.sampled_from([(moment, no) for moment in (1, 2) for no in ("a", None)]),
    },
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FIELDS, min_size=1, max_size=4), st.data())
def test_a_merge_is_the_same_in_any_order_and_again(told: list[dict[str, Any]], data: Any) -> None:
    records = [
        Told(n, "1", f"{n}", "r", {"kind": "penalty", "filed_at": (n, None), **fields})
        for n, fields in enumerate(told)
    ]
    shuffled = data.draw(st.permutations([*records, records[0]]))

    def merged(one_by_one: Sequence[Told]) -> dict[str, Any]:
        act = None
        for one in one_by_one:
            act, _ = merge(act, one)
        assert act is not None
        by_field = {field: at for at, fields in act["told"].items() for field in fields}
        return {**act, "told": by_field}

    assert merged(records) == merged(shuffled)


@pytest.mark.parametrize(
    ("penalties", "counts_as"),
    [
        (["fine", "warning"], "fine"),
        (["detention", "closure"], "detention"),
        (["other", "warning"], "warning"),
        (["other"], "other"),
        ([], None),
    ],
)
def test_combined_penalties_count_once_in_the_heaviest_class(
    penalties: list[str], counts_as: str | None
) -> None:
    assert heaviest(penalties) == counts_as


async def test_months_are_made_ahead_and_dropped_by_the_rule(intake: Intake) -> None:
    old, early, first = (
        [stage("filed", f"{day}T09:00:00+08:00")]
        for day in ("2022-03-02", "2019-03-02", "2009-03-02")
    )
    await intake.send(record(1), record(2, stages=old), record(3, stages=early))
    await intake.send(record(4, stages=first))
    assert await counted(intake, "filed") == (4, 0)
    async with intake.oversight.session() as session:
        month = today(session).replace(day=1)
        tables = "SELECT count(*) FROM pg_class WHERE relname = :name"
        ahead = (month + timedelta(days=70)).strftime("act_%Y_%m")
        assert await session.scalar(text(tables), {"name": ahead}) == 1

    async def kept(months: int) -> list[str]:
        async with intake.oversight.session() as session:
            await session.execute(
                update(RuleSet)
                .where(RuleSet.code == "act.retention")
                .values(value={"from": "2001-01-01", "months": months})
            )
            await session.commit()
        forget()
        intake.oversight.advance(days=1)
        await intake.oversight.fire_timers()
        page = await intake.scene.read("acts?sort=-id", intake.scene.supervisor)
        return [one["external_id"] for one in page["items"]]

    # What is before 2022 lies in one partition, and goes month by month all the same.
    assert await kept(months=150) == ["CG-1", "CG-2", "CG-3"]
    assert await kept(months=12) == ["CG-1"]
    async with intake.oversight.session() as session:
        assert await session.scalar(text(tables), {"name": "act_2022_03"}) == 0
    # What they were counted as stays, and they do not come back.
    assert await counted(intake, "filed") == (4, 0)
    (again,) = await intake.send(record(2, stages=old))
    assert [problem["code"] for problem in again["problems"]] == ["act-too-old"]
