"""Periodic reports: called for, written, handed in with what they cite, compared and merged."""

import io
import zipfile
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.escalation.periodic_reports.rules import LIFECYCLE
from services.escalation.report_schedules.rules import LIFECYCLE as SCHEDULE
from shared.events.registry.figures import FiguresFrozen
from shared.events.registry.focus_tasks import PilotTaskUpdated
from shared.law.calendar import last_day_of
from tests.escalation.people import DISTRICT, OTHER_DISTRICT, TOWNSHIP, People, moment
from tests.servers import ServiceUnderTest
from tests.walks import Walk

SCHEDULES, REPORTS = "/escalation/v1/report-schedules", "/escalation/v1/reports"
PROGRAMME = UUID("01932b6e-8f00-7000-8000-0000000000aa")
BODY: dict[str, Any] = {
    "code": "team-2022",
    "kind": "thematic",
    "title": "一支队伍管执法推进情况",
    "divisions": [DISTRICT, OTHER_DISTRICT],
    "due_on": "2022-09-30",
    "sections": [
        {"code": "measures", "title": "主要做法"},
        {"code": "requests", "title": "需协调事项", "required": False},
    ],
}
TEXT = {"sections": [{"code": "measures", "text": "建立会商机制"}]}
RETURN = {
    "remarks": "请补充",
    "comments": [{"section": "measures", "comment": "请写明数据来源"}],
    "due_on": "2022-11-30",
}


class Desk:
    def __init__(self, people: People) -> None:
        self.service, self.people = people.service, people
        self.bureau, self.chief = people.bureau, people.leaders["bureau"]
        self.district = people.district
        self.other = self.service.token("district_supervisor", OTHER_DISTRICT)
        self.both = self.service.token("bureau_supervisor", "50", sub="deputy")

    async def call(self, as_: str | None = None, *, expect: int = 201, **fields: Any) -> Any:
        answer = await self.service.post(SCHEDULES, as_=as_ or self.bureau, json=BODY | fields)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def report(self, schedule: Any, as_: str | None = None) -> Any:
        """The district's report for a schedule."""
        page = await self.service.get(
            f"{REPORTS}?schedule_id={schedule['id']}", as_=as_ or self.district
        )
        (row,) = page.json()["items"]
        return row

    async def draft(
        self, row: Any, body: Any = None, as_: str | None = None, *, expect: int = 200
    ) -> Any:
        answer = await self.service.patch(
            f"{REPORTS}/{row['id']}",
            as_=as_ or self.district,
            headers={"If-Match": "*"},
            json=body or TEXT,
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def step(
        self, row: Any, verb: str, as_: str | None = None, body: Any = None, *, expect: int = 200
    ) -> Any:
        home = SCHEDULES if "reporters" in row else REPORTS
        told = {"json": body} if body else {}
        answer = await self.service.post(
            f"{home}/{row['id']}/{verb}", as_=as_ or self.district, **told
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def read(self, row: Any, as_: str, *, expect: int = 200) -> Any:
        answer = await self.service.get(f"{REPORTS}/{row['id']}", as_=as_)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def task(self, title: str, division: str = DISTRICT) -> str:
        told = PilotTaskUpdated(
            task_id=uuid4(),
            programme_id=PROGRAMME,
            division=division,
            title=title,
            state="in_progress",
            state_name="推进中",
            percent=60,
        )
        await self.service.react(told)
        return str(told.task_id)

    async def figures(self, division: str) -> str:
        told = FiguresFrozen(
            frozen_figure_id=uuid4(),
            division=division,
            level="district",
            first_day=date(2022, 6, 1),
            last_day=date(2022, 8, 31),
            figures={"subjects": 41},
            coverages={"powers": (98, 120)},
            labels={"subjects": "行政执法主体（期末）"},
            coverage_labels={"powers": "职权"},
        )
        await self.service.react(told)
        return str(told.frozen_figure_id)

    async def told(self) -> list[str]:
        """The facts about reports so far, by their last words."""
        facts = [one["type"].split(".") for one in await self.service.facts()]
        return [one[3] for one in facts if one[2] == "report"]


@pytest.fixture
def desk(people: People) -> Desk:
    people.today_is(2022, 9, 1)
    return Desk(people)


async def test_the_pilot_is_reported_on_twice_by_the_notices_days_with_its_tasks_and_figures(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    await desk.people.open_programme(DISTRICT, OTHER_DISTRICT, id=PROGRAMME)
    first = await desk.task("监督员制度")
    second = await desk.task("监督处理")
    foreign = await desk.task("考核评议", OTHER_DISTRICT)
    own, others = await desk.figures(DISTRICT), await desk.figures(OTHER_DISTRICT)
    asked = {"programme_id": str(PROGRAMME)}
    answer = await escalation.post(f"{SCHEDULES}/pilot", as_=desk.bureau, json=asked)
    assert answer.status_code == 201, answer.text
    interim, final = answer.json()["items"]
    assert [one["due_on"] for one in (interim, final)] == ["2022-10-31", "2023-06-30"]
    assert interim["reporters"] == [OTHER_DISTRICT, DISTRICT]
    answer = await escalation.post(f"{SCHEDULES}/pilot", as_=desk.bureau, json=asked)
    assert answer.json()["code"] == "report-schedule-exists"
    row = await desk.report(interim)
    assert last_day_of(moment(row["due_at"])) == date(2022, 10, 31)
    assert (await desk.read(row, desk.other, expect=404))["code"] == "not-found"
    codes = [section["code"] for section in interim["sections"] if section["required"]]
    texts: list[dict[str, Any]] = [{"code": code, "text": f"{code}的情况"} for code in codes]
    wrong = {"sections": [{**texts[0], "figures": [others]}]}
    assert (await desk.draft(row, wrong, expect=422))["code"] == "figures-not-citable"
    wrong = {"statements": [{"task_id": foreign, "statement": "别人的"}]}
    assert (await desk.draft(row, wrong, expect=422))["code"] == "report-task-unknown"
    wrong = {"sections": [{**texts[0], "code": "gossip"}]}
    assert (await desk.draft(row, wrong, expect=422))["code"] == "report-section-unknown"
    said = {"task_id": first, "statement": "已选聘四十名"}
    texts[1]["figures"] = [own]
    drafted = await desk.draft(row, {"sections": texts, "statements": [said]})
    assert drafted["draft"]["missing"] == ["监督处理"]
    assert (await desk.read(row, desk.bureau))["draft"] is None
    refusal = await desk.step(row, "submit", expect=409)
    assert (refusal["code"], "监督处理" in refusal["detail"]) == ("report-incomplete", True)
    await desk.draft(row, {"statements": [{"task_id": second, "statement": "已办结"}]})
    refusal = await desk.draft(row, None, desk.bureau, expect=403)
    assert refusal["code"] == "forbidden"
    handed = await desk.step(row, "submit")
    # What is handed in stays, whatever becomes of the task.
    await escalation.react(
        PilotTaskUpdated(
            task_id=UUID(first),
            programme_id=PROGRAMME,
            division=DISTRICT,
            title="监督员制度",
            state="done",
            percent=100,
        )
    )
    seen = await desk.read(row, desk.bureau)
    assert seen["submission"] == handed["submission"]
    assert [task["percent"] for task in seen["submission"]["tasks"]] == [60, 60]
    (cited,) = seen["submission"]["sections"][1]["figures"]
    assert (cited["figures"], cited["coverages"]) == ({"subjects": 41}, {"powers": [98, 120]})
    assert not seen["late"]
    told = escalation.token("bureau_supervisor", "50", sub=seen["submitted_by"])
    refusal = await desk.step(row, "accept", told, expect=403)
    assert refusal["code"] == "report-received-by-submitter"
    await desk.step(row, "accept", desk.bureau)
    (last,) = await escalation.facts("escalation.report.accepted.v1")
    assert (last["data"]["from_level"], last["data"]["level"]) == ("district", "bureau")


async def test_who_does_not_report_is_reminded_urged_and_told_once_to_be_late(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    schedule = await desk.call()
    row = await desk.report(schedule)
    for day in ("2022-09-20", "2022-09-27", "2022-09-30", "2022-10-01", "2022-10-09"):
        desk.people.today_is(*map(int, day.split("-")))
        await escalation.fire_timers()
    facts = await escalation.facts("escalation.report.due_soon.v1")
    own = [one["data"]["days_left"] for one in facts if one["data"]["division"] == DISTRICT]
    assert own == [10, 3, 0]
    assert len(await escalation.facts("escalation.report.overdue.v1")) == 2
    page = await escalation.get(f"{REPORTS}?overdue=true&sort=due_at", as_=desk.bureau)
    assert [one["division"] for one in page.json()["items"]] == [DISTRICT, OTHER_DISTRICT]
    await desk.step(row, "urge", desk.bureau, {"remarks": "请尽快"})
    await desk.draft(row)
    late = await desk.step(row, "submit")
    assert (late["late"], late["overdue"], late["urges"]) == (True, False, 1)
    returned = await desk.step(row, "return", desk.bureau, RETURN)
    assert returned["comments"] == {"measures": "请写明数据来源"}
    assert last_day_of(moment(returned["due_at"])) == date(2022, 11, 30)
    refusal = await desk.step(schedule, "close", desk.other, expect=403)
    assert refusal["code"] == "report-schedule-not-yours"
    await desk.draft(row)
    await desk.step(row, "submit")
    refusal = await desk.step(schedule, "close", desk.bureau, expect=409)
    assert refusal["code"] == "reports-to-receive"
    await desk.step(row, "accept", desk.bureau)
    closed = await desk.step(schedule, "close", desk.bureau)
    assert closed["counts"] == {"accepted": 1, "missed": 1}
    assert "missed" in await desk.told()


async def test_the_reports_stand_beside_each_other_and_are_merged_into_one_file(
    desk: Desk, escalation: ServiceUnderTest
) -> None:
    await desk.people.open_programme(DISTRICT, OTHER_DISTRICT, id=PROGRAMME)
    task = await desk.task("监督员制度")
    await desk.task("考核评议", OTHER_DISTRICT)
    cited = await desk.figures(DISTRICT)
    schedule = await desk.call(divisions=[], programme_id=str(PROGRAMME))
    row = await desk.report(schedule)
    text = {"code": "measures", "text": "=1+1 建立会商机制", "figures": [cited]}
    said = {"task_id": task, "statement": "已选聘"}
    await desk.draft(row, {"sections": [text], "statements": [said]})
    await desk.step(row, "submit")
    path = f"{SCHEDULES}/{schedule['id']}/comparison"
    told = (await escalation.get(path, as_=desk.bureau)).json()
    assert [one["missing"] for one in told["reporters"]] == [True, False]
    answers = [one["text"] for one in told["sections"][0]["answers"]]
    assert answers == [None, "=1+1 建立会商机制"]
    assert [one["statement"] for one in told["tasks"]] == [None, "已选聘"]
    alone = (await escalation.get(path, as_=desk.other)).json()
    assert [one["division"] for one in alone["reporters"]] == [OTHER_DISTRICT]
    answer = await escalation.get(f"{path}/file?format=docx", as_=desk.bureau)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page = archive.read("word/document.xml").decode()
    for words in ("建立会商机制", "（未报送）", "监督员制度", "行政执法主体（期末）", "98/120"):
        assert words in page
    answer = await escalation.get(f"{path}/file?format=xlsx", as_=desk.bureau)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = archive.read("xl/sharedStrings.xml").decode()
        assert "=1+1 建立会商机制" in texts and "（未报送）" in texts
        assert "<f>" not in archive.read("xl/worksheets/sheet2.xml").decode()


async def test_a_level_calls_on_the_next_one_below_only(desk: Desk) -> None:
    district = await desk.call(desk.district, divisions=[TOWNSHIP])
    office = desk.people.township
    row = await desk.report(district, office)
    assert (row["from_level"], row["level"]) == ("township", "district")
    await desk.draft(row, None, office)
    await desk.step(row, "submit", office)
    refusal = await desk.step(row, "accept", desk.bureau, expect=403)
    assert refusal["code"] == "report-received-above"
    await desk.step(row, "accept")
    for fields, code in (
        ({"divisions": [TOWNSHIP]}, "reporter-not-below"),
        ({"divisions": []}, "reporters-unclear"),
        ({"divisions": [], "programme_id": str(uuid4())}, "reporters-missing"),
        ({"due_on": "2022-08-31"}, "report-schedule-due-in-past"),
        ({"sections": BODY["sections"][:1] * 2}, "report-section-twice"),
    ):
        assert (await desk.call(**fields, expect=422))["code"] == code


async def test_allowed_actions_are_what_succeeds(desk: Desk) -> None:
    callers = {
        "bureau": desk.bureau,
        "chief": desk.chief,
        "district": desk.district,
        "other": desk.other,
        "office": desk.people.township,
    }
    made: list[Any] = []

    async def called() -> Any:
        day = (desk.service.today() + timedelta(days=30)).isoformat()
        made.append(await desk.call(divisions=[DISTRICT], code=f"n{len(made)}-x", due_on=day))
        return await desk.report(made[-1])

    def later(row: Any) -> Any:
        return {**RETURN, "due_on": (desk.service.today() + timedelta(days=20)).isoformat()}

    bodies: dict[str, Any] = {
        "change": lambda row: {"sections": [{"code": "measures", "text": str(row["version"])}]},
        "return": later,
        "urge": {"remarks": "请尽快"},
    }
    walk = Walk(
        desk.service, LIFECYCLE, REPORTS, called, callers=callers, bodies=bodies, days=[11, 40]
    )
    await walk.run(seed=4, steps=36, alive=2)
    assert {action for _, action in walk.seen} >= {"change", "submit", "return", "urge"}
    desk.people.today_is(2022, 9, 1)

    async def schedule() -> Any:
        day = (desk.service.today() + timedelta(days=30)).isoformat()
        made.append(await desk.call(divisions=[DISTRICT], code=f"n{len(made)}-x", due_on=day))
        return made[-1]

    walk = Walk(
        desk.service,
        SCHEDULE,
        SCHEDULES,
        schedule,
        callers=callers,
        facts={"close": 2},
        days=[40],
    )
    await walk.run(seed=5, steps=8, alive=1)
