"""What goes out about messages over HTTP, and how a list of them is asked for."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from services.notify.messages.rules import (
    Kind,
    Reach,
    State,
    Urgency,
    allowed_actions,
    state_of,
    version_of,
)
from services.notify.messages.tables import Message, MessageReceipt
from shared.access.actor import Role
from shared.web.paging import Paging
from shared.web.schemas import Line, ResourceView, View

EXAMPLE: dict[str, Any] = {
    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
    "version": 2,
    "kind": "issue",
    "urgency": "important",
    "title": "市司法局已作出决定:无证执法整改逾期",
    "body": "市司法局对问题 渝司执问〔2022〕3号(无证执法整改逾期)作出决定:限期十五日整改到位。",
    "link": "/escalation/v1/issues/0198f39f-10aa-7b1c-8f43-5b1d9f0e7a21",
    "event": "escalation.issue.decided.v1",
    "caused_by": "0198f3a2-7b02-70aa-b0a4-0f2a77c01d42",
    "occurred_at": "2022-08-01T09:30:00Z",
    "addressed_at": "2022-08-01T09:30:01Z",
    "reach": "township",
    "role": "township_supervision_office",
    "district": "500112",
    "township": "500112001",
    "organisation": None,
    "state": "read",
    "read_at": "2022-08-01T10:02:11Z",
    "acknowledged_at": None,
    "archived_at": None,
    "allowed_actions": ["acknowledge", "archive"],
}


class MessageView(ResourceView):
    """A message, and what the caller has done with it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: Kind
    urgency: Urgency
    title: str
    body: str
    link: str = Field(description="Path of the resource it is about, behind the same gateway")
    event: str = Field(description="Type of the fact that it tells of")
    caused_by: UUID = Field(description="Id of that fact")
    occurred_at: datetime = Field(description="When that happened")
    addressed_at: datetime
    reach: Reach
    role: Role | None = Field(description="The role that is addressed; absent: the caller alone")
    district: str | None
    township: str | None
    organisation: str | None = Field(description="Credit code, where one body is addressed")
    state: State = Field(description="For the caller")
    read_at: datetime | None = Field(description="When the caller first read it")
    acknowledged_at: datetime | None = Field(description="When the caller acknowledged it")
    archived_at: datetime | None = Field(description="When the caller put it into the archive")
    allowed_actions: list[str]

    @classmethod
    def of(cls, message: Message, receipt: MessageReceipt | None) -> Self:
        """`receipt` is the caller's."""
        acknowledged_at = receipt.acknowledged_at if receipt else None
        archived_at = receipt.archived_at if receipt else None
        state = state_of(read=receipt is not None, acknowledged=acknowledged_at is not None)
        return cls(
            id=message.id,
            version=version_of(state, receipt.moves if receipt else 0),
            kind=Kind(message.kind),
            urgency=Urgency(message.urgency),
            title=message.title,
            body=message.body,
            link=message.link,
            event=message.event,
            caused_by=message.caused_by,
            occurred_at=message.occurred_at,
            addressed_at=message.addressed_at,
            reach=Reach(message.reach),
            role=Role(message.role) if message.role else None,
            district=message.district,
            township=message.township,
            organisation=message.organisation,
            state=state,
            read_at=receipt.read_at if receipt else None,
            acknowledged_at=acknowledged_at,
            archived_at=archived_at,
            allowed_actions=allowed_actions(state, archived=archived_at is not None),
        )


class MessageQuery(Paging):
    """Which messages, newest first."""

    unread: bool | None = Field(default=None, description="Whether the caller has yet to read it")
    unacknowledged: bool | None = Field(
        default=None, description="Whether the caller has yet to acknowledge it"
    )
    archived: bool | None = Field(
        default=None, description="Whether the caller has put it into the archive"
    )
    q: Annotated[Line, Field(description="Words that its title or text has, all of them")] | (
        None
    ) = None
    kind: Kind | None = None
    urgency: Urgency | None = None
    after: AwareDatetime | None = Field(
        default=None,
        description="Addressed later than this",
        examples=["2022-08-01T00:00:00+08:00"],
    )
    addressed_from: date | None = Field(
        default=None, description="Addressed on this day (Asia/Shanghai) or later"
    )
    addressed_to: date | None = Field(default=None, description="Addressed up to this day")


class UnreadCountsView(View):
    """How many messages the caller has not read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total": 3,
                    "by_kind": {
                        "subject": 1,
                        "certificate": 0,
                        "supervision_officer": 0,
                        "power": 0,
                        "delegation": 0,
                        "empowerment": 0,
                        "staffing": 0,
                        "training": 0,
                        "budget": 0,
                        "item_list": 0,
                        "guidance": 0,
                        "inspection": 0,
                        "finding": 0,
                        "rectification": 0,
                        "measure": 0,
                        "file_request": 0,
                        "risk": 0,
                        "warning": 0,
                        "conduct": 0,
                        "statistics": 0,
                        "issue": 2,
                    },
                }
            ]
        }
    )

    total: int
    by_kind: dict[Kind, int] = Field(description="Every kind, also those without any")


class ReceiptView(View):
    """That a person has taken note."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sub": "township_supervision_office@500112001",
                    "name": "李明",
                    "read_at": "2022-08-01T10:02:11Z",
                    "acknowledged_at": "2022-08-01T10:05:40Z",
                }
            ]
        }
    )

    sub: str
    name: str
    read_at: datetime
    acknowledged_at: datetime | None
