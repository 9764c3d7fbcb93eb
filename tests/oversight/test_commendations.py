"""Commendations: nominated, vetted against the data, publicised, granted by a third person."""

import asyncio
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from services.oversight.commendations.rules import LIFECYCLE, looked_back_to
from shared.events.registry.officers import CertificateIssued, CertificateSuspended
from tests.oversight.scene import (
    DISTRICT,
    HERE,
    OTHER_CODE,
    Scene,
    credit_code,
    officer_told,
    refused,
    subject_published,
)
from tests.walks import Walk

PATH = "commendations"
CLEAN = {
    "checks": [{"bar": bar, "found": False, "source": "复函"} for bar in ("discipline", "petition")]
}
DECISION = {"document_no": "渝司发〔2026〕88号"}


def nomination(scene: Scene, **changed: Any) -> dict[str, Any]:
    return {
        "kind": "collective",
        "title": "行政执法先进集体",
        "year": 2026,
        "subject_id": str(scene.subject_id),
        "merits": "全年办案320件,无复议撤销。",
        **changed,
    }


async def nominated(scene: Scene, **changed: Any) -> dict[str, Any]:
    body = nomination(scene, **changed)
    return await scene.done(PATH, as_=scene.supervisor, json=body, status=201)


async def publicised(scene: Scene, **changed: Any) -> dict[str, Any]:
    row = await scene.step(PATH, await nominated(scene, **changed), "vet", scene.colleague, CLEAN)
    return await scene.step(PATH, row, "publicise", scene.colleague)


async def certified(scene: Scene, kind: Any = CertificateIssued, **changed: Any) -> None:
    told = {
        "certificate_no": "渝050106001",
        "certificate_state": "active",
        "certificate_valid_to": "2035-06-30",
        **changed,
    }
    await scene.oversight.react(
        officer_told(kind, scene.officer_id, scene.subject_id, **told), HERE
    )


def person(scene: Scene) -> dict[str, Any]:
    return {"kind": "person", "officer_id": str(scene.officer_id), "title": "行政执法先进个人"}


async def test_a_body_is_commended_after_its_publicity_by_a_third_person(scene: Scene) -> None:
    row = await publicised(scene)
    assert (row["state"], row["bars"], row["allowed_actions"]) == (
        "publicised",
        [],
        ["reject", "concern"],
    )
    path = f"{PATH}/{row['id']}/grant"
    for who in (scene.supervisor, scene.colleague):
        refused(await scene.call(path, who, DECISION), 403, "commendation-granted-by-vetter")
    early = await scene.call(path, scene.bureau, DECISION)
    refused(early, 409, "commendation-publicity-running")
    scene.oversight.advance(days=14)
    row = await scene.done(path, as_=scene.bureau, json=DECISION)
    assert (row["state"], row["document_no"]) == ("granted", DECISION["document_no"])
    assert await scene.fact_types() == [
        "commendation.nominated.v1",
        "commendation.vetted.v1",
        "commendation.publicised.v1",
        "commendation.granted.v1",
    ]
    told = (await scene.oversight.facts("oversight.commendation.granted.v1"))[0]
    assert told["division"] == f"50.{HERE.district}.{HERE.township}"
    reason = {"reason": "事迹不实"}
    row = await scene.step(PATH, row, "revoke", scene.bureau, reason)
    assert (row["state"], row["reason"]) == ("revoked", "事迹不实")
    assert (await nominated(scene))["state"] == "nominated", "the title is free again"


async def test_who_nominated_does_not_vet_and_each_check_of_the_rule_is_made(scene: Scene) -> None:
    row = await nominated(scene)
    assert row["allowed_actions"] == ["reject"]
    path = f"{PATH}/{row['id']}/vet"
    own = await scene.call(path, scene.supervisor, CLEAN)
    refused(own, 403, "commendation-vetted-by-nominator")
    half = {"checks": CLEAN["checks"][:1]}
    refused(await scene.call(path, scene.colleague, half), 422, "commendation-checks-incomplete")
    found = {"checks": [{**check, "found": True} for check in CLEAN["checks"]]}
    refused(await scene.call(path, scene.colleague, found), 409, "commendation-barred")
    declared = {"checks": [{"bar": "grave_finding", "found": False, "source": "无"}]}
    refused(await scene.call(path, scene.colleague, declared), 422, "invalid-input")


@pytest.mark.parametrize("severity", ["grave", "serious"])
async def test_a_confirmed_grave_finding_bars_a_body_and_the_officer(
    scene: Scene, severity: str
) -> None:
    await certified(scene)
    finding = await scene.finding(severity=severity)
    body, officer = await nominated(scene), await nominated(scene, **person(scene))
    for row in (body, officer):
        assert row["bars"] == [], "found, not confirmed"
    await scene.step("findings", finding, "comment", scene.agency, {"comment": "属实"})
    await scene.step("findings", finding, "confirm", scene.colleague, {"reason": "清楚"})
    expected = ["grave_finding"] if severity == "grave" else []
    for row in (body, officer):
        seen = await scene.read(f"{PATH}/{row['id']}", scene.colleague)
        assert (seen["bars"], "vet" in seen["allowed_actions"]) == (expected, not expected)
        answer = await scene.call(f"{PATH}/{row['id']}/vet", scene.colleague, CLEAN)
        if expected:
            refused(answer, 409, "commendation-barred")
        else:
            assert answer.status_code == 200


async def test_an_overdue_rectification_bars_the_body_even_after_the_vetting(scene: Scene) -> None:
    scene.stand_at(datetime(2027, 3, 1, tzinfo=UTC))
    row = await publicised(scene)
    await scene.ordered()
    scene.oversight.advance(days=40)
    seen = await scene.read(f"{PATH}/{row['id']}", scene.bureau)
    assert (seen["bars"], "grant" in seen["allowed_actions"]) == (["overdue_rectification"], False)
    answer = await scene.call(f"{PATH}/{row['id']}/grant", scene.bureau, DECISION)
    refused(answer, 409, "commendation-barred")
    assert (await scene.read(f"{PATH}/{row['id']}", scene.bureau))["state"] == "publicised"


async def test_a_certificate_that_is_not_good_bars_an_officer(scene: Scene) -> None:
    row = await nominated(scene, **person(scene))
    assert row["bars"] == ["certificate_not_active"], "none was issued"
    await certified(scene)
    assert (await scene.read(f"{PATH}/{row['id']}", scene.bureau))["bars"] == []
    await certified(scene, CertificateSuspended, certificate_state="suspended")
    seen = await scene.read(f"{PATH}/{row['id']}", scene.bureau)
    assert seen["bars"] == ["certificate_not_active"]


async def test_objections_of_the_publicity_are_settled_first_and_one_upheld_bars_it(
    scene: Scene,
) -> None:
    row = await publicised(scene)
    path = f"{PATH}/{row['id']}"
    for text in ("办案数不实", "其他"):
        await scene.done(
            f"{path}/concern", as_=scene.supervisor, json={"text": text, "from_whom": "群众来电"}
        )
    facts = await scene.oversight.facts("oversight.commendation.objected.v1")
    assert [fact["data"]["concern"] for fact in facts] == [1, 2]
    assert "办案数不实" not in str(facts)
    scene.oversight.advance(days=14)
    late = {"text": "迟到", "from_whom": "来信"}
    refused(
        await scene.call(f"{path}/concern", scene.supervisor, late),
        409,
        "commendation-publicity-over",
    )
    refused(
        await scene.call(f"{path}/grant", scene.bureau, DECISION), 409, "commendation-concerns-open"
    )
    settled = {"number": 1, "upheld": False, "outcome": "与台账一致"}
    await scene.done(f"{path}/settle", as_=scene.colleague, json=settled)
    again = await scene.call(f"{path}/settle", scene.colleague, settled)
    refused(again, 422, "commendation-concern-unknown")
    settled = {"number": 2, "upheld": True, "outcome": "属实"}
    row = await scene.done(f"{path}/settle", as_=scene.colleague, json=settled)
    assert [one["state"] for one in row["concerns"]] == ["dismissed", "upheld"]
    refused(
        await scene.call(f"{path}/grant", scene.bureau, DECISION),
        409,
        "commendation-concern-upheld",
    )


async def test_the_nominee_sees_neither_who_objected_nor_what_was_checked(scene: Scene) -> None:
    row = await publicised(scene)
    told = {"text": "办案数不实", "from_whom": "某同事"}
    await scene.done(f"{PATH}/{row['id']}/concern", as_=scene.supervisor, json=told)
    seen = await scene.read(f"{PATH}/{row['id']}", scene.agency)
    assert (seen["concerns"], seen["checks"], seen["bars"]) == (None, None, None)
    assert len((await scene.read(f"{PATH}/{row['id']}", scene.supervisor))["concerns"]) == 1
    for name, token in scene.foreigners.items():
        await scene.read(f"{PATH}/{row['id']}", token, 404)
        assert (await scene.read(f"{PATH}?count=exact", token))["count"] == 0, name


async def test_a_body_nominates_itself_and_no_other(scene: Scene) -> None:
    mine = await scene.done(PATH, as_=scene.agency, json=nomination(scene), status=201)
    assert (mine["authority"], mine["allowed_actions"]) == (DISTRICT, [])
    other = scene.oversight.token("agency_user", DISTRICT, organisation=OTHER_CODE)
    refused(await scene.call(PATH, other, nomination(scene)), 422, "subject-unknown")
    unknown = nomination(scene, **{**person(scene), "officer_id": str(uuid4())})
    refused(await scene.call(PATH, scene.supervisor, unknown), 422, "commendation-officer-unknown")
    unclear = nomination(scene, kind="person")
    refused(await scene.call(PATH, scene.supervisor, unclear), 422, "invalid-input")


async def test_a_title_is_given_once(scene: Scene) -> None:
    answers = await asyncio.gather(
        *(scene.call(PATH, who, nomination(scene)) for who in (scene.supervisor, scene.colleague))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    refused(lost, 409, "commendation-exists")
    # An officer of the body is another nominee.
    answers = await asyncio.gather(
        *(
            scene.call(PATH, who, nomination(scene, **person(scene)))
            for who in (scene.supervisor, scene.colleague)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_allowed_actions_of_a_commendation_are_exactly_what_succeeds(scene: Scene) -> None:
    numbers = count(100)

    async def create() -> dict[str, Any]:
        # One may not be commended, being suspended: it can be vetted by nobody.
        number, other = next(numbers), uuid4()
        state = "suspended" if number % 4 == 3 else "published"
        told = subject_published(other, uscc=credit_code(number), state=state)
        await scene.oversight.react(told, HERE)
        row = await nominated(scene, subject_id=str(other))
        if number % 2 == 0:
            row = await scene.step(PATH, row, "vet", scene.colleague, CLEAN)
            row = await scene.step(PATH, row, "publicise", scene.colleague)
            scene.oversight.advance(days=5)
        return row

    walk = Walk(
        scene.oversight,
        LIFECYCLE,
        f"/oversight/v1/{PATH}",
        create,
        callers={
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "agency": scene.enforcement,
            "sibling": scene.foreigners["sibling enforcement"],
            "foreign": scene.foreigners["foreign district"],
        },
        bodies={
            "vet": CLEAN,
            "concern": {"text": "不实", "from_whom": "来信"},
            "settle": _first_open,
            "grant": DECISION,
            "reject": {"reason": "不宜"},
            "revoke": {"reason": "不实"},
        },
    )
    for seed in (1, 2):
        await walk.run(seed=seed, alive=2)
    made = {action for _, action in walk.seen}
    assert made >= {"vet", "reject"} and made & {"publicise", "concern", "grant"}, made


def _first_open(thing: dict[str, Any]) -> dict[str, Any]:
    open_ = [one["number"] for one in thing["concerns"] if one["state"] == "open"]
    return {"number": (open_ or [1])[0], "upheld": False, "outcome": "不属实"}


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        # The same day of the month, two years before, from midnight in Shanghai.
        (date(2026, 3, 15), 24, datetime(2024, 3, 14, 16, tzinfo=UTC)),
        (date(2026, 8, 31), 6, datetime(2026, 2, 27, 16, tzinfo=UTC)),
        (date(2024, 2, 29), 12, datetime(2023, 2, 27, 16, tzinfo=UTC)),
        (date(2026, 1, 1), 1, datetime(2025, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_it_is_looked_back_over_calendar_months(today: date, months: int, first: datetime) -> None:
    assert looked_back_to(today, months=months) == first
