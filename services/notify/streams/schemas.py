"""What a line of the stream says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.notify.messages.rules import Kind, Reach, Urgency
from shared.access.actor import Role
from shared.web.schemas import View

EXAMPLE: dict[str, Any] = {
    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
    "kind": "issue",
    "urgency": "urgent",
    "title": "整改逾期:某镇人民政府",
    "body": "某镇人民政府未在2022年8月1日 17:00前完成整改,已逾期。整改要求:停止无证执法。",
    "link": "/oversight/v1/rectifications/0198f39f-10aa-7b1c-8f43-5b1d9f0e7a21",
    "event": "oversight.rectification.overdue.v1",
    "caused_by": "0198f3a2-7b02-70aa-b0a4-0f2a77c01d42",
    "occurred_at": "2022-08-01T09:00:00Z",
    "addressed_at": "2022-08-01T09:00:01Z",
    "reach": "township",
    "role": "township_enforcement",
    "district": "500112",
    "township": "500112001",
    "organisation": None,
}


class StreamedMessageView(View):
    """A message as it was addressed: the same line for all whom it reaches.

    Whether the caller has read it is at `/notify/v1/messages/{id}`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    kind: Kind
    urgency: Urgency
    title: str
    body: str
    link: str = Field(description="Path of the resource it is about, behind the same gateway")
    event: str = Field(description="Type of the fact that it tells of")
    caused_by: UUID = Field(description="Id of that fact")
    occurred_at: datetime
    addressed_at: datetime
    reach: Reach
    role: Role | None
    district: str | None
    township: str | None
    organisation: str | None
