"""A recommendation of the place's own level that rests on an issue there."""

from uuid import UUID

from shared.events.registry.programmes import ProgrammeOpened
from tests.notify.examples import example
from tests.security.declared import Declared
from tests.security.rows import Maker

ROLES = {2: "bureau_supervisor", 6: "district_supervisor", 9: "township_supervision_office"}


async def rows(make: Maker) -> None:
    word, division = make.rows.word, make.case.place.division
    told = example(ProgrammeOpened, programme_id=UUID(make.rows.programme), participants=[])
    await make.service.react(told)
    role = ROLES[len(division)]
    clerk, director = (make.service.token(role, division, sub=sub) for sub in ("pen", "seal"))
    made = await make.post(
        "recommendations",
        {"programme_id": make.rows.programme, "title": word()},
        as_=clerk,
        kind="recommendation",
    )
    source = {"kind": "issue", "id": make.rows.ids["issue"][0]}
    item = {"text": word(), "addressed_to": word(), "sources": [source]}
    written = await make.service.patch(
        f"/escalation/v1/recommendations/{made['id']}",
        as_=clerk,
        headers={"If-Match": "*"},
        json={"summary": word(), "items": [item]},
    )
    assert written.is_success, written.text
    path = f"recommendations/{made['id']}"
    await make.post(f"{path}/submit", as_=clerk)
    await make.post(f"{path}/approve", as_=director)
    issued = await make.post(f"{path}/issue", as_=clerk)
    make.rows.words.append(issued["number"])


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/recommendations/{id}": "recommendation"},
    collections={"/escalation/v1/recommendations": "recommendation"},
    names={"programme_id": "programme"},
)
