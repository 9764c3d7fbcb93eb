"""A report that the level above the place called for: written, handed in and returned."""

from uuid import UUID

from shared.events.registry.focus_tasks import PilotTaskUpdated
from shared.events.registry.programmes import ProgrammeOpened
from tests.notify.examples import example
from tests.security.declared import Declared
from tests.security.rows import Maker

ELSEWHERE = "500103"
"""A district that reports to the city, where the rows lie at the city."""


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    reporter = ELSEWHERE if place.level == "city" else place.division
    above = make.service.token(*_above(make), sub="above")
    programme = UUID(make.rows.programme)
    told = {"programme_id": programme, "participants": [{"division": reporter, "kind": "pilot"}]}
    await make.service.react(example(ProgrammeOpened, **told))
    task = example(
        PilotTaskUpdated, programme_id=programme, division=reporter, title=word(), state="planned"
    )
    await make.service.react(task)
    schedule = await make.post(
        "report-schedules",
        {
            "code": "team-2026",
            "kind": "thematic",
            "title": word(),
            "basis": word(),
            "programme_id": make.rows.programme,
            "due_on": "2036-01-31",
            "sections": [{"code": "measures", "title": word(), "hint": word()}],
        },
        as_=above,
        kind="report_schedule",
    )
    listed = await make.service.get(
        f"/escalation/v1/reports?schedule_id={schedule['id']}", as_=above
    )
    (report,) = listed.json()["items"]
    make.rows.ids["periodic_report"].append(report["id"])
    role = "township_supervision_office" if len(reporter) == 9 else "district_supervisor"
    clerk = make.service.token(role, reporter, sub="clerk")
    path = f"/escalation/v1/reports/{report['id']}"
    draft = {
        "sections": [{"code": "measures", "text": word()}],
        "statements": [{"task_id": str(task.task_id), "statement": word()}],
    }
    written = await make.service.patch(path, as_=clerk, headers={"If-Match": "*"}, json=draft)
    assert written.is_success, written.text
    await make.post(f"reports/{report['id']}/submit", as_=clerk)
    returned = {
        "remarks": word(),
        "comments": [{"section": "measures", "comment": word()}],
        "due_on": "2036-02-28",
    }
    await make.post(f"reports/{report['id']}/return", returned, as_=above)


def _above(make: Maker) -> tuple[str, str]:
    """Who receives what the place reports."""
    place = make.case.place
    if place.township and place.district:
        return "district_supervisor", place.district
    return "bureau_supervisor", "50"


DECLARED = Declared(
    rows=rows,
    resources={
        "/escalation/v1/report-schedules/{id}": "report_schedule",
        "/escalation/v1/reports/{id}": "periodic_report",
    },
    collections={
        "/escalation/v1/report-schedules": "report_schedule",
        "/escalation/v1/report-schedules/pilot": "report_schedule",
        "/escalation/v1/reports": "periodic_report",
    },
    names={"schedule_id": "report_schedule", "programme_id": "programme"},
    harmless=frozenset({"outstanding", "late"}),
)
