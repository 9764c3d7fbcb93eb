"""A source's days held against what is here, and the catalogue of who shares what."""

from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from services.oversight.act_reconciliations.rules import LIFECYCLE as RECONCILIATION
from services.oversight.act_reconciliations.rules import digest_of
from services.oversight.sharing_entries.rules import LIFECYCLE
from tests.oversight.acts import SOURCE, Intake, record
from tests.oversight.scene import DISTRICT, SUBJECT_CODE, Scene, refused
from tests.walks import Walk

DAY = "2026-03-02"


@pytest.fixture
async def intake(scene: Scene) -> Intake:
    """The scene with a source for its subject."""
    intake = Intake(scene)
    await intake.registered()
    return intake


async def reconciled(intake: Intake, count: int, **told: Any) -> dict[str, Any]:
    body = {"source": SOURCE, "day": DAY, "count": count, **told}
    return await intake.scene.done("act-reconciliations", as_=intake.account, json=body)


async def test_missing_and_surplus_ids_are_named_until_both_sides_have_the_same(
    intake: Intake,
) -> None:
    await intake.send(record(1), record(2), record(3, withdrawn=True, reason="误报"))
    ids = ["CG-1", "CG-7"]
    row = await reconciled(intake, 2, external_ids=ids)
    assert (row["state"], row["missing"], row["surplus"]) == ("differing", ["CG-7"], ["CG-2"])
    assert (row["told"], row["here"]) == (2, 2)
    assert row["due_at"] is not None
    await intake.send(record(7), record(2, revision=2, withdrawn=True, reason="误报"))
    again = await reconciled(intake, 2, external_ids=ids)
    assert (again["id"], again["state"], again["missing"]) == (row["id"], "agreed", [])
    by_digest = await reconciled(intake, 2, digest=digest_of(ids))
    assert by_digest["state"] == "agreed"
    assert (await reconciled(intake, 3))["state"] == "differing"
    types = [name for name in await intake.scene.fact_types() if "reconciliation" in name]
    assert types == [
        "act_reconciliation.differed.v1",
        "act_reconciliation.agreed.v1",
        "act_reconciliation.agreed.v1",
        "act_reconciliation.differed.v1",
    ]


async def test_who_does_not_answer_in_the_term_is_overdue_and_what_came_meanwhile_counts(
    intake: Intake,
) -> None:
    await intake.send(record(1))
    row = await reconciled(intake, 2, external_ids=["CG-1", "CG-2"])
    intake.oversight.advance(days=14)
    await intake.oversight.fire_timers()
    late = await intake.scene.read("act-reconciliations?overdue=true", intake.scene.supervisor)
    assert [one["id"] for one in late["items"]] == [row["id"]]
    await reconciled(intake, 2, external_ids=["CG-1", "CG-2"])
    await intake.send(record(2))
    intake.oversight.advance(days=14)
    await intake.oversight.fire_timers()
    now = await intake.scene.read(f"act-reconciliations/{row['id']}", intake.scene.supervisor)
    assert (now["state"], now["overdue"]) == ("agreed", False)


async def test_only_the_source_answers_for_its_days(intake: Intake) -> None:
    row = await reconciled(intake, 5)
    path = f"act-reconciliations/{row['id']}"
    explanation = {"explanation": "系统迁移,次日补报"}
    stranger = intake.oversight.token("integration", DISTRICT, sub="system:other")
    refused(
        await intake.scene.call(f"{path}/explain", stranger, explanation), 403, "not-the-supervisor"
    )
    assert (await intake.scene.read(path, stranger))["allowed_actions"] == []
    assert (await intake.scene.read(path, intake.account))["allowed_actions"] == ["explain"]
    done = await intake.scene.done(f"{path}/explain", as_=intake.account, json=explanation)
    assert (done["state"], done["explanation"]) == ("explained", explanation["explanation"])
    for told, code in (
        ({"count": 3, "external_ids": ["a"]}, "act-reconciliation-count"),
        ({"count": 1, "day": "2099-01-01"}, "act-reconciliation-day-not-over"),
        ({"count": 1, "source": "nobody"}, "act-source-unknown"),
    ):
        body = {"source": SOURCE, "day": DAY, **told}
        refused(await intake.scene.call("act-reconciliations", intake.account, body), 422, code)


def entry(source_id: str | None, **changed: Any) -> dict[str, Any]:
    body = {
        "organisation": SUBJECT_CODE,
        "organisation_name": "小龙坎街道办事处",
        "division": DISTRICT,
        "direction": "supplies",
        "data": "行政处罚案件信息",
        "items": ["案号", "决定日期"],
        "basis": "监督条例第十条",
        "every_days": 2,
        "source_id": source_id,
    }
    return {**body, **changed}


async def test_the_catalogue_says_whether_a_body_supplies_what_it_should(intake: Intake) -> None:
    scene = intake.scene
    (source,) = (await scene.read("act-sources", scene.supervisor))["items"]
    refused(
        await scene.call("sharing-entries", scene.supervisor, entry(None)),
        422,
        "sharing-source-missing",
    )
    row = await scene.done(
        "sharing-entries", as_=scene.supervisor, json=entry(source["id"]), status=201
    )
    receives = entry(None, direction="receives", data="监督文书送达信息")
    other = await scene.done("sharing-entries", as_=scene.supervisor, json=receives, status=201)
    assert (row["standing"], other["standing"]) == ("kept", "not_measured")
    intake.oversight.advance(days=3)
    assert (await scene.read(f"sharing-entries/{row['id']}", scene.agency))["standing"] == "never"
    await intake.send(record(1), record(2, kind="x"))
    await reconciled(intake, 9)
    page = await scene.read("sharing-entries?direction=supplies", scene.supervisor)
    (now,) = page["items"]
    assert (now["standing"], now["supplied_30_days"], now["refused_30_days"]) == ("kept", 1, 1)
    assert now["differing_days"] == 1
    intake.oversight.advance(days=3)
    assert (await scene.read(f"sharing-entries/{row['id']}", scene.bureau))["standing"] == "late"
    for token in scene.foreigners.values():
        assert (await scene.read("sharing-entries?count=exact", token))["count"] == 0


async def test_what_is_allowed_to_an_entry_is_what_succeeds(intake: Intake) -> None:
    scene = intake.scene
    (source,) = (await scene.read("act-sources", scene.supervisor))["items"]
    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        "/oversight/v1/sharing-entries",
        lambda: scene.done(
            "sharing-entries", as_=scene.supervisor, json=entry(source["id"]), status=201
        ),
        {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
        },
        {"end": {"reason": "r"}},
    )
    await walk.run(seed=1, steps=12)
    assert walk.seen == {("active", "end")}


async def test_what_is_allowed_to_a_reconciliation_is_what_succeeds(intake: Intake) -> None:
    scene = intake.scene
    days = (date.fromisoformat(DAY) - timedelta(days=n) for n in count())
    walk = Walk(
        scene.oversight,
        RECONCILIATION,
        "/oversight/v1/act-reconciliations",
        lambda: reconciled(intake, 9, day=next(days).isoformat()),
        {
            "bureau": scene.bureau,
            "account": intake.account,
            "agency": scene.agency,
            "foreign": scene.foreigners["foreign district"],
        },
        {"explain": {"explanation": "系统迁移"}},
    )
    await walk.run(seed=1, steps=14)
    assert walk.seen == {("differing", "explain")}
