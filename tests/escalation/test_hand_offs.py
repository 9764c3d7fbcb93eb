"""Referrals, cooperation, liaison: sent by another, answered in time, seen by nobody else."""

from datetime import date
from typing import Any

import pytest

from services.escalation.cooperations.rules import LIFECYCLE as COOPERATION
from services.escalation.liaisons.rules import LIFECYCLE as LIAISON
from services.escalation.referrals.rules import LIFECYCLE as REFERRAL
from services.escalation.referrals.rules import ReferralOrgan, result_step
from shared.law.calendar import last_day_of
from tests.escalation.handoffs import POLICE, PROCURATORATE, SENDER, STRANGER, V1, Handoffs
from tests.escalation.people import DISTRICT, OTHER_DISTRICT, TOWNSHIP, moment
from tests.servers import ServiceUnderTest
from tests.walks import Walk

DOCUMENT = {"document_no": "沙监函〔2026〕8号"}
REASON = {"reason": "请尽快办理"}
REFERRED = {
    "title": "执法人员涉嫌违纪线索",
    "organ": "discipline",
    "facts": "案卷评查发现。",
    "sender_name": "沙坪坝区司法局",
    "receiver": PROCURATORATE,
    "receiver_name": "沙坪坝区监察委员会",
}
ASKED = {
    "title": "协助查询登记信息",
    "request": "请协助查询某某公司登记信息。",
    "basis": "《行政处罚法》第二十六条",
    "bearer": "sender",
    "needed_by": "2026-12-18",
    "sender_name": "沙坪坝区城市管理局",
    "receiver": POLICE,
    "receiver_name": "沙坪坝区公安局",
}
LIAISED = {
    "organ": "petition",
    "organ_name": "沙坪坝区信访办公室",
    "liaison_officer": "李某",
    "partner": "police",
    "partner_name": "沙坪坝区公安分局",
    "partner_body": POLICE,
    "partner_officer": "王某",
    "partner_phone": "13812345678",
    "duties": "涉执法信访事项会商",
}
MET = {
    "kind": "meeting",
    "held_on": "2026-03-02",
    "topic": "形势分析",
    "participants": ["李某", "王某"],
    "outcome": "逐件会商",
}
TEAM = {
    "reason": "联合核查",
    "members": [{"side": "sender", "name": "李某"}, {"side": "receiver", "name": "王某"}],
}


class Offices(Handoffs):
    """The office of the district, by two people."""

    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(service)
        self.director = self.people.leaders["district"]
        self.organ = self.procuratorate

    async def referred(self, **fields: Any) -> Any:
        row = await self.call("referrals", self.district, {**REFERRED, **fields}, expect=201)
        await self.attach("referral", row, self.district)
        return row

    async def asked(self, **fields: Any) -> Any:
        row = await self.call("cooperations", self.clerk, {**ASKED, **fields}, expect=201)
        await self.attach("cooperation", row, self.clerk)
        return row

    async def liaison(self, **fields: Any) -> Any:
        return await self.call("liaisons", self.district, {**LIAISED, **fields}, expect=201)


@pytest.fixture
def offices(escalation: ServiceUnderTest) -> Offices:
    return Offices(escalation)


async def test_a_referral_is_sent_by_another_acknowledged_and_answered_in_writing_in_time(
    offices: Offices, escalation: ServiceUnderTest
) -> None:
    offices.people.today_is(2026, 4, 28)
    row = await offices.referred()
    path = f"referrals/{row['id']}"
    refusal = await offices.call(f"{path}/send", offices.district, {}, expect=403)
    assert refusal["code"] == "matter-approved-by-author"
    await offices.read(path, offices.organ, expect=404)
    await offices.call(f"{path}/send", offices.director, {})
    await offices.confirm(row, "referral", offices.organ)
    seen = await offices.read(path, offices.organ)
    assert (seen["state"], seen["due_step"]) == ("acknowledged", "acceptance")
    refusal = await offices.call(
        f"{path}/accept", offices.district, {"answer": "受理", **DOCUMENT}, expect=403
    )
    assert refusal["code"] == "matter-not-yours"
    await offices.call(f"{path}/accept", offices.organ, {"answer": "受理"})
    alone = {**TEAM, "members": [{"side": "sender", "name": n} for n in ("甲", "乙")]}
    refusal = await offices.call(f"{path}/form-team", offices.district, alone, expect=422)
    assert refusal["code"] == "referral-team-one-sided"
    team = await offices.call(f"{path}/form-team", offices.district, TEAM)
    assert [one["name"] for one in team["team"]] == ["李某", "王某"]
    body = {"answer": "调查终结", "completed_on": "2026-04-29"}
    refusal = await offices.call(f"{path}/complete", offices.organ, body, expect=422)
    assert refusal["code"] == "referral-completed-later"
    before = {**body, "completed_on": "2026-04-27"}
    refusal = await offices.call(f"{path}/complete", offices.organ, before, expect=422)
    assert refusal["code"] == "referral-completed-before"
    escalation.advance(days=1)
    done = await offices.call(f"{path}/complete", offices.organ, body)
    # Ten working days, with the May holiday and the day that is made up for it.
    assert (done["due_step"], last_day_of(moment(done["due_at"]))) == ("result", date(2026, 5, 15))
    escalation.advance(days=20)
    assert [await escalation.fire_timers() for _ in range(2)] == [2, 0]
    (fact,) = await escalation.facts("escalation.referral.overdue.v1")
    assert fact["data"]["step_name"] == "书面反馈结果"
    await offices.call(f"{path}/urge", offices.district, REASON)
    told = await offices.call(f"{path}/reply", offices.organ, {"answer": "已作出处分"})
    assert (told["result"], told["history"][-1]["late"]) == ("已作出处分", True)
    ended = await offices.call(f"{path}/close", offices.district)
    assert (ended["state"], ended["allowed_actions"]) == ("closed", [])


def test_the_statute_gives_the_term_to_three_and_a_dated_rule_to_the_others() -> None:
    told = {organ: result_step(organ) for organ in ReferralOrgan}
    statute = {organ for organ, step in told.items() if step == "result"}
    assert statute == {"reconsideration", "audit", "discipline"}


async def test_a_body_asks_another_which_assists_by_the_day_or_says_why_not(
    offices: Offices, escalation: ServiceUnderTest
) -> None:
    offices.people.today_is(2026, 12, 7)
    row = await offices.asked()
    path = f"cooperations/{row['id']}"
    refusal = await offices.call(f"{path}/send", offices.clerk, {}, expect=403)
    assert refusal["code"] == "matter-approved-by-author"
    await offices.call(f"{path}/send", offices.head, {})
    assert "urge" in (await offices.read(path, offices.clerk))["allowed_actions"]
    # A body of a township sees what it takes part in, wherever that is from.
    await offices.read(path, offices.of(POLICE, "township", "township_enforcement"))
    await offices.confirm(row, "cooperation", offices.police)
    taken = await offices.call(f"{path}/accept", offices.police, {"answer": "同意"})
    assert last_day_of(moment(taken["due_at"])) == date(2026, 12, 18)
    escalation.advance(days=12)
    assert await escalation.fire_timers() == 2
    done = await offices.call(f"{path}/report", offices.police, {"answer": "已查询"})
    assert done["history"][-1]["late"] is True
    again = await offices.call(f"{path}/send-back", offices.clerk, REASON)
    assert (again["state"], again["due_step"]) == ("accepted", "rework")
    await offices.call(f"{path}/report", offices.police, {"answer": "已补充"})
    assert (await offices.call(f"{path}/close", offices.clerk))["state"] == "closed"
    over = await offices.attach("cooperation", row, offices.clerk, expect=409)
    assert over["code"] == "attachment-matter-over"
    other = await offices.asked(needed_by="2026-12-31", receiver=None)
    path = f"cooperations/{other['id']}"
    await offices.call(f"{path}/send", offices.head, {})
    package = await offices.package_of(other, "cooperation")
    receipt = {"received_by": "赵某", "receipt_no": "回1号"}
    await offices.call(f"packages/{package['id']}/confirm", offices.clerk, receipt)
    body = {"answer": "由税务机关负责", "ground": "not_competent", **DOCUMENT}
    refused = await offices.call(f"{path}/refuse", offices.clerk, body)
    assert (refused["state"], refused["refusal_ground"]) == ("refused", "not_competent")
    for fields, code in (
        ({"receiver": SENDER}, "cooperation-with-oneself"),
        ({"needed_by": "2026-12-01"}, "cooperation-day-past"),
    ):
        refusal = await offices.call("cooperations", offices.clerk, {**ASKED, **fields}, expect=422)
        assert refusal["code"] == code
    late = await offices.asked(needed_by="2026-12-31")
    escalation.advance(days=30)
    path = f"cooperations/{late['id']}/send"
    refusal = await offices.call(path, offices.head, {}, expect=422)
    assert refusal["code"] == "cooperation-day-past"
    refusal = await offices.call(
        "cooperations", escalation.token("agency_user", DISTRICT), ASKED, expect=422
    )
    assert refusal["code"] == "cooperation-sender-unknown"


async def test_the_petition_office_keeps_a_roster_and_a_log_and_silence_is_told(
    offices: Offices, escalation: ServiceUnderTest
) -> None:
    offices.people.today_is(2026, 3, 2)
    row = await offices.liaison()
    path = f"liaisons/{row['id']}"
    refusal = await offices.call(f"{path}/confirm", offices.district, expect=403)
    assert refusal["code"] == "matter-approved-by-author"
    refusal = await offices.call(f"{path}/confirm", offices.bureau, expect=403)
    assert refusal["code"] == "liaison-not-yours"
    await offices.read(path, offices.police, expect=404)
    await offices.call(f"{path}/confirm", offices.director)
    # A meeting of long ago is kept in the log, and takes nothing off the term.
    due = (await offices.read(path, offices.police))["due_at"]
    before = {**MET, "held_on": "2025-11-01"}
    await offices.call(f"{path}/log", offices.district, before, expect=201)
    assert (await offices.read(path, offices.police))["due_at"] == due
    later = {**MET, "held_on": "2026-03-03"}
    refusal = await offices.call(f"{path}/log", offices.district, later, expect=422)
    assert refusal["code"] == "liaison-held-later"
    escalation.advance(days=10)
    await offices.call(f"{path}/log", offices.district, MET, expect=201)
    seen = await offices.read(path, offices.police)
    assert (seen["last_contact_on"], seen["partner_phone"]) == ("2026-03-02", None)
    assert last_day_of(moment(seen["due_at"])) == date(2026, 5, 31)
    log = await offices.read(f"{path}/entries", offices.police)
    assert [line["topic"] for line in log["items"]] == ["形势分析"] * 2
    assert (await offices.read(path, offices.district))["partner_phone"] == "13812345678"
    assert "13812345678" not in str(await escalation.facts())
    escalation.advance(days=90)
    assert [await escalation.fire_timers() for _ in range(2)] == [2, 0]
    late = await offices.read("liaisons?overdue=true", offices.bureau)
    assert [item["id"] for item in late["items"]] == [row["id"]]
    assert await offices.verbs("liaison") == [
        *("proposed", "confirmed", "logged", "logged", "overdue")
    ]
    await offices.call(f"{path}/log", offices.district, before, expect=201)
    assert (await offices.read(path, offices.police))["overdue"]
    same = {**LIAISED, "partner": "petition"}
    refusal = await offices.call("liaisons", offices.district, same, expect=422)
    assert refusal["code"] == "liaison-with-itself"


async def test_only_the_two_and_those_above_see_what_is_between_them(
    offices: Offices, escalation: ServiceUnderTest
) -> None:
    offices.people.today_is(2026, 12, 7)
    rows = {
        "referrals": await offices.referred(),
        "cooperations": await offices.asked(),
        "liaisons": await offices.liaison(partner_body=None),
    }
    office = escalation.token("township_supervision_office", TOWNSHIP)
    about = await offices.call("referrals", office, REFERRED, expect=201)
    await offices.attach("referral", about, office)
    accused = escalation.token("township_enforcement", TOWNSHIP, organisation=STRANGER)
    await offices.read(f"referrals/{about['id']}", accused, expect=404)
    await offices.read(f"attachments?referral_id={about['id']}", accused, expect=404)
    assert (await offices.read("referrals", accused))["items"] == []
    other = escalation.token("district_supervisor", OTHER_DISTRICT)
    for kind, row in rows.items():
        path = f"{kind}/{row['id']}"
        await offices.read(path, offices.bureau)
        for token in (other, offices.police, offices.organ, offices.stranger):
            await offices.read(path, token, expect=404)
        for role in ("integration", "line_department", "lay_monitor"):
            await offices.read(path, escalation.token(role, DISTRICT), expect=403)


async def test_allowed_actions_of_a_referral_are_what_succeeds(offices: Offices) -> None:
    offices.people.today_is(2026, 12, 7)

    async def create() -> Any:
        row = await offices.referred()
        await offices.call(f"referrals/{row['id']}/send", offices.director, {})
        await offices.confirm(row, "referral", offices.organ)
        return row

    answer = {"answer": "答复", **DOCUMENT}
    walk = Walk(
        offices.service,
        REFERRAL,
        f"{V1}/referrals",
        create,
        callers={
            "bureau": offices.bureau,
            "district": offices.district,
            "director": offices.director,
            "organ": offices.organ,
            "clerk": offices.clerk,
        },
        bodies={
            **dict.fromkeys(("accept", "decline", "reply"), answer),
            "complete": {**answer, "completed_on": "2026-12-07"},
            "form_team": TEAM,
            "send": {},
            "discard": REASON,
            "urge": REASON,
        },
    )
    await walk.run(seed=42, steps=18)


async def test_allowed_actions_of_cooperation_are_what_succeeds(offices: Offices) -> None:
    offices.people.today_is(2026, 12, 7)

    async def create() -> Any:
        row = await offices.asked()
        await offices.call(f"cooperations/{row['id']}/send", offices.head, {})
        await offices.confirm(row, "cooperation", offices.police)
        return row

    answer = {"answer": "答复", **DOCUMENT}
    walk = Walk(
        offices.service,
        COOPERATION,
        f"{V1}/cooperations",
        create,
        callers={
            "bureau": offices.bureau,
            "clerk": offices.clerk,
            "head": offices.head,
            "police": offices.police,
        },
        bodies={
            "accept": answer,
            "report": answer,
            "refuse": {**answer, "ground": "impossible"},
            "send": {},
            **dict.fromkeys(("send_back", "withdraw", "urge"), REASON),
        },
    )
    await walk.run(seed=18, steps=18)


async def test_allowed_actions_of_a_liaison_are_what_succeeds(offices: Offices) -> None:
    offices.people.today_is(2026, 3, 2)
    walk = Walk(
        offices.service,
        LIAISON,
        f"{V1}/liaisons",
        offices.liaison,
        callers={
            "bureau": offices.bureau,
            "district": offices.district,
            "director": offices.director,
            "police": offices.police,
        },
        bodies={"log": MET, "end": REASON},
    )
    await walk.run(seed=17, steps=14)
