"""What was sent to people, over HTTP."""

from typing import Annotated
from uuid import UUID

from services.notify.dispatches import actions
from services.notify.dispatches.schemas import DispatchView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of

router = router_of("/notify/v1/messages", "messages")


@router.get("/{id}/dispatches")
async def list_dispatches(
    session: ReadSession, actor: Annotated[Actor, May("message:receipts")], id: UUID
) -> list[DispatchView]:
    """To whom a message was sent beside the inbox, over which channel, and each attempt.

    For the supervisors of the division in which it was addressed; addresses are masked.
    """
    return await actions.of_message(session, actor, id)
