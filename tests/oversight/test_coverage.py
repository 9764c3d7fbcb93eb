"""The five full coverages: counted by the worker, equal to a recount, each with its gaps."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.oversight.coverage_counts import actions as counts
from services.oversight.coverage_counts.rules import CoverageKind
from shared.events.registry.officers import (
    CertificateIssued,
    CertificateSuspended,
    OfficerChanged,
    OfficerRegistered,
)
from shared.events.registry.powers import PowerActivated, PowerDrafted, PowerTransferred
from shared.events.registry.subjects import SubjectRevoked, SubjectSuspended
from tests.oversight.acts import SOURCE, Intake, record, stage
from tests.oversight.scene import (
    DISTRICT,
    FOREIGN,
    HERE,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    credit_code,
    officer_told,
    subject_published,
)
from tests.servers import ServiceUnderTest

OTHER = credit_code(7)
MARCH, APRIL = datetime(2026, 3, 25, 2, tzinfo=UTC), datetime(2026, 4, 2, 2, tzinfo=UTC)
Shares = dict[str, tuple[int, int]]


def power(fact: Any, id: UUID, organisation: str, state: str) -> Any:
    told: dict[str, Any] = {
        "power_id": id,
        "subject_id": uuid4(),
        "organisation": organisation,
        "code": f"CQ-{str(id)[:8]}",
        "name": "对占道经营的处罚",
        "kind": "penalty",
        "level": "township",
        "domains": ["urban_management"],
        "basis": [],
        "township_allowed": True,
        "edition": 1,
        "state": state,
        "since": "2026-01-01",
    }
    if fact is PowerTransferred:
        told |= {"former_subject_id": uuid4(), "reason": "职能划转"}
    return fact(**told)


def check(number: int, **changed: Any) -> dict[str, Any]:
    return record(
        number,
        kind="check",
        penalties=[],
        fine=None,
        stages=[stage("filed", "2026-03-02T09:00:00+08:00")],
        **changed,
    )


async def coverage(scene: Scene, query: str = "", as_: str | None = None) -> dict[str, Any]:
    told = await scene.read(f"coverage?{query}", as_ or scene.supervisor)
    return {one["kind"]: one for one in told["coverages"]}


async def shares(scene: Scene, query: str = "", as_: str | None = None) -> Shares:
    found = await coverage(scene, query, as_)
    return {kind: (one["numerator"], one["denominator"]) for kind, one in found.items()}


async def gaps_are_what_is_missing(scene: Scene, query: str, as_: str) -> None:
    """Each list that a number names has as many rows as the number leaves uncovered."""
    for one in (await coverage(scene, query, as_)).values():
        for told in (one, *one["groups"]):
            path = told["gaps"].removeprefix("/oversight/v1/")
            page = await scene.read(f"{path}&count=exact&limit=1", as_)
            missing = told["denominator"] - told["numerator"]
            assert page["count"] == missing, (one["kind"], told.get("key"), path)


@pytest.fixture
async def intake(oversight: ServiceUnderTest) -> Intake:
    """A published body with a draft power and an officer without a certificate, and its source."""
    scene = Scene(oversight)
    scene.stand_at(MARCH)
    await scene.told()
    intake = Intake(scene)
    await intake.registered()
    react = scene.oversight.react
    await react(power(PowerActivated, uuid4(), SUBJECT_CODE, "active"), HERE)
    await react(power(PowerDrafted, uuid4(), SUBJECT_CODE, "draft"), HERE)
    for staffing in ("staff", "staff", "auxiliary"):
        id = scene.officer_id if staffing == "auxiliary" else uuid4()
        told = officer_told(OfficerRegistered, id, scene.subject_id, staffing=staffing)
        await react(told, HERE)
    certified = officer_told(
        CertificateIssued,
        uuid4(),
        scene.subject_id,
        staffing="staff",
        certificate_no="渝A-1",
        certificate_state="active",
    )
    await react(certified, HERE)
    await scene.oversight.fire_timers()
    return intake


async def test_the_five_coverages_say_what_is_missing_now_and_as_of_a_day(intake: Intake) -> None:
    scene, oversight = intake.scene, intake.oversight
    await intake.send(record(1), check(2))
    before = await shares(scene)
    assert before == {
        "powers": (1, 2),
        "domains": (1, 14),
        "subjects": (1, 1),
        "officers": (1, 3),
        "acts": (2, 2),
    }
    facts = await oversight.facts("oversight.coverage.gap_found.v1")
    told = Counter((fact["data"]["unit"], fact["data"]["coverage_kind"]) for fact in facts)
    assert told[SUBJECT_CODE, "powers"] == 1
    assert told[DISTRICT, "domains"] == 1
    assert not told[SUBJECT_CODE, "subjects"]
    assert "张某" not in str(facts)
    await gaps_are_what_is_missing(scene, "by=township", scene.supervisor)

    scene.stand_at(APRIL)
    body = {"source": SOURCE, "day": "2026-03-02", "count": 4}
    ids = {"external_ids": ["CG-1", "CG-2", "CG-3", "CG-4"]}
    await scene.done("act-reconciliations", as_=intake.account, json={**body, **ids})
    suspended = subject_published(scene.subject_id, state="suspended")
    await oversight.react(SubjectSuspended(**suspended.model_dump(), reason="整顿"), HERE)
    await oversight.fire_timers()
    await intake.send(record(3))  # late
    assert await shares(scene) == {
        "powers": (0, 2),
        "domains": (1, 14),
        "subjects": (0, 1),
        "officers": (0, 3),
        "acts": (3, 4),
    }
    await gaps_are_what_is_missing(scene, "by=domain", scene.supervisor)
    # That the body is suspended takes nobody's certificate away.
    tables = (await scene.read("statistics?year=2026", scene.supervisor))["tables"]
    (certificates,) = [one["total"] for one in tables if one["key"] == "certificates"]
    assert (certificates["certified"], certificates["on_post"]) == (1, 3)
    assert await shares(scene, "as_of=2026-03-25") == before
    await gaps_are_what_is_missing(scene, "as_of=2026-03-25", scene.supervisor)
    assert (await shares(scene, "as_of=2026-03-24"))["officers"] == (0, 0)
    (act,) = (await scene.read("coverage/gaps?kind=acts", scene.supervisor))["items"]
    assert (act["name"], act["reason"]) == ("CG-4", "not_ingested")
    closed = await oversight.facts("oversight.coverage.gap_closed.v1")
    assert [gap["ref"] for fact in closed for gap in fact["data"]["gaps"]] == [f"{SOURCE}:CG-3"]


async def test_what_moves_moves_every_number_it_should_and_no_other(intake: Intake) -> None:
    """A withdrawn act, an officer and a power that pass to another body, a body that ends."""
    scene, oversight = intake.scene, intake.oversight
    react = oversight.react
    await intake.send(record(1), check(2))
    await react(subject_published(uuid4(), uscc=OTHER, division="500106002"), HERE)
    officer, moved = uuid4(), uuid4()
    held: dict[str, Any] = {
        "staffing": "staff",
        "certificate_no": "渝A-9",
        "certificate_state": "active",
    }
    await react(officer_told(CertificateIssued, officer, scene.subject_id, **held), HERE)
    await react(power(PowerActivated, moved, SUBJECT_CODE, "active"), HERE)
    await oversight.fire_timers()

    async def of(organisation: str) -> Shares:
        agency = oversight.token("agency_user", TOWNSHIP, organisation=organisation)
        found = await shares(scene, as_=agency)
        return {kind: share for kind, share in found.items() if kind != "domains"}

    assert await of(OTHER) == {
        "powers": (0, 0),
        "subjects": (1, 1),
        "officers": (0, 0),
        "acts": (0, 0),
    }
    mine = await of(SUBJECT_CODE)
    assert (mine["powers"], mine["officers"], mine["acts"]) == ((2, 3), (2, 4), (2, 2))

    told = officer_told(OfficerChanged, officer, uuid4(), organisation=OTHER, **held)
    await react(told, HERE)
    await react(power(PowerTransferred, moved, OTHER, "active"), HERE)
    await intake.send(check(2, revision=2, withdrawn=True, reason="重复报送"))
    await oversight.fire_timers()
    assert await of(OTHER) == {
        "powers": (1, 1),
        "subjects": (1, 1),
        "officers": (1, 1),
        "acts": (0, 0),
    }
    now = await of(SUBJECT_CODE)
    assert (now["powers"], now["officers"], now["acts"]) == ((1, 2), (1, 3), (1, 1))
    assert (await shares(scene))["domains"] == (0, 14)  # its only check is withdrawn

    suspended = {**held, "certificate_state": "suspended", "organisation": OTHER}
    await react(officer_told(CertificateSuspended, officer, uuid4(), **suspended), HERE)
    ended = subject_published(scene.subject_id, state="revoked").model_dump()
    await react(SubjectRevoked(**ended, reason="机构改革", successor_id=None), HERE)
    await oversight.fire_timers()
    assert set((await of(SUBJECT_CODE)).values()) == {(0, 0)}
    assert (await of(OTHER))["officers"] == (0, 1)
    left = await scene.read("coverage/gaps", scene.supervisor)
    assert {gap["organisation"] for gap in left["items"]} == {OTHER, None}

    # A recount of everything finds the same: nothing is written and nobody is told.
    facts = len(await oversight.facts())
    before = await shares(scene, "by=township")
    async with oversight.session() as session:
        await counts.install(session)
        await session.commit()
    await oversight.fire_timers()
    assert await shares(scene, "by=township") == before
    districts = [
        fact["data"]["unit"]
        for fact in (await oversight.facts())[facts:]
        if fact["data"]["coverage_kind"] == CoverageKind.DOMAINS
    ]
    assert len(districts) == len((await oversight.facts())[facts:])  # those never looked at
    assert DISTRICT not in districts
    assert FOREIGN in districts


async def test_gaps_are_seen_by_whom_they_concern(intake: Intake) -> None:
    scene = intake.scene
    for as_ in scene.foreigners.values():
        page = await scene.read(f"coverage/gaps?organisation={SUBJECT_CODE}", as_)
        assert page["items"] == []
        assert (await shares(scene, as_=as_))["officers"] == (0, 0)
    city = await coverage(scene, "by=district", scene.bureau)
    (group,) = city["officers"]["groups"]
    assert (group["key"], group["denominator"]) == (DISTRICT, 3)
    assert (await shares(scene, as_=scene.office))["officers"] == (1, 3)
