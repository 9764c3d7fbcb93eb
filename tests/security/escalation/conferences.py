"""A conference that the level over the place convened, and what it resolved for a body there."""

from datetime import UTC, datetime, timedelta

from tests.security.declared import Declared
from tests.security.escalation.disputes import coordinators
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word, division = make.rows.word, make.case.place.division
    clerk, director = coordinators(make)
    clock = make.service.app.state.clock
    starts_at = datetime.now(UTC) + clock.offset + timedelta(hours=1)
    conference = await make.post(
        "conferences",
        {
            "kind": "exchange",
            "title": word(),
            "starts_at": starts_at.isoformat(),
            "venue": word(),
            "agenda": [{"title": word()}],
            "members": [
                {
                    "organisation": OWN_CODE,
                    "name": word(),
                    "kind": "enforcement",
                    "division": division,
                }
            ],
        },
        as_=clerk,
        kind="conference",
    )
    make.rows.words.append(conference["number"])
    path = f"conferences/{conference['id']}"
    await make.post(f"{path}/call", as_=clerk)
    told = {"answer": "attends", "delegate": word()}
    await make.post(f"{path}/answer", told, as_=make.agency)
    make.service.advance(hours=2)
    await make.post(f"{path}/hold", {"attended": [OWN_CODE]}, as_=clerk)
    resolution = {"requirement": word(), "owner": OWN_CODE, "due_on": "2035-01-31"}
    minutes = {"minutes": word(), "decisions": [word()], "resolutions": [resolution]}
    await make.post(f"{path}/write-minutes", minutes, as_=clerk)
    await make.post(f"{path}/issue-minutes", as_=director)
    make.service.advance(hours=-2)
    listed = await make.service.get(
        f"/escalation/v1/resolutions?conference_id={conference['id']}", as_=clerk
    )
    (made,) = listed.json()["items"]
    make.rows.ids["resolution"].append(made["id"])
    await make.post(f"resolutions/{made['id']}/urge", {"remarks": word()}, as_=clerk)


DECLARED = Declared(
    rows=rows,
    resources={
        "/escalation/v1/conferences/{id}": "conference",
        "/escalation/v1/resolutions/{id}": "resolution",
    },
    collections={
        "/escalation/v1/conferences": "conference",
        "/escalation/v1/resolutions": "resolution",
    },
    names={"conference_id": "conference"},
    harmless=frozenset({"owner"}),
    free={"owner": OWN_CODE},
)
