"""Complaints: taken down or imported, looked into, answered; who complained is protected."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.escalation.complaints.rules import LIFECYCLE, ComplaintKind, level_for, masked
from services.escalation.ladder.rules import IssueLevel
from shared.clock import SHANGHAI
from shared.law.calendar import last_day_of
from tests.escalation.people import (
    DISTRICT,
    ELSEWHERE,
    ISSUES,
    OTHER_DISTRICT,
    TOWNSHIP,
    People,
    moment,
)
from tests.servers import ServiceUnderTest
from tests.walks import Walk

COMPLAINTS, IMPORTS = "/escalation/v1/complaints", "/escalation/v1/complaint-imports"
ACCUSED, HANDLER = "11500228709467150P", "11500106000000777X"
NAME, PHONE = "欧阳某某", "13812345678"
BODY: dict[str, Any] = {
    "channel": "visit",
    "kind": "procedure",
    "title": "检查时未出示证件",
    "content": f"{NAME}称11月3日检查时未出示证件,可回电{PHONE}。",
    "division": TOWNSHIP,
    "against": ACCUSED,
    "complainant": {"name": NAME, "contact": PHONE},
}
ASSIGN = {"handler": HANDLER, "handler_name": "沙坪坝区司法局", "instruction": "请查明"}
ANSWER = {"outcome": "substantiated", "reply": "情况属实,已责令整改。", "method": "phone"}
REFUSAL = {"ground": "not_enforcement", "reply": "不属于行政执法事项。", "method": "phone"}


class Desk:
    """Who acts on a complaint of the township."""

    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.office = people.township
        self.head = self.service.token("township_supervision_office", TOWNSHIP, sub="head")
        self.handler = self.service.token("agency_user", DISTRICT, organisation=HANDLER)
        self.accused = self.service.token("agency_user", TOWNSHIP, organisation=ACCUSED)

    async def receive(self, as_: str | None = None, *, expect: int = 201, **fields: Any) -> Any:
        body = {**BODY, **fields}
        answer = await self.service.post(COMPLAINTS, as_=as_ or self.office, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(
        self, row: Any, action: str, as_: str, body: Any = None, *, expect: int = 200
    ) -> Any:
        path = f"{COMPLAINTS}/{row['id']}/{action}"
        answer = await self.service.post(path, as_=as_, **({"json": body} if body else {}))
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def read(self, row: Any, as_: str, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{COMPLAINTS}/{row['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def kinds(self) -> list[str]:
        """The facts of complaints, by their verbs."""
        found = [fact["type"].split(".") for fact in await self.service.facts()]
        return [verb for _, _, entity, verb, _ in found if entity == "complaint"]


@pytest.fixture
def desk(people: People) -> Desk:
    return Desk(people)


async def test_a_complaint_is_accepted_looked_into_answered_by_another_and_closed(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    desk.people.today_is(2026, 4, 28)
    row = await desk.receive()
    assert (row["number"], row["level"]) == ("渝诉〔2026〕1号", "township")
    assert last_day_of(moment(row["due_at"])) == date(2026, 5, 21)
    await desk.step(row, "accept", desk.office)
    await desk.read(row, desk.handler, expect=404)
    await desk.step(row, "assign", desk.office, ASSIGN)
    assert (await desk.read(row, desk.handler))["allowed_actions"] == ["report"]
    await desk.read(row, desk.accused, expect=404)
    await desk.step(row, "report", desk.handler, {"result": "经查属实"})
    done = await desk.step(row, "answer", desk.office, ANSWER)
    assert (done["state"], done["outcome"], done["overdue"]) == ("answered", "substantiated", False)
    closed = await desk.step(row, "close", desk.office, {"satisfied": True})
    assert (closed["satisfied"], closed["allowed_actions"]) == (True, [])
    verbs = ["received", "accepted", "assigned", "reported", "answered", "closed"]
    assert await desk.kinds() == verbs
    (told,) = await escalation.facts("escalation.complaint.answered.v1")
    assert (told["data"]["against"], told["data"]["outcome_name"]) == (ACCUSED, "属实")
    escalation.advance(days=60)
    assert await escalation.fire_timers() == 0


async def test_who_complained_is_sealed_cut_out_and_shown_for_a_reason_only(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    row = await desk.receive()
    assert row["content"] == "***称11月3日检查时未出示证件,可回电***。"
    await desk.step(row, "accept", desk.office)
    await desk.step(row, "assign", desk.office, ASSIGN)
    listed = await escalation.get(COMPLAINTS, as_=desk.people.bureau)
    shown = [listed.text, str(await desk.read(row, desk.office)), str(await escalation.facts())]
    async with escalation.session() as session:
        shown += (await session.scalars(text("SELECT complaint::text FROM complaint"))).all()
    for one in shown:
        assert NAME not in one and PHONE not in one
    look = {"reason": "回访核实情况"}
    answer = await escalation.post(f"{COMPLAINTS}/{row['id']}/reveal", as_=desk.office, json=look)
    assert answer.json() == {
        "complaint_id": row["id"],
        "name": NAME,
        "contact": PHONE,
        "address": None,
    }
    assert answer.headers["cache-control"] == "no-store"
    (fact,) = await escalation.facts("escalation.complaint.complainant_revealed.v1")
    assert fact["data"] == {"complaint_id": row["id"], **look}
    refusal = await desk.step(row, "reveal", desk.office, {"reason": f"给{PHONE}回电"}, expect=422)
    assert refusal["code"] == "complaint-reason-repeats-complainant"
    for token, status in ((desk.handler, 403), (desk.people.bureau, 403), (desk.accused, 403)):
        await desk.step(row, "reveal", token, look, expect=status)
    unknown = await desk.receive(complainant=None)
    assert unknown["anonymous"]
    refusal = await desk.step(unknown, "reveal", desk.office, look, expect=409)
    assert refusal["code"] == "complaint-anonymous"


async def test_nobody_judges_their_own_conduct(desk: Desk) -> None:
    row = await desk.receive(kind="conduct")
    assert row["level"] == "district"
    refusal = await desk.step(row, "accept", desk.office, expect=403)
    assert refusal["code"] == "complaint-not-in-charge"
    await desk.step(row, "accept", desk.people.district)
    to_accused = {**ASSIGN, "handler": ACCUSED}
    refusal = await desk.step(row, "assign", desk.people.district, to_accused, expect=409)
    assert refusal["code"] == "complaint-handled-by-accused"
    other = await desk.receive()
    await desk.step(other, "accept", desk.office)
    await desk.step(other, "assign", desk.office, to_accused)
    await desk.step(other, "report", desk.accused, {"result": "已更正"})


async def test_who_reported_does_not_answer_and_who_asked_does_not_extend(desk: Desk) -> None:
    desk.people.today_is(2026, 3, 2)
    row = await desk.receive()
    await desk.step(row, "accept", desk.office)
    office = desk.service.token(
        "township_supervision_office", TOWNSHIP, organisation=HANDLER, sub="clerk"
    )
    await desk.step(row, "assign", desk.office, ASSIGN)
    await desk.step(row, "report", office, {"result": "属实"})
    refusal = await desk.step(row, "answer", office, ANSWER, expect=403)
    assert refusal["code"] == "complaint-answered-by-reporter"
    refusal = await desk.step(row, "extend", desk.office, expect=409)
    assert refusal["code"] == "complaint-extension-not-asked"
    reason = {"reason": "需鉴定"}
    await desk.step(row, "request-extension", desk.office, reason)
    refusal = await desk.step(row, "extend", desk.office, expect=403)
    assert refusal["code"] == "complaint-extended-by-asker"
    longer = await desk.step(row, "extend", desk.head)
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 23)
    assert last_day_of(moment(longer["due_at"])) == date(2026, 4, 14)
    refusal = await desk.step(row, "request-extension", desk.office, reason, expect=409)
    assert refusal["code"] == "complaint-extension-asked"
    await desk.step(row, "answer", desk.office, ANSWER)


async def test_before_the_deadline_a_reminder_and_after_it_the_level_above(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    row = await desk.receive()
    answered = await desk.receive()
    await desk.step(answered, "refuse", desk.office, REFUSAL)
    escalation.app.state.clock.offset += moment(row["due_at"]) - datetime.now(UTC)
    escalation.advance(days=-2)
    assert await escalation.fire_timers() == 1
    escalation.advance(days=2)
    assert [await escalation.fire_timers() for _ in range(2)] == [1, 0]
    assert (await desk.kinds())[-2:] == ["due_soon", "overdue"]
    (fact,) = await escalation.facts("escalation.complaint.overdue.v1")
    assert (fact["data"]["level"], fact["data"]["level_above"]) == ("township", "district")
    page = await escalation.get(f"{COMPLAINTS}?overdue=true&count=exact", as_=desk.office)
    assert [item["id"] for item in page.json()["items"]] == [row["id"]]
    # Late is better than never, and is told so.
    await desk.step(row, "accept", desk.office)
    refusal = await desk.step(row, "request-extension", desk.office, {"reason": "x"}, expect=409)
    assert refusal["code"] == "deadline-passed"
    await desk.step(row, "answer", desk.office, ANSWER)
    (fact,) = await escalation.facts("escalation.complaint.answered.v1")
    assert fact["data"]["late"] is True


async def test_what_is_more_than_one_complaint_becomes_an_issue_and_is_answered_all_the_same(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    row = await desk.receive(kind="conduct")
    await desk.step(row, "accept", desk.people.district)
    body = {"reason": f"同类投诉集中,{NAME}等多人反映", "major": True}
    row = await desk.step(row, "escalate", desk.people.district, body)
    refusal = await desk.step(row, "escalate", desk.people.district, body, expect=409)
    assert refusal["code"] == "complaint-has-issue"
    answer = await escalation.get(f"{ISSUES}/{row['issue_id']}", as_=desk.people.district)
    issue = answer.json()
    assert (issue["level"], issue["source"], issue["major"]) == ("district", "complaint", True)
    assert (issue["source_id"], issue["reference"]) == (row["id"], row["number"])
    assert NAME not in answer.text and PHONE not in answer.text
    (raised,) = await escalation.facts("escalation.issue.raised.v1")
    assert raised["actor"] == "protected"
    assert "answer" in row["allowed_actions"]


async def test_what_carries_a_complaint_is_for_the_levels_and_for_who_has_to_do_something(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    row = await desk.receive()
    await desk.step(row, "accept", desk.office)
    row = await desk.step(row, "escalate", desk.office, {"reason": "同类投诉集中"})
    about: dict[str, Any] = {"organisation": ACCUSED, "domains": ["urban_management"]}
    hotline = await desk.people.raise_issue(source="hotline", **about)
    plain = await desk.people.raise_issue(**about)
    for stranger in (
        escalation.token("township_enforcement", TOWNSHIP),
        escalation.token("integration", TOWNSHIP),
        escalation.token("line_department", "50", domains=about["domains"]),
        desk.accused,
    ):
        page = await desk.people.page("count=exact", stranger)
        assert ([item["id"] for item in page["items"]], page["count"]) == ([plain["id"]], 1)
        page = await desk.people.page("overdue=false", stranger)
        assert [item["id"] for item in page["items"]] == [plain["id"]]
        await desk.people.get({"id": row["issue_id"]}, stranger, expect=404)
        await desk.people.get(hotline, stranger, expect=404)
        assert (await escalation.get(FIGURE, as_=stranger)).json()["value"] == 1
    assert (await escalation.get(FIGURE, as_=desk.office)).json()["value"] == 3
    async with escalation.session() as session:
        told = "SELECT type, audience, split_part(nats_subject, '.', 1) FROM"
        both = f"{told} event_log UNION ALL {told} outbox"
        found = await session.execute(text(both))
        counts = Counter((kind.split(".")[1], audience, root) for kind, audience, root in found)
        await session.execute(text("UPDATE issue SET parties = :it"), {"it": [HANDLER]})
        await session.commit()
    await desk.people.get(hotline, desk.handler)
    assert counts == {
        ("complaint", "internal", "xi"): 3,
        ("issue", "internal", "xi"): 2,
        ("issue", "public", "xj"): 1,
    }


FIGURE = "/escalation/v1/figures?measure=issues_raised"


def record(n: int, **fields: Any) -> dict[str, Any]:
    told = {key: value for key, value in BODY.items() if key != "channel"}
    return {
        **told,
        "external_id": f"2026-{n}",
        "received_at": datetime(2026, 11, 2, 9, tzinfo=SHANGHAI).isoformat(),
        **fields,
    }


async def test_the_hotline_sends_what_it_will_and_each_record_counts_once(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    desk.people.today_is(2026, 11, 3)
    hotline = escalation.token("integration", DISTRICT)
    records = [
        record(1),
        record(2, division="500106002", complainant=None),
        record(3, division=ELSEWHERE),
        record(4, received_at="2026-12-24T09:00:00+08:00"),
        record(1),
        {"external_id": "2026-5", "title": PHONE},
    ]

    async def send(told: list[Any], as_: str = hotline, **more: Any) -> Any:
        body = {"source": "12345", "records": told, **more}
        answer = await escalation.post(IMPORTS, as_=as_, json=body)
        assert answer.status_code == 200, answer.text
        assert PHONE not in answer.text
        return answer.json()

    first = await send(records)
    assert [(one["status"], one["code"]) for one in first["results"]] == [
        ("created", None),
        ("created", None),
        ("refused", "division-unknown"),
        ("refused", "complaint-received-later"),
        ("duplicate", None),
        ("refused", "invalid-input"),
    ]
    again = await send([record(1), record(2, division="500106002", title="另一件")])
    assert [one["status"] for one in again["results"]] == ["duplicate", "differs"]
    ids = [one["complaint_id"] for one in first["results"][:2]]
    assert [one["complaint_id"] for one in again["results"]] == ids
    # Another district's system learns that it is there, and no more.
    other = await send([record(1)], escalation.token("integration", OTHER_DISTRICT))
    assert (other["refused"], other["results"][0]["complaint_id"]) == (1, None)
    page = await escalation.get(f"{COMPLAINTS}?source=12345&sort=id", as_=desk.people.district)
    found = page.json()["items"]
    assert [(item["number"], item["channel"]) for item in found] == [
        ("渝诉〔2026〕1号", "hotline"),
        ("渝诉〔2026〕2号", "hotline"),
    ]
    assert last_day_of(moment(found[0]["due_at"])) == date(2026, 11, 23)
    assert await desk.kinds() == ["received", "received"]
    # History runs no clock and is marked as what it is.
    late = record(9, received_at="2022-07-01T09:00:00+08:00")
    await send([late], backfill=True)
    assert (await escalation.facts())[-1]["backfill"] is True
    escalation.advance(days=100)
    fired = await escalation.fire_timers()
    assert fired == 4


async def test_a_record_that_cannot_be_kept_holds_up_no_other(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    records = [
        record(1, external_id=" padded "),
        record(2, content="一\x00二"),
        record(3, received_at="0001-01-01T00:00:00+08:00"),
        record(4, external_id="\x00"),
        record(5),
    ]
    sent = {"source": "12345", "records": records}
    hotline = escalation.token("integration", DISTRICT)
    for status in ("created", "duplicate"):
        answer = await escalation.post(IMPORTS, as_=hotline, json=sent)
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [one["status"] for one in results] == [status, *["refused"] * 3, status]
        assert [one["detail"] for one in results[1:4]] == ["content", "received_at", "external_id"]
    refusal = await desk.receive(received_at="0001-01-01T00:00:00+08:00", expect=422)
    assert refusal["code"] == "invalid-input"


async def test_who_sees_a_complaint(desk: Desk, escalation: ServiceUnderTest) -> None:
    row = await desk.receive()
    for token in (desk.office, desk.people.district, desk.people.bureau):
        await desk.read(row, token)
    for role, division, status in (
        ("district_supervisor", OTHER_DISTRICT, 404),
        ("township_enforcement", TOWNSHIP, 403),
        ("lay_monitor", TOWNSHIP, 403),
        ("line_department", "50", 403),
        ("integration", DISTRICT, 403),
    ):
        await desk.read(row, escalation.token(role, division), expect=status)
    await desk.receive(division=ELSEWHERE, expect=422)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("王五来电", "***来电"),
        ("电话13800000000或13800000000", "电话***或***"),
        ("无关", "无关"),
        ("A@B.cn 与 a@b.CN", "*** 与 ***"),
    ],
)
def test_a_complainants_words_for_themselves_are_cut_out(given: str, kept: str) -> None:
    assert masked(given, ["王五", "13800000000", "a@b.cn", None, "某"]) == kept


def test_conduct_in_a_township_is_for_the_district() -> None:
    for kind in ComplaintKind:
        for level in IssueLevel:
            up = level is IssueLevel.TOWNSHIP and kind in {"conduct", "integrity"}
            assert level_for(kind, level) == (IssueLevel.DISTRICT if up else level)


async def test_allowed_actions_are_what_succeeds(desk: Desk) -> None:
    walk = Walk(
        desk.service,
        LIFECYCLE,
        COMPLAINTS,
        desk.receive,
        callers={
            "office": desk.office,
            "head": desk.head,
            "district": desk.people.district,
            "handler": desk.handler,
            "accused": desk.accused,
        },
        bodies={
            "refuse": REFUSAL,
            "assign": ASSIGN,
            "report": {"result": "属实"},
            "answer": ANSWER,
            "request_extension": {"reason": "需鉴定"},
            "escalate": {"reason": "同类集中"},
            "close": {"satisfied": None},
        },
        facts={"escalate": 2},
    )
    for seed in (1, 2):
        await walk.run(seed=seed, steps=70, alive=2)
    made = {action for _, action in walk.seen}
    assert made >= {"accept", "assign", "report", "answer", "escalate", "close"}
