"""A duty of the place's own body and one of its office."""

from sqlalchemy import select

from services.notify.duties.tables import Duty
from shared.db import new_id
from shared.events.oversight.rectifications import RectificationOrdered, RectificationOverdue
from tests.notify.examples import example
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    told = {
        "rectification_id": new_id(),
        "organisation": OWN_CODE,
        "subject_name": make.rows.word(),
        "requirement": make.rows.word(),
    }
    for kind, state in ((RectificationOrdered, "ordered"), (RectificationOverdue, "overdue")):
        await make.service.react(example(kind, **told, state=state), make.rows.scope)
    async with make.service.session() as session:
        made = await session.scalars(select(Duty.id).where(Duty.thing == told["rectification_id"]))
        make.rows.ids["duty"] += [str(id) for id in made]


DECLARED = Declared(
    rows=rows,
    collections={
        "/notify/v1/duties": "duty",
        "/notify/v1/duties/counts": "duty",
        "/notify/v1/duties/overseen": "duty",
        "/notify/v1/duties/overseen/counts": "duty",
    },
    harmless=frozenset({"done"}),
)
