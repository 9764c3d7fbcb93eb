"""A grid cell, and a lay monitor with an account, assigned to it and with a log."""

from datetime import timedelta

from shared.clock import legal_day
from tests.registry.samples import identity_number
from tests.security.declared import Declared
from tests.security.people import AUTHOR
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    others = await make.service.get("/registry/v1/lay-monitors", as_=make.bureau)
    # An account is one person's: of rows made at several places, those at the first have it.
    account = {} if others.json()["items"] else {"account": AUTHOR}
    grid = await make.post(
        "grids", {"division": place.division, "code": "G1", "name": word()}, kind="grid"
    )
    monitor = await make.post(
        "lay-monitors",
        {
            "name": word(),
            "source": "lawyer",
            "affiliation": word(),
            "division": place.division,
            "identity_no": identity_number(),
            **account,
        },
        kind="lay_monitor",
    )
    path = f"lay-monitors/{monitor['id']}"
    bars = ("punished", "dismissed_from_office", "dishonest", "enforcement_staff")
    checks = [{"bar": bar, "found": False, "source": word()} for bar in bars]
    await make.post(f"{path}/vet", {"checks": checks}, as_=make.colleague)
    day = legal_day(make.service.app.state.clock.now())
    await make.post(f"{path}/appoint", {"term_to": str(day + timedelta(days=365))})
    await make.post(f"{path}/assign", {"grid_ids": [grid["id"]]})
    if account:
        await make.post(
            f"{path}/activities",
            {"kind": "lead", "summary": word(), "reference": word()},
            as_=make.author,
        )


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/lay-monitors/{id}": "lay_monitor", "/registry/v1/grids/{id}": "grid"},
    collections={"/registry/v1/lay-monitors": "lay_monitor", "/registry/v1/grids": "grid"},
    names={"grid_id": "grid", "grid_ids": "grid"},
    harmless=frozenset({"speciality", "covered"}),
)
