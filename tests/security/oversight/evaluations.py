"""The evaluation of a pilot, drafted for a body of the place; pilots are districts."""

from uuid import UUID

from shared.events.registry.programmes import ProgrammeOpened
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    if make.case.concealed or place.level != "district":
        return
    event = ProgrammeOpened.model_validate(
        {
            "programme_id": UUID(make.rows.programme),
            "code": "2022-pilot",
            "title": "试点",
            "starts_on": "2026-01-01",
            "ends_on": "2036-01-01",
            "state": "open",
            "participants": [{"division": place.division, "kind": "pilot"}],
        }
    )
    await make.service.react(event)
    row = await make.post(
        "evaluations",
        {
            "programme_id": make.rows.programme,
            "division": place.division,
            "title": word(),
            "criteria": [{"code": "system", "name": word(), "weight": "100"}],
            "pilot_weight": "20",
            "bureau_weight": "60",
            "co_evaluators": [{"organisation": OWN_CODE, "name": word(), "weight": "20"}],
        },
        kind="evaluation",
    )
    await make.post(f"evaluations/{row['id']}/start", as_=make.colleague)
    scores = [{"code": "system", "points": "90"}]
    await make.post(f"evaluations/{row['id']}/score", {"scores": scores, "opinion": word()})


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/evaluations/{id}": "evaluation"},
    collections={"/oversight/v1/evaluations": "evaluation"},
)
