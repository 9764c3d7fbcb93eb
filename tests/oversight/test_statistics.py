"""The annual statistics: equal to a recount whatever comes late, and published by two persons."""

import io
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from services.oversight.act_counts.tables import ActYear
from services.oversight.acts.tables import Act
from services.oversight.annual_statistics import actions as annual
from services.oversight.annual_statistics.rules import LIFECYCLE
from shared.clock import legal_day
from shared.events.registry.powers import PowerActivated
from tests.oversight.acts import Intake, record, stage
from tests.oversight.scene import DISTRICT, HERE, SUBJECT_CODE, Scene, refused
from tests.oversight.test_coverage import power
from tests.servers import ServiceUnderTest
from tests.walks import Walk

NEXT_YEAR = datetime(2027, 1, 12, 2, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture
async def intake(oversight: ServiceUnderTest) -> Intake:
    """A body that may punish and nothing else, in January of the year after its acts."""
    scene = Scene(oversight)
    scene.stand_at(NEXT_YEAR)
    await scene.told()
    intake = Intake(scene)
    await intake.registered()
    await oversight.react(power(PowerActivated, uuid4(), SUBJECT_CODE, "active"), HERE)
    await oversight.fire_timers()
    return intake


async def read(scene: Scene, query: str = "", as_: str | None = None) -> dict[str, Row]:
    told = await scene.read(f"statistics?year=2026&{query}", as_ or scene.supervisor)
    return {table["key"]: table["total"] for table in told["tables"]}


def decided(number: int, *penalties: str, fine: str = "0.00", **changed: Any) -> dict[str, Any]:
    return record(number, penalties=list(penalties), fine=fine, **changed)


async def test_combined_penalties_count_once_and_no_duty_is_not_zero(intake: Intake) -> None:
    scene = intake.scene
    await intake.send(
        decided(1, "warning", "fine", fine="300.00"),
        decided(2, "fine", "closure", fine="20000.50", confiscated="0.50"),
        decided(3, "warning"),
        decided(4, outcome="no_penalty"),
        decided(5, "fine", stages=[stage("filed", "2026-12-30T09:00:00+08:00")]),
        decided(6, "fine", fine="9.00", stages=[stage("decided", "2025-12-31T23:59:00+08:00")]),
    )
    found = await read(scene)
    penalty = found["penalty"]
    assert {key: n for key, n in penalty.items() if n} == {
        "warning": 1,
        "fine": 1,
        "closure": 1,
        "total": 3,
        "amount": "20301.00",
    }
    assert penalty["detention"] == 0
    assert set(found["permit"].values()) == {None}
    assert found["others"]["check"] is None

    # What happened is shown, also without a power for it; late, corrected and withdrawn acts.
    await intake.send(
        record(7, kind="check", penalties=[], fine=None),
        decided(2, "fine", fine="20000.50", revision=2, reason="种类有误"),
        decided(3, revision=2, withdrawn=True, reason="重复报送"),
    )
    after = await read(scene)
    assert after["others"] == {**found["others"], "check": 1}
    assert after["penalty"] == {**penalty, "warning": 0, "fine": 2, "closure": 0, "total": 2}
    assert after["permit"] == found["permit"]
    assert after["certificates"] == {"on_post": 0, "certified": 0, "rate": None}
    page = await scene.read("statistics/bodies?year=2026", scene.agency)
    (body,) = page["items"]
    assert (body["organisation"], body["tables"]) == (SUBJECT_CODE, after)
    for as_ in scene.foreigners.values():
        assert (await scene.read("statistics/bodies?year=2026", as_))["items"] == []
        assert (await read(scene, as_=as_))["penalty"]["total"] is None


async def test_sums_of_years_equal_a_recount_whatever_comes_in_which_order(intake: Intake) -> None:
    choice = random.Random(825)
    stages = ("filed", "decided", "published", "closed")
    for revision in range(1, 4):
        told = [
            record(
                number,
                revision=revision,
                kind=choice.choice(("penalty", "permit", "check")),
                penalties=choice.choice(([], ["warning"], ["fine", "closure"])),
                outcome=choice.choice((None, "granted")),
                fine=f"{choice.randrange(500)}.00",
                withdrawn=choice.random() < 0.2,
                reason="核对后更正",
                stages=[
                    stage(name, f"{choice.choice((2025, 2026))}-06-{day:02}T23:30:00+08:00")
                    for day, name in enumerate(stages, start=10)
                ],
            )
            for number in choice.sample(range(40), 30)
        ]
        await intake.send(*told)
    async with intake.oversight.session() as session:
        acts = (await session.scalars(select(Act))).all()
        names = ("year", "stage", "kind", "result", "acts", "fine_fen")
        columns = [getattr(ActYear, name) for name in names]
        rows = (await session.execute(select(*columns).where(ActYear.acts != 0))).all()
    wanted: Counter[tuple[Any, ...]] = Counter()
    money: Counter[tuple[Any, ...]] = Counter()
    for act in acts:
        if act.withdrawn:
            continue
        for name in ("began", *stages):
            if (at := getattr(act, f"{name}_at")) is not None:
                reached = "reported" if name == "began" else name
                key = (legal_day(at).year, reached, act.kind, act.result or "")
                wanted[key] += 1
                money[key] += act.fine_fen if name == "decided" else 0
    assert {(r.year, r.stage, r.kind, r.result): r.acts for r in rows} == dict(wanted)
    assert {(r.year, r.stage, r.kind, r.result): r.fine_fen for r in rows} == dict(money)


async def test_statistics_are_compiled_confirmed_by_another_and_published_for_all(
    intake: Intake,
) -> None:
    scene, oversight = intake.scene, intake.oversight
    await intake.send(decided(1, "fine", fine="12345.60"))
    this_year = await oversight.post(
        "/oversight/v1/annual-statistics",
        as_=scene.supervisor,
        json={"division": DISTRICT, "year": 2027},
    )
    refused(this_year, 422, "statistics-year-not-over")
    row = await compiled(scene)
    assert (row["due_on"], row["edition"], row["overdue"]) == ("2027-01-31", 1, False)
    again = await oversight.post(
        "/oversight/v1/annual-statistics",
        as_=scene.supervisor,
        json={"division": DISTRICT, "year": 2026},
    )
    refused(again, 409, "statistics-already-open")
    own = await oversight.post(
        f"/oversight/v1/annual-statistics/{row['id']}/confirm", as_=scene.supervisor
    )
    refused(own, 403, "statistics-confirmed-by-compiler")
    row = await scene.step("annual-statistics", row, "confirm", scene.colleague)
    nobody = await oversight.get("/oversight/v1/public/annual-statistics")
    assert nobody.json()["items"] == []
    row = await scene.step("annual-statistics", row, "publish", scene.colleague)

    await intake.send(decided(1, "fine", "closure", fine="12345.60", revision=2, reason="漏报"))
    (told,) = (await oversight.get("/oversight/v1/public/annual-statistics")).json()["items"]
    assert told["digest"] == row["digest"]  # what was published stays what it was
    silent = await oversight.post(
        "/oversight/v1/annual-statistics",
        as_=scene.supervisor,
        json={"division": DISTRICT, "year": 2026},
    )
    refused(silent, 422, "statistics-correction-needs-note")
    second = await compiled(scene, note="漏报停业处罚")
    for action in ("confirm", "publish"):
        second = await scene.step("annual-statistics", second, action, scene.colleague)
    (told,) = (await oversight.get("/oversight/v1/public/annual-statistics")).json()["items"]
    assert (told["edition"], told["content"]["tables"][0]["total"]["closure"]) == (2, 1)
    first = await scene.read(f"annual-statistics/{row['id']}", scene.supervisor)
    assert (first["state"], first["content"]["tables"][0]["total"]["fine"]) == ("superseded", 1)

    path = f"/oversight/v1/public/annual-statistics/{second['id']}/file"
    book = CalamineWorkbook.from_filelike(io.BytesIO((await oversight.get(path)).content))
    assert book.sheet_names == [
        "行政处罚",
        "行政许可",
        "行政强制",
        "其他行政执法行为",
        "行政执法人员持证",
    ]
    rows = book.get_sheet_by_name("行政处罚").to_python()
    assert rows[0][0] == "沙坪坝区2026年度行政处罚实施情况统计表"
    assert (rows[3][2], rows[2][12]) == ("警告、通报批评", "罚没金额（万元）")
    assert rows[4][1:13] == ["沙坪坝区小龙坎街道办事处", 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1.23456]
    assert rows[5][1] == "合计"
    assert book.get_sheet_by_name("行政许可").to_python()[4][2] == "无相关职责"
    gone = f"/oversight/v1/public/annual-statistics/{row['id']}/file"
    refused(await oversight.get(gone), 404, "not-found")


async def test_who_has_not_published_is_told_before_and_after_the_last_day(intake: Intake) -> None:
    oversight = intake.oversight
    async with oversight.session() as session:
        await annual.install(session)
        await session.commit()
    due = []
    for days in (0, 9, 0, 11, 1):  # 12 January; the 21st; again; 1 and 2 February
        oversight.advance(days=days)
        await oversight.fire_timers()
        facts = await oversight.facts("oversight.annual_statistics.due.v1")
        due.append([(fact["data"]["division"], fact["data"]["overdue"]) for fact in facts])
    near, late = (DISTRICT, False), (DISTRICT, True)
    assert due == [[], [near], [near], [near, late], [near, late]]


async def compiled(scene: Scene, **more: Any) -> dict[str, Any]:
    body = {"division": DISTRICT, "year": 2026, **more}
    return await scene.done("annual-statistics", as_=scene.supervisor, json=body, status=201)


async def test_what_is_allowed_to_annual_statistics_is_what_succeeds(intake: Intake) -> None:
    scene = intake.scene
    years = iter(range(1999, 2027))  # one each: an edition supersedes that before
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/annual-statistics",
        lambda: scene.done(
            "annual-statistics",
            as_=scene.supervisor,
            json={"division": DISTRICT, "year": next(years)},
            status=201,
        ),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "office": scene.office,
            "foreign": scene.foreigners["foreign district"],
        },
        {"return": {"reason": "口径不符"}},
    )
    await walk.run(seed=2, steps=40)
    assert walk.seen == {
        ("compiled", "recompile"),
        ("compiled", "confirm"),
        ("compiled", "return"),
        ("confirmed", "return"),
        ("confirmed", "publish"),
        ("returned", "recompile"),
    }
