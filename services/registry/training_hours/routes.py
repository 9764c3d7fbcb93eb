"""Hours of training over HTTP."""

from typing import Annotated

from fastapi import Query

from services.registry.training_hours import actions
from services.registry.training_hours.schemas import AttendedView, HoursQuery, HoursView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of

# Included before the trainings, whose `/{id}` would take the path for an id.
router = router_of("/registry/v1/trainings", "trainings")


@router.get("/hours")
async def read_training_hours(
    session: ReadSession,
    actor: Annotated[Actor, May("training:read")],
    query: Annotated[HoursQuery, Query()],
) -> HoursView:
    """How many hours an officer or a supervision officer was trained in a year, and needs.

    An officer's are those of `/officers/{id}/trainings`, into which a closed training is written.
    """
    told = await actions.hours(session, actor, query)
    return HoursView(
        person_id=query.person_id,
        person_kind=told.person_kind,
        year=told.year,
        hours=told.hours,
        needed=told.needed,
        short=told.hours < told.needed,
        items=[AttendedView(course=c, hours=h, on=on) for c, h, on in told.courses],
    )
