"""A person's own addresses and preferences over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.notify.contacts.rules import (
    ADDRESS_AS,
    LIFECYCLE,
    ContactState,
    Quiet,
    Subscription,
)
from services.notify.contacts.tables import Contact
from services.notify.gateways.rules import Channel
from services.notify.holders.rules import masked
from shared.sealing import Seal
from shared.web.schemas import Input, ResourceView, View


class ContactRequest(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"channel": "email", "address": "zhao@example.gov.cn"}]}
    )

    channel: Channel
    address: Annotated[
        str,
        StringConstraints(min_length=1, max_length=254, strip_whitespace=True, pattern=r"^[!-~]+$"),
    ] = Field(description="E-mail address, mobile number, or account of the enterprise chat")


class CodeRequest(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "123456"}]})

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class ContactView(ResourceView):
    """An address of the caller's, masked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "version": 1,
                    "channel": "email",
                    "address": "z***@example.gov.cn",
                    "state": "unverified",
                    "created_at": "2026-03-02T01:00:00Z",
                    "updated_at": "2026-03-02T01:00:00Z",
                    "allowed_actions": ["send_code", "verify", "remove"],
                }
            ]
        }
    )

    channel: Channel
    address: str
    state: ContactState
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, row: Contact, seal: Seal) -> Self:
        told = {name: getattr(row, name, None) for name in cls.model_fields}
        told["address"] = masked(seal.open(row.address, ADDRESS_AS))
        told["allowed_actions"] = LIFECYCLE.allowed_actions(row.state, {"contact:manage"})
        return cls.model_validate(told)


class ContactsView(View):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [], "channels": ["email"]}]}
    )

    items: list[ContactView]
    channels: list[Channel] = Field(description="Those in operation")


EXAMPLE: dict[str, Any] = {
    "subscriptions": [
        {
            "channel": "email",
            "types": [],
            "divisions": ["500106001"],
            "kinds": ["issue", "rectification"],
            "urgencies": ["important", "urgent"],
        }
    ],
    "quiet": {"from": "22:00", "to": "07:00", "urgent_breaks": True},
}


class PreferenceRequest(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    subscriptions: list[Subscription] | None = Field(
        default=None, max_length=50, description="Absent: what the caller's roles get by default"
    )
    quiet: Quiet | None = Field(default=None, description="Absent: as by default")


class PreferenceView(View):
    """What is sent to the caller beside the inbox, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "chosen": True}]})

    subscriptions: list[Subscription]
    quiet: Quiet
    chosen: bool = Field(description="Whether the caller chose any of it")
