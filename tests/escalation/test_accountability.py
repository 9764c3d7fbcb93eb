"""Accountability: proposed, approved by another, sent to the organ; who it is stays secret."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.escalation.accountability.rules import LIFECYCLE
from shared.law.calendar import last_day_of
from tests.escalation.people import DISTRICT, ELSEWHERE, OTHER_DISTRICT, TOWNSHIP, People, moment
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest
from tests.walks import Walk

PROPOSALS = "/escalation/v1/accountability"
STREET, DISCIPLINE, OTHER_ORGAN = (credit_code(n) for n in (41, 42, 43))
NAME, CERTIFICATE = "欧阳无证", "渝A-500106-7788"
TARGET = {
    "organisation": STREET,
    "organisation_name": "某某街道办事处",
    "name": NAME,
    "certificate_no": CERTIFICATE,
}
EVIDENCE = [{"title": f"{NAME}询问笔录", "number": f"沙司执监笔〔2026〕{NAME}1号"}]
BODY: dict[str, Any] = {
    "division": TOWNSHIP,
    "target_kind": "officer",
    "target": TARGET,
    "ground": "no_qualification",
    "facts": f"某某街道办事处{NAME}无证实施处罚。",
    "legal_basis": [f"《重庆市行政执法监督条例》第十七条({NAME})"],
    "suggestion": "leave_post",
    "evidence": EVIDENCE,
}
SEND = {
    "organ": DISCIPLINE,
    "organ_name": "区纪委监委",
    "organ_kind": "discipline",
    "document_number": f"沙司执监移〔2026〕1号({NAME})",
}
OUTCOME = {
    "outcome": "leave_post",
    "text": f"{NAME}已调离。",
    "number": f"沙纪函〔2026〕8号({NAME})",
    "on": "2026-03-02",
}
WORDS = {"remarks": f"关于{NAME}:请补充"}
BODIES: dict[str, Any] = {
    **dict.fromkeys(("return", "reject", "withdraw", "decline", "urge", "send_back"), WORDS),
    "resubmit": {"facts": f"{NAME}三件", "evidence": EVIDENCE},
    "send": SEND,
    "report_outcome": OUTCOME,
}
LOOK = {"reason": "审批核对身份"}


class Office:
    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.clerk, self.director = people.district, people.leaders["district"]
        self.organ = self.service.token("agency_user", DISTRICT, organisation=DISCIPLINE)
        self.other = self.service.token("agency_user", DISTRICT, organisation=OTHER_ORGAN)

    async def propose(self, as_: str | None = None, *, expect: int = 201, **fields: Any) -> Any:
        body = {**BODY, **fields}
        answer = await self.service.post(PROPOSALS, as_=as_ or self.clerk, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(self, row: Any, action: str, as_: str, body: Any = None, **more: Any) -> Any:
        sent, path = body or BODIES.get(action), f"{PROPOSALS}/{row['id']}/{action}"
        told = {"json": sent} if sent else {}
        answer = await self.service.post(path.replace("_", "-"), as_=as_, **told)
        assert answer.status_code == more.get("expect", 200), answer.text
        return answer.json()

    async def refused(
        self, row: Any, action: str, as_: str, expect: int = 403, body: Any = None
    ) -> str:
        return str((await self.step(row, action, as_, body, expect=expect))["code"])

    async def read(self, row: Any, as_: str, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{PROPOSALS}/{row['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def verbs(self) -> list[str]:
        told = [one["type"].split(".") for one in await self.service.facts()]
        return [one[3] for one in told if one[2] == "accountability"]


@pytest.fixture
def office(people: People) -> Office:
    people.today_is(2026, 3, 2)
    return Office(people)


async def test_a_proposal_is_approved_by_another_sent_to_the_organ_and_its_outcome_comes_back(
    office: Office, escalation: ServiceUnderTest
) -> None:
    row = await office.propose()
    assert (row["number"], row["level"]) == ("渝问责〔2026〕1号", "district")
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 9)
    refusal = await office.refused(row, "approve", office.clerk)
    assert refusal == "accountability-approved-by-proposer"
    refusal = await office.refused(row, "approve", office.people.bureau)
    assert refusal == "accountability-not-in-charge"
    await office.step(row, "return", office.director)
    await office.step(row, "resubmit", office.clerk)
    await office.step(row, "approve", office.director)
    await office.read(row, office.organ, expect=404)
    await office.step(row, "send", office.clerk)
    seen = await office.read(row, office.organ)
    assert seen["allowed_actions"] == ["acknowledge", "decline"]
    assert (seen["proposed_by"], seen["decided_by"], seen["remarks"]) == (None, None, None)
    # Not theirs: another has it.
    row = await office.step(row, "decline", office.organ)
    assert (row["state"], row["organ"], row["proposed_by"]) == ("approved", None, None)
    await office.read(row, office.organ, expect=404)
    await office.step(row, "send", office.clerk, {**SEND, "organ": OTHER_ORGAN})
    await office.step(row, "acknowledge", office.other)
    refusal = await office.refused(row, "report_outcome", office.clerk)
    assert refusal == "forbidden"
    await office.step(row, "report_outcome", office.other)
    await office.step(row, "send_back", office.clerk)
    await office.step(row, "report_outcome", office.other)
    row = await office.step(row, "close", office.clerk)
    assert (row["outcome"], row["due_at"], row["allowed_actions"]) == ("leave_post", None, [])
    assert await office.verbs() == [
        *("proposed", "returned", "proposed", "approved", "sent", "declined", "sent"),
        *("acknowledged", "outcome_reported", "sent_back", "outcome_reported", "closed"),
    ]
    escalation.advance(days=200)
    assert await escalation.fire_timers() == 0


async def test_who_is_proposed_is_sealed_cut_out_and_shown_to_those_who_handle_it(
    office: Office, escalation: ServiceUnderTest
) -> None:
    row = await office.propose()
    assert row["facts"] == "******无证实施处罚。"
    assert row["evidence"][0]["title"] == "***询问笔录"
    await office.step(row, "approve", office.director)
    await office.step(row, "send", office.clerk)
    await office.step(row, "acknowledge", office.organ)
    await office.step(row, "report_outcome", office.organ)
    listed = await escalation.get(PROPOSALS, as_=office.people.bureau)
    shown = [listed.text, str(await office.read(row, office.clerk)), str(await escalation.facts())]
    async with escalation.session() as session:
        shown += (await session.scalars(text("SELECT a::text FROM accountability a"))).all()
    for one in shown:
        for secret in (NAME, CERTIFICATE, STREET):
            assert secret not in one
    for token in (office.director, office.organ):
        told = await office.step(row, "reveal", token, LOOK)
        assert (told["name"], told["organisation"], told["post"]) == (NAME, STREET, None)
    facts = await escalation.facts("escalation.accountability.target_revealed.v1")
    assert [fact["data"]["reason"] for fact in facts] == [LOOK["reason"]] * 2
    refusal = await office.refused(row, "reveal", office.clerk, 422, {"reason": f"核对{NAME}"})
    assert refusal == "complaint-reason-repeats-complainant"
    refusal = await office.refused(row, "reveal", office.people.bureau, body=LOOK)
    assert refusal == "accountability-not-in-charge"
    # Neither the body nor the offices below nor anybody else knows of it.
    insider = escalation.token("district_supervisor", DISTRICT, organisation=STREET, sub="in")
    for token, status in (
        (insider, 404),
        (escalation.token("agency_user", TOWNSHIP, organisation=STREET), 404),
        (escalation.token("district_supervisor", OTHER_DISTRICT), 404),
        (office.people.township, 403),
    ):
        await office.read(row, token, expect=status)
        page = await escalation.get(PROPOSALS, as_=token)
        assert status == 403 or page.json()["items"] == []


async def test_nobody_proposes_against_their_own_body_and_no_body_judges_itself(
    office: Office, escalation: ServiceUnderTest
) -> None:
    own = escalation.token("district_supervisor", DISTRICT, organisation=STREET)
    assert (await office.propose(own, expect=403))["code"] == "accountability-own-body"
    nameless = {**TARGET, "name": None}
    refusal = await office.propose(target=nameless, expect=422)
    assert refusal["code"] == "accountability-target-not-named"
    assert (await office.propose(division=ELSEWHERE, expect=422))["code"] == "division-unknown"
    assert (await office.propose(evidence=[], expect=422))["code"] == "invalid-input"
    to_itself = {**SEND, "organ": STREET, "organ_kind": "appointing"}
    as_above = {**to_itself, "organ_kind": "superior"}
    for fields, sent in (
        ({"target_kind": "unit", "target": nameless}, to_itself),
        ({"target_kind": "leader"}, to_itself),
        ({}, as_above),
    ):
        row = await office.propose(**fields)
        await office.step(row, "approve", office.director)
        refusal = await office.refused(row, "send", office.clerk, 409, sent)
        assert refusal == "accountability-sent-to-accused"
    # Its officer's case it may judge, as the body that appoints; then it sees it.
    other = await office.propose()
    await office.step(other, "approve", office.director)
    await office.step(other, "send", office.clerk, to_itself)
    body = escalation.token("agency_user", TOWNSHIP, organisation=STREET)
    await office.step(other, "acknowledge", body)


async def test_an_organ_that_does_not_answer_is_told_of(
    office: Office, escalation: ServiceUnderTest
) -> None:
    row = await office.propose()
    await office.step(row, "approve", office.director)
    await office.step(row, "send", office.clerk)
    escalation.advance(days=6)
    assert await escalation.fire_timers() == 1
    escalation.advance(days=2)
    assert await escalation.fire_timers() == 1
    assert (await office.verbs())[-2:] == ["due_soon", "overdue"]
    page = await escalation.get(f"{PROPOSALS}?overdue=true&sort=due_at", as_=office.clerk)
    assert [one["id"] for one in page.json()["items"]] == [row["id"]]
    await office.step(row, "urge", office.clerk)


async def test_allowed_actions_are_what_succeeds(office: Office) -> None:
    walk = Walk(
        office.service,
        LIFECYCLE,
        PROPOSALS,
        office.propose,
        callers={
            "clerk": office.clerk,
            "director": office.director,
            "organ": office.organ,
            "above": office.people.bureau,
        },
        bodies=BODIES,
        days=[30],
    )
    await walk.run(seed=2, steps=50, alive=2)
    assert {action for _, action in walk.seen} >= {"approve", "send", "acknowledge", "decline"}
