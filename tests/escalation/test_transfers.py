"""Transfers to the police and back: every clock is lawful, every gap is told, nobody else sees."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.escalation.matters.rules import Side
from services.escalation.reverse_transfers.rules import LIFECYCLE as REVERSE
from services.escalation.transfers.rules import (
    LIFECYCLE,
    Standing,
    TransferInvestigators,
    TransferMaterialIndispensable,
    TransferMaterialsMissing,
    allowed_actions,
    may_register,
    may_send,
)
from shared.law.calendar import last_day_of
from shared.refusals import Refused
from tests.escalation.handoffs import CASE, MATERIALS, POLICE, PROCURATORATE, SENDER, V1, Handoffs
from tests.escalation.people import DISTRICT, OTHER_DISTRICT, moment
from tests.servers import ServiceUnderTest
from tests.walks import Walk

ANSWER = {"answer": "经审查不予立案", "document_no": "沙公不立字〔2026〕3号"}
TOLD = {"answer": "经审查不予立案"}
LAW = {"required": MATERIALS, "may_be_absent": MATERIALS[2:]}


async def test_a_case_goes_to_the_police_and_each_step_has_its_lawful_time(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    handoffs.people.today_is(2026, 4, 30)  # the eve of a holiday: calendar days do not wait
    row = await handoffs.found()
    assert (row["number"], row["due_step"]) == ("渝移〔2026〕1号", "approval")
    assert last_day_of(moment(row["due_at"])) == date(2026, 5, 3)
    path = f"transfers/{row['id']}"
    refusal = await handoffs.call(f"{path}/approve", handoffs.clerk, expect=403)
    assert refusal["code"] == "matter-approved-by-author"
    await handoffs.read(path, handoffs.police, expect=404)
    approved = await handoffs.call(f"{path}/approve", handoffs.head)
    hours = (moment(approved["due_at"]) - moment(approved["decided_at"])) / timedelta(hours=1)
    assert (approved["due_step"], round(hours, 3)) == ("sending", 24)
    await handoffs.attach("transfer", row, handoffs.clerk, "transfer_letter")
    await handoffs.attach("transfer", row, handoffs.clerk, "goods_list")
    absent = {"test_report": "无需检验", "other_material": "无"}
    refusal = await handoffs.call(f"{path}/send", handoffs.clerk, {"absent": absent}, expect=422)
    assert refusal["code"] == "transfer-materials-missing"
    assert "案件调查报告" in str(refusal)
    await handoffs.attach("transfer", row, handoffs.clerk, "investigation_report")
    sent = await handoffs.call(f"{path}/send", handoffs.clerk, {"absent": absent})
    assert (sent["state"], sent["due_at"]) == ("sent", None)
    await handoffs.confirm(row, "transfer", handoffs.police)
    got = await handoffs.read(path, handoffs.police)
    assert (got["state"], got["due_step"]) == ("received", "answer")
    assert {"file", "refuse", "forward"} == set(got["allowed_actions"])
    filed = await handoffs.call(f"{path}/file", handoffs.police, TOLD)
    assert (filed["state"], filed["due_step"]) == ("filed", "goods")
    await handoffs.call(f"{path}/hand-over-goods", handoffs.clerk, {"remarks": "已交接"})
    refusal = await handoffs.call(
        f"{path}/hand-over-goods", handoffs.clerk, {"remarks": "再次"}, expect=409
    )
    assert refusal["code"] == "transfer-no-goods"
    done = await handoffs.call(f"{path}/conclude", handoffs.police, {"answer": "已移送起诉"})
    assert [line["action"] for line in done["history"]] == [
        *("register", "approve", "send", "receive", "file", "hand_over_goods", "conclude")
    ]
    assert await handoffs.verbs("transfer") == [
        *("found", "approved", "sent", "received", "filed", "goods_handed_over", "concluded")
    ]
    told = str([fact["data"] for fact in await escalation.facts() if "transfer" in fact["type"]])
    assert CASE["offence"] not in told and CASE["title"] not in told


async def test_a_refusal_is_reconsidered_and_taken_to_the_procuratorate(
    handoffs: Handoffs,
) -> None:
    row = await handoffs.sent(receiver=None)
    path = f"transfers/{row['id']}"
    package = await handoffs.package_of(row, "transfer")
    receipt = {"received_by": "赵某", "receipt_no": "沙公回〔2026〕1号"}
    refusal = await handoffs.call(
        f"packages/{package['id']}/confirm", handoffs.clerk, {"received_by": "赵某"}, expect=422
    )
    assert refusal["code"] == "package-receipt-missing"
    await handoffs.call(f"packages/{package['id']}/confirm", handoffs.clerk, receipt)
    refusal = await handoffs.call(f"{path}/refuse", handoffs.clerk, TOLD, expect=422)
    assert refusal["code"] == "matter-answer-without-document"
    refused = await handoffs.call(f"{path}/refuse", handoffs.clerk, ANSWER)
    assert refused["due_step"] == "reconsideration_request"
    body = {"reason": "应当立案"}
    asked = await handoffs.call(f"{path}/request-reconsideration", handoffs.clerk, body)
    assert asked["due_at"] is None  # the term runs from the receipt
    await handoffs.call(
        f"packages/{(await handoffs.package_of(row, 'reconsideration'))['id']}/confirm",
        handoffs.clerk,
        receipt,
    )
    assert (await handoffs.read(path, handoffs.clerk))["due_step"] == "reconsideration"
    upheld = await handoffs.call(f"{path}/uphold", handoffs.clerk, ANSWER)
    assert upheld["due_step"] == "supervision_request"
    await handoffs.read(path, handoffs.procuratorate, expect=404)
    asked = {"procuratorate": PROCURATORATE, "procuratorate_name": "区检察院", "reason": "应当立案"}
    await handoffs.call(f"{path}/request-supervision", handoffs.clerk, asked)
    seen = await handoffs.read(path, handoffs.procuratorate)
    assert seen["allowed_actions"] == ["dismiss"]
    ended = await handoffs.call(f"{path}/dismiss", handoffs.procuratorate, TOLD)
    assert (ended["state"], ended["due_at"], ended["allowed_actions"]) == ("dismissed", None, [])


async def test_what_is_late_is_told_once_and_the_way_to_the_procuratorate_stays_open(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    row = await handoffs.sent()
    path = f"transfers/{row['id']}"
    escalation.advance(days=10)
    assert await escalation.fire_timers() == 2
    (fact,) = await escalation.facts("escalation.package.overdue.v1")
    assert fact["data"]["number"] == row["number"]
    await handoffs.confirm(row, "transfer", handoffs.police)
    (fact,) = await escalation.facts("escalation.package.confirmed.v1")
    assert fact["data"]["late"] is True
    await handoffs.call(f"{path}/refuse", handoffs.police, TOLD)
    escalation.advance(days=5)
    assert [await escalation.fire_timers() for _ in range(2)] == [2, 0]
    (fact,) = await escalation.facts("escalation.transfer.overdue.v1")
    assert fact["data"]["step_name"] == "提请复议或者建议立案监督"
    found = await handoffs.read("transfers?overdue=true&sort=due_at", handoffs.district)
    assert [item["id"] for item in found["items"]] == [row["id"]]
    refusal = await handoffs.call(
        f"{path}/request-reconsideration", handoffs.clerk, {"reason": "x"}, expect=409
    )
    assert refusal["code"] == "transfer-reconsideration-too-late"
    await handoffs.call(f"{path}/urge", handoffs.district, {"reason": "请依法处理"})
    asked = {"procuratorate_name": "区检察院", "reason": "应当立案而不立案"}
    late = await handoffs.call(f"{path}/request-supervision", handoffs.clerk, asked)
    assert (late["history"][-1]["late"], late["overdue"]) == (True, False)


async def test_what_is_not_theirs_is_forwarded_with_what_it_came_with(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    row = await handoffs.sent()
    await handoffs.confirm(row, "transfer", handoffs.police)
    body = {
        "answer": "犯罪地不在本区",
        "receiver": PROCURATORATE,
        "receiver_name": "两江新区公安局",
    }
    escalation.advance(hours=25)
    sent = await handoffs.call(f"transfers/{row['id']}/forward", handoffs.police, body)
    assert (sent["state"], sent["receiver_name"]) == ("sent", "两江新区公安局")
    assert sent["history"][-1]["late"] is True
    package = await handoffs.package_of(row, "forward", handoffs.procuratorate)
    assert (package["sender"], len(package["documents"])) == (POLICE, 3)
    await handoffs.read(f"packages/{package['id']}", handoffs.clerk)
    await handoffs.confirm(row, "forward", handoffs.procuratorate)
    assert (await handoffs.read(f"transfers/{row['id']}", handoffs.bureau))["state"] == "received"
    outside = await handoffs.sent(receiver=None)
    package = await handoffs.package_of(outside, "transfer")
    receipt = {"received_by": "赵某", "receipt_no": "1"}
    await handoffs.call(f"packages/{package['id']}/confirm", handoffs.clerk, receipt)
    path = f"transfers/{outside['id']}/forward"
    await handoffs.call(path, handoffs.clerk, {**body, "document_no": "1"})
    package = await handoffs.package_of(outside, "forward")
    assert (package["sender"], package["sender_name"]) == (SENDER, CASE["sender_name"])


async def test_only_the_two_sides_and_those_above_see_a_transfer(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    row = await handoffs.sent()
    package = await handoffs.package_of(row, "transfer")
    file = package["documents"][0]["id"]
    paths = [f"transfers/{row['id']}", f"packages/{package['id']}", f"attachments/{file}/content"]
    for path in paths:
        for token in (handoffs.clerk, handoffs.police, handoffs.district, handoffs.bureau):
            answer = await escalation.get(f"{V1}/{path}", as_=token)
            assert answer.status_code == 200, path
        for role, division, status in (
            ("district_supervisor", OTHER_DISTRICT, 404),
            ("integration", DISTRICT, 403),
            ("line_department", "50", 403),
            ("lay_monitor", DISTRICT, 403),
        ):
            token = escalation.token(role, division)
            assert (await escalation.get(f"{V1}/{path}", as_=token)).status_code == status, path
        await handoffs.read(path, handoffs.stranger, expect=404)
    refusal = await handoffs.attach("transfer", row, handoffs.stranger, expect=422)
    assert refusal["code"] == "attachment-target-unknown"
    refusal = await handoffs.attach("transfer", row, handoffs.bureau, expect=403)
    assert refusal["code"] == "matter-not-yours"
    refusal = await handoffs.call(
        "transfers", escalation.token("agency_user", DISTRICT), CASE, expect=422
    )
    assert refusal["code"] == "transfer-sender-unknown"


async def test_what_the_procuratorate_hands_back_is_registered_decided_and_replied(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    handoffs.people.today_is(2026, 4, 28)
    row = await handback(handoffs)
    assert last_day_of(moment(row["due_at"])) == date(2026, 5, 11)
    path = f"reverse-transfers/{row['id']}"
    reason = {"reason": "立案处理"}
    refusal = await handoffs.call(f"{path}/accept", handoffs.clerk, reason, expect=403)
    assert refusal["code"] == "matter-approved-by-author"
    escalation.advance(days=20)
    assert await escalation.fire_timers() == 2
    done = await handoffs.call(f"{path}/accept", handoffs.head, reason)
    assert (done["due_step"], done["history"][-1]["late"]) == ("reply", True)
    await handoffs.attach("reverse_transfer", row, handoffs.clerk, "reply")
    await handoffs.call(f"{path}/reply", handoffs.clerk, {"result": "已处罚"})
    package = await handoffs.confirm(row, "reply", handoffs.procuratorate)
    assert package["state"] == "confirmed"
    assert await handoffs.verbs("reverse_transfer") == [
        *("registered", "overdue", "accepted", "replied")
    ]
    refusal = await handoffs.call("reverse-transfers", handoffs.stranger, HANDBACK, expect=422)
    assert refusal["code"] == "reverse-transfer-foreign"


HANDBACK = {
    "title": "某某公司污染环境案(不起诉)",
    "organ": "procuratorate",
    "sender": PROCURATORATE,
    "sender_name": "沙坪坝区人民检察院",
    "receiver": SENDER,
    "receiver_name": "沙坪坝区生态环境局",
    "document_no": "沙检意〔2026〕5号",
    "facts": "情节轻微,不起诉。",
}


async def handback(handoffs: Handoffs) -> Any:
    return await handoffs.call("reverse-transfers", handoffs.clerk, HANDBACK, expect=201)


@pytest.mark.parametrize(
    ("kinds", "absent", "refusal"),
    [
        (MATERIALS, (), None),
        (MATERIALS[:2], MATERIALS[2:], None),
        (MATERIALS[:4], (), TransferMaterialsMissing),
        (MATERIALS[1:], MATERIALS[:1], TransferMaterialIndispensable),
    ],
)
def test_the_five_materials_go_along_or_it_is_said_why_not(
    kinds: Any, absent: Any, refusal: type[Refused] | None
) -> None:
    told = dict.fromkeys(absent, "无")
    if refusal is None:
        may_send(kinds=kinds, absent=told, law=LAW)
        return
    with pytest.raises(refusal):
        may_send(kinds=kinds, absent=told, law=LAW)


def test_two_officers_verify_what_is_transferred() -> None:
    may_register(investigators=["1", "2"], least=2)
    with pytest.raises(TransferInvestigators):
        may_register(investigators=["1", "1"], least=2)


def test_a_supervisor_urges_and_decides_nothing() -> None:
    at = Standing(state="found", created_by="a", due_at=None, goods_left=False)
    now = moment("2026-03-02T10:00:00+08:00")
    every = {t.permission or "" for t in LIFECYCLE.transitions}
    told = allowed_actions(at, sides={Side.SUPERVISOR}, sub="b", now=now, permissions=every)
    assert told == ["urge"]


async def test_allowed_actions_are_what_succeeds(handoffs: Handoffs) -> None:
    async def create() -> Any:
        row = await handoffs.found()
        for kind in MATERIALS:
            await handoffs.attach("transfer", row, handoffs.clerk, kind)
        return row

    walk = Walk(
        handoffs.service,
        LIFECYCLE,
        f"{V1}/transfers",
        create,
        callers={
            "bureau": handoffs.bureau,
            "clerk": handoffs.clerk,
            "head": handoffs.head,
            "police": handoffs.police,
            "procuratorate": handoffs.procuratorate,
        },
        bodies={
            "decline": {"reason": "未达追诉标准"},
            "send": {},
            "forward": {**ANSWER, "receiver": POLICE, "receiver_name": "公安局"},
            **dict.fromkeys(("file", "refuse", "uphold", "dismiss", "conclude"), ANSWER),
            "request_reconsideration": {"reason": "应当立案"},
            "request_supervision": {
                "procuratorate": PROCURATORATE,
                "procuratorate_name": "检察院",
                "reason": "应当立案",
            },
            "take_back": {"reason": "依法处罚"},
            "hand_over_goods": {"remarks": "已交接"},
            "urge": {"reason": "请尽快办理"},
        },
        facts=dict.fromkeys(
            (
                "send",
                "forward",
                "request_reconsideration",
                "request_supervision",
                "hand_over_goods",
            ),
            2,
        ),
    )
    await walk.run(seed=310)
    assert ("approved", "send") in walk.seen


async def test_allowed_actions_of_what_comes_back_are_what_succeeds(handoffs: Handoffs) -> None:
    async def create() -> Any:
        row = await handback(handoffs)
        await handoffs.attach("reverse_transfer", row, handoffs.clerk, "reply")
        return row

    walk = Walk(
        handoffs.service,
        REVERSE,
        f"{V1}/reverse-transfers",
        create,
        callers={
            "bureau": handoffs.bureau,
            "clerk": handoffs.clerk,
            "head": handoffs.head,
            "procuratorate": handoffs.procuratorate,
        },
        bodies={
            "accept": {"reason": "立案"},
            "decline": {"reason": "情节轻微"},
            "reply": {"result": "已处理"},
        },
        facts={"reply": 2},
    )
    await walk.run(seed=13, steps=16)
    assert {action for _, action in walk.seen} == {"accept", "decline", "reply"}
