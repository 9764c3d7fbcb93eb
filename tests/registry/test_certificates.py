"""Certificates: examination, issue by another person, reminders, renewal, the end of the body."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.registry.certificates.rules import CERTIFICATE, CertificateState
from shared.access.actor import Role
from shared.facts.tables import Outbox
from shared.law.tables import RuleSet, forget
from shared.timers import Timer
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    certified,
    get,
    identity_number,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

EXPIRING, RENEWED = "registry.certificate.expiring.v1", "registry.certificate.renewed.v1"
SURRENDERED = "registry.certificate.surrendered.v1"


async def trained(registry: ServiceUnderTest) -> str:
    """The path of the certificate of somebody who was trained for it."""
    person = await officer(registry, await published(registry))
    path = f"/officers/{person['id']}/certificate"
    for step in ("apply", "train"):
        ok(await post(registry, f"{path}/{step}"))
    return path


async def running(registry: ServiceUnderTest, days: int, number: str = "渝A-0001") -> Any:
    """An officer whose certificate runs for so many days more."""
    subject = await published(registry)
    last = date.fromisoformat(subject["publicised_on"]) + timedelta(days=days)
    return await certified(registry, subject, number=number, valid_to=last.isoformat())


def later(person: Any, days: int) -> str:
    """A day after the last one of the certificate."""
    last = date.fromisoformat(person["certificate"]["valid_to"])
    return (last + timedelta(days=days)).isoformat()


# ---------------------------------------------------------------- examination


async def test_a_failed_examination_leads_nowhere_and_may_be_taken_again(
    registry: ServiceUnderTest,
) -> None:
    path = await trained(registry)
    failed = ok(await post(registry, f"{path}/examine", score=59))["certificate"]
    assert (failed["state"], failed["exam_passed"], failed["exam_score"]) == ("trained", False, 59)
    issue = await post(registry, f"{path}/issue", certificate_no="渝A-1", valid_to="2031-01-01")
    refused(issue, 409, "transition-not-allowed")
    (fact,) = (await registry.facts())[-1:]
    assert fact["data"]["certificate_state"] == "trained"
    failed = ok(await post(registry, f"{path}/examine", passed=False))["certificate"]
    assert (failed["state"], failed["exam_score"], failed["exam_attempts"]) == ("trained", None, 2)
    passed = ok(await post(registry, f"{path}/examine", score=60))["certificate"]
    assert (passed["state"], passed["exam_passed"], passed["exam_attempts"]) == (
        "examined",
        True,
        3,
    )


async def test_a_result_must_be_what_the_score_makes_of_it(registry: ServiceUnderTest) -> None:
    path = await trained(registry)
    wrong: list[dict[str, Any]] = [
        {"score": 40, "passed": True},
        {"score": 90, "passed": False},
    ]
    for body in wrong:
        answer = await post(registry, f"{path}/examine", **body)
        refused(answer, 422, "examination-result-contradicts-score")
    refused(await post(registry, f"{path}/examine", score=101), 422, "examination-score-impossible")


async def test_the_pass_mark_is_that_of_the_day_of_the_examination(
    registry: ServiceUnderTest,
) -> None:
    path = await trained(registry)
    stricter = RuleSet(
        code="certificate.examination",
        effective_from=date(2026, 7, 1),
        legal_basis="试行",
        provisional=True,
        value={"pass_mark": 80, "full_mark": 100},
    )
    async with registry.session() as session:
        session.add(stricter)
        await session.commit()
    forget()
    try:
        ok(await post(registry, f"{path}/examine", score=79, on="2026-07-01"))
        answer = await post(registry, f"{path}/examine", score=79, on="2026-06-30")
        assert ok(answer)["certificate"]["state"] == "examined"
    finally:
        async with registry.session() as session:
            await session.delete(stricter)
            await session.commit()
        forget()


async def test_who_recorded_the_examination_does_not_issue(registry: ServiceUnderTest) -> None:
    path = await trained(registry)
    mine = ok(await post(registry, f"{path}/examine", sub="one"))
    assert "certificate/issue" not in mine["allowed_actions"]
    body: dict[str, Any] = {"certificate_no": "渝A-0001", "valid_to": "2031-01-01"}
    answer = await post(registry, f"{path}/issue", sub="one", **body)
    refused(answer, 409, "certificate-issued-by-examiner")
    theirs = await registry.get(
        f"{BASE}{path.removesuffix('/certificate')}",
        as_=registry.token("district_supervisor", DISTRICT, sub="two"),
    )
    assert "certificate/issue" in ok(theirs)["allowed_actions"]
    assert ok(await post(registry, f"{path}/issue", sub="two", **body))["may_enforce"] is True


# ---------------------------------------------------------------- reminders and renewal


async def test_the_end_of_a_certificate_is_told_ninety_thirty_and_seven_days_before(
    registry: ServiceUnderTest,
) -> None:
    person = await running(registry, 100)
    told: list[list[int]] = []
    for days in (9, 1, 59, 1, 22, 1, 6):
        registry.advance(days=days)
        await registry.fire_timers()
        told.append([f["data"]["days_left"] for f in await registry.facts(EXPIRING)])
    assert told == [[], [90], [90], [90, 30], [90, 30], [90, 30, 7], [90, 30, 7]]
    fact = (await registry.facts(EXPIRING))[0]
    assert fact["subject"] == person["id"]
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"]["certificate_valid_to"] == person["certificate"]["valid_to"]
    shown = ok(await get(registry, f"/officers/{person['id']}"))
    assert shown["version"] == person["version"]
    registry.advance(days=2)
    await registry.fire_timers()
    assert len(await registry.facts(EXPIRING)) == 3
    assert len(await registry.facts("registry.certificate.expired.v1")) == 1


async def test_what_was_missed_while_the_service_was_away_is_told_once(
    registry: ServiceUnderTest,
) -> None:
    await running(registry, 100)
    registry.advance(days=95)
    await registry.fire_timers()
    assert [f["data"]["days_left"] for f in await registry.facts(EXPIRING)] == [5]


async def test_a_certificate_of_a_few_weeks_is_not_told_of_at_once(
    registry: ServiceUnderTest,
) -> None:
    await running(registry, 20)
    assert await registry.fire_timers() == 0
    registry.advance(days=13)
    await registry.fire_timers()
    assert [f["data"]["days_left"] for f in await registry.facts(EXPIRING)] == [7]


async def test_a_renewed_certificate_is_told_of_before_its_new_end_only(
    registry: ServiceUnderTest,
) -> None:
    person = await running(registry, 40)
    path = f"/officers/{person['id']}/certificate"
    registry.advance(days=10)
    await registry.fire_timers()
    until = later(person, 365)
    renewed = ok(await post(registry, f"{path}/renew", valid_to=until))
    assert renewed["certificate"]["state"] == "active"
    assert renewed["certificate"]["valid_to"] == until
    assert renewed["certificate"]["certificate_no"] == person["certificate"]["certificate_no"]
    (fact,) = await registry.facts(RENEWED)
    assert fact["data"]["certificate_valid_to"] == until
    registry.advance(days=40)
    assert await registry.fire_timers() == 0
    assert ok(await get(registry, f"/officers/{person['id']}"))["may_enforce"] is True
    registry.advance(days=365 - 90 - 10)
    await registry.fire_timers()
    assert [f["data"]["days_left"] for f in await registry.facts(EXPIRING)] == [30, 90]


async def test_only_the_issuer_renews_and_only_to_a_later_day(registry: ServiceUnderTest) -> None:
    person = await running(registry, 40)
    path = f"/officers/{person['id']}/certificate/renew"
    same = await post(registry, path, valid_to=later(person, 0))
    refused(same, 422, "certificate-not-extended")
    refused(await post(registry, path, valid_to="2020-01-01"), 422, "certificate-period-over")
    other = await post(registry, path, "bureau_supervisor", "50", valid_to=later(person, 9))
    refused(other, 403, "certificate-of-another-issuer")
    township = await post(
        registry, path, "township_enforcement", TOWNSHIP, valid_to=later(person, 9)
    )
    refused(township, 403, "forbidden")
    ok(await post(registry, f"/subjects/{person['subject_id']}/suspend", reason="整顿"))
    refused(await post(registry, path, valid_to=later(person, 9)), 409, "subject-not-published")


@pytest.mark.parametrize("step", ["revoke", "surrender"])
async def test_nobody_is_reminded_of_what_has_ended(registry: ServiceUnderTest, step: str) -> None:
    person = await running(registry, 100)
    ok(await post(registry, f"/officers/{person['id']}/certificate/{step}", reason="注销"))
    async with registry.session() as session:
        assert (await session.scalars(select(Timer))).all() == []
    registry.advance(days=200)
    assert await registry.fire_timers() == 0


# ---------------------------------------------------------------- the body


async def test_no_certificate_can_be_used_while_its_subject_is_suspended(
    registry: ServiceUnderTest,
) -> None:
    person = await running(registry, 100)
    path, body = f"/officers/{person['id']}", f"/subjects/{person['subject_id']}"
    ok(await post(registry, f"{body}/suspend", reason="整顿"))
    shown = ok(await get(registry, path))
    assert (shown["certificate"]["state"], shown["may_enforce"]) == ("active", False)
    assert "certificate/renew" not in shown["allowed_actions"]
    ok(await post(registry, f"{body}/resume"))
    shown = ok(await get(registry, path))
    assert shown["may_enforce"] is True
    assert "certificate/renew" in shown["allowed_actions"]


@pytest.mark.parametrize("how", ["revoke", "merge"])
async def test_the_end_of_a_subject_ends_what_its_officers_hold(
    registry: ServiceUnderTest, how: str
) -> None:
    holder = await running(registry, 100)
    subject = {"id": holder["subject_id"]}
    applicant = await officer(registry, subject)
    ok(await post(registry, f"/officers/{applicant['id']}/certificate/apply"))
    await officer(registry, subject)
    other = await running(registry, 100, "渝A-0002")
    body: dict[str, Any] = {"reason": "机构改革"}
    if how == "merge":
        body["successor_id"] = (await published(registry, division=SIBLING))["id"]
    before = len(await registry.facts())
    ok(await post(registry, f"/subjects/{subject['id']}/{how}", **body))
    facts = (await registry.facts())[before:]
    told = [
        (f["type"].removeprefix("xiejian.registry."), f["data"].get("certificate_state"))
        for f in facts
    ]
    assert told == [
        ("subject.revoked.v1" if how == "revoke" else "subject.merged.v1", None),
        ("certificate.surrendered.v1", "surrendered"),
        ("officer.changed.v1", "surrendered"),
    ]
    assert facts[1]["subject"] == holder["id"]
    for person in (holder, applicant):
        shown = ok(await get(registry, f"/officers/{person['id']}"))
        assert (shown["certificate"]["state"], shown["may_enforce"]) == ("surrendered", False)
        assert shown["certificate"]["reason"] == "机构改革"
        assert shown["state"] == "on_post"
        again = await post(registry, f"/officers/{person['id']}/certificate/apply")
        refused(again, 409, "subject-ended")
        assert "certificate/apply" not in shown["allowed_actions"]
    assert ok(await get(registry, f"/officers/{other['id']}"))["may_enforce"] is True
    async with registry.session() as session:
        assert len((await session.scalars(select(Timer.kind))).all()) == 2  # of the other one


async def test_a_certificate_is_not_issued_while_its_subject_ends(
    registry: ServiceUnderTest,
) -> None:
    for _ in range(3):
        path = await trained(registry)
        person = ok(await post(registry, f"{path}/examine"))
        body: dict[str, Any] = {"certificate_no": "渝A-0009", "valid_to": "2031-01-01"}
        issued, ended = await asyncio.gather(
            post(registry, f"{path}/issue", sub="issuer", **body),
            post(registry, f"/subjects/{person['subject_id']}/revoke", sub="head", reason="撤销"),
        )
        assert ended.status_code == 200, ended.text
        assert issued.status_code in {200, 409}
        shown = ok(await get(registry, f"/officers/{person['id']}"))
        assert shown["certificate"]["state"] == "surrendered"


# ---------------------------------------------------------------- qualification


async def test_a_legal_qualification_is_kept_found_and_told(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    plain = await officer(registry, subject)
    held = {
        "legal_qualification": True,
        "legal_qualification_no": "A20155001060001",
        "legal_qualification_since": "2015-11-20",
    }
    person = await officer(registry, subject, **held)
    assert {name: person[name] for name in held} == held
    for value, id in ((True, person["id"]), (False, plain["id"])):
        listed = ok(await get(registry, "/officers", legal_qualification=value))["items"]
        assert [item["id"] for item in listed] == [id]
    assert (await registry.facts())[-1]["data"]["legal_qualification"] is True
    path = f"/officers/{person['id']}"
    lost = ok(await patch(registry, path, version=1, legal_qualification=False))
    assert (lost["legal_qualification_no"], lost["legal_qualification_since"]) == (None, None)
    claimed = await patch(registry, path, version=2, legal_qualification_no="A1")
    refused(claimed, 422, "legal-qualification-not-held")
    early = await patch(
        registry, path, version=2, legal_qualification=True, legal_qualification_since="2099-01-01"
    )
    refused(early, 422, "date-in-future")
    assert ok(await get(registry, path))["version"] == 2


# ---------------------------------------------------------------- who sees an identity number


async def test_an_identity_number_is_shown_with_a_reason_that_is_kept(
    registry: ServiceUnderTest,
) -> None:
    number = identity_number()
    person = await officer(registry, await published(registry), identity_no=number)
    path = f"/officers/{person['id']}/reveal"
    before = len(await registry.facts())
    key = {"Idempotency-Key": "look-1"}
    answers = [
        await post(registry, path, sub="wang", headers=key, reason="核对发证人员身份")
        for _ in range(2)
    ]
    for answer in answers:
        assert ok(answer) == {"officer_id": person["id"], "identity_no": number}
        assert answer.headers["cache-control"] == "no-store"
    assert answers[1].headers["idempotency-replayed"] == "true"
    (fact,) = (await registry.facts())[before:]
    assert fact["type"] == "xiejian.registry.officer.identity_revealed.v1"
    assert (fact["actor"], fact["data"]["reason"]) == ("wang", "核对发证人员身份")
    assert number not in str(await registry.facts())
    async with registry.session() as session:
        row = (await session.scalars(select(Outbox).order_by(Outbox.id.desc()))).first()
        assert row is not None and row.audience == "audit"
    assert ok(await get(registry, f"/officers/{person['id']}"))["identity_no"] != number


async def test_only_a_legal_office_in_charge_sees_an_identity_number(
    registry: ServiceUnderTest,
) -> None:
    number = identity_number()
    subject = await published(registry)
    person = await officer(registry, subject, identity_no=number)
    path = f"/officers/{person['id']}/reveal"
    may = {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR}
    for role in set(Role) - may:
        answer = await post(registry, path, role, DISTRICT, reason="看一看吧")
        refused(answer, 403, "forbidden")
    foreign = await post(registry, path, "district_supervisor", FOREIGN, reason="看一看吧")
    refused(foreign, 404, "not-found")
    refused(await post(registry, path, reason="看"), 422, "invalid-input")
    repeated = await post(registry, path, reason=f"核对 {number}")
    assert number not in str(refused(repeated, 422, "reveal-reason-repeats-number"))
    # The former district, a party after a move, reads on and reveals nothing.
    move: dict[str, Any] = {"parent": FOREIGN, "on": subject["publicised_on"]}
    ok(await post(registry, f"/divisions/{TOWNSHIP}/move", "bureau_supervisor", "50", **move))
    ok(await get(registry, f"/officers/{person['id']}"))
    refused(await post(registry, path, reason="核对身份"), 403, "not-in-charge")
    assert await registry.facts("registry.officer.identity_revealed.v1") == []


# ---------------------------------------------------------------- hours


async def test_hours_of_training_add_up_by_year_and_find_who_is_short(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person, idle = await officer(registry, subject), await officer(registry, subject)
    helper = await officer(registry, subject, staffing="auxiliary")
    path = f"/officers/{person['id']}/trainings"
    enforcement = ("township_enforcement", TOWNSHIP)
    for hours, on in ((40, "2025-03-01"), (20, "2025-09-01"), (8, "2026-02-01")):
        made = ok(
            await post(registry, path, *enforcement, course="专题培训", hours=hours, on=on), 201
        )
        assert (made["year"], made["hours"], made["on"]) == (int(on[:4]), hours, on)
    shown = ok(await get(registry, f"/officers/{person['id']}"))
    assert shown["training_hours"] == {"2025": 60, "2026": 8}
    assert shown["version"] == 4
    facts = await registry.facts("registry.officer.training_recorded.v1")
    assert [f["data"]["hours_in_year"] for f in facts] == [40, 60, 8]

    async def short(**params: Any) -> set[str]:
        listed = ok(await get(registry, "/officers", count="exact", **params))
        assert listed["count"] == len(listed["items"])
        return {item["id"] for item in listed["items"]}

    both = {person["id"], idle["id"]}
    assert await short(short_in=2025) == {idle["id"]}
    assert await short(short_in=2026) == both
    assert await short(short_in=2025, hours_below=61) == both
    assert await short(hours_below=8) == {idle["id"]}
    assert helper["id"] not in await short(short_in=2024)

    of_2025 = ok(await get(registry, path, year=2025))["items"]
    assert [item["hours"] for item in of_2025] == [20, 40]
    wrong = {"record_id": of_2025[0]["id"], "reason": "登记有误"}
    gone = ok(await post(registry, f"{path}/withdraw", *enforcement, **wrong))
    assert (gone["state"], gone["reason"]) == ("withdrawn", "登记有误")
    refused(await post(registry, f"{path}/withdraw", **wrong), 409, "transition-not-allowed")
    assert ok(await get(registry, f"/officers/{person['id']}"))["training_hours"]["2025"] == 40
    assert await short(short_in=2025) == both
    (fact,) = await registry.facts("registry.officer.training_withdrawn.v1")
    assert fact["data"]["hours_in_year"] == 40
    other = {**wrong, "record_id": of_2025[1]["id"]}
    refused(
        await post(registry, f"/officers/{idle['id']}/trainings/withdraw", **other),
        404,
        "not-found",
    )


async def test_a_course_counts_once_and_its_day_has_come(registry: ServiceUnderTest) -> None:
    person = await officer(registry, await published(registry))
    path = f"/officers/{person['id']}/trainings"
    body: dict[str, Any] = {"course": "行政处罚法", "hours": 8, "on": "2026-04-20"}
    answers = await asyncio.gather(*(post(registry, path, sub=str(n), **body) for n in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    again = await post(registry, path, **body)
    refused(again, 409, "officer-training-already-recorded")
    shown = ok(await get(registry, f"/officers/{person['id']}"))
    assert (shown["training_hours"], shown["version"]) == ({"2026": 8}, 2)
    refused(await post(registry, path, **{**body, "on": "2099-01-01"}), 422, "date-in-future")
    for role, division in (("township_enforcement", SIBLING), ("district_supervisor", FOREIGN)):
        refused(await post(registry, path, role, division, **body), 404, "not-found")
        refused(await get(registry, path, role, division), 404, "not-found")
    ok(await post(registry, f"/officers/{person['id']}/retire", reason="退休"))
    refused(await post(registry, path, **{**body, "course": "其他"}), 409, "officer-not-on-post")


# ---------------------------------------------------------------- the walk


class CertificateWalk(Walk):
    """Walks the certificate of an officer, whose version and path it has."""

    async def _read(self, id: str, token: str) -> dict[str, Any] | None:
        shown = await super()._read(id, token)
        if shown is None:
            return None
        steps = {transition.action for transition in self.lifecycle.transitions}
        offered = [a.removeprefix("certificate/") for a in shown["allowed_actions"]]
        return {
            **shown,
            "state": shown["certificate"]["state"],
            "allowed_actions": [action for action in offered if action in steps],
        }

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        return await super()._do(id, f"certificate/{action}", token, thing)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_allowed_is_what_succeeds_on_a_random_walk(
    registry: ServiceUnderTest, seed: int
) -> None:
    subject = await published(registry)
    numbers = iter(range(1_000, 9_999))

    async def create() -> dict[str, Any]:
        # Begun at several points of a life, or few would live to be suspended.
        match next(numbers) % 3:
            case 0:
                number = f"渝A-{next(numbers)}"
                return dict(
                    await certified(registry, subject, number=number, valid_to="2030-01-01")
                )
            case begun:
                person = await officer(registry, subject)
                steps = ("apply",) if begun == 1 else ("apply", "train", "examine")
                path = f"/officers/{person['id']}/certificate"
                answers = [await post(registry, f"{path}/{step}") for step in steps]
                return dict(ok(answers[-1]))

    def issued(_: Any) -> dict[str, Any]:
        return {"certificate_no": f"渝A-{next(numbers)}", "valid_to": "2031-01-01"}

    def renewed(thing: Any) -> dict[str, Any]:
        return {"valid_to": later(thing, 30) if thing["certificate"]["valid_to"] else "2031-01-01"}

    token = registry.token
    reason = {"reason": "依法办理"}
    walk = CertificateWalk(
        registry,
        CERTIFICATE,
        f"{BASE}/officers",
        create,
        {
            "bureau": token("bureau_supervisor", "50", sub="bureau"),
            "one": token("district_supervisor", DISTRICT, sub="one"),
            "two": token("district_supervisor", DISTRICT, sub="two"),
            "body": token("township_enforcement", TOWNSHIP, sub="body"),
            "stranger": token("district_supervisor", FOREIGN, sub="stranger"),
        },
        bodies={
            "certificate/issue": issued,
            "certificate/renew": renewed,
            **{f"certificate/{a}": reason for a in ("suspend", "revoke", "surrender")},
        },
    )
    await walk.run(seed=seed, alive=4)
    by_people = {
        (state, t.action) for t in CERTIFICATE.transitions if t.permission for state in t.sources
    }
    assert len(walk.seen) >= len(by_people) // 2
    assert {state for state, _ in walk.seen} >= {
        CertificateState.APPLIED,
        CertificateState.TRAINED,
        CertificateState.EXAMINED,
        CertificateState.ACTIVE,
    }
