"""Officers and certificates through HTTP: answers, rows, facts, and what is never shown."""

import asyncio
import base64
import logging
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.registry.certificates import rules
from services.registry.certificates.rules import CERTIFICATE, CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.officers.rules import OFFICER, Staffing
from services.registry.officers.tables import Officer
from shared.facts.tables import Outbox
from shared.law.lifecycle import TransitionNotAllowed
from shared.refusals import Refused
from shared.timers import Timer
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    certified,
    credit_code,
    drafted,
    get,
    identity_number,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
    wrong_fields,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

NUMBER = "渝A-500106-0001"
LATER = "2031-06-30"


def filing(subject: Any, **fields: Any) -> dict[str, Any]:
    return {
        "subject_id": subject["id"],
        "name": "陈某",
        "identity_no": identity_number(),
        "post": "综合行政执法岗",
        "staffing": "staff",
        **fields,
    }


async def test_an_officer_is_registered_with_row_and_fact(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    body = filing(subject)
    answer = ok(await post(registry, "/officers", "township_enforcement", TOWNSHIP, **body), 201)
    assert answer["organisation"] == subject["uscc"]
    assert answer["certificate"] is None
    assert answer["allowed_actions"] == ["change", "reassign", "retire", "certificate/apply"]
    async with registry.session() as session:
        row = (await session.scalars(select(Officer))).one()
    assert (row.district, row.township) == (DISTRICT, TOWNSHIP)
    (fact,) = await registry.facts("registry.officer.registered.v1")
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    assert fact["data"] == {
        "officer_id": answer["id"],
        "subject_id": subject["id"],
        "organisation": subject["uscc"],
        "name": "陈某",
        "post": "综合行政执法岗",
        "staffing": "staff",
        "state": "on_post",
        "legal_qualification": False,
        "certificate_no": None,
        "certificate_state": None,
        "certificate_valid_to": None,
    }


async def test_an_identity_number_is_nowhere_in_the_clear(
    registry: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    subject = await published(registry)
    number = identity_number()
    key = {"Idempotency-Key": "person-1"}
    body = filing(subject, identity_no=number)
    answers = [await post(registry, "/officers", headers=key, **body)]
    person = ok(answers[0], 201)
    masked = f"{number[:3]}{'*' * 11}{number[-4:]}"
    assert person["identity_no"] == masked
    path = f"/officers/{person['id']}"
    answers += [
        await post(registry, "/officers", **body),
        await post(registry, "/officers", **filing(subject, identity_no=number, post="")),
        await post(registry, "/officers", **filing(subject, identity_no=number[:-1] + "A")),
        await get(registry, path),
        await get(registry, "/officers"),
        await patch(registry, path, version=1, post="法制审核岗"),
        await post(registry, f"{path}/certificate/apply"),
    ]
    assert [answer.status_code for answer in answers] == [201, 409, 422, 422, *[200] * 4]
    assert ok(answers[5])["items"][0]["identity_no"] == masked

    async with registry.session() as session:
        readable = (
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')"
        )
        tables = await session.scalars(text(readable))
        rows = [
            str(await session.scalar(text(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t')))
            for name in tables.all()
        ]
        assert person["id"] in "".join(rows)
        row = (await session.scalars(select(Officer))).one()
        events = (await session.scalars(select(Outbox.event))).all()
        assert session.info["seal"].open(row.identity_no, "officer.identity_no") == number
    clear = number.encode()
    secrets = [number, number[3:14], clear.hex(), base64.b64encode(clear).decode()]
    told = [answer.text for answer in answers] + [event.decode() for event in events]
    shown = "\n".join([*told, *rows, caplog.text])
    # The birthday alone (digits 7 to 14) is enough to give somebody away.
    for secret in secrets:
        assert secret not in shown
    assert number.encode() not in row.identity_no + row.identity_index


async def test_a_person_is_on_post_once(registry: ServiceUnderTest) -> None:
    one, two = await published(registry), await published(registry, division=FOREIGN_TOWNSHIP)
    number = identity_number()
    first = ok(await post(registry, "/officers", **filing(one, identity_no=number)), 201)
    # The other district cannot see the first row, and is refused all the same.
    again = await post(
        registry, "/officers", "district_supervisor", FOREIGN, **filing(two, identity_no=number)
    )
    refused(again, 409, "officer-already-registered")
    ok(await post(registry, f"/officers/{first['id']}/retire", reason="调离"))
    ok(
        await post(
            registry,
            "/officers",
            "district_supervisor",
            FOREIGN,
            **filing(two, identity_no=number),
        ),
        201,
    )


async def test_of_two_registrations_of_a_person_at_once_one_wins(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    body = filing(subject)
    answers = await asyncio.gather(
        *(post(registry, "/officers", sub=f"clerk-{n}", **body) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(await registry.facts("registry.officer.registered.v1")) == 1


async def test_a_certificate_lives_from_application_to_revocation(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    steps: list[tuple[str, str, dict[str, Any], str]] = [
        ("apply", "applied", {}, "officer.changed"),
        ("train", "trained", {"hours": 60}, "officer.changed"),
        ("examine", "examined", {"score": 86}, "officer.changed"),
        ("issue", "active", {"certificate_no": NUMBER, "valid_to": LATER}, "certificate.issued"),
        ("suspend", "suspended", {"reason": "受到处分"}, "certificate.suspended"),
        ("reinstate", "active", {}, "certificate.reinstated"),
        ("revoke", "revoked", {"reason": "违法犯罪"}, "certificate.revoked"),
    ]
    for version, (action, state, body, _) in enumerate(steps, start=2):
        sub = "issuer" if action == "issue" else None
        answer = ok(await post(registry, f"{path}/{action}", sub=sub, **body))
        assert (answer["certificate"]["state"], answer["version"]) == (state, version)
        assert answer["certificate"]["reason"] == body.get("reason")
    certificate = answer["certificate"]
    assert certificate["certificate_no"] == NUMBER
    assert certificate["issuer"] == DISTRICT
    assert (certificate["training_hours"], certificate["exam_score"]) == (60, 86)
    assert answer["allowed_actions"][-1] == "certificate/apply"
    facts = (await registry.facts())[-len(steps) :]
    assert [fact["type"] for fact in facts] == [f"xiejian.registry.{s[3]}.v1" for s in steps]
    assert [fact["data"]["certificate_state"] for fact in facts] == [s[1] for s in steps]
    assert facts[3]["data"]["certificate_valid_to"] == LATER
    assert "受到处分" not in str(facts)
    async with registry.session() as session:
        assert (await session.scalars(select(Timer))).all() == []


async def test_a_new_application_leaves_the_old_certificate_in_the_record(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    path = f"/officers/{person['id']}"
    refused(await post(registry, f"{path}/certificate/apply"), 409, "certificate-in-hand")
    ok(await post(registry, f"{path}/certificate/surrender", reason="遗失"))
    ok(await post(registry, f"{path}/certificate/apply"))
    kept = ok(await get(registry, f"{path}/certificates"))["items"]
    assert [item["state"] for item in kept] == ["applied", "surrendered"]
    ok(await post(registry, f"{path}/certificate/surrender", reason="不再申领"))
    assert len(await registry.facts("registry.certificate.surrendered.v1")) == 1


async def test_auxiliary_staff_never_hold_a_certificate(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    auxiliary = await officer(registry, subject, staffing="auxiliary")
    path = f"/officers/{auxiliary['id']}"
    assert auxiliary["allowed_actions"] == ["change", "reassign", "retire", "reveal"]
    refused(
        await post(registry, f"{path}/certificate/apply"), 409, "auxiliary-holds-no-certificate"
    )

    holder = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    path = f"/officers/{holder['id']}"
    change = await patch(registry, path, version=holder["version"], staffing="auxiliary")
    refused(change, 409, "auxiliary-holds-no-certificate")
    ok(await post(registry, f"{path}/certificate/surrender", reason="转岗"))
    became = ok(await patch(registry, path, version=holder["version"] + 1, staffing="auxiliary"))
    assert became["staffing"] == "auxiliary"
    assert became["certificate"]["state"] == "surrendered"
    refused(
        await post(registry, f"{path}/certificate/apply"), 409, "auxiliary-holds-no-certificate"
    )


async def test_the_database_itself_refuses_an_auxiliary_with_a_certificate(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    auxiliary = await officer(registry, subject, staffing="auxiliary")
    holder = await certified(registry, subject, number=NUMBER, valid_to=LATER)

    async def breaks(statement: str, constraint: str, **values: Any) -> None:
        async with registry.session() as session:
            with pytest.raises(IntegrityError, match=constraint):
                await session.execute(text(statement), values)

    insert = (
        "INSERT INTO certificate"
        " (id, officer_id, staffing, current, state, since, exam_attempts, created_at, updated_at)"
        " VALUES (:id, :officer, :staffing, true, 'applied', now(), 0, now(), now())"
    )
    values = {"id": uuid4(), "officer": auxiliary["id"]}
    await breaks(insert, "ck_certificate_auxiliary", **values, staffing="auxiliary")
    # Nor by pretending to be staff.
    await breaks(insert, "fk_certificate_officer_id_staffing", **values, staffing="staff")
    become = "UPDATE officer SET staffing = 'auxiliary' WHERE id = :id"
    await breaks(become, "ck_certificate_auxiliary", id=holder["id"])


async def test_only_officers_of_published_subjects_get_certificates(
    registry: ServiceUnderTest,
) -> None:
    subject = await drafted(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    for step in ("apply", "train", "examine"):
        ok(await post(registry, f"{path}/{step}"))
    body: dict[str, Any] = {"certificate_no": NUMBER, "valid_to": LATER}
    early = await post(registry, f"{path}/issue", sub="issuer", **body)
    refused(early, 409, "subject-not-published")
    for step, sub in (("submit", "a"), ("review", "b"), ("publish", "b")):
        ok(await post(registry, f"/subjects/{subject['id']}/{step}", sub=sub))
    ok(await post(registry, f"{path}/issue", sub="issuer", **body))
    ok(await post(registry, f"{path}/suspend", reason="处分"))
    ok(await post(registry, f"/subjects/{subject['id']}/suspend", reason="整顿"))
    refused(await post(registry, f"{path}/reinstate"), 409, "subject-not-published")


async def test_only_a_legal_office_issues_suspends_and_revokes(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    path = f"/officers/{person['id']}/certificate"
    for step in ("train", "examine", "suspend", "reinstate", "revoke"):
        answer = await post(
            registry, f"{path}/{step}", "township_enforcement", TOWNSHIP, reason="自行处理"
        )
        refused(answer, 403, "forbidden")
    own = ok(await get(registry, f"/officers/{person['id']}", "township_enforcement", TOWNSHIP))
    assert own["allowed_actions"] == ["change", "reassign", "retire", "certificate/surrender"]


async def test_a_certificate_number_is_given_once_by_an_issuer_and_has_the_form_in_force(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    await certified(registry, subject, number=NUMBER, valid_to=LATER)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    for step in ("apply", "train", "examine"):
        ok(await post(registry, f"{path}/{step}"))
    body: dict[str, Any] = {"certificate_no": NUMBER, "valid_to": LATER}
    taken = await post(registry, f"{path}/issue", sub="issuer", **body)
    refused(taken, 409, "certificate-number-taken")
    body["certificate_no"] = "no number"
    odd = await post(registry, f"{path}/issue", sub="issuer", **body)
    refused(odd, 422, "certificate-number-invalid")
    # The Bureau is another issuer.
    issued = await post(
        registry,
        f"{path}/issue",
        "bureau_supervisor",
        "50",
        certificate_no=NUMBER,
        valid_to=LATER,
    )
    assert ok(issued)["certificate"]["issuer"] == "50"


async def test_days_that_cannot_be_are_refused(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    ok(await post(registry, f"{path}/apply"))
    refused(await post(registry, f"{path}/train", on="2099-01-01"), 422, "date-in-future")
    trained = ok(await post(registry, f"{path}/train", on="2024-05-06"))
    assert trained["certificate"]["trained_on"] == "2024-05-06"
    refused(await post(registry, f"{path}/examine", on="2099-01-01"), 422, "date-in-future")
    ok(await post(registry, f"{path}/examine"))
    body: dict[str, Any] = {"certificate_no": NUMBER, "valid_to": "2026-01-01"}
    over = await post(registry, f"{path}/issue", sub="issuer", **body)
    refused(over, 422, "certificate-period-over")


async def test_a_certificate_expires_after_its_last_day(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    today = date.fromisoformat(subject["publicised_on"])
    last = date.fromordinal(today.toordinal() + 10)
    person = await certified(registry, subject, number=NUMBER, valid_to=last.isoformat())
    path = f"/officers/{person['id']}"
    assert await registry.fire_timers() == 0
    registry.advance(days=9)
    assert await registry.fire_timers() == 1  # the reminder seven days before
    assert ok(await get(registry, path))["certificate"]["state"] == "active"
    registry.advance(days=2)
    assert await registry.fire_timers() == 1
    assert await registry.fire_timers() == 0
    expired = ok(await get(registry, path))
    assert expired["certificate"]["state"] == "expired"
    assert expired["version"] == person["version"] + 1
    (fact,) = await registry.facts("registry.certificate.expired.v1")
    assert fact["data"]["certificate_valid_to"] == last.isoformat()
    assert fact["division"] == f"50.{DISTRICT}.{TOWNSHIP}"
    ok(await post(registry, f"{path}/certificate/apply"))


async def test_what_was_revoked_does_not_expire(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    ok(await post(registry, f"/officers/{person['id']}/certificate/revoke", reason="吊销"))
    registry.advance(days=3_000)
    assert await registry.fire_timers() == 0
    assert await registry.facts("registry.certificate.expired.v1") == []


async def test_a_reassigned_officer_gives_the_certificate_back(registry: ServiceUnderTest) -> None:
    one, two = await published(registry), await published(registry, division=SIBLING)
    person = await certified(registry, one, number=NUMBER, valid_to=LATER)
    path = f"/officers/{person['id']}"
    same = await post(registry, f"{path}/reassign", subject_id=one["id"], reason="调动")
    refused(same, 409, "officer-already-there")
    moved = ok(
        await post(registry, f"{path}/reassign", subject_id=two["id"], reason="调动", post="巡查岗")
    )
    assert (moved["subject_id"], moved["organisation"]) == (two["id"], two["uscc"])
    assert (moved["post"], moved["certificate"]["state"]) == ("巡查岗", "surrendered")
    surrendered, changed = (await registry.facts())[-2:]
    assert surrendered["type"] == "xiejian.registry.certificate.surrendered.v1"
    assert surrendered["data"]["subject_id"] == one["id"]
    assert surrendered["division"].endswith(TOWNSHIP)
    assert changed["type"] == "xiejian.registry.officer.changed.v1"
    assert changed["data"]["subject_id"] == two["id"]
    assert changed["division"].endswith(SIBLING)
    refused(await get(registry, path, "township_enforcement", TOWNSHIP), 404, "not-found")
    ok(await get(registry, path, "township_enforcement", SIBLING))


async def test_a_retired_officer_holds_nothing_and_does_nothing(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    path = f"/officers/{person['id']}"
    retired = ok(await post(registry, f"{path}/retire", reason="退休"))
    assert (retired["state"], retired["certificate"]["state"]) == ("retired", "surrendered")
    assert retired["allowed_actions"] == ["reveal"]
    assert retired["version"] == person["version"] + 1
    steps: list[tuple[str, dict[str, Any]]] = [
        ("retire", {"reason": "退休"}),
        ("certificate/apply", {}),
        ("certificate/suspend", {"reason": "处分"}),
    ]
    for step, body in steps:
        refused(await post(registry, f"{path}/{step}", **body), 409, "transition-not-allowed")
    change = await patch(registry, path, version=retired["version"], post="顾问")
    refused(change, 409, "transition-not-allowed")


async def test_officers_are_filed_under_subjects_that_exist(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    ok(await post(registry, f"/subjects/{subject['id']}/revoke", reason="撤销"))
    refused(await post(registry, "/officers", **filing(subject)), 409, "subject-ended")
    refused(await post(registry, "/officers", **filing({"id": str(uuid4())})), 404, "not-found")


async def test_a_foreign_subject_and_its_officers_look_like_none(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    path = f"/officers/{person['id']}"
    for role, division in (
        ("district_supervisor", FOREIGN),
        ("township_enforcement", SIBLING),
        ("agency_user", DISTRICT),
    ):
        answers = [
            await get(registry, path, role, division, organisation=credit_code()),
            await get(registry, f"{path}/certificates", role, division),
            await post(registry, "/officers", role, division, **filing(subject)),
            await patch(registry, path, role, division, version=1, post="顾问"),
            await post(registry, f"{path}/retire", role, division, reason="退休"),
            await post(registry, f"{path}/certificate/surrender", role, division, reason="交回"),
        ]
        if role == "district_supervisor":
            answers.append(
                await post(registry, f"{path}/certificate/suspend", role, division, reason="x")
            )
        for answer in answers:
            refused(answer, 404, "not-found")
        listed = ok(await get(registry, "/officers", role, division, count="exact"))
        assert (listed["items"], listed["count"]) == ([], 0)
    assert ok(await get(registry, path))["version"] == person["version"]


async def test_a_stale_version_a_missing_one_and_a_repeated_key(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}"
    refused(await patch(registry, path, post="顾问"), 428, "precondition-required")
    ok(await patch(registry, path, version=1, post="顾问"))
    refused(await patch(registry, path, version=1, post="组长"), 412, "precondition-failed")
    unchanged = ok(await patch(registry, path, version=2, post="顾问"))
    assert unchanged["version"] == 2
    key = {"Idempotency-Key": "apply-1"}
    first = await post(registry, f"{path}/certificate/apply", headers=key)
    again = await post(registry, f"{path}/certificate/apply", headers=key)
    assert first.content == again.content
    stale = await post(registry, f"{path}/certificate/train", headers={"If-Match": '"2"'})
    refused(stale, 412, "precondition-failed")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"identity_no": "500106199001010010"}, "/identity_no", "identity-number-invalid"),
        ({"identity_no": "5001061990"}, "/identity_no", "identity-number-invalid"),
        ({"staffing": "volunteer"}, "/staffing", "enum"),
        ({"name": ""}, "/name", "string-too-short"),
        ({"certificate_no": NUMBER}, "/certificate_no", "extra-forbidden"),
    ],
)
async def test_bad_fields_are_named(
    registry: ServiceUnderTest, fields: dict[str, Any], pointer: str, code: str
) -> None:
    subject = await published(registry)
    answer = await post(registry, "/officers", **filing(subject, **fields))
    assert wrong_fields(answer) == {(pointer, code)}


async def test_lists_filter_and_search(registry: ServiceUnderTest) -> None:
    one, two = await published(registry), await published(registry, division=SIBLING)
    holder = await certified(registry, one, number=NUMBER, valid_to="2027-01-31", name="赵一")
    helper = await officer(registry, two, staffing="auxiliary", name="钱二")
    retired = await officer(registry, two, name="孙三")
    ok(await post(registry, f"/officers/{retired['id']}/retire", reason="退休"))

    async def names(**params: Any) -> list[str]:
        listed = ok(await get(registry, "/officers", sort="id", count="exact", **params))
        assert listed["count"] == len(listed["items"])
        return [item["name"] for item in listed["items"]]

    assert await names() == await names(division=DISTRICT) == ["赵一", "钱二", "孙三"]
    assert await names(division=SIBLING) == ["钱二", "孙三"]
    assert await names(subject_id=one["id"]) == ["赵一"]
    assert await names(staffing="auxiliary") == ["钱二"]
    assert await names(state="retired") == ["孙三"]
    assert await names(certificate_state="active") == ["赵一"]
    assert await names(valid_before="2027-02-01") == ["赵一"]
    assert await names(valid_before="2027-01-31") == []
    assert await names(q="A-500106") == ["赵一"]
    assert await names(q="钱") == ["钱二"]
    assert holder["id"] != helper["id"]
    paged = ok(await get(registry, "/officers", sort="name", limit=2))
    rest = ok(await get(registry, "/officers", sort="name", cursor=paged["next_cursor"]))
    assert len(paged["items"]) + len(rest["items"]) == 3


HELD = {CertificateState.ACTIVE, CertificateState.SUSPENDED}


@pytest.mark.parametrize("state", list(CertificateState))
def test_an_ended_certificate_never_comes_back(state: CertificateState) -> None:
    for transition in CERTIFICATE.transitions:
        if state in rules.ENDED:
            with pytest.raises(TransitionNotAllowed):
                CERTIFICATE.next(transition.action, state)
    assert (state in HELD) == (
        "expire" in {t.action for t in CERTIFICATE.transitions if state in t.sources}
    )


@pytest.mark.parametrize(
    ("staffing", "officer_state", "certificate_state", "code"),
    [
        ("staff", "on_post", None, None),
        ("staff", "on_post", "expired", None),
        ("staff", "on_post", "active", "certificate-in-hand"),
        ("staff", "retired", None, "transition-not-allowed"),
        ("auxiliary", "on_post", None, "auxiliary-holds-no-certificate"),
        ("auxiliary", "on_post", "expired", "auxiliary-holds-no-certificate"),
    ],
)
def test_who_may_apply(
    staffing: str, officer_state: str, certificate_state: str | None, code: str | None
) -> None:
    def apply() -> None:
        rules.may_apply(
            staffing=staffing, officer_state=officer_state, certificate_state=certificate_state
        )

    if code is None:
        apply()
    else:
        with pytest.raises(Refused) as refusal:
            apply()
        assert refusal.value.code == code


def test_nobody_is_offered_a_certificate_as_auxiliary() -> None:
    everything = {t.permission for t in CERTIFICATE.transitions if t.permission}
    for certificate_state in (None, *rules.ENDED):
        offered = rules.allowed_actions(
            officer_state="on_post",
            staffing=Staffing.AUXILIARY,
            subject_state="published",
            certificate_state=certificate_state,
            issuing=True,
            examiner=False,
            permissions=everything | {"certificate:apply"},
        )
        assert not [action for action in offered if action.startswith("certificate/")]


async def test_every_certificate_row_has_one_current_at_most(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    answers = await asyncio.gather(*(post(registry, f"{path}/apply", sub=str(n)) for n in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    async with registry.session() as session:
        assert len((await session.scalars(select(Certificate))).all()) == 1


async def test_a_certificate_good_to_the_end_of_time_is_issued(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to="9999-12-31")
    assert person["certificate"]["valid_to"] == "9999-12-31"


async def test_a_certificate_is_taken_away_by_its_issuer_alone(registry: ServiceUnderTest) -> None:
    bureau = ("bureau_supervisor", "50")
    subject = await published(registry)
    person = await officer(registry, subject)
    path = f"/officers/{person['id']}/certificate"
    for step in ("apply", "train", "examine"):
        ok(await post(registry, f"{path}/{step}", *bureau))
    issued: dict[str, Any] = {"certificate_no": NUMBER, "valid_to": LATER}
    ok(await post(registry, f"{path}/issue", *bureau, sub="issuer", **issued))
    shown = ok(await get(registry, f"/officers/{person['id']}"))["allowed_actions"]
    assert not {"certificate/suspend", "certificate/revoke"} & set(shown)
    for step in ("suspend", "revoke"):
        answer = await post(registry, f"{path}/{step}", reason="受到处分")
        refused(answer, 403, "certificate-of-another-issuer")
    ok(await post(registry, f"{path}/suspend", *bureau, reason="受到处分"))
    refused(await post(registry, f"{path}/reinstate"), 403, "certificate-of-another-issuer")
    ok(await post(registry, f"{path}/reinstate", *bureau))


async def test_after_a_move_the_new_district_stands_in_for_the_issuer(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    person = await certified(registry, subject, number=NUMBER, valid_to=LATER)
    move: dict[str, Any] = {"parent": FOREIGN, "on": subject["publicised_on"]}
    ok(await post(registry, f"/divisions/{TOWNSHIP}/move", "bureau_supervisor", "50", **move))
    path = f"/officers/{person['id']}/certificate/suspend"
    ok(await post(registry, path, "district_supervisor", FOREIGN, reason="受到处分"))


async def test_a_division_of_another_city_holds_no_officers(registry: ServiceUnderTest) -> None:
    await officer(registry, await published(registry))
    for kind in ("officers", "subjects"):
        for division, count in (("50", 1), ("51", 0), ("510104", 0)):
            found = ok(await get(registry, f"/{kind}", division=division, count="exact"))
            assert found["count"] == count, (kind, division)


class OfficerWalk(Walk):
    """What concerns the certificate is walked elsewhere (`test_certificates`)."""

    async def _read(self, id: str, token: str) -> dict[str, Any] | None:
        shown = await super()._read(id, token)
        if shown is None:
            return None
        steps = {transition.action for transition in self.lifecycle.transitions}
        offered = [action for action in shown["allowed_actions"] if action in steps]
        return {**shown, "allowed_actions": offered}


async def test_what_is_allowed_is_what_succeeds(registry: ServiceUnderTest) -> None:
    one, two = await published(registry), await published(registry)

    async def create() -> Any:
        return await officer(registry, one)

    def elsewhere(thing: Any) -> dict[str, Any]:
        to = two if thing["subject_id"] == one["id"] else one
        return {"subject_id": to["id"], "reason": "调动"}

    walk = OfficerWalk(
        registry,
        OFFICER,
        f"{BASE}/officers",
        create,
        callers={
            "bureau": registry.token("bureau_supervisor", "50"),
            "district": registry.token("district_supervisor", DISTRICT),
            "body": registry.token("township_enforcement", TOWNSHIP),
            "office": registry.token("township_supervision_office", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        bodies={
            "change": lambda thing: {"post": f"岗位{thing['version']}"},
            "reassign": elsewhere,
            "retire": {"reason": "退休"},
        },
    )
    await walk.run(seed=1)
    assert walk.seen == {("on_post", action) for action in ("change", "reassign", "retire")}
