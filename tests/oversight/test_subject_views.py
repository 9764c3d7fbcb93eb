"""Subjects and officers as the registry's facts tell of them."""

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from services.oversight.app import SERVICE
from services.oversight.subject_views.tables import SubjectView
from shared.db import Scope
from shared.events.registry.divisions import DivisionMoved
from shared.events.registry.officers import (
    CertificateExpired,
    CertificateIssued,
    CertificateRenewed,
    CertificateSurrendered,
    CertificateSuspended,
    OfficerFact,
    OfficersLoaded,
)
from shared.events.registry.subjects import (
    SubjectFact,
    SubjectPublished,
    SubjectRegistered,
    SubjectRevoked,
    SubjectsLoaded,
    SubjectSuspended,
)
from tests.oversight.scene import (
    DISTRICT,
    HERE,
    SUBJECT_CODE,
    TOWNSHIP,
    Scene,
    officer_told,
    refused,
    subject_published,
)
from tests.servers import ServiceUnderTest


def test_every_fact_about_subjects_and_officers_is_listened_to() -> None:
    listened = {event for event, _ in SERVICE.reactions}
    told_alone = {*SubjectFact.__subclasses__(), *OfficerFact.__subclasses__()}
    assert {*told_alone, SubjectsLoaded, OfficersLoaded} <= listened


async def test_a_published_subject_is_known_with_its_officers(scene: Scene) -> None:
    view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
    assert (view["organisation"], view["state"]) == (SUBJECT_CODE, "published")
    assert [(one["name"], one["certified"]) for one in view["officers"]] == [("张某", False)]


async def test_a_suspension_and_a_revocation_are_taken_over(scene: Scene) -> None:
    told = subject_published(scene.subject_id).model_dump()
    for kind, state in ((SubjectSuspended, "suspended"), (SubjectRevoked, "revoked")):
        await scene.oversight.react(kind(**{**told, "state": state, "reason": "r"}), HERE)
        assert (await scene.read(f"subjects/{scene.subject_id}", scene.agency))["state"] == state
    refused(
        await scene.call("inspections", scene.supervisor, scene.inspection()),
        409,
        "inspected-subject-ended",
    )


async def test_the_same_fact_twice_changes_nothing(scene: Scene) -> None:
    event = subject_published(scene.subject_id, name="新名称")
    await scene.oversight.react(event, HERE)
    before = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
    await scene.oversight.react(event, HERE, again=True)
    assert await scene.read(f"subjects/{scene.subject_id}", scene.supervisor) == before


async def test_an_older_fact_that_comes_late_does_not_win(scene: Scene) -> None:
    async with scene.oversight.session() as session:
        row = (await session.scalars(select(SubjectView))).one()
        row.fact_index, row.name = 1_000, "更新的名称"
        await session.commit()
    await scene.oversight.react(subject_published(scene.subject_id, name="旧名称"), HERE)
    view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
    assert view["name"] == "更新的名称"


async def test_a_certificate_makes_an_officer_certified_until_it_is_suspended(
    scene: Scene,
) -> None:
    held: dict[str, Any] = {
        "certificate_no": "渝A0001",
        "certificate_state": "active",
        "certificate_valid_to": date(2030, 1, 1),
    }

    async def certified() -> bool:
        view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
        return bool(view["officers"][0]["certified"])

    arrive = scene.oversight.react
    ids = (scene.officer_id, scene.subject_id)
    await arrive(officer_told(CertificateIssued, *ids, **held), HERE)
    assert await certified()
    held["certificate_valid_to"] = date(2020, 1, 1)
    await arrive(officer_told(CertificateIssued, *ids, **held), HERE)
    assert not await certified()
    held |= {"certificate_valid_to": None, "certificate_state": "suspended", "reason": "r"}
    await arrive(officer_told(CertificateSuspended, *ids, **held), HERE)
    assert not await certified()


async def test_what_ends_or_renews_a_certificate_is_seen_with_the_fact(scene: Scene) -> None:
    held: dict[str, Any] = {
        "certificate_no": "渝A0001",
        "certificate_state": "active",
        "certificate_valid_to": date(2030, 1, 1),
    }

    async def shown() -> tuple[str, str, bool]:
        view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
        (officer,) = view["officers"]
        return officer["certificate_state"], officer["certificate_valid_to"], officer["certified"]

    ids = (scene.officer_id, scene.subject_id)
    await scene.oversight.react(officer_told(CertificateIssued, *ids, **held), HERE)
    held["certificate_valid_to"] = date(2035, 1, 1)
    await scene.oversight.react(officer_told(CertificateRenewed, *ids, **held), HERE)
    assert await shown() == ("active", "2035-01-01", True)
    for kind, state in ((CertificateExpired, "expired"), (CertificateSurrendered, "surrendered")):
        held["certificate_state"] = state
        await scene.oversight.react(officer_told(kind, *ids, **held), HERE)
        assert await shown() == (state, "2035-01-01", False)


async def test_no_officer_of_a_suspended_subject_counts_as_certified(scene: Scene) -> None:
    held: dict[str, Any] = {
        "certificate_no": "渝A0001",
        "certificate_state": "active",
        "certificate_valid_to": date(2035, 1, 1),
    }
    event = officer_told(CertificateIssued, scene.officer_id, scene.subject_id, **held)
    await scene.oversight.react(event, HERE)
    told = {**subject_published(scene.subject_id).model_dump(), "reason": "整顿"}
    for state, certified in (("published", True), ("suspended", False), ("published", True)):
        kind = SubjectSuspended if state == "suspended" else SubjectPublished
        await scene.oversight.react(kind(**{**told, "state": state}), HERE)
        view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
        assert view["officers"][0]["certified"] is certified
        if state != "published":
            finding = await scene.finding()
            assert finding["officer_certified"] is False


async def test_facts_loaded_late_are_kept(oversight: ServiceUnderTest) -> None:
    subject_id = uuid4()
    await oversight.react(subject_published(subject_id), HERE, backfill=True)
    scene = Scene(oversight)
    assert (await scene.read("subjects?count=exact", scene.supervisor))["count"] == 1
    assert await oversight.facts() == []


async def test_nobody_outside_sees_a_subject(scene: Scene) -> None:
    for token in scene.foreigners.values():
        await scene.read(f"subjects/{scene.subject_id}", token, 404)
        assert (await scene.read("subjects?count=exact", token))["count"] == 0
    for token in (scene.bureau, scene.supervisor, scene.office, scene.enforcement, scene.agency):
        assert (await scene.read("subjects?count=exact", token))["count"] == 1
    urban = scene.oversight.token("line_department", "50", domains=["urban_management"])
    assert (await scene.read("subjects?count=exact", urban))["count"] == 1


async def test_subjects_are_found_by_name_division_and_state(scene: Scene) -> None:
    other = uuid4()
    told = subject_published(other, name="渝北区龙溪街道办事处", division="500112001").model_dump()
    await scene.oversight.react(
        SubjectRegistered(**{**told, "state": "draft"}),
        Scope(district="500112", township="500112001"),
    )
    for query, found in (
        ("", 2),
        ("q=小龙坎", 1),
        ("q=%25", 0),
        ("division=50", 2),
        ("division=51", 0),
        (f"division={DISTRICT}", 1),
        (f"division={TOWNSHIP}", 1),
        ("division=500112001", 1),
        ("state=draft", 1),
        (f"organisation={SUBJECT_CODE}&state=published", 1),
    ):
        page = await scene.read(f"subjects?count=exact&{query}", scene.bureau)
        assert (page["count"], len(page["items"])) == (found, found), query
    first = await scene.read("subjects?limit=1", scene.bureau)
    rest = await scene.read(f"subjects?limit=1&cursor={first['next_cursor']}", scene.bureau)
    assert {first["items"][0]["id"], rest["items"][0]["id"]} == {str(other), str(scene.subject_id)}


async def test_a_moved_township_takes_its_subjects_along(scene: Scene) -> None:
    moved = DivisionMoved(
        code=TOWNSHIP,
        name="小龙坎街道",
        former_parent=DISTRICT,
        parent="500116",
        moved_on=date(2026, 1, 1),
    )
    await scene.oversight.react(moved, Scope(district="500116", township=TOWNSHIP))
    await scene.read(f"subjects/{scene.subject_id}", scene.foreigners["foreign district"])
    # The former district sees what it handled, but it supervises there no more.
    await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
    answer = await scene.call("inspections", scene.supervisor, scene.inspection())
    refused(answer, 422, "subject-unknown")
    # A later fact does not take the former district's sight away.
    await scene.oversight.react(
        subject_published(scene.subject_id, name="改名"),
        Scope(district="500116", township=TOWNSHIP),
    )
    view = await scene.read(f"subjects/{scene.subject_id}", scene.supervisor)
    assert view["name"] == "改名"


async def test_who_sees_nothing_gets_an_empty_list(scene: Scene) -> None:
    token = scene.oversight.token
    for sightless in (token("agency_user", TOWNSHIP), token("line_department", "50")):
        for what in ("subjects", "inspections", "findings", "rectifications"):
            page = await scene.read(f"{what}?count=exact", sightless)
            assert (page["count"], page["items"]) == (0, [])
        await scene.read(f"subjects/{scene.subject_id}", sightless, 404)
