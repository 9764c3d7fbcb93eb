"""A circular of the place to its own body, one anonymised and one being written; its figures."""

from datetime import date

from shared.db import new_id
from shared.events.registry.figures import FiguresFrozen
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    body = {
        "division": place.division,
        "kind": "criticism",
        "title": word(),
        "body": word(),
        "items": [{"name": word(), "division": place.division, "matter": word()}],
        "anonymous": True,
        "bodies": [OWN_CODE],
    }
    row = await make.post("circulars", body, kind="circular")
    for step in ("submit", "approve", "issue"):
        as_ = make.bureau if step == "submit" else make.colleague
        await make.post(f"circulars/{row['id']}/{step}", as_=as_)
    await make.service.fire_timers()
    await make.post(f"circulars/{row['id']}/acknowledge", as_=make.agency)
    frozen = FiguresFrozen(
        frozen_figure_id=new_id(),
        division=place.division,
        level=place.level,
        first_day=date(2026, 6, 1),
        last_day=date(2026, 6, 30),
        figures={word(): 1},
        coverages={},
    )
    await make.service.react(frozen, make.rows.scope)
    progress = {
        **body,
        "kind": "progress",
        "period": {"first_day": "2026-06-01", "last_day": "2026-06-30"},
    }
    await make.post("circulars", progress, kind="circular")


DECLARED = Declared(
    rows=rows,
    resources={"/notify/v1/circulars/{id}": "circular"},
    collections={"/notify/v1/circulars": "circular"},
    harmless=frozenset({"pending"}),
)
