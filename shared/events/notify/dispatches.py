"""Facts of what is sent to people beside the inbox."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class DispatchGivenUp(Event):
    """Something could not be sent to a person: rejected, or tried as often as it is."""

    type: ClassVar[str] = "notify.dispatch.given_up.v1"
    subject_field: ClassVar[str] = "dispatch_id"
    audience: ClassVar[Audience] = "internal"

    dispatch_id: UUID
    message_id: UUID | None
    channel: str
    state: str
    attempts: int
