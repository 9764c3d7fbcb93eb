"""Reports of contact points and leads of lay monitors: each is answered to its author."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.escalation.field_reports.rules import LIFECYCLE
from shared.events.registry.contact_points import ContactPointClosed, ContactPointOpened
from shared.events.registry.lay_monitors import LayMonitorAppointed, LayMonitorDismissed
from tests.escalation.people import DISTRICT, ISSUES, OTHER_DISTRICT, SIBLING, TOWNSHIP, People
from tests.notify.examples import example
from tests.servers import ServiceUnderTest
from tests.walks import Walk

POINTS, LEADS, REPORTS = (
    f"/escalation/v1/{name}" for name in ("point-reports", "leads", "field-reports")
)
SEEN = {"title": "一周内三次检查", "content": "商户反映多头检查。"}


class Field:
    """A contact point and a lay monitor of the township, as the registry told."""

    def __init__(self, people: People) -> None:
        self.people, self.service = people, people.service
        self.point, self.monitor_id = uuid4(), uuid4()
        self.monitor = self.service.token("lay_monitor", TOWNSHIP, sub="monitor-1")

    async def open(self) -> None:
        told = example(ContactPointOpened, state="open", division=TOWNSHIP, name="早市联系点")
        await self.service.react(told.model_copy(update={"contact_point_id": self.point}))
        await self.appoint(LayMonitorAppointed, state="appointed")

    async def appoint(self, kind: type[Any], **fields: Any) -> None:
        values = {"account": "monitor-1", "division": TOWNSHIP, "term_to": date(2035, 1, 1)}
        told = example(kind, **{**values, **fields})
        await self.service.react(told.model_copy(update={"lay_monitor_id": self.monitor_id}))

    async def report(self, as_: str | None = None, *, expect: int = 201, **more: Any) -> Any:
        body = {**SEEN, "contact_point_id": str(self.point), **more}
        answer = await self.service.post(POINTS, as_=as_ or self.people.township, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def lead(self, as_: str | None = None, *, expect: int = 201, **more: Any) -> Any:
        body = {**SEEN, "division": TOWNSHIP, **more}
        answer = await self.service.post(LEADS, as_=as_ or self.monitor, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(self, row: Any, action: str, as_: str, *, expect: int = 200, **body: Any) -> Any:
        path = f"{REPORTS}/{row['id']}/{action}"
        answer = await self.service.post(path, as_=as_, **({"json": body} if body else {}))
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
async def field(people: People) -> Field:
    field = Field(people)
    await field.open()
    return field


async def test_what_a_contact_point_reports_becomes_an_issue_and_is_answered(
    field: Field, escalation: ServiceUnderTest
) -> None:
    row = await field.report(major=True)
    assert row["number"].startswith("渝联报〔")
    assert (row["origin_name"], row["division"], row["level"]) == (
        "早市联系点",
        TOWNSHIP,
        "township",
    )
    await field.step(row, "triage", field.people.township)
    row = await field.step(row, "escalate", field.people.township, reason="涉及多个部门")
    refusal = await field.step(row, "escalate", field.people.township, reason="再", expect=409)
    assert refusal["code"] == "field-report-has-issue"
    issue = (await escalation.get(f"{ISSUES}/{row['issue_id']}", as_=field.people.bureau)).json()
    assert (issue["source"], issue["major"], issue["reference"]) == (
        "contact_point",
        True,
        row["number"],
    )
    done = await field.step(row, "answer", field.people.township, answer="已上报,将告知结果。")
    assert (done["state"], done["allowed_actions"]) == ("answered", [])
    (raised,) = await escalation.facts("escalation.issue.raised.v1")
    assert raised["data"]["source_id"] == row["id"]
    (told,) = await escalation.facts("escalation.field_report.answered.v1")
    assert told["data"]["author"] == done["created_by"]
    assert SEEN["content"] not in str(
        await escalation.facts("escalation.field_report.submitted.v1")
    )


async def test_only_an_open_contact_point_reports(field: Field) -> None:
    told = example(ContactPointClosed, state="closed", division=TOWNSHIP, name="早市联系点")
    for as_, point in (
        (field.service.token("district_supervisor", OTHER_DISTRICT), field.point),
        (field.service.token("township_supervision_office", SIBLING), field.point),
        (field.people.township, uuid4()),
    ):
        refusal = await field.report(as_, contact_point_id=str(point), expect=422)
        assert refusal["code"] == "contact-point-not-open"
    await field.service.react(told.model_copy(update={"contact_point_id": field.point}))
    assert (await field.report(expect=422))["code"] == "contact-point-not-open"


async def test_a_monitor_who_serves_hands_in_a_lead_and_sees_what_becomes_of_it(
    field: Field, escalation: ServiceUnderTest
) -> None:
    row = await field.lead()
    assert (row["kind"], row["origin_name"]) == ("lead", row["origin_name"])
    assert (await field.lead(division=SIBLING, expect=422))["code"] == "division-unknown"
    other = escalation.token("lay_monitor", TOWNSHIP, sub="monitor-2")
    assert (await field.lead(other, expect=409))["code"] == "lay-monitor-not-serving"
    for token, status in ((other, 404), (field.people.district, 200), (field.monitor, 200)):
        assert (await escalation.get(f"{REPORTS}/{row['id']}", as_=token)).status_code == status
    agency = escalation.token("agency_user", TOWNSHIP, organisation="11500228709467150P")
    for token in (agency, escalation.token("township_enforcement", TOWNSHIP)):
        assert (await escalation.get(LEADS, as_=token)).status_code == 403
    await field.step(row, "answer", field.people.township, answer="已处理")
    page = (await escalation.get(LEADS, as_=field.monitor)).json()["items"]
    assert [(one["id"], one["answer"]) for one in page] == [(row["id"], "已处理")]
    # Neither the facts that others may read nor the issue tell who it was.
    (told,) = await escalation.facts("escalation.field_report.submitted.v1")
    assert told["actor"] == "protected" and "monitor-1" not in str(told)
    await field.appoint(LayMonitorDismissed, state="dismissed")
    assert (await field.lead(expect=409))["code"] == "lay-monitor-not-serving"
    await field.appoint(LayMonitorAppointed, state="appointed", term_to=date(2020, 1, 1))
    assert (await field.lead(expect=409))["code"] == "lay-monitor-not-serving"


async def test_nobody_is_forgotten(field: Field, escalation: ServiceUnderTest) -> None:
    row = await field.report()
    await field.step(await field.lead(), "answer", field.people.township, answer="已处理")
    escalation.advance(days=60)
    assert [await escalation.fire_timers() for _ in range(2)] == [2, 0]
    kinds = [fact["type"].split(".")[3] for fact in await escalation.facts()]
    assert sorted(kinds[-2:]) == ["due_soon", "overdue"]
    late = await escalation.get(f"{POINTS}?overdue=true", as_=field.people.district)
    assert [item["id"] for item in late.json()["items"]] == [row["id"]]
    found = await escalation.get(
        f"{POINTS}?division={DISTRICT}&overdue=false", as_=field.people.district
    )
    assert found.json()["items"] == []
    await field.step(row, "answer", field.people.district, answer="x", expect=403)


async def test_allowed_actions_are_what_succeeds(field: Field) -> None:
    turn = iter(range(1000))

    async def create() -> Any:
        return await (field.report() if next(turn) % 2 else field.lead())

    walk = Walk(
        field.service,
        LIFECYCLE,
        REPORTS,
        create,
        callers={
            "office": field.people.township,
            "district": field.people.district,
            "monitor": field.monitor,
        },
        bodies={"escalate": {"reason": "超出权限"}, "answer": {"answer": "已办"}},
        facts={"escalate": 2},
    )
    await walk.run(seed=1, steps=60)
    assert {action for _, action in walk.seen} == {"triage", "escalate", "answer"}
