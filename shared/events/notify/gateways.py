"""Facts of gateways to SMS and enterprise chat, for the auditor."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class GatewayChanged(Event):
    """A gateway as it stands after `action`; its address and secret are nobody's business."""

    type: ClassVar[str] = "notify.gateway.changed.v1"
    subject_field: ClassVar[str] = "gateway_id"
    audience: ClassVar[Audience] = "audit"

    gateway_id: UUID
    channel: str
    state: str
    action: str
