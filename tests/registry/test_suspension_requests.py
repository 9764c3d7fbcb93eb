"""What oversight decided to suspend, before the office that issued the certificate."""

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.suspension_requests.rules import LIFECYCLE
from shared.events.oversight.measures import MeasureDecided, MeasureRevoked
from shared.law.divisions import Scope
from tests.registry import samples
from tests.registry.samples import DISTRICT, FOREIGN, TOWNSHIP, ok, refused
from tests.servers import ServiceUnderTest
from tests.walks import Walk

HERE = Scope(district=DISTRICT, township=TOWNSHIP)
PATH = "/suspension-requests"
_numbers = count(7000)


def told(kind: Any, officer: dict[str, Any], /, **changed: Any) -> Any:
    """A measure of oversight against an officer."""
    return kind(
        **{
            "measure_id": uuid4(),
            "finding_id": uuid4(),
            "subject_id": UUID(officer["subject_id"]),
            "organisation": officer["organisation"],
            "subject_name": "青木关镇人民政府",
            "kind": "suspend_certificate",
            "kind_name": "暂扣执法证件",
            "ground": "uncivil",
            "ground_name": "不文明执法",
            "legal_basis": ["《重庆市行政执法监督条例》第十八条"],
            "executor": "issuer",
            "officer_id": UUID(officer["id"]),
            "division": TOWNSHIP,
            "state": "decided",
            "due_at": None,
            "authority_level": "district",
            **changed,
        }
    )


async def certified(registry: ServiceUnderTest) -> dict[str, Any]:
    """An officer of a published subject with a certificate in force."""
    subject, number = await samples.published(registry), f"渝A-500106-{next(_numbers):04d}"
    made: dict[str, Any] = await samples.certified(
        registry, subject, number=number, valid_to="2031-06-30"
    )
    return made


async def asked(registry: ServiceUnderTest) -> tuple[dict[str, Any], MeasureDecided]:
    """A request about a certificate in force, and the fact that it came from."""
    officer = await certified(registry)
    event = told(MeasureDecided, officer)
    await registry.react(event, HERE)
    page = ok(await samples.get(registry, PATH, officer_id=officer["id"]))
    return page["items"][0], event


async def test_the_issuer_suspends_the_certificate_with_its_approval(
    registry: ServiceUnderTest,
) -> None:
    row, event = await asked(registry)
    assert (row["state"], row["issuer"], row["certificate_state"]) == (
        "received",
        DISTRICT,
        "active",
    )
    assert row["allowed_actions"] == ["approve", "refuse"]
    await registry.react(event, HERE)  # after an operator's replay
    assert ok(await samples.get(registry, PATH, count="exact"))["count"] == 1
    # The registry suspends nothing by itself.
    assert await registry.facts("registry.certificate.suspended.v1") == []
    row = ok(await samples.post(registry, f"{PATH}/{row['id']}/approve"))
    assert (row["state"], row["certificate_state"]) == ("approved", "suspended")
    (suspended,) = await registry.facts("registry.certificate.suspended.v1")
    assert suspended["data"]["officer_id"] == row["officer_id"]
    (answer,) = await registry.facts("registry.suspension_request.approved.v1")
    assert answer["data"]["measure_id"] == str(event.measure_id)
    officer = ok(await samples.get(registry, f"/officers/{row['officer_id']}"))
    assert "不文明执法" in officer["certificate"]["reason"]


async def test_the_issuer_refuses_with_a_reason(registry: ServiceUnderTest) -> None:
    row, _ = await asked(registry)
    path = f"{PATH}/{row['id']}/refuse"
    assert (await samples.post(registry, path)).status_code == 422
    row = ok(await samples.post(registry, path, reason="事由不成立"))
    assert (row["state"], row["reason"], row["certificate_state"]) == (
        "refused",
        "事由不成立",
        "active",
    )
    (fact,) = await registry.facts("registry.suspension_request.refused.v1")
    assert (fact["data"]["state"], fact["data"]["reason"]) == ("refused", "事由不成立")
    again = await samples.post(registry, f"{PATH}/{row['id']}/approve")
    refused(again, 409, "transition-not-allowed")


async def test_nobody_but_the_issuer_answers(registry: ServiceUnderTest) -> None:
    row, _ = await asked(registry)
    path = f"{PATH}/{row['id']}"
    bureau = await samples.post(registry, f"{path}/approve", "bureau_supervisor", "50")
    refused(bureau, 403, "suspension-request-of-another-issuer")
    seen = ok(await samples.get(registry, path, "bureau_supervisor", "50"))
    assert seen["allowed_actions"] == []
    refused(await samples.get(registry, path, "district_supervisor", FOREIGN), 404, "not-found")
    foreign = await samples.post(registry, f"{path}/approve", "district_supervisor", FOREIGN)
    refused(foreign, 404, "not-found")
    body = await samples.get(registry, path, "township_enforcement", TOWNSHIP)
    refused(body, 403, "forbidden")


async def test_without_a_certificate_in_force_there_is_nothing_to_decide(
    registry: ServiceUnderTest,
) -> None:
    officer = await certified(registry)
    path = f"/officers/{officer['id']}/certificate/suspend"
    ok(await samples.post(registry, path, reason="处分"))
    await registry.react(told(MeasureDecided, officer), HERE)
    (row,) = ok(await samples.get(registry, PATH))["items"]
    assert (row["state"], row["allowed_actions"]) == ("lapsed", [])
    (fact,) = await registry.facts("registry.suspension_request.lapsed.v1")
    assert fact["data"]["reason"] == "该人员未持有有效的行政执法证"


async def test_what_ended_meanwhile_can_be_refused_only(registry: ServiceUnderTest) -> None:
    row, _ = await asked(registry)
    path = f"/officers/{row['officer_id']}/certificate/suspend"
    ok(await samples.post(registry, path, reason="处分"))
    answer = await samples.post(registry, f"{PATH}/{row['id']}/approve")
    refused(answer, 409, "suspension-request-certificate-not-in-force")
    row = ok(await samples.get(registry, f"{PATH}/{row['id']}"))
    assert row["allowed_actions"] == ["refuse"]


async def test_a_measure_that_is_revoked_takes_its_request_along(
    registry: ServiceUnderTest,
) -> None:
    row, event = await asked(registry)
    officer = ok(await samples.get(registry, f"/officers/{row['officer_id']}"))
    revoked = told(MeasureRevoked, officer, measure_id=event.measure_id, state="revoked")
    await registry.react(revoked, HERE)
    row = ok(await samples.get(registry, f"{PATH}/{row['id']}"))
    assert (row["state"], row["reason"]) == ("lapsed", "监督处理决定已撤回")
    await registry.react(revoked, HERE)
    assert len(await registry.facts("registry.suspension_request.lapsed.v1")) == 1


async def test_other_measures_are_no_business_of_the_issuer(registry: ServiceUnderTest) -> None:
    officer = await certified(registry)
    await registry.react(told(MeasureDecided, officer, kind="off_post_training"), HERE)
    assert ok(await samples.get(registry, PATH))["items"] == []


@pytest.mark.parametrize("seed", range(2))
async def test_allowed_actions_is_exactly_what_succeeds(
    registry: ServiceUnderTest, seed: int
) -> None:
    async def create() -> dict[str, Any]:
        return (await asked(registry))[0]

    walk = Walk(
        registry,
        LIFECYCLE,
        "/registry/v1/suspension-requests",
        create,
        {
            "bureau": registry.token("bureau_supervisor", "50"),
            "issuer": registry.token("district_supervisor", DISTRICT),
            "office": registry.token("township_supervision_office", TOWNSHIP),
            "foreign": registry.token("district_supervisor", FOREIGN),
        },
        {"refuse": {"reason": "r"}},
        {"approve": 2},
    )
    await walk.run(seed=seed)
    assert walk.seen == {("received", "approve"), ("received", "refuse")}
