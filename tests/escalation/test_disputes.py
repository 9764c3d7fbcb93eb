"""Disputes between bodies: negotiated, coordinated, decided; each party sees what it should."""

from datetime import date
from typing import Any

import pytest

from services.escalation.disputes.rules import LIFECYCLE, PENDING, DisputeState, level_between
from services.escalation.ladder.rules import IssueLevel
from shared.clock import now
from shared.law.calendar import last_day_of
from shared.law.divisions import Scope
from shared.law.tables import CALENDAR_CHANGED, FIRST_COUNTED, AnnouncedDay, import_days
from shared.timers import schedule
from tests.escalation.people import (
    DISTRICT,
    ELSEWHERE,
    OTHER_DISTRICT,
    SIBLING,
    TOWNSHIP,
    People,
    moment,
)
from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest
from tests.walks import Walk

DISPUTES = "/escalation/v1/disputes"
STREET, CITY_MANAGEMENT, FAR = credit_code(11), credit_code(12), credit_code(13)
APPLICANT = {"organisation": STREET, "name": "小龙坎街道办事处", "division": TOWNSHIP}
OTHER = {"organisation": CITY_MANAGEMENT, "name": "区城市管理局", "division": DISTRICT}
BODY: dict[str, Any] = {
    "kind": "jurisdiction",
    "title": "夜间占道经营由谁查处",
    "facts": "双方均认为由对方查处。",
    "division": TOWNSHIP,
    "applicant": APPLICANT,
    "others": [OTHER],
    "item_codes": ["330217001000"],
}
APPLICATION = {"application": "请求由区城市管理局管辖。", "negotiation": "两次协商未果。"}
OPINION = {"opinion": "由区局管辖。", "competent": [CITY_MANAGEMENT], "lead": CITY_MANAGEMENT}
RULING = {
    "ruling": "由区局管辖。",
    "number": "沙府裁〔2026〕1号",
    "authority": "沙坪坝区人民政府",
    "ruled_on": "2026-03-02",
    "competent": [CITY_MANAGEMENT],
}
INTERIM = {"measures": ["争议期间由街道巡查"], "lead": STREET}
SAFETY = {"acted_on": "2026-03-02", "action": "拆除悬空广告牌", "reason": "即将坠落"}
BODIES: dict[str, Any] = {
    "propose_terms": {"terms": "日间归街道,夜间归区局。"},
    "apply": APPLICATION,
    "withdraw": {"reason": "已无争议"},
    "report_safety_action": SAFETY,
    "refuse": {"ground": "not_negotiated", "reason": "未经协商"},
    "order_interim": INTERIM,
    "reply": {"reply": "已经赋权街道。"},
    "propose_opinion": OPINION,
    "return_opinion": {"reason": "依据不足"},
    "object": {"reason": "不符合赋权文件"},
    "submit": {"reason": "协调不成"},
    "record_ruling": RULING,
    "close": {"execution": "已按意见执行"},
}


class Table:
    """Who sits at it: two parties, the district and its director, and others."""

    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.street = self.service.token("agency_user", TOWNSHIP, organisation=STREET)
        self.bureau = self.service.token("agency_user", DISTRICT, organisation=CITY_MANAGEMENT)
        self.clerk, self.director = people.district, people.leaders["district"]

    async def open(self, as_: str | None = None, *, expect: int = 201, **fields: Any) -> Any:
        body = {**BODY, **fields}
        answer = await self.service.post(DISPUTES, as_=as_ or self.street, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(self, row: Any, action: str, as_: str, body: Any = None, **more: Any) -> Any:
        expect, path = more.get("expect", 200), f"{DISPUTES}/{row['id']}/{action.replace('_', '-')}"
        sent = body or BODIES.get(action)
        answer = await self.service.post(path, as_=as_, **({"json": sent} if sent else {}))
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def refused(self, row: Any, action: str, as_: str, expect: int = 409) -> str:
        return str((await self.step(row, action, as_, expect=expect))["code"])

    async def read(self, row: Any, as_: str, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{DISPUTES}/{row['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def facts(self) -> list[dict[str, Any]]:
        return [one for one in await self.service.facts() if ".dispute." in one["type"]]


@pytest.fixture
def table(people: People) -> Table:
    people.today_is(2026, 3, 2)
    return Table(people)


async def test_a_dispute_is_negotiated_coordinated_and_decided_and_nobody_acts_alone_meanwhile(
    table: Table, escalation: ServiceUnderTest
) -> None:
    row = await table.open()
    assert (row["number"], row["level"], row["pending"]) == ("渝争〔2026〕1号", "district", True)
    assert (await table.read(row, table.bureau))["allowed_actions"] == [
        "propose_terms",
        "report_safety_action",
    ]
    row = await table.step(row, "apply", table.street)
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 5)
    row = await table.step(row, "accept", table.clerk)
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 4)
    await table.step(row, "order_interim", table.clerk)
    row = await table.step(row, "forward", table.clerk)
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 11)
    await table.step(row, "report_safety_action", table.bureau)
    assert await table.refused(row, "coordinate", table.clerk) == "dispute-replies-outstanding"
    assert await table.refused(row, "reply", table.street, 403) == "dispute-not-respondent"
    await table.step(row, "reply", table.bureau)
    row = await table.step(row, "coordinate", table.clerk)
    until = row["due_at"]
    await table.step(row, "propose_opinion", table.clerk)
    assert (
        await table.refused(row, "issue_opinion", table.clerk, 403) == "dispute-opinion-by-drafter"
    )
    row = await table.step(row, "return_opinion", table.director)
    assert (row["state"], row["due_at"]) == ("coordinating", until)
    await table.step(row, "propose_opinion", table.clerk)
    row = await table.step(row, "issue_opinion", table.director)
    assert (row["pending"], row["lead"], row["interim_measures"]) == (False, CITY_MANAGEMENT, [])
    assert await table.refused(row, "close", table.clerk) == "dispute-may-be-objected"
    row = await table.step(row, "object", table.street)
    assert (row["pending"], row["outcome"], row["lead"]) == (True, None, None)
    await table.step(row, "submit", table.clerk)
    tomorrow = {**RULING, "ruled_on": "2026-03-03"}
    refusal = await table.step(row, "record_ruling", table.clerk, tomorrow, expect=422)
    assert refusal["code"] == "day-to-come"
    await table.step(row, "record_ruling", table.clerk)
    row = await table.step(row, "close", table.clerk)
    assert (row["state"], row["due_at"], row["competent"]) == ("closed", None, [CITY_MANAGEMENT])
    told = await table.facts()
    pending = {one["type"].split(".")[-2]: one["data"]["pending"] for one in told}
    assert {verb for verb, told_so in pending.items() if not told_so} == {"decided", "closed"}
    opened, ordered = told[0]["data"], told[3]["data"]
    assert opened["organisations"] == [STREET, CITY_MANAGEMENT]
    assert opened["item_codes"] == ["330217001000"]
    assert (ordered["interim_measures"], ordered["lead"]) == (INTERIM["measures"], STREET)
    outcomes = [one["data"]["outcome"] for one in told if one["type"].endswith("decided.v1")]
    assert outcomes == ["opinion", "ruling"]
    escalation.advance(days=200)
    assert await escalation.fire_timers() == 0


async def test_a_party_sees_what_another_handed_in_only_once_it_is_passed_on(
    table: Table, escalation: ServiceUnderTest
) -> None:
    third = {"organisation": FAR, "name": "区交通局", "division": DISTRICT}
    row = await table.open(others=[OTHER, third])
    traffic = escalation.token("agency_user", DISTRICT, organisation=FAR)

    async def seen(as_: str) -> tuple[Any, ...]:
        view = await table.read(row, as_)
        replies = [one["reply"] for one in view["disputing"]]
        return view["application"], view["opinion"], replies[1:]

    await table.step(row, "apply", table.street)
    asks, says = APPLICATION["application"], str(BODIES["reply"]["reply"])
    assert await seen(table.bureau) == (None, None, [None, None])
    assert await seen(table.street) == await seen(table.clerk) == (asks, None, [None, None])
    await table.step(row, "accept", table.clerk)
    await table.step(row, "forward", table.clerk)
    assert await seen(table.bureau) == (asks, None, [None, None])
    await table.step(row, "reply", table.bureau)
    await table.step(row, "reply", traffic, {"reply": "与我局无关。"})
    assert await seen(table.street) == (asks, None, [None, None])
    assert await seen(traffic) == (asks, None, [None, "与我局无关。"])
    assert await seen(table.clerk) == (asks, None, [says, "与我局无关。"])
    await table.step(row, "coordinate", table.clerk)
    assert await seen(table.street) == (asks, None, [says, "与我局无关。"])
    await table.step(row, "propose_opinion", table.clerk)
    assert await seen(traffic) == (asks, None, [says, "与我局无关。"])
    assert (await table.read(row, table.street))["competent"] == []
    assert (await seen(table.people.bureau))[1] == OPINION["opinion"]
    await table.step(row, "issue_opinion", table.director)
    assert (await seen(traffic))[1] == OPINION["opinion"]
    # No words of theirs are in what is told, and nobody else sees any of it.
    for words in (asks, says, str(OPINION["opinion"])):
        assert words not in str(await escalation.facts())
    for role, place, body in (
        ("agency_user", DISTRICT, credit_code(99)),
        ("township_supervision_office", SIBLING, None),
        ("district_supervisor", OTHER_DISTRICT, None),
    ):
        await table.read(row, escalation.token(role, place, organisation=body), expect=404)


async def test_all_parties_agree_or_it_is_not_settled(table: Table) -> None:
    row = await table.open()
    assert await table.refused(row, "settle", table.street) == "dispute-no-terms"
    await table.step(row, "propose_terms", table.bureau)
    assert await table.refused(row, "settle", table.street) == "dispute-not-agreed"
    assert await table.refused(row, "consent", table.bureau) == "dispute-consented"
    await table.step(row, "consent", table.street)
    await table.step(row, "propose_terms", table.street, {"terms": "都归区局。"})
    assert await table.refused(row, "settle", table.street) == "dispute-not-agreed"
    # The office of the township speaks for its one body.
    await table.step(row, "consent", table.bureau)
    row = await table.step(row, "settle", table.people.township)
    assert (row["state"], row["pending"], row["due_at"]) == ("settled", False, None)


async def test_who_is_party_to_a_dispute_or_elsewhere_does_not_coordinate_it(
    table: Table, escalation: ServiceUnderTest
) -> None:
    row = await table.open()
    await table.step(row, "apply", table.street)
    partial = escalation.token(
        "district_supervisor", DISTRICT, organisation=CITY_MANAGEMENT, sub="both"
    )
    assert await table.refused(row, "accept", partial, 403) == "dispute-own-cause"
    assert await table.refused(row, "accept", table.people.bureau, 403) == "dispute-not-in-charge"
    assert await table.refused(row, "withdraw", table.bureau, 403) == "dispute-not-applicant"
    await table.step(row, "accept", table.clerk)
    stranger = {**INTERIM, "lead": FAR}
    refusal = await table.step(row, "order_interim", table.clerk, stranger, expect=422)
    assert refusal["code"] == "dispute-lead-not-party"
    long = {**INTERIM, "measures": ["令" * 9_000] * 3}
    refusal = await table.step(row, "order_interim", table.clerk, long, expect=422)
    assert refusal["code"] == "invalid-input"
    await table.step(row, "order_interim", table.clerk)
    given_up = await table.step(row, "withdraw", table.street)
    assert (given_up["interim_measures"], given_up["lead"]) == ([], None)
    refusal = await table.open(as_=table.bureau, expect=403)
    assert refusal["code"] == "dispute-not-applicant"
    refusal = await table.open(division=DISTRICT, expect=422)
    assert refusal["code"] == "division-unknown"
    refusal = await table.open(applicant={**APPLICANT, "division": ELSEWHERE}, expect=422)
    assert refusal["code"] == "dispute-applicant-elsewhere"
    refusal = await table.open(others=[APPLICANT], expect=422)
    assert refusal["code"] == "dispute-parties-same"
    # Between districts the Bureau does, and each of them sees it.
    abroad = {"organisation": FAR, "name": "邻区城市管理局", "division": ELSEWHERE}
    far = await table.open(others=[abroad])
    assert far["level"] == "bureau"
    for place in (DISTRICT, OTHER_DISTRICT):
        await table.read(far, escalation.token("district_supervisor", place))


async def announce(service: ServiceUnderTest, day: AnnouncedDay) -> None:
    """The official calendar changes, and what runs is counted anew."""
    async with service.session() as session:
        await import_days(session, [day], source="国办发明电〔2026〕9号")
        await schedule(session, CALENDAR_CHANGED, FIRST_COUNTED, now(session))
        await session.commit()
    await service.fire_timers()


async def test_a_term_that_passes_is_told_and_moves_with_the_calendar(
    table: Table, escalation: ServiceUnderTest
) -> None:
    row = await table.open()
    assert last_day_of(moment(row["due_at"])) == date(2026, 3, 16)
    day = AnnouncedDay(date(2026, 3, 10), workday=False, name="临时放假")
    await announce(escalation, day)
    moved = await table.read(row, table.street)
    await announce(escalation, day._replace(workday=True))  # days are kept from test to test
    assert last_day_of(moment(moved["due_at"])) == date(2026, 3, 17)
    assert (await table.read(row, table.street))["due_at"] == row["due_at"]
    escalation.advance(days=14)
    assert await escalation.fire_timers() == 1
    escalation.advance(days=1)
    assert await escalation.fire_timers() == 1
    verbs = [one["type"].split(".")[-2] for one in await table.facts()]
    assert verbs == ["opened", "due_soon", "overdue"]
    page = await escalation.get(f"{DISPUTES}?overdue=true&pending=true", as_=table.clerk)
    assert [one["id"] for one in page.json()["items"]] == [row["id"]]
    page = await escalation.get(f"{DISPUTES}?overdue=false", as_=table.clerk)
    assert page.json()["items"] == []


@pytest.mark.parametrize(
    ("scopes", "level"),
    [
        ([Scope("50", DISTRICT, TOWNSHIP), Scope("50", DISTRICT)], IssueLevel.DISTRICT),
        ([Scope("50", DISTRICT), Scope("50", OTHER_DISTRICT)], IssueLevel.BUREAU),
        ([Scope("50", DISTRICT), Scope("50")], IssueLevel.BUREAU),
        ([Scope("50"), Scope("50")], IssueLevel.BUREAU),
    ],
)
def test_the_common_superior_coordinates(scopes: list[Scope], level: IssueLevel) -> None:
    assert level_between(scopes) == level


def test_what_is_over_or_decided_is_pending_no_longer() -> None:
    over = {"opined", "ruled", "closed", "settled", "refused", "withdrawn"}
    assert set(DisputeState) - set(PENDING) == over


async def test_allowed_actions_are_what_succeeds(table: Table) -> None:
    walk = Walk(
        table.service,
        LIFECYCLE,
        DISPUTES,
        table.open,
        callers={
            "clerk": table.clerk,
            "director": table.director,
            "street": table.street,
            "bureau": table.bureau,
            "office": table.people.township,
            "above": table.people.bureau,
        },
        bodies=BODIES,
        days=[11, 20],
    )
    await walk.run(seed=1, steps=60, alive=2)
    made = {action for _, action in walk.seen}
    assert made >= {"accept", "forward", "coordinate", "propose_opinion", "order_interim"}
