"""What a subject that has ended left behind, over HTTP: see `successions.actions`."""

from typing import Annotated
from uuid import UUID

from services.registry.successions import actions
from services.registry.successions.schemas import SuccessionRequest, SuccessionView
from shared.access.actor import Actor, May
from shared.db import Session
from shared.web import router as router_of

router = router_of("/registry/v1/subjects", "subjects")


@router.post("/{id}/succession")
async def assign_powers_of_subject(
    session: Session,
    actor: Annotated[Actor, May("power:approve")],
    id: UUID,
    body: SuccessionRequest,
) -> SuccessionView:
    """Have another subject take over powers of one that has ended, all or none (职权承接).

    A subject that was split leaves its powers to be assigned to its successors; until then nobody
    exercises them. One at a time: `POST /powers/{id}/assign`.
    """
    assigned, unassigned = await actions.assign(
        session,
        actor,
        id,
        successor_id=body.successor_id,
        power_ids=body.power_ids,
        reason=body.reason,
    )
    return SuccessionView(subject_id=id, assigned=assigned, unassigned=unassigned)
