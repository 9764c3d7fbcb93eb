"""The team of a township, with an officer who serves in it."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    if place.level != "township":
        return  # one team is what a township has
    team = await make.post(
        "teams",
        {
            "subject_id": make.rows.ids["subject"][-1],
            "name": word(),
            "leader": word(),
            "domains": ["comprehensive"],
            "units": [{"name": word()}],
        },
        kind="team",
    )
    path = f"teams/{team['id']}"
    await make.post(f"{path}/form", as_=make.colleague)
    await make.post(f"{path}/assign", {"officer_id": make.rows.ids["officer"][-1]})


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/teams/{id}": "team"},
    collections={"/registry/v1/teams": "team"},
)
