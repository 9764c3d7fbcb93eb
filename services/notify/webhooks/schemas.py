"""Webhooks over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic.types import JsonValue

from services.notify.webhooks.rules import WebhookState, WebhookStop, allowed_actions
from services.notify.webhooks.tables import Webhook
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

_EXAMPLE: dict[str, JsonValue] = {
    "division": "500106",
    "description": "区城市管理综合执法平台",
    "url": "https://receiver.example.gov.cn/xiejian",
    "types": ["oversight.finding.confirmed.v1"],
    "severities": ["serious", "grave"],
}
Url = Annotated[str, StringConstraints(min_length=8, max_length=500)]
Words = Annotated[list[Line], Field(max_length=100)]


class WebhookRequest(Input):
    """Where a system receives which facts."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    division: DivisionCode = Field(description="Facts of this division and of those below it")
    description: Line = Field(description="Whose system it is")
    url: Url = Field(description="https, on a network that the operator allows")
    types: Words = Field(default_factory=list, description="Event types; none: all that are public")
    kinds: Words = Field(default_factory=list, description="Only facts with one of these kinds")
    severities: Words = Field(
        default_factory=list, description="Only facts with one of these severities"
    )


class WebhookPatch(Input):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"severities": ["grave"]}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    description: Line = Field(default_factory=str)
    url: Url = Field(default_factory=str)
    types: Words = Field(default_factory=list)
    kinds: Words = Field(default_factory=list)
    severities: Words = Field(default_factory=list)


class ResendRequest(Input):
    """What is to be sent once more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"since": "2026-06-01T00:00:00+08:00"}]}
    )

    since: AwareDatetime = Field(description="Deliveries that were made since then")
    delivered: bool = Field(False, description="Also those that arrived")


class WebhookQuery(Paging):
    """Which webhooks, the newest first."""

    sort: Literal["id", "-id"] = "-id"
    state: WebhookState | None = None
    division: DivisionCode | None = Field(None, description="Of this division and those below it")
    direct: Direct = False


class ResentView(View):
    deliveries: int = Field(description="How many are sent once more")


class WebhookView(ResourceView):
    """A system's subscription and where it receives what is sent."""

    division: str
    description: str
    url: str
    types: list[str]
    kinds: list[str]
    severities: list[str]
    state: WebhookState
    stopped: WebhookStop | None = Field(description="Why nothing is sent")
    previous_until: datetime | None = Field(description="Until then the former secret signs too")
    failing_since: datetime | None = Field(description="The first failure since the last success")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, row: Webhook, actor: Actor, *, in_charge: bool, **more: Any) -> Self:
        """The view for `actor`, who may have charge of it or not."""
        told = {name: getattr(row, name, None) for name in cls.model_fields if name not in more}
        actions = allowed_actions(
            state=row.state, in_charge=in_charge, permissions=actor.permissions
        )
        return cls.model_validate({**told, **more, "allowed_actions": actions})


class WebhookSecretView(WebhookView):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(description="Signs what is sent (Standard Webhooks, v1)")
