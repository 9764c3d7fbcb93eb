"""Gateways over HTTP. A secret goes out once."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.notify.gateways.rules import Channel, GatewayState, allowed_actions
from services.notify.gateways.tables import Gateway
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView

EXAMPLE: dict[str, Any] = {
    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
    "version": 1,
    "name": "短信平台",
    "channel": "sms",
    "url": "https://sms.example.gov.cn/send",
    "state": "active",
    "created_by": "system_admin@50",
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
    "allowed_actions": ["disable", "remove"],
}


class GatewayRequest(Input):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "短信平台", "channel": "sms", "url": "https://sms.example.gov.cn/send"}
            ]
        }
    )

    name: Line
    channel: Channel
    url: Annotated[str, StringConstraints(max_length=2_000)] = Field(
        description="https, in a network that the operator allows (`XIEJIAN_WEBHOOK_NETWORKS`)"
    )


class GatewayQuery(Paging):
    """Which gateways, the oldest first."""

    state: GatewayState | None = None


class GatewayView(ResourceView):
    """Where messages of a channel are passed on."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str
    channel: Channel
    url: str
    state: GatewayState
    created_by: str
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, row: Gateway, actor: Actor, **more: object) -> Self:
        """`more` are the fields of a wider view."""
        told = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(
            {**told, "allowed_actions": allowed_actions(row.state, actor.permissions), **more}
        )


class GatewaySecretView(GatewayView):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{**EXAMPLE, "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}]}
    )

    secret: str = Field(description="Signs what is sent; shown in this answer alone")
