"""A plan and a report on the way, beside the rectification that every place has."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """The order of the place, under way."""
    for id in make.rows.ids["rectification"]:
        path = f"rectifications/{id}"
        await make.post(f"{path}/receive", as_=make.agency)
        plan = {"measures": make.rows.word(), "responsible": make.rows.word()}
        await make.post(f"{path}/plan", plan, as_=make.agency)
        await make.post(f"{path}/begin", as_=make.agency)
        told = {"percent": 50, "note": make.rows.word()}
        await make.post(f"{path}/report-progress", told, as_=make.agency)


DECLARED = Declared(rows=rows)
