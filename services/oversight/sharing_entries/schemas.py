"""The sharing catalogue over HTTP."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.oversight.sharing_entries.rules import (
    LIFECYCLE,
    SharingDirection,
    SharingStanding,
    SharingState,
    standing,
)
from services.oversight.sharing_entries.tables import SharingEntry
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView

_EXAMPLE: JsonDict = {
    "organisation": "11500228709467150P",
    "organisation_name": "沙坪坝区覃家岗街道办事处",
    "division": "500106",
    "direction": "supplies",
    "data": "行政处罚案件信息",
    "items": ["案号", "案由", "处罚种类", "决定日期"],
    "basis": "重庆市行政执法监督条例第十条",
    "every_days": 1,
    "source_id": "01932b7a-0000-7000-8000-000000000019",
}


class SharingRequest(Input):
    """What a body supplies or receives."""

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_EXAMPLE)]})

    organisation: CreditCode
    organisation_name: Line
    division: DivisionCode = Field(description="Where the body lies")
    direction: SharingDirection
    data: Line
    items: list[Line] = Field(max_length=200, description="Its data items (数据项)")
    basis: Line
    every_days: int = Field(ge=1, le=366)
    source_id: UUID | None = Field(None, description="By which it supplies; none if it receives")


class SharingEndRequest(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "改由市级系统统一提供"}]})

    reason: Prose


class SharingQuery(Paging):
    """Which entries."""

    direction: SharingDirection | None = None
    state: SharingState | None = None
    organisation: str | None = Field(None, max_length=18)
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    sort: Literal["id", "-id"] = "-id"


class SharingView(ResourceView):
    """An entry of the sharing catalogue, and whether the body does what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000040",
                    "version": 1,
                    "state": "active",
                    "allowed_actions": ["end"],
                    **_EXAMPLE,
                    "standing": "kept",
                    "supplied_at": "2026-03-10T01:00:00+08:00",
                    "supplied_30_days": 4120,
                    "refused_30_days": 12,
                    "differing_days": 1,
                    "reason": None,
                    "entered_at": "2026-01-05T09:00:00+08:00",
                    "entered_by": "li.na",
                    "ended_at": None,
                }
            ]
        }
    )

    state: SharingState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    organisation: str
    organisation_name: str
    division: str
    direction: SharingDirection
    data: str
    items: list[str]
    basis: str
    every_days: int
    source_id: UUID | None
    standing: SharingStanding = Field(description="Not measured for what is received")
    supplied_at: datetime | None = Field(description="Its last batch of which anything was taken")
    supplied_30_days: int = Field(description="Records taken in the last thirty days")
    refused_30_days: int
    differing_days: int = Field(description="Days on which source and register still differ")
    reason: str | None
    entered_at: datetime
    entered_by: str
    ended_at: datetime | None

    @classmethod
    def of(
        cls,
        row: SharingEntry,
        actor: Actor,
        *,
        in_charge: bool,
        done: tuple[datetime | None, int, int, int],
        now: datetime,
    ) -> Self:
        last, supplied, refused, differing = done
        made = {
            "allowed_actions": LIFECYCLE.allowed_actions(
                row.state, actor.permissions if in_charge else frozenset()
            ),
            "standing": standing(
                direction=row.direction,
                since=row.entered_at,
                last=last,
                every_days=row.every_days,
                now=row.ended_at or now,
            ),
            "supplied_at": last,
            "supplied_30_days": supplied,
            "refused_30_days": refused,
            "differing_days": differing,
        }
        given = {name: getattr(row, name) for name in cls.model_fields if name not in made}
        return cls(**given, **made)
